"""Learning from boxes: the supervised loss of teacher, assistant and baseline student.

MonoTAKD's student sees no boxes at all. Ground truth is the baseline's only loss, and an option beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from monotakd.distill.over_processes import count_share
from monotakd.models.heads.center_targets import CenterTargets
from monotakd.models.heads.predictions import DensePredictions, HeadLosses
from monotakd.scene import Annotations, Boxes3D, Detections

SURE = 0.3
"""Lowest score of a detection that is taken for an object, for hard pseudo-labels."""


def ground_truth_losses(head: nn.Module, predictions: DensePredictions, boxes: Sequence[Boxes3D | None]) -> HeadLosses:
    """The head's own loss on the samples that have boxes, its terms weighted as the head weighs them.

    Args:
        head: `AnchorHead` or `CenterHead`, or any module with ``targets``, ``loss`` and ``loss_weights``.
        predictions: of the whole batch.
        boxes: per sample; None for an unlabelled one, which teaches nothing. (No objects is ``Boxes3D.empty()``, and
            teaches that there are none.)
    """
    chosen, known = labelled_samples(predictions, boxes)
    if not known:
        count_share(0, predictions.class_logits)
        return no_losses(predictions)
    with torch.no_grad():
        targets = head.targets(known)
    # A centre head divides by the objects of the batch, an anchor head averages over its samples.
    count = len(targets.cells) if isinstance(targets, CenterTargets) else len(known)
    share = count_share(count, predictions.class_logits)
    terms = head.loss(chosen, targets)
    return HeadLosses(*(term * weight * share for term, weight in zip(terms, head.loss_weights, strict=True)))


def labelled_samples(
    predictions: DensePredictions, boxes: Sequence[Boxes3D | None]
) -> tuple[DensePredictions, list[Boxes3D]]:
    """The predictions of the samples that have boxes, and those boxes."""
    rows = [row for row, b in enumerate(boxes) if b is not None]
    chosen = DensePredictions(*(None if v is None else v[rows] for v in vars(predictions).values()))
    return chosen, [boxes[row] for row in rows]


def no_losses(predictions: DensePredictions) -> HeadLosses:
    """What a batch without labels teaches: zeros that can be added and differentiated."""
    nothing = predictions.class_logits[:0].sum()
    return HeadLosses(nothing, nothing, nothing)


def labelled_boxes(labels: Sequence[Annotations | None]) -> list[Boxes3D | None]:
    """The boxes of each frame, None where it is unlabelled."""
    return [None if annotations is None else annotations.boxes for annotations in labels]


def pseudo_boxes(detections: Sequence[Detections], sure: float = SURE) -> list[Boxes3D]:
    """A teacher's detections taken for the truth (hard pseudo-labels), where it is sure of them."""
    return [found.boxes[found.scores >= sure] for found in detections]
