"""LiDAR points into voxels: each occupied voxel carries the mean of its first few points.

Sorting the points by voxel number brings the points of one voxel together; with a stable sort they stay in file order,
so "the first five" needs no loop. The same lines run on the CPU and on CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.scene import VoxelGrid


@dataclass(frozen=True, eq=False)
class Voxels:
    """The occupied voxels of one sweep, in the order of each one's first point.

    Attributes:
        points: (V, P, C) the points of each voxel in file order, rows past ``counts`` zero.
        counts: (V,) how many points each voxel kept.
        coordinates: (V, 3) z, y, x.
    """

    points: Float[Tensor, "V P C"]
    counts: Int[Tensor, " V"]
    coordinates: Int[Tensor, "V 3"]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def means(self) -> Float[Tensor, "V C"]:
        """(V, C) mean point of each voxel."""
        return self.points.sum(dim=1) / self.counts[:, None]


def voxelize(
    points: Float[Tensor, "N C"], grid: VoxelGrid, *, max_points: int = 5, max_voxels: int | None = None
) -> Voxels:
    """Sorts points into voxels.

    Args:
        points: rows x y z (LiDAR frame, metres) and any further columns. Points outside the grid, and those with a NaN
            or infinite coordinate, are left out.
        grid: a voxel owns its lower faces; computed in the points' precision.
        max_points: a voxel keeps its first so many points.
        max_voxels: only so many voxels are made, those whose first points come first; None for all.
    """
    lower, size = (points.new_tensor(values) for values in (grid.lower, grid.voxel))
    Z, Y, X = grid.shape
    # Numbers outside, NaN among them, are dropped as floats: casting them to integers has no defined result.
    cells = ((points[:, :3] - lower) / size).floor()
    inside = ((cells >= 0) & (cells < points.new_tensor((X, Y, Z)))).all(dim=1)
    points, (x, y, z) = points[inside], cells[inside].long().unbind(1)

    voxel, order = ((z * Y + y) * X + x).sort(stable=True)
    place = torch.arange(len(voxel), device=points.device)
    starts = torch.ones_like(voxel, dtype=torch.bool)
    starts[1:] = voxel[1:] != voxel[:-1]
    run = starts.long().cumsum(0) - 1
    rank_in_voxel = place - place[starts][run]
    by_first_point = order[starts].argsort()
    row_of_run = torch.empty_like(by_first_point)
    row_of_run[by_first_point] = torch.arange(len(by_first_point), device=points.device)

    count = len(by_first_point) if max_voxels is None else min(max_voxels, len(by_first_point))
    row = row_of_run[run]
    kept = (rank_in_voxel < max_points) & (row < count)
    row, rank_in_voxel, order = row[kept], rank_in_voxel[kept], order[kept]
    gathered = points.new_zeros(count, max_points, points.shape[1])
    gathered[row, rank_in_voxel] = points[order]
    number = voxel[starts][by_first_point[:count]]
    coordinates = torch.stack([number // (Y * X), number // X % Y, number % X], dim=1)
    return Voxels(gathered, torch.bincount(row, minlength=count), coordinates)


def voxelize_batch(
    clouds: Sequence[Float[Tensor, "_ C"]], grid: VoxelGrid, *, max_points: int = 5, max_voxels: int | None = None
) -> tuple[Float[Tensor, "V C"], Int[Tensor, "V 4"]]:
    """The mean points of every cloud's voxels, and where they are.

    Args:
        clouds: one tensor (N_i, C) per sample; a cloud may be empty.
        grid: see `voxelize`.
        max_points: see `voxelize`.
        max_voxels: per cloud; see `voxelize`.

    Returns:
        features: (V, C) mean of the points in each voxel.
        coordinates: (V, 4) sample, z, y, x.

    Raises:
        ValueError: no clouds at all.
    """
    if not clouds:
        raise ValueError("no point clouds to voxelize: pass one tensor per sample, empty ones included")
    voxels = [voxelize(cloud, grid, max_points=max_points, max_voxels=max_voxels) for cloud in clouds]
    sample = [torch.full((len(v), 1), index, device=v.counts.device) for index, v in enumerate(voxels)]
    coordinates = [torch.cat([b, v.coordinates], dim=1) for b, v in zip(sample, voxels, strict=True)]
    return torch.cat([v.means for v in voxels]), torch.cat(coordinates)
