"""Compiled 5 x 5 filters for depth completion; both leave unknown pixels (0) alone and copy the edge outwards."""

from __future__ import annotations

import numpy as np
from numba import njit

_TABLE_STEPS = 512
_TABLE_SIGMAS = 4.0


@njit(cache=True)
def median_5x5(padded: np.ndarray) -> np.ndarray:
    """(H, W) median over 5 x 5 pixels of a map padded by two on each side; unknown centres stay 0."""
    height, width = padded.shape[0] - 4, padded.shape[1] - 4
    result = np.zeros((height, width), np.float32)
    window = np.empty(25, np.float32)
    for row in range(height):
        for column in range(width):
            if padded[row + 2, column + 2] == 0:
                continue
            # Only the 13 smallest are kept in order; the last of them is the median.
            count = 0
            for i in range(5):
                for j in range(5):
                    value = padded[row + i, column + j]
                    if count == 13 and value >= window[12]:
                        continue
                    at = count if count < 13 else 12
                    while at > 0 and window[at - 1] > value:
                        window[at] = window[at - 1]
                        at -= 1
                    window[at] = value
                    if count < 13:
                        count += 1
            result[row, column] = window[12]
    return result


@njit(cache=True)
def bilateral_5x5(padded: np.ndarray, space_sigma: float, range_sigma: float) -> np.ndarray:
    """(H, W) mean over 5 x 5 known pixels, weighted by closeness in the image and in depth.

    The Gaussian of the depth difference comes from a table; differences over four sigmas weigh nothing.
    """
    height, width = padded.shape[0] - 4, padded.shape[1] - 4
    table = np.empty(_TABLE_STEPS + 1, np.float32)
    for step in range(_TABLE_STEPS):
        table[step] = np.exp(-0.5 * (step * _TABLE_SIGMAS / _TABLE_STEPS) ** 2)
    table[_TABLE_STEPS] = 0
    scale = np.float32(_TABLE_STEPS / (_TABLE_SIGMAS * range_sigma))
    near = np.empty((5, 5), np.float32)
    for i in range(5):
        for j in range(5):
            near[i, j] = np.exp(-((i - 2) ** 2 + (j - 2) ** 2) / (2 * space_sigma**2))
    result = np.zeros((height, width), np.float32)
    for row in range(height):
        for column in range(width):
            centre = padded[row + 2, column + 2]
            if centre == 0:
                continue
            total, weights = np.float32(0), np.float32(0)
            for i in range(5):
                for j in range(5):
                    value = padded[row + i, column + j]
                    if value == 0:
                        continue
                    step = min(int(abs(value - centre) * scale + np.float32(0.5)), _TABLE_STEPS)
                    weight = near[i, j] * table[step]
                    total += weight * value
                    weights += weight
            result[row, column] = total / weights
    return result
