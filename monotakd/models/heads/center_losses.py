"""The supervised loss of a centre head: focal on the heat, L1 on the boxes of cells that are an object's centre.

Source: CenterPoint (CVPR 2021); the focal form is CornerNet's (ECCV 2018).
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from monotakd.models.heads.center_targets import CenterTargets
from monotakd.models.heads.predictions import DensePredictions, HeadLosses

CENTER_WEIGHTS = HeadLosses(classification=1.0, box=2.0, direction=0.0)
"""Of the toy presets; CenterPoint's own on Waymo."""


def gaussian_focal_loss(logits: Float[Tensor, "*N"], heat: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
    """Focal loss towards a map of heat, element by element.

    With p the score: ``-(1 - p)^2 log p`` at a centre (heat 1), ``-(1 - heat)^4 p^2 log(1 - p)`` elsewhere, so that a
    near miss costs little.
    """
    p = logits.sigmoid()
    at_centre = -((1 - p) ** 2) * F.logsigmoid(logits)
    elsewhere = -((1 - heat) ** 4) * p**2 * F.logsigmoid(-logits)
    return at_centre.where(heat == 1, elsewhere)


def center_losses(predictions: DensePredictions, targets: CenterTargets) -> HeadLosses:
    """Compares predictions with the targets; unweighted terms, divided by the number of objects in the batch.

    A cell that is the centre of two objects is asked for both. There is no direction term: the codes tell the heading.
    """
    objects = max(len(targets.cells), 1)
    classification = gaussian_focal_loss(predictions.class_logits, targets.heat).sum() / objects
    codes = predictions.codes.flatten(0, 1)[targets.cells]
    box = F.l1_loss(codes, targets.codes, reduction="sum") / objects
    return HeadLosses(classification, box, box.new_zeros(()))
