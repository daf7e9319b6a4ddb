"""What ties image and bird's-eye view together: the height of a cell, and how far away a distribution says it is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.geometry.depth_bins import bin_centres
from monotakd.scene import DepthBins

HEIGHT = -0.9
"""Where above the ground a cell is looked at, z in the LiDAR frame, metres: half-way up a car."""
COLUMN = (-1.7, 0.0)
"""From the ground to above a car: the part of a cell's column that is drawn into the image, z in metres."""


def summary(
    probabilities: Float[np.ndarray, " D *cells"], bins: DepthBins
) -> tuple[Float[np.ndarray, "*cells"], Float[np.ndarray, "*cells"]]:
    """Centre of the most probable bin, and mean depth, of every distribution, without "beyond"; metres."""
    centres, known = bin_centres(bins), probabilities[: bins.num].astype(np.float64)
    total = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(total > 0, np.tensordot(centres, known, axes=1) / total, np.nan)
    return centres[known.argmax(axis=0)], mean
