"""The supervised loss of an anchor head: focal for classes, smooth L1 for boxes, two-bin cross-entropy for direction.

Sources: SECOND (Sensors 2018); weights and normalisers as in the released MonoTAKD configuration.
"""

from __future__ import annotations

import torch.nn.functional as F

from monotakd.models.heads.anchor_targets import IGNORED, AnchorTargets
from monotakd.models.heads.losses import focal_loss, sine_difference, smooth_l1_loss
from monotakd.models.heads.predictions import DensePredictions, HeadLosses

SUPERVISED_WEIGHTS = HeadLosses(classification=1.0, box=2.0, direction=0.2)
"""Of the LiDAR teacher."""


def anchor_losses(predictions: DensePredictions, targets: AnchorTargets) -> HeadLosses:
    """Compares predictions with assigned ground truth; unweighted terms.

    Every sample is divided by its number of positives (at least 1), then samples are averaged. Ignored anchors cost
    nothing; boxes and directions count on positives only.

    Raises:
        ValueError: the head predicts no direction.
    """
    if predictions.direction_logits is None:
        raise ValueError("an anchor head needs direction_logits: its yaw code is known up to a half turn only")
    positive = targets.labels > 0
    share = 1.0 / (positive.sum(dim=1, keepdim=True).clamp_min(1) * len(positive))

    num_classes = predictions.class_logits.shape[-1]
    one_hot = F.one_hot(targets.labels.clamp_min(0), num_classes + 1)[..., 1:].to(predictions.class_logits.dtype)
    counted = (targets.labels != IGNORED) * share
    classification = (focal_loss(predictions.class_logits, one_hot) * counted[..., None]).sum()

    box_share = (positive * share)[..., None]
    box = (smooth_l1_loss(*sine_difference(predictions.codes, targets.codes)) * box_share).sum()

    cross_entropy = F.cross_entropy(predictions.direction_logits.transpose(1, 2), targets.directions, reduction="none")
    direction = (cross_entropy * positive * share).sum()
    return HeadLosses(classification, box, direction)
