"""The image rectangle around a 3D box, also for boxes that reach behind the camera."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.geometry.boxes import BOX_EDGES, box_corners
from monotakd.scene import Calibration

NEAR = 0.1
"""Parts of a box nearer than this projective depth (metres) are cut off before projecting."""


def project_box_edges(
    boxes: Float[np.ndarray, "N 7"], calibration: Calibration, near: float = NEAR
) -> Float[np.ndarray, "N 12 2 2"]:
    """The twelve edges of each box as image segments.

    Edges that cross the camera plane are cut where their projective depth is ``near``; projecting a corner behind the
    camera as if it were in front would throw it to the opposite side of the image.

    Returns:
        (N, 12, 2, 2): per edge of `boxes.BOX_EDGES` two ends (u, v) in pixels; NaN for an edge wholly behind.

    Raises:
        ValueError: ``near`` is not positive.
    """
    if not near > 0:
        raise ValueError(f"near is {near}, expected a positive depth in metres: nothing projects from the camera plane")
    P = calibration.img_from_lidar
    homogeneous = box_corners(boxes) @ P[:, :3].T + P[:, 3]
    ends = homogeneous[:, np.array(BOX_EDGES)]
    depth = ends[..., 2]
    first, second = depth[..., 0], depth[..., 1]
    crosses = (first < near) != (second < near)
    # Along a straight edge the homogeneous coordinates change evenly, so the cut point is a weighted mean of the ends.
    share = np.where(crosses, (near - first) / np.where(crosses, second - first, 1.0), 0.0)[..., None]
    cut = ends[..., 0, :] + share * (ends[..., 1, :] - ends[..., 0, :])
    cut[..., 2] = near
    ends = np.where((crosses[..., None] & (depth < near))[..., None], cut[..., None, :], ends)
    visible = ends[..., 2] >= near
    return ends[..., :2] / np.where(visible, ends[..., 2], np.nan)[..., None]


def project_boxes(
    boxes: Float[np.ndarray, "N 7"], calibration: Calibration, clip: bool = True, near: float = NEAR
) -> Float[np.ndarray, "N 4"]:
    """The image rectangle around each LiDAR box.

    Args:
        boxes: (N, 7) rows ``x y z l w h yaw``.
        calibration: camera and image size.
        clip: cut the rectangle to the pixel centres of the image, 0..width-1 and 0..height-1, as KITTI's labels do.
        near: parts with a smaller projective depth do not count, metres.

    Returns:
        (N, 4) left, top, right, bottom in pixels; NaN for a box wholly behind ``near`` and, with ``clip``, for one
        whose rectangle misses the image.
    """
    ends = project_box_edges(boxes, calibration, near).reshape(len(boxes), 2 * len(BOX_EDGES), 2)
    seen = ~np.isnan(ends).any(axis=-1, keepdims=True)
    lowest = np.where(seen, ends, np.inf).min(axis=1)
    highest = np.where(seen, ends, -np.inf).max(axis=1)
    outside = ~seen.any(axis=1)
    if clip:
        height, width = calibration.image_size
        limit = np.array([width - 1.0, height - 1.0])
        outside |= ((highest < 0) | (lowest > limit)).any(axis=1, keepdims=True)
        lowest, highest = np.clip(lowest, 0, limit), np.clip(highest, 0, limit)
    return np.where(outside, np.nan, np.concatenate([lowest, highest], axis=1))
