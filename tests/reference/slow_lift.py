"""The lift of one voxel with plain loops, from the definition: project, find the cell, read 2 x 2 x 2 corners."""

import math

import numpy as np

from monotakd.geometry.depth_bins import bin_index
from monotakd.geometry.frames import project_lidar


def lift_point(features, probability, calibration, bins, stride, point):
    """(C,) feature of the voxel centred on ``point`` (x, y, z metres); centred convention.

    ``features`` (C, h, w) and ``probability`` (D, h, w) are numpy arrays.
    """
    (u, v), depth = project_lidar(calibration, np.asarray(point, dtype=np.float64))
    total = np.zeros(len(features))
    index = bin_index(bins, np.array([depth]))[0]
    if not all(map(math.isfinite, (u, v, index))) or depth <= 0:
        return total
    # A feature cell covers ``stride`` pixels; both the pixel's and the cell's edges are half a unit from their centres.
    column, row, layer = (u + 0.5) / stride - 0.5, (v + 0.5) / stride - 0.5, index - 0.5
    for d in (math.floor(layer), math.floor(layer) + 1):
        for r in (math.floor(row), math.floor(row) + 1):
            for c in (math.floor(column), math.floor(column) + 1):
                if 0 <= d < bins.num and 0 <= r < features.shape[1] and 0 <= c < features.shape[2]:
                    share = (1 - abs(column - c)) * (1 - abs(row - r)) * (1 - abs(layer - d))
                    total += share * probability[d, r, c] * features[:, r, c]
    return total
