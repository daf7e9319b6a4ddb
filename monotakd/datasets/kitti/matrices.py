"""Matrices of calibration files: numbers of a line read and checked, each doubt named with its file and line."""

from __future__ import annotations

import os

import numpy as np

from monotakd.errors import DataError
from monotakd.scene import RIGID_TOLERANCE, rigid_error


def finite_number(word: str) -> float | None:
    """The number that a word of a data file spells; None if it is none, or NaN or infinite."""
    try:
        value = float(word)
    except ValueError:
        return None
    # Python reads 1_000 as a number; no tool that writes these files means that.
    return value if np.isfinite(value) and "_" not in word else None


def parse_matrix(words: list[str], shape: tuple[int, int], source: str | os.PathLike[str], place: str) -> np.ndarray:
    """The numbers of a line, row by row, as a matrix of this shape.

    Raises:
        DataError: the count is wrong or a word is no finite number.
    """
    if len(words) != shape[0] * shape[1]:
        raise DataError(
            source,
            f"{len(words)} numbers",
            f"{shape[0] * shape[1]} ({shape[0]} x {shape[1]}, row by row)",
            place=place,
            fix="The line may be cut off, or two lines run together.",
        )
    values = []
    for column, word in enumerate(words, 1):
        value = finite_number(word)
        if value is None:
            raise DataError(source, repr(word[:40]), "a finite number", place=f"{place}, number {column}")
        values.append(value)
    return np.array(values).reshape(shape)


def require_projection(matrix: np.ndarray, source: str | os.PathLike[str], place: str) -> None:
    """Raises DataError unless a (3, 4) matrix is the projection of a rectified camera."""
    if not (matrix[0, 0] > 0 and matrix[1, 1] > 0):
        raise DataError(
            source,
            f"focal lengths fx = {matrix[0, 0]:g}, fy = {matrix[1, 1]:g}",
            "two positive focal lengths in pixels, the first and sixth numbers",
            place=place,
            fix="Check that the numbers are stored row by row and that no two lines were swapped.",
        )
    if not np.allclose(matrix[2, :3], (0, 0, 1), rtol=0, atol=1e-6) or abs(matrix[1, 0]) > 1e-6:
        raise DataError(
            source,
            f"numbers 5 and 9 to 11 = {matrix[1, 0]:g}, {matrix[2, 0]:g}, {matrix[2, 1]:g}, {matrix[2, 2]:g}",
            "0, 0, 0, 1 as in the projection of a rectified camera",
            place=place,
            fix="Check that the numbers are stored row by row and that this is no rigid transform.",
        )


def require_rigid(matrix: np.ndarray, source: str | os.PathLike[str], place: str) -> None:
    """Raises DataError unless the left (3, 3) part of a matrix is a rotation."""
    error = rigid_error(matrix)
    if error < RIGID_TOLERANCE:
        return
    mirrored = rigid_error(-matrix[:, :3]) < RIGID_TOLERANCE or np.linalg.det(matrix[:, :3]) < -0.9
    raise DataError(
        source,
        f"a matrix whose left 3 x 3 part is off a rotation by {error:.3g}",
        f"a rotation, R R^T = I and det R = 1, to {RIGID_TOLERANCE:g}",
        place=place,
        fix="It mirrors space: two rows or columns are swapped or a sign is lost."
        if mirrored
        else "A digit or an exponent is damaged, or the numbers are not stored row by row.",
    )


def require_forward(rotation: np.ndarray, source: str | os.PathLike[str], place: str) -> None:
    """Raises DataError unless a camera with this (3, 3) rotation from the LiDAR looks ahead."""
    # A transposed rotation, or two rigid transforms swapped, are still rotations. They show here.
    forward = rotation[2, 0]
    if forward < 0.5:
        raise DataError(
            source,
            f"a camera that looks {np.degrees(np.arccos(np.clip(forward, -1, 1))):.0f} degrees off the LiDAR's x axis",
            "a forward camera, at most 60 degrees off",
            place=place,
            fix="The rotation is transposed (LiDAR from camera), or Tr_velo_to_cam and Tr_imu_to_velo are swapped.",
        )
