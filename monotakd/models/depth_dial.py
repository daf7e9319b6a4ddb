"""Turning a predicted depth into another one: towards the truth, nearer or farther, sharper or wider.

Each turn is linear in the distribution of a feature cell, so a turn is a matrix over the bins. What leaves the range of
the bins is lost to them: it belongs to "beyond" and is lifted nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd.errors import require
from monotakd.geometry.depth_bins import bin_edges, bin_target, depth_of_index
from monotakd.models.depth_distribution import pool_depth, split_depth
from monotakd.scene import DepthBins


@dataclass(frozen=True)
class Dial:
    """One position of the depth dial; turned in this order.

    Attributes:
        truth: share of the true depth, from 0 (predicted) to 1 (one-hot truth, where it is known).
        shift: metres that everything is moved away by; negative is nearer.
        blur: standard deviation of the Gaussian that everything is blurred with, metres.
    """

    truth: float = 0.0
    shift: float = 0.0
    blur: float = 0.0

    def __post_init__(self):
        require(0 <= self.truth <= 1, f"Dial.truth is {self.truth}, expected a share from 0 to 1")
        require(self.blur >= 0, f"Dial.blur is {self.blur} m, expected 0 or more")

    def __str__(self) -> str:
        return f"{self.truth:.0%} truth, shifted by {self.shift:+.1f} m, blurred by {self.blur:.1f} m"


def known_truth(
    depth: Float[Tensor, "B H W"], bins: DepthBins, stride: int
) -> tuple[Float[Tensor, "B D1 h w"], Float[Tensor, "B 1 h w"]]:
    """One-hot true depth over bins and "beyond", and where it is known at all.

    A cell whose depth is known and out of range is known to be "beyond"; one without any depth is not known.

    Args:
        depth: metres, 0 where unknown.
        bins: depth bins.
        stride: pixels per feature cell.
    """
    pooled = pool_depth(depth, stride)
    target = bin_target(bins, pooled)
    one_hot = torch.nn.functional.one_hot(target, bins.num + 1).permute(0, 3, 1, 2).to(depth.dtype)
    known = (pooled > 0)[:, None].to(depth.dtype)
    return one_hot * known, known


def mix_depth(
    predicted: Float[Tensor, "B D1 h w"],
    truth: Float[Tensor, "B D1 h w"],
    known: Float[Tensor, "B 1 h w"],
    share: float,
) -> Float[Tensor, "B D1 h w"]:
    """``(1 - share) * predicted + share * truth`` where the truth is known; elsewhere as predicted."""
    if share == 0:
        return predicted
    weight = share * known
    return (1 - weight) * predicted + weight * truth


def shift_matrix(bins: DepthBins, metres: float) -> Float[Tensor, "D D"]:
    """(to, from) where the mass of each bin goes when everything is moved away by so many metres.

    The middle of a bin moves, and is shared between the two bins whose middles it then lies between.
    """
    if metres == 0:
        return torch.eye(bins.num, dtype=torch.float64)
    middles = depth_of_index(bins, torch.arange(bins.num, dtype=torch.float64) + 0.5)
    return split_depth((middles + metres)[None, None], bins)[0, :, 0]


def blur_matrix(bins: DepthBins, metres: float) -> Float[Tensor, "D D"]:
    """(to, from) where the mass of each bin goes when it is blurred by a Gaussian of that standard deviation."""
    if metres == 0:
        return torch.eye(bins.num, dtype=torch.float64)
    middles = depth_of_index(bins, torch.arange(bins.num, dtype=torch.float64) + 0.5)
    edges = torch.from_numpy(bin_edges(bins))
    below = torch.special.ndtr((edges[:, None] - middles) / metres)
    return below.diff(dim=0)


def spread(p: Float[Tensor, "B D1 h w"], matrix: Float[Tensor, "D D"]) -> Float[Tensor, "B D1 h w"]:
    """Moves the mass of the bins as a matrix says; what the matrix loses goes to "beyond"."""
    inside, beyond = p[:, :-1], p[:, -1:]
    moved = torch.einsum("ij,bjhw->bihw", matrix.to(p), inside)
    lost = (inside.sum(dim=1, keepdim=True) - moved.sum(dim=1, keepdim=True)).clamp_min(0)
    return torch.cat([moved, beyond + lost], dim=1)


def turn(
    dial: Dial,
    predicted: Float[Tensor, "B D1 h w"],
    truth: Float[Tensor, "B D1 h w"],
    known: Float[Tensor, "B 1 h w"],
    bins: DepthBins,
) -> Float[Tensor, "B D1 h w"]:
    """The depth at a position of the dial; at ``Dial()`` the prediction itself, to the bit.

    Args:
        dial: the position.
        predicted: probabilities of the bins and of "beyond".
        truth: of `known_truth`.
        known: of `known_truth`.
        bins: of all these.
    """
    p = mix_depth(predicted, truth, known, dial.truth)
    if dial.shift:
        p = spread(p, shift_matrix(bins, dial.shift))
    return spread(p, blur_matrix(bins, dial.blur)) if dial.blur else p
