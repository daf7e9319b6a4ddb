"""How much each BEV cell counts in the feature losses.

A street is mostly empty: of the toy teacher's cells only a few in a hundred hold an object. The paper averages over
all of them; it says nothing of masks.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from monotakd.distill.features import Map, occupancy_weights
from monotakd.errors import require
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.teacher import Teacher

CellWeighting = Literal["all", "occupied", "foreground"]


@torch.no_grad()
def empty_features(teacher: Teacher) -> Float[Tensor, " C"]:
    """What a teacher in evaluation mode says of empty space: any cell of its map of an empty cloud."""
    return teacher([torch.zeros(0, 4)]).bev.features[0, :, 0, 0]


def cell_weights(
    weighting: CellWeighting,
    teacher: Map,
    empty: Float[Tensor, " C"] | None,
    head: DensePredictions | None,
    background: float,
) -> Float[Tensor, "B 1 Y X"] | None:
    """Weights of the cells; None where all count alike.

    Args:
        weighting: ``"all"``: alike, as in the paper. ``"occupied"``: `features.occupancy_weights`, our default.
            ``"foreground"`` (ours): where the teacher's head is sure of an object, `foreground_weights`.
        teacher: F_T.
        empty: its features of empty space; only ``"occupied"`` looks at them.
        head: the teacher's predictions; only ``"foreground"`` looks at them.
        background: weight of the other cells, 0..1.

    Raises:
        ValueError: there are no predictions to look at, or no such weighting.
    """
    match weighting:
        case "all":
            return None
        case "occupied":
            require(empty is not None, "occupied cells are those that differ from empty space: pass its features")
            return occupancy_weights(teacher, empty.to(teacher), background)
        case "foreground":
            require(head is not None, "foreground cells are found by the teacher's predictions, which are missing")
            return foreground_weights(head, tuple(teacher.shape[2:]), background)
    raise ValueError(f"weighting is {weighting!r}, expected 'all', 'occupied' or 'foreground'")


def foreground_weights(
    head: DensePredictions, shape: tuple[int, int], background: float, reach: int = 3
) -> Float[Tensor, "B 1 Y X"]:
    """The teacher's best score within ``reach`` cells, and at least ``background``.

    Both heads list their places row by row, so the scores of a cell's anchors lie next to each other.

    Args:
        head: its predictions.
        shape: (Y, X) of the map.
        background: weight of cells far from any object.
        reach: cells; a car covers about 6 x 3 toy cells, and its score peaks in the middle.
    """
    score = head.class_logits.detach().sigmoid().amax(dim=-1)
    best = score.unflatten(1, (*shape, -1)).amax(dim=-1)[:, None]
    return F.max_pool2d(best, 2 * reach + 1, stride=1, padding=reach).clamp_min(background)
