"""Compiled kernels that find the points inside upright boxes."""

import math

import numpy as np
from numba import njit


@njit(cache=True)
def fill_box_of_points(points, boxes, owner):
    """Writes the row of the first box around each point into ``owner`` (N,), which starts as -1."""
    for j in range(len(boxes)):
        x, y, z, length, width, height, yaw = boxes[j]
        cos, sin = math.cos(yaw), math.sin(yaw)
        reach = 0.5 * math.sqrt(length * length + width * width) * (1.0 + 1e-12)
        for i in range(len(points)):
            offset_x, offset_y = points[i, 0] - x, points[i, 1] - y
            if owner[i] >= 0 or abs(offset_x) > reach or abs(offset_y) > reach:
                continue
            if (
                abs(cos * offset_x + sin * offset_y) <= 0.5 * length
                and abs(cos * offset_y - sin * offset_x) <= 0.5 * width
                and abs(points[i, 2] - z) <= 0.5 * height
            ):
                owner[i] = j


@njit(cache=True)
def fill_inside_mask(points, boxes, inside):
    """Writes whether point i lies in box j into ``inside`` (boxes, points)."""
    owner = np.empty(len(points), dtype=np.int64)
    for j in range(len(boxes)):
        owner[:] = -1
        fill_box_of_points(points, boxes[j : j + 1], owner)
        inside[j] = owner == 0
