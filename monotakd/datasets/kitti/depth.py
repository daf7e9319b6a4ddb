"""Depth maps: 16-bit grey PNG files in units of 1/256 m, 0 where nothing is known."""

from __future__ import annotations

import os

import numpy as np
from jaxtyping import Float, Float32

from monotakd.datasets.kitti.png import read_png, write_png
from monotakd.errors import DataError

UNITS_PER_METRE = 256
MAX_DEPTH = 65535 / UNITS_PER_METRE
_EXPECTED = "a 16-bit grey PNG depth map"


def read_depth(
    path: str | os.PathLike[str], *, size: tuple[int, int] | None = None, fix: str | None = None
) -> Float32[np.ndarray, "H W"]:
    """Reads a depth map.

    Args:
        path: a 16-bit grey PNG file.
        size: (height, width) that the map must have, pixels; None takes any.
        fix: where the file comes from, for the message when it is missing.

    Returns:
        (H, W) metres along the camera's z axis, 0 where unknown; exact multiples of 1/256 m.

    Raises:
        DataError: the file is missing, damaged, cut off, no 16-bit grey PNG, huge, not of that size, or empty
            (no pixel has a depth).
    """
    units = read_png(path, _EXPECTED, ((16, 0),), fix)
    if size is not None and units.shape != tuple(size):
        found = f"{units.shape[0]} x {units.shape[1]} pixels (height x width)"
        raise DataError(path, found, f"{size[0]} x {size[1]}, the size of the image", place="byte 16")
    if not units.any():
        raise DataError(path, "0 in every pixel", "some pixels with a known depth", place="all pixels")
    return units.astype(np.float32) / UNITS_PER_METRE


def write_depth(path: str | os.PathLike[str], depth: Float[np.ndarray, "H W"], *, compress_level: int = 1) -> None:
    """Writes a depth map as PNG in one step, rounded to 1/256 m.

    Args:
        path: the file to write.
        depth: (H, W) metres, 0 where unknown, less than 256 m.
        compress_level: 0 (largest, fastest) to 9.

    Raises:
        ValueError: a depth is NaN, negative or too large for the format.
    """
    wrong = ~((depth >= 0) & (depth <= MAX_DEPTH))  # also true for NaN
    if depth.ndim != 2 or wrong.any():
        found = (
            f"shape {depth.shape}" if depth.ndim != 2 else f"{depth[wrong][0]} m at {np.argwhere(wrong)[0].tolist()}"
        )
        raise ValueError(
            f"a depth map is (H, W) with 0 (unknown) to {MAX_DEPTH:.2f} m, got {found}; "
            "set pixels without a depth to 0 and cut what is too far"
        )
    write_png(path, np.rint(depth * UNITS_PER_METRE).astype(np.uint16), compress_level=compress_level)
