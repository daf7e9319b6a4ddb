"""From scored boxes to detections: threshold, best class, rotated non-maximum suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.geometry.boxes import wrap_angle
from monotakd.geometry.grids import cell_of_points
from monotakd.geometry.nms import rotated_nms
from monotakd.scene import BevGrid, Boxes3D, Detections


@dataclass(frozen=True)
class Suppression:
    """Which boxes become detections.

    Attributes:
        score: lowest score that counts.
        iou: a box goes when it overlaps a better one by more than this (rotated BEV IoU).
        pre: only so many best boxes are looked at.
        post: at most so many are kept.
        per_class: let boxes of different classes overlap; the release does not.
    """

    score: float = 0.1
    iou: float = 0.01
    pre: int = 4096
    post: int = 500
    per_class: bool = False


RELEASED_SUPPRESSION = Suppression()
"""KITTI's usual rule: no two detections may overlap, whatever their classes."""


def detections_from(
    boxes: Float[Tensor, "N 7"],
    scores: Float[Tensor, " N"],
    labels: Int[Tensor, " N"],
    classes: Sequence[str],
    rule: Suppression,
) -> Detections:
    """Thresholds and suppresses the boxes of one frame.

    Args:
        boxes: candidates; sizes must be finite. Yaws need not be wrapped.
        scores: 0..1.
        labels: index into ``classes``.
        classes: class names.
        rule: see `Suppression`.

    Returns:
        Best score first, yaws in [-pi, pi), float64.
    """
    certain = scores >= rule.score
    boxes, scores, labels = (values[certain].cpu() for values in (boxes, scores, labels))
    if rule.per_class:
        rows = [(labels == k).nonzero()[:, 0] for k in range(len(classes))]
        kept = torch.cat([r[rotated_nms(boxes[r], scores[r], rule.iou, rule.pre, rule.post)] for r in rows])
        kept = kept[scores[kept].argsort(descending=True, stable=True)][: rule.post]
    else:
        kept = rotated_nms(boxes, scores, rule.iou, rule.pre, rule.post)
    values = boxes[kept].double().numpy()
    values[:, 6] = wrap_angle(values[:, 6])
    names = tuple(classes[k] for k in labels[kept].tolist())
    return Detections(Boxes3D(values, names), scores[kept].double().numpy())


def boxes_to_learn(boxes: Boxes3D, classes: Sequence[str], grid: BevGrid) -> tuple[np.ndarray, np.ndarray]:
    """The objects that a head can be asked for: of its classes, with their centre on its grid.

    Returns:
        values: (N, 7) boxes.
        labels: (N,) index into ``classes``.
    """
    index = {name: k for k, name in enumerate(classes)}
    _, inside = cell_of_points(grid, boxes.values)
    rows = [row for row, name in enumerate(boxes.names) if name in index and inside[row]]
    return boxes.values[rows], np.array([index[boxes.names[row]] for row in rows], dtype=np.int64)
