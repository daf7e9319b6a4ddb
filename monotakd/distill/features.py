"""What the feature losses share: bringing two BEV maps to common units, weighting cells, mean squared error."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd.distill.over_processes import mean_over_processes

Normalisation = Literal["none", "target_rms", "minmax", "minmax_detached"]
Map = Float[Tensor, "B C Y X"]


def rms(features: Map) -> Float[Tensor, ""]:
    """Root of the mean square over the whole batch, at least 1e-6; no gradient."""
    return mean_over_processes(features.detach().square().mean()).sqrt().clamp_min(1e-6)


def minmax(features: Map) -> Map:
    """Stretches the whole batch to 0..1: ``(x - min) / max(x - min)``. Differentiable, through min and max too."""
    shifted = features - features.min()
    return shifted / shifted.max().clamp_min(1e-12)


def normalise(student: Map, target: Map, mode: Normalisation) -> tuple[Map, Map]:
    """Brings a map and its target to common units. The target's gradient is cut.

    Args:
        student: the map that is trained.
        target: the map it is compared with.
        mode: ``"none"``: as they are.
            ``"target_rms"``: both divided by the RMS of the target, a change of units that makes losses of different
            teachers comparable (a map of zeros costs 1) and leaves the student to learn the target's scale.
            ``"minmax"``: each stretched to 0..1 by its own extremes over the batch; one outlier squeezes all the rest.
            ``"minmax_detached"``: the same with the student's gradient cut as well, the release's arithmetic: whatever
            is computed from it trains nothing.
    """
    target = target.detach()
    match mode:
        case "none":
            return student, target
        case "target_rms":
            unit = rms(target)
            return student / unit, target / unit
        case "minmax":
            return minmax(student), minmax(target)
        case "minmax_detached":
            return minmax(student).detach(), minmax(target)
    raise ValueError(f"normalisation is {mode!r}, expected 'none', 'target_rms', 'minmax' or 'minmax_detached'")


def weighted_mse(student: Map, target: Map, weights: Float[Tensor, "B 1 Y X"] | None = None) -> Float[Tensor, ""]:
    """Mean squared difference; ``weights`` say how much each cell counts, in any unit (their mean is divided out).

    Raises:
        ValueError: shapes differ, or all weights are 0.
    """
    if student.shape != target.shape:
        raise ValueError(
            f"the student's BEV map is {tuple(student.shape)} and its target {tuple(target.shape)} (B, C, Y, X); "
            "both need the same grid and channels: check the voxel grids and the teacher's stride"
        )
    squared = (student - target).square()
    if weights is None:
        return squared.mean()
    mean = mean_over_processes(weights.mean())
    if not mean > 0:
        raise ValueError(f"the weights of the cells have mean {float(mean)}, expected some cell to count")
    return (squared * (weights / mean)).mean()


def occupancy_weights(
    teacher: Map, empty: Float[Tensor, " C"], background: float = 0.05, tolerance: float = 1e-3
) -> Float[Tensor, "B 1 Y X"]:
    """1 on cells where the teacher's map differs from what it says of empty space, ``background`` elsewhere.

    Most cells of a BEV map are empty and would drown the rest. Our teacher's are 0 there, since its norms on voxels
    touch occupied ones only; those of another network, which batch norm has moved, are not: compare with a cell that is
    known to be empty.

    Args:
        teacher: its BEV map.
        empty: (C,) its features of empty space, for instance any cell of its map of an empty point cloud.
        background: weight of empty cells, 0..1.
        tolerance: largest difference that still counts as empty, in units of the map's RMS.
    """
    difference = (teacher - empty[:, None, None]).abs().amax(dim=1, keepdim=True)
    occupied = difference > tolerance * rms(teacher)
    return torch.where(occupied, 1.0, background).to(teacher.dtype)
