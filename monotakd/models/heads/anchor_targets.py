"""Which anchors answer for which object: target assignment by nearest-BEV IoU, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.geometry.anchors import AnchorClass
from monotakd.geometry.box_coder import direction_bin, encode_boxes, nearest_bev_iou

IGNORED, BACKGROUND = -1, 0


@dataclass(frozen=True, eq=False)
class AnchorTargets:
    """What an anchor head should say, A anchors in the flat order y, x, class, rotation.

    Attributes:
        labels: (B, A) -1 ignored, 0 background, 1 + index of the class for positives.
        codes: (B, A, 7) residual codes of positives, 0 elsewhere.
        directions: (B, A) direction bin of positives, 0 elsewhere.
    """

    labels: Int[Tensor, "B A"]
    codes: Float[Tensor, "B A 7"]
    directions: Int[Tensor, "B A"]


def assign_anchors(
    anchors: Float[Tensor, "Y X classes rotations 7"],
    classes: Sequence[AnchorClass],
    boxes: Sequence[Float[Tensor, "_ 7"]],
    box_classes: Sequence[Int[Tensor, " _"]],
) -> AnchorTargets:
    """Assigns the boxes of each sample to the anchors of their class.

    An anchor whose IoU with some box of its class reaches ``matched`` is a positive of the box it overlaps most, below
    ``unmatched`` it is background, in between it is ignored. Besides, every box that touches any anchor gets its best
    ones, all of them where several tie, however small the overlap. Such an anchor answers for the box that *it*
    overlaps most, which may be another one (OpenPCDet's rule).

    Args:
        anchors: from `geometry.anchors.anchor_boxes`.
        classes: the anchor classes, in the order of the anchors' third axis.
        boxes: per sample, rows ``x y z l w h yaw``.
        box_classes: per sample, index into ``classes`` of each box.

    Raises:
        ValueError: a class index outside the classes.
    """
    by_class = [anchors[:, :, k].reshape(-1, 7) for k in range(len(classes))]
    samples = []
    for sample_boxes, sample_classes in zip(boxes, box_classes, strict=True):
        if len(sample_classes) and not 0 <= int(sample_classes.min()) <= int(sample_classes.max()) < len(classes):
            raise ValueError(
                f"box_classes reach from {int(sample_classes.min())} to {int(sample_classes.max())}, expected indices "
                f"into the {len(classes)} anchor classes; drop boxes of other classes (Van, DontCare) first"
            )
        parts = []
        for k, (class_anchors, anchor_class) in enumerate(zip(by_class, classes, strict=True)):
            positive, background, owner = _match(class_anchors, sample_boxes[sample_classes == k], anchor_class)
            parts.append(_targets(class_anchors, sample_boxes[sample_classes == k], positive, background, owner, k + 1))
        shape = (*anchors.shape[:2], anchors.shape[3])
        samples.append(
            [torch.stack([v.unflatten(0, shape) for v in values], dim=2) for values in zip(*parts, strict=True)]
        )
    labels, codes, directions = (torch.stack(values) for values in zip(*samples, strict=True))
    return AnchorTargets(labels.flatten(1), codes.flatten(1, 4), directions.flatten(1))


def _match(anchors: Tensor, boxes: Tensor, anchor_class: AnchorClass) -> tuple[Tensor, Tensor, Tensor]:
    """(A,) whether positive, whether background unless positive, and the row of the box each anchor overlaps most."""
    if len(boxes) == 0:
        nothing = torch.zeros(len(anchors), dtype=torch.bool, device=anchors.device)
        return nothing, ~nothing, nothing.long()
    iou = nearest_bev_iou(anchors, boxes.to(anchors))
    best, owner = iou.max(dim=1)
    best_of_box = iou.amax(dim=0)
    forced = ((iou == best_of_box) & (best_of_box > 0)).any(dim=1)
    positive = forced | (best >= anchor_class.matched)
    return positive, best < anchor_class.unmatched, owner


def _targets(
    anchors: Tensor, boxes: Tensor, positive: Tensor, background: Tensor, owner: Tensor, label: int
) -> tuple[Tensor, Tensor, Tensor]:
    labels = torch.full_like(owner, IGNORED).masked_fill(background, BACKGROUND).masked_fill(positive, label)
    codes = torch.zeros_like(anchors)
    directions = torch.zeros_like(owner)
    matched = boxes.to(anchors)[owner[positive]]
    codes[positive] = encode_boxes(matched, anchors[positive])
    directions[positive] = direction_bin(matched[:, 6])
    return labels, codes, directions
