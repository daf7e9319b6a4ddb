"""The lift as a textbook writes it: outer product, trilinear sampling of the volume, 1x1 convolution.

Slow and large (a frustum of C x D x h x w numbers) and obviously right: `monotakd.models.lift` must equal it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Cells = tuple[np.ndarray, np.ndarray, np.ndarray]


def frustum_volume(features: Float[Tensor, "B C h w"], depth: Float[Tensor, "B D h w"]) -> Float[Tensor, "B C D h w"]:
    """The outer product of features and depth probability at every pixel."""
    return features.unsqueeze(2) * depth.unsqueeze(1)


def sampling_grid(cells: Cells, frustum_size: tuple[int, int, int]) -> Float[np.ndarray, "Z Y X 3"]:
    """Frustum cells (column, row, bin) as torch's ``grid_sample`` wants them: -1 and 1 are the outer cell edges.

    Args:
        cells: from `monotakd.models.lift_plan.frustum_cells`.
        frustum_size: (D, h, w).

    Returns:
        (Z, Y, X, 3) in the order width, height, depth; -2, far outside, where a voxel has no cell.
    """
    sizes = reversed(frustum_size)
    return np.stack([np.nan_to_num((2 * c + 1) / n - 1, nan=-2.0) for c, n in zip(cells, sizes, strict=True)], axis=-1)


def volume_lift(
    features: Float[Tensor, "B C h w"], depth: Float[Tensor, "B D h w"], grids: Sequence[np.ndarray]
) -> Float[Tensor, "B C Z Y X"]:
    """Fills the frustum and samples it, see `sample_volume`."""
    return sample_volume(frustum_volume(features, depth), grids)


def sample_volume(volume: Float[Tensor, "B C D h w"], grids: Sequence[np.ndarray]) -> Float[Tensor, "B C Z Y X"]:
    """Reads a frustum trilinearly at ``grids``, one `sampling_grid` per sample; outside counts as 0."""
    grid = torch.from_numpy(np.stack(grids)).to(volume)
    return F.grid_sample(volume, grid, mode="bilinear", align_corners=False)
