"""LiDAR sweeps: flat files of little-endian float32, x y z intensity, 16 bytes a point."""

from __future__ import annotations

import os

import numpy as np
from jaxtyping import Float, Float32

from monotakd.datasets.kitti.files import read_bytes, write_bytes
from monotakd.errors import DataError

BYTES_PER_POINT = 16
_EXPECTED = "a LiDAR sweep, 16 bytes a point (float32 x, y, z, intensity)"


def read_points(
    path: str | os.PathLike[str], *, drop_nonfinite: bool = False, fix: str | None = None
) -> Float32[np.ndarray, "N 4"]:
    """Reads a sweep.

    Args:
        path: the .bin file.
        drop_nonfinite: leave out points with NaN or infinite values instead of refusing the file.
        fix: where the file comes from, for the message when it is missing.

    Returns:
        (N, 4) x, y, z in the LiDAR frame (metres) and reflected intensity.

    Raises:
        DataError: the file is missing, huge, empty, not a whole number of points, or has values that are not
            finite; names the byte.
    """
    data = read_bytes(path, _EXPECTED, fix=fix)
    rest = len(data) % BYTES_PER_POINT
    if rest:
        raise DataError(
            path,
            f"{len(data)} bytes, which is {len(data) // BYTES_PER_POINT} points and {rest} bytes",
            "a multiple of 16 bytes (float32 x, y, z, intensity)",
            place=f"byte {len(data) - rest}",
            fix="The file is cut off, or its points have another number of values (nuScenes has five).",
        )
    points = np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, 4)
    finite = np.isfinite(points)
    if not finite.all():
        if not drop_nonfinite:
            row, column = np.argwhere(~finite)[0]
            raise DataError(
                path,
                f"{('x', 'y', 'z', 'intensity')[column]} = {points[row, column]} in point {row} "
                f"({int((~finite).any(axis=1).sum())} such points in all)",
                "finite values",
                place=f"byte {row * BYTES_PER_POINT + column * 4}",
                fix="Missing returns must be left out of the file.",
            )
        points = points[finite.all(axis=1)]
    if not len(points):
        raise DataError(path, "no points" if not data else "no finite point", "at least one point", place="byte 0")
    return points


def write_points(path: str | os.PathLike[str], points: Float[np.ndarray, "N 4"]) -> None:
    """Writes a sweep as little-endian float32 in one step; reading it back gives equal float32 values.

    Raises:
        ValueError: the array is not (N, 4) with N > 0, or has values that are not finite.
    """
    if points.ndim != 2 or points.shape[1] != 4 or not len(points) or not np.isfinite(points).all():
        state = "with NaN or infinite values" if points.size and not np.isfinite(points).all() else ""
        raise ValueError(f"a sweep is (N, 4) finite x y z intensity with N > 0, got {points.shape} {state}".rstrip())
    write_bytes(path, np.ascontiguousarray(points, dtype="<f4").tobytes())
