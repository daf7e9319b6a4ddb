"""Ways to damage binary files (sweeps and PNG), HARMFUL or HARMLESS; the rules are those of `damaged_text`."""

import io
import struct
import zlib

import numpy as np
from damaged_text import insert_byte
from PIL import Image
from tiny_kitti import SIZE

# ------------------------------------------------------------------ points


def _set_float(value):
    def mutate(data, rng):
        at = 4 * int(rng.integers(len(data) // 4))
        return data[:at] + struct.pack("<f", value) + data[at + 4 :]

    return mutate


def _cut_off_points(data, rng):
    at = int(rng.integers(1, len(data)))
    return data[: at - 1 if at % 16 == 0 else at]


POINTS_HARMFUL = {
    "cut": _cut_off_points,
    "byte lost": lambda data, rng: data[: (at := int(rng.integers(len(data))))] + data[at + 1 :],
    "byte too many": insert_byte(b"\x42"),
    "NaN": _set_float(float("nan")),
    "infinite": _set_float(float("inf")),
    "minus infinite": _set_float(float("-inf")),
    "all bits set": lambda data, rng: (
        data[: (at := 16 * int(rng.integers(len(data) // 16)))] + b"\xff" * 16 + data[at + 16 :]
    ),
    "empty": lambda data, rng: b"",
    "five values a point": lambda data, rng: np.pad(
        np.frombuffer(data, "<f4").reshape(-1, 4)[:7], ((0, 0), (0, 1))
    ).tobytes(),
}

# ------------------------------------------------------------------ PNG


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", len(payload), kind) + payload + struct.pack(">I", zlib.crc32(kind + payload))


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _png(parts) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, payload) for kind, payload in parts)


def _flip_bit(data, rng):
    at = int(rng.integers(len(data)))
    return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]


def _flip_bit_of_pixels(data, rng):
    start = data.index(b"IDAT") + 4
    at = int(rng.integers(start, len(data) - 16))
    return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]


def _zero_block(data, rng):
    at = int(rng.integers(8, len(data) - 40))
    return data[:at] + bytes(32) + data[at + 32 :]


def _header(**fields):
    """Another header, with a right checksum: only its content is wrong."""

    def mutate(data, rng):
        parts = chunks(data)
        names = ("width", "height", "bits", "colour", "compression", "filtering", "interlace")
        header = dict(zip(names, struct.unpack(">IIBBBBB", parts[0][1]), strict=True)) | fields
        return _png([(b"IHDR", struct.pack(">IIBBBBB", *header.values())), *parts[1:]])

    return mutate


def _without(kind):
    return lambda data, rng: _png([part for part in chunks(data) if part[0] != kind])


def _flip_bit_under_checksum(data, rng):
    """Damage from before the file was written: the chunk's checksum is right, that of the pixels is not."""
    parts = chunks(data)
    index = [kind for kind, _ in parts].index(b"IDAT")
    parts[index] = (b"IDAT", _flip_bit(parts[index][1], rng))
    return _png(parts)


# Without its first two bytes, so that it goes on with a stream begun elsewhere.
_packer = zlib.compressobj(1)
_FLOOD = (_packer.compress(bytes(100 * 2**20)) + _packer.flush(zlib.Z_FULL_FLUSH))[2:]


def _bomb(data, rng):
    """A first chunk with one byte too many, then a small one that unpacks to 100 MiB."""
    (header, *_), last = chunks(data), (b"IEND", b"")
    width, height, bits, colour = struct.unpack(">IIBB", header[1][:10])
    size = height * (1 + width * bits * {0: 1, 2: 3}[colour] // 8)
    packer = zlib.compressobj()
    first = packer.compress(bytes(size + 1)) + packer.flush(zlib.Z_FULL_FLUSH)
    return _png([header, (b"IDAT", first), (b"IDAT", _FLOOD), last])


def _half_the_pixels(data, rng):
    return _png(
        [(kind, payload[: len(payload) // 2] if kind == b"IDAT" else payload) for kind, payload in chunks(data)]
    )


def _saved_as(kind, **options):
    def mutate(data, rng):
        buffer = io.BytesIO()
        Image.open(io.BytesIO(data)).convert("RGB" if kind == "JPEG" else None).save(buffer, kind, **options)
        return buffer.getvalue()

    return mutate


def _add_chunk(kind):
    def mutate(data, rng):
        parts = chunks(data)
        parts.insert(1, (kind, rng.bytes(int(rng.integers(5, 60)))))
        return _png(parts)

    return mutate


def _split_pixels(data, rng):
    parts = []
    for kind, payload in chunks(data):
        at = int(rng.integers(1, len(payload))) if kind == b"IDAT" else None
        parts += [(kind, payload)] if at is None else [(kind, payload[:at]), (kind, payload[at:])]
    return _png(parts)


PNG_HARMFUL = {
    "cut": lambda data, rng: data[: int(rng.integers(len(data)))],
    "bit flipped": _flip_bit,
    "bit flipped in the pixels": _flip_bit_of_pixels,
    "byte lost": lambda data, rng: data[: (at := int(rng.integers(len(data))))] + data[at + 1 :],
    "byte too many": lambda data, rng: data[: (at := int(rng.integers(len(data))))] + b"\x5a" + data[at:],
    "block of zeros": _zero_block,
    "all zeros": lambda data, rng: bytes(len(data)),
    "line ends converted": lambda data, rng: data.replace(b"\r\n", b"\n", 1),
    "huge header": _header(width=2**31 - 1, height=2**31 - 1),
    "large header": _header(width=60_000, height=60_000),
    "no width": _header(width=0),
    "too few pixels": _header(height=SIZE[0] + 1),
    "too many pixels": _header(height=SIZE[0] - 1),
    "other width": _header(width=SIZE[1] // 2),
    "interlaced header": _header(interlace=1),
    "bit flipped before the checksum": _flip_bit_under_checksum,
    "unknown bit depth": _header(bits=7),
    "unknown colour type": _header(colour=5),
    "no header": _without(b"IHDR"),
    "no pixels": _without(b"IDAT"),
    "no end": _without(b"IEND"),
    "bomb": _bomb,
    "half the pixels": _half_the_pixels,
    "a JPEG": _saved_as("JPEG"),
    "text": lambda data, rng: b"<html>404 Not Found</html>",
    "empty": lambda data, rng: b"",
}
PNG_HARMLESS = {
    "text chunk": lambda data, rng: _png([chunks(data)[0], (b"tEXt", b"Comment\0made up"), *chunks(data)[1:]]),
    "unknown ancillary chunk": _add_chunk(b"miSc"),
    "time chunk": lambda data, rng: _png(
        [chunks(data)[0], (b"tIME", b"\x07\xea\x0b\x15\x09\x1e\x00"), *chunks(data)[1:]]
    ),
    "pixels in two chunks": _split_pixels,
    "compressed otherwise": _saved_as("PNG", compress_level=0),
    "bytes after the end": lambda data, rng: data + rng.bytes(20),
}
