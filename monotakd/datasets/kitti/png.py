"""Decoding PNG files that may be damaged: every checksum is looked at before Pillow unpacks the pixels."""

from __future__ import annotations

import io
import os
import struct
import zlib

import numpy as np
from PIL import Image

from monotakd.datasets.kitti.files import read_bytes, write_bytes
from monotakd.errors import DataError

PIXEL_LIMIT = 40_000_000
"""No image has more pixels than this: a damaged header must not make us allocate gigabytes."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 6: 4}
_DAMAGED = "The file is damaged: copy or download it again."
# What Pillow raises for pixels that cannot be unpacked although all checksums are right.
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def read_png(
    path: str | os.PathLike[str], expected: str, modes: tuple[tuple[int, int], ...], fix: str | None
) -> np.ndarray:
    """Decodes a PNG file.

    Args:
        path: the file.
        expected: what it should be, for error messages.
        modes: the accepted (bit depth, colour type) pairs of the PNG header, of types 0 grey, 2 RGB and 6 RGBA.
        fix: where the file comes from, for the message when it is missing.

    Returns:
        (H, W) for grey, (H, W, 3) for RGB and (H, W, 4) with an alpha channel; a copy that may be written to.

    Raises:
        DataError: the file is missing, is no PNG, is cut off, has a wrong checksum, has other modes, has more than
            ``PIXEL_LIMIT`` pixels or does not unpack. Names the byte where the damage shows.
    """
    data = read_bytes(path, expected, fix=fix)
    packed = _check_chunks(data, path, expected)
    width, height, *mode = struct.unpack_from(">IIBB", data, 16)
    if not 0 < width * height <= PIXEL_LIMIT:
        found = f"a header of {width} x {height} pixels"
        raise DataError(path, found, f"{expected} of 1 to {PIXEL_LIMIT} pixels", place="byte 16")
    if tuple(mode) not in modes:
        raise DataError(path, _describe(*mode), expected, place="byte 24")
    if data[28]:
        raise DataError(path, "an interlaced PNG", expected, place="byte 28", fix="Save it without interlacing.")
    row_bytes = 1 + (width * mode[0] * _CHANNELS[mode[1]] + 7) // 8
    _check_pixels(packed, height * row_bytes, path)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            image.load()
            return np.array(image)
    except _DECODE_ERRORS as error:
        raise DataError(
            path, f"pixels that do not unpack ({error})", expected, place="chunk IDAT", fix=_DAMAGED
        ) from None


def read_png_size(path: str | os.PathLike[str], expected: str, fix: str | None) -> tuple[int, int]:
    """(height, width) of a PNG file; checksums are looked at, pixels are not unpacked.

    Raises:
        DataError: the file is missing, is no PNG, is cut off or has a wrong checksum.
    """
    data = read_bytes(path, expected, fix=fix)
    _check_chunks(data, path, expected)
    width, height = struct.unpack_from(">II", data, 16)
    return height, width


def _check_chunks(data: bytes, path: str | os.PathLike[str], expected: str) -> list[memoryview]:
    """Walks the chunks: length, type, payload, CRC-32 of type and payload; IHDR first, IEND last. Gives the IDATs."""
    if not data.startswith(_SIGNATURE):
        found = "an empty file" if not data else f"a file that starts with {data[:8].hex(' ')}"
        raise DataError(path, found, f"{expected} (a PNG file starts with {_SIGNATURE.hex(' ')})", place="byte 0")
    view = memoryview(data)
    at, seen, packed = len(_SIGNATURE), [], []
    while b"IEND" not in seen:
        if at + 12 > len(data):
            raise DataError(path, "the end of the file", "another PNG chunk", place=f"byte {len(data)}", fix=_DAMAGED)
        length, kind = struct.unpack_from(">I4s", data, at)
        if not seen and (kind, length) != (b"IHDR", 13):
            raise DataError(path, f"chunk {kind!r}", "IHDR of 13 bytes first", place=f"byte {at}", fix=_DAMAGED)
        end = at + 8 + length
        if end + 4 > len(data):
            found = f"{len(data) - at - 12} of {length} bytes of chunk {kind.decode('latin-1')!r}"
            raise DataError(path, found, "all of them", place=f"byte {len(data)}", fix=_DAMAGED)
        (stored,) = struct.unpack_from(">I", data, end)
        actual = zlib.crc32(view[at + 4 : end])
        if stored != actual:
            found = f"checksum {stored:08x} of chunk {kind.decode('latin-1')!r}"
            raise DataError(path, found, f"{actual:08x}, computed from its bytes", place=f"byte {at}", fix=_DAMAGED)
        seen.append(kind)
        if kind == b"IDAT":
            packed.append(view[at + 8 : end])
        at = end + 4
    return packed


def _check_pixels(packed: list[memoryview], size: int, path: str | os.PathLike[str]) -> None:
    """Unpacks the pixels once, for their length and checksum: Pillow looks at neither."""
    unpacker, found = zlib.decompressobj(), 0
    try:
        for part in packed:
            if found > size:
                break  # a maximum length of 0 would mean "no limit"
            found += len(unpacker.decompress(part, size + 1 - found))
    except zlib.error as error:
        found_text = f"pixels that do not unpack ({error})"
        raise DataError(path, found_text, "a whole zlib stream", place="chunk IDAT", fix=_DAMAGED) from None
    if found != size or not unpacker.eof:
        found_text = f"{'over ' * (found > size)}{min(found, size)} bytes of pixels"
        raise DataError(path, found_text, f"{size} as the header says", place="chunk IDAT", fix=_DAMAGED)


def _describe(bits: int, colour: int) -> str:
    kind = {0: "grey", 2: "RGB", 3: "palette", 4: "grey + alpha", 6: "RGB + alpha"}.get(colour, f"colour type {colour}")
    return f"a {bits}-bit {kind} PNG"


def write_png(path: str | os.PathLike[str], pixels: np.ndarray, *, compress_level: int) -> None:
    """Writes (H, W, 3) uint8 or (H, W) uint16 pixels as a PNG file in one step."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=compress_level)
    write_bytes(path, buffer.getvalue())
