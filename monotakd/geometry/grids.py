"""Where the cells of BEV and voxel grids lie, and how a BEV map becomes a picture.

Arrays over a grid run (Y, X) or (Z, Y, X); points and grid limits run x, y(, z).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from monotakd.scene import BevGrid, VoxelGrid


def cell_size(grid: BevGrid | VoxelGrid) -> tuple[float, ...]:
    """Size of a cell or voxel along x, y(, z), metres."""
    return grid.voxel if isinstance(grid, VoxelGrid) else grid.cell


def axis_centres(grid: BevGrid | VoxelGrid) -> tuple[Float[np.ndarray, " cells"], ...]:
    """Coordinates of the cell centres along x, y(, z), metres; ``lower + (i + 0.5) * size``."""
    axes = zip(grid.lower, cell_size(grid), reversed(grid.shape), strict=True)
    return tuple(lower + (np.arange(count) + 0.5) * size for lower, size, count in axes)


def cell_centres(grid: BevGrid | VoxelGrid) -> Float[np.ndarray, "*cells axes"]:
    """(Y, X, 2) x y of every BEV cell, or (Z, Y, X, 3) x y z of every voxel, metres."""
    mesh = np.meshgrid(*reversed(axis_centres(grid)), indexing="ij")
    return np.stack(mesh[::-1], axis=-1)


def cell_of_points(
    grid: BevGrid | VoxelGrid, points: Float[np.ndarray, "N _"]
) -> tuple[Int[np.ndarray, "N axes"], Bool[np.ndarray, " N"]]:
    """The cell that each point falls into.

    Args:
        grid: a BEV or voxel grid.
        points: (N, 2 or more) x y(, z) in the LiDAR frame, metres; further columns are ignored.

    Returns:
        index: (N, 2) row y, column x; or (N, 3) z, y, x. Ready to index an array over the grid; -1 outside.
        inside: (N,) whether the point lies in the grid; a lower limit belongs to it, an upper limit does not.
    """
    axes = len(grid.shape)
    if points.shape[1] < axes:
        raise ValueError(f"points has {points.shape[1]} columns, a grid with {axes} axes needs at least {axes}")
    position = (points[:, :axes].astype(np.float64) - grid.lower) / cell_size(grid)
    index = np.floor(position)
    inside = ((index >= 0) & (index < grid.shape[::-1])).all(axis=1)
    return np.where(inside[:, None], index, -1)[:, ::-1].astype(np.int64), inside


def flip_grid(grid: BevGrid) -> BevGrid:
    """The grid of the world mirrored left to right (y -> -y).

    A map follows with ``map[..., ::-1, :]``: its rows, which run along y, in reverse.
    """
    return replace(grid, lower=(grid.lower[0], -grid.upper[1]), upper=(grid.upper[0], -grid.lower[1]))


def bev_picture(array: Shaped[Any, "Y X *C"]) -> Shaped[Any, "X Y *C"]:
    """A BEV array turned the way every picture shows it: forward up, left on the left.

    ``picture[0, 0]`` is the farthest, leftmost cell. Draw it with ``extent=picture_extent(grid)`` and
    ``origin="upper"``.
    """
    return np.swapaxes(np.asarray(array), 0, 1)[::-1, ::-1]


def picture_extent(grid: BevGrid) -> tuple[float, float, float, float]:
    """(left, right, bottom, top) of `bev_picture` in metres, for matplotlib: y is horizontal and grows leftwards.

    The numbers are outer cell edges, so a point (x, y) is drawn at horizontal y and vertical x.
    """
    return grid.upper[1], grid.lower[1], grid.lower[0], grid.upper[0]
