"""The outline of what two boxes share on the ground, for pictures and for areas by hand.

The IoU itself comes from `rotated_iou`, which is faster and exact where edges coincide.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.geometry.boxes import box_corners

SAME_POINT = 1e-9
"""Corners nearer to each other than this are one corner, metres."""


def overlap_polygon(a: Float[np.ndarray, " 7"], b: Float[np.ndarray, " 7"]) -> Float[np.ndarray, "K 2"]:
    """Corners of the ground-plane intersection of two boxes, counter-clockwise seen from above.

    The rectangle of ``a`` is cut along each side of ``b`` in turn (Sutherland and Hodgman, 1974). The overlap of two
    rectangles has 3 to 8 corners.

    Args:
        a: row ``x y z l w h yaw``; z and h play no part.
        b: the same.

    Returns:
        (K, 2) x y, metres; (0, 2) where the boxes share no area.
    """
    polygon, cutter = _ground_rectangle(a), _ground_rectangle(b)
    for start, end in zip(cutter, np.roll(cutter, -1, axis=0), strict=True):
        polygon = _left_of(polygon, start, end)
    distinct = np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1) > SAME_POINT
    polygon = polygon[distinct]
    return polygon if len(polygon) >= 3 else np.zeros((0, 2))


def _ground_rectangle(box: np.ndarray) -> np.ndarray:
    """(4, 2) counter-clockwise; `box_corners` runs clockwise."""
    return box_corners(np.asarray(box, dtype=np.float64)[None])[0, 3::-1, :2]


def _left_of(polygon: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The part of a convex polygon on the left of the line from ``start`` to ``end``."""
    (x, y), (along_x, along_y) = start, end - start
    side = along_x * (polygon[:, 1] - y) - along_y * (polygon[:, 0] - x)
    kept = []
    for i in range(len(polygon)):
        j = (i + 1) % len(polygon)
        if side[i] >= 0:
            kept.append(polygon[i])
        if side[i] * side[j] < 0:
            share = side[i] / (side[i] - side[j])
            kept.append(polygon[i] + share * (polygon[j] - polygon[i]))
    return np.array(kept).reshape(-1, 2)
