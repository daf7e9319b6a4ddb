"""Straight lines through a camera: cut at the near plane, then at the picture's border."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

NEAR = 0.1
"""Metres before the camera plane at which lines are cut."""


def project_segments(
    img_from_source: Float[np.ndarray, "3 4"], segments: Float[np.ndarray, "N 2 3"], near: float = NEAR
) -> Float[np.ndarray, "N 2 2"]:
    """Line segments in space as line segments in the picture.

    A segment through the camera plane is cut where its projective depth is ``near``: an end behind the camera, divided
    by its negative depth, would land on the opposite side of the picture.

    Args:
        img_from_source: (3, 4) projection.
        segments: (N, 2, 3) start and end in the source frame, metres.
        near: smallest projective depth that is kept, metres.

    Returns:
        (N, 2, 2) start and end in pixels; NaN for a segment wholly nearer than ``near``.
    """
    ends = segments @ img_from_source[:, :3].T + img_from_source[:, 3]
    depth = ends[..., 2]
    step = depth[:, ::-1] - depth
    # Each end moves towards the other one until it reaches the near plane; ends in front stay.
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(depth < near, (near - depth) / step, 0.0)
    kept = (depth >= near).any(axis=1)
    share = np.where(kept[:, None], share, 0.0)
    cut = ends + share[..., None] * (ends[:, ::-1] - ends)
    divisor = np.where(kept[:, None], np.maximum(cut[..., 2], near), np.nan)
    return cut[..., :2] / divisor[..., None]


def cut_to_image(
    segments: Float[np.ndarray, "N 2 2"], image_size: tuple[int, int], margin: float = 0.5
) -> Float[np.ndarray, "N 2 2"]:
    """The part of each segment inside the picture (Liang and Barsky, 1984); NaN for one that misses it.

    Args:
        segments: (N, 2, 2) ends in pixels, NaN allowed.
        image_size: (height, width) in pixels.
        margin: how far the picture reaches beyond the outer pixel centres; 0.5 is its very edge.
    """
    height, width = image_size
    low, high = np.array([-margin, -margin]), np.array([width - 1 + margin, height - 1 + margin])
    start, step = segments[:, 0], segments[:, 1] - segments[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        to_low, to_high = (low - start) / step, (high - start) / step
    still = step == 0
    inside = (start >= low) & (start <= high)
    enter = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(to_low, to_high)).max(axis=1)
    leave = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(to_low, to_high)).min(axis=1)
    enter, leave = np.maximum(enter, 0.0), np.minimum(leave, 1.0)
    share = np.stack([enter, leave], axis=1)
    share = np.where((enter < leave)[:, None], share, np.nan)
    return start[:, None] + share[..., None] * step[:, None]
