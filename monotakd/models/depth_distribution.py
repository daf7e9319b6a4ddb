"""True depth in the form the lift takes: pooled to feature cells, then one-hot bins or shared between two bins.

The student predicts a distribution over the bins at every feature cell; the assistant (and a depth loss) take the true
one, made here from a depth map.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.geometry.depth_bins import bin_index, bin_target
from monotakd.scene import DepthBins

Pooling = Literal["nearest", "mean"]


def pool_depth(depth: Float[Tensor, "B H W"], stride: int, pooling: Pooling = "nearest") -> Float[Tensor, "B h w"]:
    """One depth per feature cell of ``stride`` x ``stride`` pixels, from the pixels that have one.

    Blocks start at the top-left corner; short ones at the right and bottom use what they have.

    Args:
        depth: metres, 0 where unknown.
        stride: pixels per cell.
        pooling: ``"nearest"``: the smallest depth. At the edge of an object it keeps the object, where a mean puts the
            cell between object and background, at a depth where nothing is; our default. ``"mean"``: the release.

    Returns:
        (B, ceil(H / stride), ceil(W / stride)) metres, 0 where no pixel of the cell has a depth.
    """
    height, width = depth.shape[1:]
    padded = F.pad(depth, (0, -width % stride, 0, -height % stride))
    blocks = padded.unflatten(2, (-1, stride)).unflatten(1, (-1, stride))  # (B, h, stride, w, stride)
    known = blocks > 0
    match pooling:
        case "nearest":
            nearest = torch.where(known, blocks, torch.inf).amin(dim=(2, 4))
            return torch.where(nearest.isinf(), 0.0, nearest)
        case "mean":
            return torch.where(known, blocks, 0.0).sum(dim=(2, 4)) / known.sum(dim=(2, 4)).clamp_min(1)
    raise ValueError(f"pooling is {pooling!r}, expected 'nearest' or 'mean'")


def true_depth_bins(
    depth: Float[Tensor, "B H W"], bins: DepthBins, stride: int, pooling: Pooling = "nearest"
) -> Int[Tensor, "B h w"]:
    """The bin of every feature cell, 0..num; ``num`` ("beyond") where the depth is unknown or out of range."""
    pooled = pool_depth(depth, stride, pooling)
    return bin_target(bins, torch.where(pooled > 0, pooled, torch.nan))


def one_hot_depth(target: Int[Tensor, "B h w"], bins: DepthBins) -> Float[Tensor, "B D h w"]:
    """Probability 1 at the bin of each cell; all 0 at "beyond", so that such a cell is lifted nowhere."""
    return F.one_hot(target, bins.num + 1)[..., : bins.num].permute(0, 3, 1, 2).float()


def split_depth(depth: Float[Tensor, "B h w"], bins: DepthBins) -> Float[Tensor, "B D h w"]:
    """A depth shared linearly between the two bins whose middles it lies between, so that binning loses nothing.

    The share of bin k falls from 1 at its middle to 0 at the middles beside it. The middle is meant in the bins' own
    index, k + 0.5, where the lift reads them: the mean of ``k + 0.5`` over the bins is `bin_index` of the depth. Within
    half a bin of either end of the range there is one neighbour only, which takes all.

    Args:
        depth: metres, 0 where unknown.
        bins: depth bins.

    Returns:
        (B, D, h, w), sums to 1 over the bins; all 0 where the depth is unknown or out of range.
    """
    index = bin_index(bins, torch.where(depth > 0, depth, torch.nan))
    known = (index >= 0) & (index < bins.num)  # the rule of `bin_target`
    middle = torch.where(known, index - 0.5, 0.0).clamp(0, bins.num - 1)
    own = torch.arange(bins.num, device=depth.device, dtype=depth.dtype)[:, None, None]
    return (1 - (middle[:, None] - own).abs()).clamp_min(0) * known[:, None]
