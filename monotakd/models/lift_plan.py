"""Which pixels and depth bins each voxel sees: the geometry of the lift, worked out once per calibration.

A voxel's centre projects to a continuous cell (column, row, bin) of the *frustum*, the volume of feature columns,
feature rows and depth bins that the camera sees. Trilinear sampling then reads the 2 x 2 pixels around (column, row)
and the two bins around ``bin``. `frustum_cells` finds the cell, `plan_lift` writes the reads down as flat lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.geometry.depth_bins import bin_index
from monotakd.geometry.grids import axis_centres
from monotakd.scene import Calibration, DepthBins, VoxelGrid

Convention = Literal["centred", "released"]


def frustum_cells(
    calibration: Calibration,
    grid: VoxelGrid,
    bins: DepthBins,
    feature_size: tuple[int, int],
    *,
    stride: int,
    convention: Convention = "centred",
    padded_size: tuple[int, int] | None = None,
) -> tuple[Float[np.ndarray, "Z Y X"], Float[np.ndarray, "Z Y X"], Float[np.ndarray, "Z Y X"]]:
    """Where the voxel centres lie in the frustum.

    ``"centred"``: feature cell i covers the pixels ``i * stride`` to ``(i + 1) * stride - 1``, so that the centre of
    a pixel, u, lies at ``(u + 0.5) / stride - 0.5``; bin k reaches from index k to k + 1, so that its middle, k,
    stands at ``index - 0.5``. (The convolutions of a ResNet rather centre cell i on pixel ``i * stride``; they learn to
    make up for that half cell, while the pooled true depth cannot.)

    ``"released"``: the release divides u by (image width - 1) and the index by (D - 1), which is the rule for grids
    whose outer cells are *centred* on the limits, and then samples by the rule for cells whose *edges* are on the
    limits: ``u / (width - 1) * w - 0.5`` and ``index / (D - 1) * D - 0.5``. It also takes the width of the widest
    image of the batch (``padded_size``) for all. On KITTI its reads end up 0.8 of a feature cell (6.5 pixels) too far
    right at the image's right edge, and one bin too far at the last bin.

    Args:
        calibration: of the image the features were made from.
        grid: the voxels.
        bins: the depth bins.
        feature_size: (h, w) of the feature map.
        stride: image pixels per feature cell.
        convention: see above.
        padded_size: (height, width) that every image of the batch was padded to; only ``"released"`` looks at it.

    Returns:
        column, row and bin, each (Z, Y, X), 0 at the middle of the first cell; NaN where a voxel is not in front
        of the camera.
    """
    z, y, x = np.ix_(*reversed(axis_centres(grid)))
    matrix, camera_z = calibration.img_from_lidar, calibration.cam_from_lidar[2]
    u, v, projective, depth = (a * x + b * y + c * z + d for a, b, c, d in (*matrix, camera_z))
    projective = np.where((projective > 0) & (depth > 0), projective, np.nan)
    u, v, index = u / projective, v / projective, bin_index(bins, depth)
    if convention == "centred":
        return (u + 0.5) / stride - 0.5, (v + 0.5) / stride - 0.5, index - 0.5
    if convention != "released":
        raise ValueError(f"convention is {convention!r}, expected 'centred' or 'released'")
    (height, width), (h, w) = padded_size or calibration.image_size, feature_size
    last_bin = max(bins.num - 1, 1)
    return u / (width - 1) * w - 0.5, v / (height - 1) * h - 0.5, index / last_bin * bins.num - 0.5


@dataclass(frozen=True, eq=False)
class LiftPlan:
    """Every read of the lift for one calibration; K reads, sorted by BEV cell (y, x), then z.

    Read k adds ``near_share[k] * p[near_bin[k]] + far_share[k] * p[far_bin[k]]`` times the feature of its pixel to
    its voxel, where p is the flattened (D, h, w) depth distribution. Shares are products of the bilinear share of the
    pixel and the linear share of the bin.

    Attributes:
        near_bin: (K,) index into p of the nearer bin, int32.
        far_bin: (K,) index into p of the farther bin, int32.
        near_share: (K,) 0 where the nearer bin lies before the first.
        far_share: (K,) 0 where the farther bin lies behind the last.
        table_row: (K,) row of the read in the pixel table of the BEV lift: the tables of all heights on top of each
            other, each holding only its span of pixels, int32.
        spans: per height (z) the first and one past the last pixel that its voxels see.
        first_read: (Y * X * Z,) where the reads of each voxel begin, int32.
        grid_shape: (Z, Y, X).
        feature_size: (h, w).
        num_bins: D.
    """

    near_bin: Int[Tensor, " K"]
    far_bin: Int[Tensor, " K"]
    near_share: Float[Tensor, " K"]
    far_share: Float[Tensor, " K"]
    table_row: Int[Tensor, " K"]
    spans: tuple[tuple[int, int], ...]
    first_read: Int[Tensor, " voxels"]
    grid_shape: tuple[int, int, int]
    feature_size: tuple[int, int]
    num_bins: int

    def __len__(self) -> int:
        return len(self.table_row)

    @property
    def pixel(self) -> Int[Tensor, " K"]:
        """(K,) row-major index of the feature cell that each read looks at."""
        return self.near_bin % (self.feature_size[0] * self.feature_size[1])

    @property
    def nbytes(self) -> int:
        """Memory held, bytes."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, Tensor))


def plan_lift(
    column: Float[np.ndarray, "Z Y X"],
    row: Float[np.ndarray, "Z Y X"],
    depth_bin: Float[np.ndarray, "Z Y X"],
    feature_size: tuple[int, int],
    num_bins: int,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> LiftPlan:
    """Lists the reads of trilinear sampling at the given frustum cells; what lies outside the frustum counts as 0."""
    h, w = feature_size
    with np.errstate(invalid="ignore"):
        seen = (column > -1) & (column < w) & (row > -1) & (row < h) & (depth_bin > -1) & (depth_bin < num_bins)
    spans = _pixel_spans(row, seen, feature_size)

    voxel = np.flatnonzero(seen.transpose(1, 2, 0))  # in the order y, x, z
    column, row, depth_bin = (cell.transpose(1, 2, 0).ravel()[voxel] for cell in (column, row, depth_bin))
    left, top, near = (np.floor(cell).astype(np.int32) for cell in (column, row, depth_bin))
    right_share, bottom_share, far_share = column - left, row - top, depth_bin - near

    # (voxels, 4): the pixels top left, top right, bottom left, bottom right.
    columns = left[:, None] + np.array([0, 1, 0, 1], dtype=np.int32)
    rows = top[:, None] + np.array([0, 0, 1, 1], dtype=np.int32)
    across = np.stack([1 - right_share, right_share] * 2, axis=1)
    share = across * np.repeat(np.stack([1 - bottom_share, bottom_share], axis=1), 2, axis=1)
    real = (columns >= 0) & (columns < w) & (rows >= 0) & (rows < h) & (share > 0)

    pixel, share = (rows * w + columns)[real], share[real]
    reads = real.sum(axis=1)
    near, far_share, height = (np.repeat(value, reads) for value in (near, far_share, voxel % len(spans)))
    far = near + 1
    starts = np.array([start for start, _ in spans])
    table_start = np.cumsum([0, *(stop - start for start, stop in spans[:-1])])
    reads_of_voxel = np.zeros(seen.size, dtype=np.int64)
    reads_of_voxel[voxel] = reads

    def integers(array):
        return torch.from_numpy(array.astype(np.int32)).to(device)

    def reals(array):
        return torch.from_numpy(array).to(device, dtype)

    return LiftPlan(
        near_bin=integers(near.clip(0) * (h * w) + pixel),
        far_bin=integers(far.clip(max=num_bins - 1) * (h * w) + pixel),
        near_share=reals(np.where(near >= 0, share * (1 - far_share), 0)),
        far_share=reals(np.where(far < num_bins, share * far_share, 0)),
        table_row=integers(pixel + (table_start - starts)[height]),
        spans=spans,
        first_read=integers(np.cumsum(reads_of_voxel) - reads_of_voxel),
        grid_shape=seen.shape,
        feature_size=(h, w),
        num_bins=num_bins,
    )


def _pixel_spans(
    row: Float[np.ndarray, "Z Y X"], seen: np.ndarray, feature_size: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    """Per height the first and one past the last pixel seen, as whole rows; a low voxel never sees the sky."""
    h, w = feature_size
    top = np.floor(np.where(seen, row, np.inf).min(axis=(1, 2))).clip(0, h)
    bottom = np.floor(np.where(seen, row, -np.inf).max(axis=(1, 2)) + 2).clip(0, h)
    return tuple((int(a) * w, int(max(a, b)) * w) for a, b in zip(top, bottom, strict=True))
