"""Silhouettes: which pixels an object would cover if nothing stood before it."""

import numpy as np
from numba import njit


@njit(cache=True)
def _cover(corners, mark, stamp):
    """Marks the pixel centres inside a triangle given by (3, 2) pixel coordinates; returns the newly marked ones."""
    height, width = mark.shape
    left = max(int(np.ceil(min(corners[0, 0], corners[1, 0], corners[2, 0]))), 0)
    right = min(int(np.floor(max(corners[0, 0], corners[1, 0], corners[2, 0]))), width - 1)
    top = max(int(np.ceil(min(corners[0, 1], corners[1, 1], corners[2, 1]))), 0)
    bottom = min(int(np.floor(max(corners[0, 1], corners[1, 1], corners[2, 1]))), height - 1)
    count = 0
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            if mark[y, x] == stamp:
                continue
            positive = negative = False
            for k in range(3):
                ax, ay = corners[k, 0], corners[k, 1]
                bx, by = corners[(k + 1) % 3, 0], corners[(k + 1) % 3, 1]
                side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                positive |= side > 0
                negative |= side < 0
            if not (positive and negative):
                mark[y, x] = stamp
                count += 1
    return count


@njit(cache=True)
def silhouette(vertices, triangles, img_from_world, near, mark, stamp, bounds):
    """Projects triangles, cut at the plane ``near`` metres before the camera.

    Args:
        vertices: (V, 3) world.
        triangles: (T, 3).
        img_from_world: (3, 4).
        mark: (H, W) int scratch; pixels of the silhouette receive ``stamp``.
        bounds: (4,) receives left, top, right, bottom of the projection, not cut to the image; left > right if all
            of it lies behind the camera.

    Returns:
        Number of pixel centres covered.
    """
    bounds[0], bounds[1], bounds[2], bounds[3] = np.inf, np.inf, -np.inf, -np.inf
    projected, polygon = np.empty((3, 3)), np.empty((4, 2))
    corners = np.empty((3, 2))
    count = 0
    for t in range(len(triangles)):
        for c in range(3):
            vertex = vertices[triangles[t, c]]
            for k in range(3):
                projected[c, k] = (
                    img_from_world[k, 0] * vertex[0]
                    + img_from_world[k, 1] * vertex[1]
                    + img_from_world[k, 2] * vertex[2]
                    + img_from_world[k, 3]
                )
        size = 0
        for c in range(3):
            a, b = projected[c], projected[(c + 1) % 3]
            if a[2] >= near:
                polygon[size, 0], polygon[size, 1] = a[0] / a[2], a[1] / a[2]
                size += 1
            if (a[2] >= near) != (b[2] >= near):
                share = (near - a[2]) / (b[2] - a[2])
                polygon[size, 0] = (a[0] + share * (b[0] - a[0])) / near
                polygon[size, 1] = (a[1] + share * (b[1] - a[1])) / near
                size += 1
        for c in range(size):
            bounds[0], bounds[1] = min(bounds[0], polygon[c, 0]), min(bounds[1], polygon[c, 1])
            bounds[2], bounds[3] = max(bounds[2], polygon[c, 0]), max(bounds[3], polygon[c, 1])
        for c in range(1, size - 1):
            corners[0], corners[1], corners[2] = polygon[0], polygon[c], polygon[c + 1]
            count += _cover(corners, mark, stamp)
    return count
