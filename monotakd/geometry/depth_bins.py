"""Depth cut into bins: uniform (UD), linearly increasing (LID) or spaced increasing (SID).

With N bins over minimum..maximum and x = depth - minimum, the continuous index (0 at the minimum, N at the maximum) is

- UD:  ``N x / (maximum - minimum)``
- LID: ``-0.5 + 0.5 sqrt(1 + 8 x / s)`` with ``s = 2 (maximum - minimum) / (N (N + 1))``; bin k is ``s (k + 1)``
  wide
- SID: ``N (ln(1 + depth) - ln(1 + minimum)) / (ln(1 + maximum) - ln(1 + minimum))``

Sources: CaDDN (CVPR 2021), section 3.2, and DORN (CVPR 2018) for SID. Arrays and tensors are treated alike and keep
their type, precision and device.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float, Int

from monotakd.scene import DepthBins

Array = np.ndarray | torch.Tensor


def _namespace(array: Array):
    """The module whose sqrt, log, ... fit the array."""
    return torch if isinstance(array, torch.Tensor) else np


def _lid_step(bins: DepthBins) -> float:
    """s of the LID formula: how much wider than the bin before it each bin is, metres."""
    return 2.0 * (bins.maximum - bins.minimum) / (bins.num * (bins.num + 1))


def bin_index(bins: DepthBins, depth: Float[Array, "*N"]) -> Float[Array, "*N"]:
    """Continuous bin index of a depth; bin k covers [k, k + 1).

    Not clipped: below 0 nearer than the minimum, above ``num`` beyond the maximum. NaN where the formula has no value
    (NaN depth; LID far below the minimum; SID at -1 m and below). Example: 10 LID bins over 0..55 m have edges
    0, 1, 3, 6, 10, ...; a depth of 3 m has index 2.
    """
    xp = _namespace(depth)
    with np.errstate(invalid="ignore", divide="ignore"):
        if bins.mode == "UD":
            return (depth - bins.minimum) / ((bins.maximum - bins.minimum) / bins.num)
        if bins.mode == "LID":
            return -0.5 + 0.5 * xp.sqrt(1.0 + 8.0 * (depth - bins.minimum) / _lid_step(bins))
        near, far = math.log(1.0 + bins.minimum), math.log(1.0 + bins.maximum)
        return bins.num * (xp.log(1.0 + depth) - near) / (far - near)


def bin_target(bins: DepthBins, depth: Float[Array, "*N"]) -> Int[Array, "*N"]:
    """The class of a depth, int64 in 0..num.

    Class ``num`` means "beyond": nearer than the minimum, at or past the maximum, NaN or infinite. The 0 of a depth
    map, nothing known, falls there too as long as the minimum is above 0.
    """
    xp = _namespace(depth)
    index = bin_index(bins, depth)
    inside = (index >= 0) & (index < bins.num)
    clean = xp.where(inside, index, xp.full_like(index, bins.num))
    return clean.long() if xp is torch else clean.astype(np.int64)


def depth_of_index(bins: DepthBins, index: Float[Array, "*N"]) -> Float[Array, "*N"]:
    """Depth in metres of a continuous bin index, the inverse of `bin_index` for indices from -0.5 up."""
    xp = _namespace(index)
    if bins.mode == "UD":
        return bins.minimum + index * ((bins.maximum - bins.minimum) / bins.num)
    if bins.mode == "LID":
        return bins.minimum + _lid_step(bins) * ((2.0 * index + 1.0) ** 2 - 1.0) / 8.0
    near, far = math.log(1.0 + bins.minimum), math.log(1.0 + bins.maximum)
    return xp.exp(near + index * ((far - near) / bins.num)) - 1.0


def bin_edges(bins: DepthBins) -> Float[np.ndarray, " edges"]:
    """(num + 1,) ends of the bins, metres, from the minimum to the maximum."""
    return depth_of_index(bins, np.arange(bins.num + 1, dtype=np.float64))


def bin_centres(bins: DepthBins) -> Float[np.ndarray, " num"]:
    """(num,) middles of the bins, metres: half way between their ends."""
    edges = bin_edges(bins)
    return 0.5 * (edges[:-1] + edges[1:])
