"""The student's depth distribution as one depth per pixel, and as a coloured point cloud."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from monotakd.datasets.ply import ColouredPoints
from monotakd.geometry.depth_bins import depth_of_index
from monotakd.geometry.frames import lift_to_lidar, pixel_centres
from monotakd.geometry.grids import cell_of_points
from monotakd.scene import DepthBins, Frame, VoxelGrid


def most_probable_depth(logits: Float[Tensor, "D1 h w"], bins: DepthBins) -> Float32[np.ndarray, "h w"]:
    """One depth for each feature cell: the mean over the most probable bin and its two neighbours.

    The mean over all bins would put a cell at the edge of a car half way between the car and what is behind it.

    Args:
        logits: before the softmax; the last channel is "beyond".
        bins: depth bins.

    Returns:
        Metres along the camera's z axis; 0 where "beyond" is more probable than any bin.
    """
    probability = logits.float().softmax(dim=0)
    best = probability[:-1].argmax(dim=0)
    near = best[None] + torch.arange(-1, 2, device=best.device)[:, None, None]
    weight = probability.gather(0, near.clamp(0, bins.num - 1)) * ((near >= 0) & (near < bins.num))
    index = (weight * (near + 0.5)).sum(dim=0) / weight.sum(dim=0)
    depth = depth_of_index(bins, index)
    beyond = probability[-1] > probability[:-1].amax(dim=0)
    return torch.where(beyond, 0.0, depth).float().cpu().numpy()


def depth_of_pixels(
    cells: Float[np.ndarray, "h w"], stride: int, image_size: tuple[int, int], real: Bool[np.ndarray, "H W"]
) -> Float[np.ndarray, "H W"]:
    """The depth of every pixel's feature cell; 0 outside the photograph (``real`` False)."""
    height, width = image_size
    return np.where(real, cells.repeat(stride, axis=0).repeat(stride, axis=1)[:height, :width], 0).astype(cells.dtype)


def coloured_points(frame: Frame, depth: Float[np.ndarray, "H W"], grid: VoxelGrid) -> ColouredPoints:
    """A point for each pixel whose depth is known, where the network's own grid has room for it.

    Outside the grid nothing of the network looks at the depth, and no LiDAR taught it: sky and distance are left out.

    Args:
        frame: image and calibration.
        depth: metres along the camera's z axis, 0 where unknown.
        grid: the network's voxels.
    """
    known = depth > 0
    uv = pixel_centres(depth.shape)[known]
    points = lift_to_lidar(frame.calibration, uv, depth[known].astype(np.float64))
    _, inside = cell_of_points(grid, points)
    return ColouredPoints(points[inside], frame.image[known][inside])
