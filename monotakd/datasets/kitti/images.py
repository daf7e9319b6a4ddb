"""Camera images: 8-bit PNG files, read as RGB."""

from __future__ import annotations

import os

import numpy as np
from jaxtyping import UInt8

from monotakd.datasets.kitti.png import read_png, read_png_size, write_png
from monotakd.errors import DataError

_EXPECTED = "an 8-bit RGB or grey PNG image"
_MODES = ((8, 0), (8, 2), (8, 6))


def read_image(
    path: str | os.PathLike[str], *, size: tuple[int, int] | None = None, fix: str | None = None
) -> UInt8[np.ndarray, "H W 3"]:
    """Reads a camera image.

    Args:
        path: an 8-bit PNG file; grey becomes RGB, an alpha channel is dropped.
        size: (height, width) that the image must have, pixels; None takes any.
        fix: where the file comes from, for the message when it is missing.

    Returns:
        (H, W, 3) RGB, 0..255.

    Raises:
        DataError: the file is missing, damaged, cut off, no 8-bit PNG, huge, or not of that size.
    """
    pixels = read_png(path, _EXPECTED, _MODES, fix)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if size is not None and pixels.shape[:2] != tuple(size):
        found = f"{pixels.shape[0]} x {pixels.shape[1]} pixels (height x width)"
        raise DataError(path, found, f"{size[0]} x {size[1]}", place="byte 16")
    return np.ascontiguousarray(pixels[..., :3])


def read_image_size(path: str | os.PathLike[str], *, fix: str | None = None) -> tuple[int, int]:
    """(height, width) of a camera image, pixels, a fiftieth of the work of `read_image`.

    Raises:
        DataError: the file is missing, damaged, cut off or no PNG.
    """
    return read_png_size(path, _EXPECTED, fix)


def write_image(path: str | os.PathLike[str], image: UInt8[np.ndarray, "H W 3"], *, compress_level: int = 1) -> None:
    """Writes an RGB image as PNG in one step; reading it back gives equal pixels.

    Args:
        path: the file to write.
        image: (H, W, 3) RGB, 0..255.
        compress_level: 0 (largest, fastest) to 9; 1 is the fastest that is not much larger than 9.

    Raises:
        ValueError: the array is no (H, W, 3) uint8 image.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"an image is (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}")
    write_png(path, image, compress_level=compress_level)
