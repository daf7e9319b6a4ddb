"""Ground truth in the form of a teacher's response: what a teacher that makes no mistake would say.

Response distillation differs from learning from boxes in two things: who is asked, and the form of the loss (soft
scores, boxes at every place that sees something). A student that learns from this has the response loss's form and the
boxes' knowledge, so that it tells the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monotakd.distill.ground_truth import labelled_samples, no_losses
from monotakd.distill.over_processes import count_share
from monotakd.distill.response import response_losses
from monotakd.models.heads.anchor_targets import AnchorTargets
from monotakd.models.heads.center_targets import CenterTargets
from monotakd.models.heads.predictions import DensePredictions, HeadLosses
from monotakd.scene import BevGrid, Boxes3D

CERTAIN = 30.0
"""Logit of a score of 1, which it is in float32; a score of 0 becomes 1e-13."""


def truth_response_losses(
    head: nn.Module,
    predictions: DensePredictions,
    boxes: Sequence[Boxes3D | None],
    *,
    score_threshold: float = 0.1,
    average_classification: bool = True,
) -> HeadLosses:
    """`response_losses` with the truth for a teacher, on the samples that have boxes; unweighted terms.

    Args:
        head: see `perfect_response`.
        predictions: of the whole batch.
        boxes: per sample; None for an unlabelled one, which teaches nothing.
        score_threshold: see `response_losses`.
        average_classification: see `response_losses`.
    """
    chosen, known = labelled_samples(predictions, boxes)
    share = count_share(len(known), predictions.class_logits)
    if not known:
        return no_losses(predictions)
    terms = response_losses(
        chosen,
        perfect_response(head, known),
        score_threshold=score_threshold,
        average_classification=average_classification,
    )
    return HeadLosses(*(term * share for term in terms))


@torch.no_grad()
def perfect_response(head: nn.Module, boxes: Sequence[Boxes3D]) -> DensePredictions:
    """The predictions of a head of this layout that is right everywhere.

    A centre head's scores are the heat of the truth. Each cell describes the object whose centre is nearest, seen from
    that cell; the response loss asks only where there is heat. An anchor head's scores are 1 for the anchors that
    answer for an object, 0 elsewhere. Anchors that the supervised loss ignores, neither object nor background, are
    among the latter: the response loss knows no third answer.

    Args:
        head: `AnchorHead` or `CenterHead`.
        boxes: per sample, at least one sample.

    Raises:
        ValueError: the head is of another kind.
    """
    targets = head.targets(boxes)
    match targets:
        case CenterTargets():
            return _of_centres(targets, head.grid)
        case AnchorTargets():
            return _of_anchors(targets, len(head.classes))
    raise ValueError(
        f"no form of a response is known for the {type(targets).__name__} of a {type(head).__name__}; "
        "expected an AnchorHead or a CenterHead"
    )


def _of_anchors(targets: AnchorTargets, num_classes: int) -> DensePredictions:
    answers = F.one_hot(targets.labels.clamp_min(0), num_classes + 1)[..., 1:].to(targets.codes.dtype)
    directions = F.one_hot(targets.directions, 2).to(targets.codes.dtype)
    return DensePredictions(_logits(answers), targets.codes, CERTAIN * (2 * directions - 1))


def _of_centres(targets: CenterTargets, grid: BevGrid) -> DensePredictions:
    rows, columns = grid.shape
    cells = torch.arange(rows * columns, device=targets.cells.device)
    codes = targets.codes.new_zeros(len(targets.heat), len(cells), targets.codes.shape[1])
    for sample, seen in enumerate(codes):
        own = targets.cells // len(cells) == sample
        if not own.any():
            continue
        centre, code = targets.cells[own] % len(cells), targets.codes[own]
        away_x = centre % columns - (cells % columns)[:, None]
        away_y = centre // columns - (cells // columns)[:, None]
        nearest = (away_x**2 + away_y**2).argmin(dim=1)
        seen.copy_(code[nearest])
        seen[:, 0] += away_x[cells, nearest]
        seen[:, 1] += away_y[cells, nearest]
    return DensePredictions(_logits(targets.heat), codes)


def _logits(scores: Tensor) -> Tensor:
    return torch.logit(scores).clamp(-CERTAIN, CERTAIN)
