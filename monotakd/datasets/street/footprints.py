"""Do two things stand in the same place? A fast yes or no for the sampler."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


def overlaps(a: Float[np.ndarray, "N 5"], b: Float[np.ndarray, "M 5"]) -> Bool[np.ndarray, "N M"]:
    """Whether rectangles on the ground share any area.

    Two rectangles are apart exactly when one of their four edge directions separates them.

    Args:
        a: (N, 5) rows x, y, length, width, yaw.
        b: (M, 5) likewise.
    """
    apart = np.zeros((len(a), len(b)), dtype=bool)
    offset = b[None, :, :2] - a[:, None, :2]
    turn = b[None, :, 4] - a[:, None, 4]
    cos, sin = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    for yaw, own, other in ((a[:, None, 4], a[:, None], b[None]), (b[None, :, 4], b[None], a[:, None])):
        along = np.abs(offset[..., 0] * np.cos(yaw) + offset[..., 1] * np.sin(yaw))
        across = np.abs(offset[..., 1] * np.cos(yaw) - offset[..., 0] * np.sin(yaw))
        length, width = other[..., 2], other[..., 3]
        apart |= along >= (own[..., 2] + length * cos + width * sin) / 2
        apart |= across >= (own[..., 3] + length * sin + width * cos) / 2
    return ~apart


def first_come(rectangles: Float[np.ndarray, "N 5"], taken: Float[np.ndarray, "M 5"]) -> Bool[np.ndarray, " N"]:
    """Which rectangles can stay when each gives way to all ``taken`` and to those kept before it."""
    free = ~overlaps(rectangles, taken).any(axis=1)
    clash = overlaps(rectangles, rectangles)
    for i in range(len(rectangles)):
        if free[i]:
            free[i] = not (clash[i, :i] & free[:i]).any()
    return free
