"""Photographs from any camera: found, turned the right way up, read as RGB."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from monotakd.datasets.kitti.files import read_bytes
from monotakd.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""What counts as an image in a folder."""

PIXEL_LIMIT = 120_000_000
"""No photograph has more pixels than this: a damaged header must not make us allocate gigabytes."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
_EXPECTED = "an image (PNG, JPEG, WebP, BMP or TIFF)"
_CONVERT = "Save it as JPEG or PNG with 8 bits per channel (many phones write HEIC, which is not read here)."
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def find_photos(places: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The images named, and those in the folders named (not in folders below), sorted within each folder.

    Raises:
        DataError: nothing is named, a path does not exist, a folder has no image, or two images share a name: what is
            written about an image bears its name.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(path for path in place.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
        if not inside:
            raise DataError(place, "a folder without images", f"files ending in {', '.join(ENDINGS)}")
        found += inside
    if not found:
        raise DataError("images", "none", "at least one image or folder of images")
    for path in found:
        if not path.exists():
            raise DataError(path, "no such file or folder", _EXPECTED)
    first: dict[str, Path] = {}
    for path in found:
        other = first.setdefault(path.stem, path)
        if other is not path:
            raise DataError(
                path,
                f"a second image called {path.stem}",
                f"one image of each name (the first is {other})",
                fix="What is written about an image bears its name: call the command once per folder.",
            )
    return found


def read_photo(path: str | os.PathLike[str]) -> UInt8[np.ndarray, "H W 3"]:
    """Reads a photograph the way a viewer shows it: turned as its EXIF orientation says, as RGB.

    A phone held upright stores the sensor's rows as they come and notes the turn beside them. The calibration must
    belong to the turned image.

    Raises:
        DataError: the file is missing, is no image, is damaged or cut off, has more than 8 bits per channel, or more
            than ``PIXEL_LIMIT`` pixels.
    """
    data = read_bytes(path, _EXPECTED)
    try:
        # The formats by name: Pillow would else try some forty decoders, several of which run other programs.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > PIXEL_LIMIT:
                raise DataError(path, f"{width} x {height} pixels", f"an image of at most {PIXEL_LIMIT} pixels")
            if image.mode[0] in "IF":
                raise DataError(path, f"pixels of kind {image.mode}", "8 bits per channel", fix=_CONVERT)
            return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except UnidentifiedImageError:
        found = "an empty file" if not data else f"a file that starts with {data[:8].hex(' ')}"
        raise DataError(path, found, _EXPECTED, place="byte 0", fix=_CONVERT) from None
    except DataError:
        raise
    except (Image.DecompressionBombError, *_DECODE_ERRORS) as error:
        raise DataError(
            path, f"pixels that do not unpack ({error})", _EXPECTED, fix="The file is damaged or cut off: copy it again"
        ) from None
