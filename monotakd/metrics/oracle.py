"""What would be gained if one quantity were known: AP with depth, centre, size or yaw taken from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.pairing import paired_truths
from monotakd.metrics.rules import KITTI_CLASSES, ClassRule, class_rules

Swap = Literal["depth", "centre", "size", "yaw"]


def oracle(
    ground_truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    *,
    swap: Swap | str,
    classes: Sequence[str | ClassRule] = KITTI_CLASSES,
    workers: int | None = None,
) -> Evaluation:
    """Scores the detections after :func:`swap_from_truth`; compare with :func:`~monotakd.metrics.kitti.evaluate`.

    Raises:
        ValueError: an unknown swap, or as ``evaluate``.
        DataError: as ``evaluate``.
    """
    swapped = swap_from_truth(ground_truth, predictions, swap=swap, classes=classes)
    return evaluate(ground_truth, swapped, classes=classes, workers=workers)


def swap_from_truth(
    ground_truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    *,
    swap: Swap | str,
    classes: Sequence[str | ClassRule] = KITTI_CLASSES,
) -> tuple[KittiLabels, ...]:
    """Gives each detection one quantity of the object it means; detections that mean no object stay as they are.

    Which object a detection means is decided in the image (see ``pairing``). Scores and image boxes are kept, so the 2D
    metric does not move.

    Args:
        ground_truth: the labels of each frame.
        predictions: the detections of each frame.
        swap: ``"depth"`` moves the box along the ray from the camera through its centre to the true depth; ``"centre"``
            moves its centre onto the true centre; ``"size"`` gives it the true size about its own centre; ``"yaw"``
            gives it the true rotation_y and, where alpha is known, the true alpha.
        classes: the classes whose detections are changed.

    Raises:
        ValueError: an unknown swap.
    """
    if swap not in get_args(Swap):
        raise ValueError(f"got swap={swap!r}; wanted one of {', '.join(get_args(Swap))}")
    table = FrameTable.build(ground_truth, predictions)
    rows = paired_truths(table, class_rules(classes))
    swapped = []
    for f, (truth, labels) in enumerate(zip(ground_truth, predictions, strict=True)):
        own = rows[table.detected.offsets[f] : table.detected.offsets[f + 1]]
        paired = np.flatnonzero(own >= 0)
        swapped.append(_swap(truth, own[paired] - table.truth.offsets[f], labels, paired, swap))
    return tuple(swapped)


def _swap(truth: KittiLabels, source: np.ndarray, labels: KittiLabels, target: np.ndarray, swap: str) -> KittiLabels:
    centres, true_centres = box_centres(labels), box_centres(truth)
    dimensions, rotation_y, alpha = labels.dimensions.copy(), labels.rotation_y.copy(), labels.alpha.copy()
    if swap == "depth":
        depth = centres[target, 2:]
        centres[target] *= np.where(depth > 0, true_centres[source, 2:] / np.where(depth > 0, depth, 1.0), 1.0)
    elif swap == "centre":
        centres[target] = true_centres[source]
    elif swap == "size":
        dimensions[target] = truth.dimensions[source]
    else:
        rotation_y[target] = truth.rotation_y[source]
        alpha[target] = np.where(alpha[target] == -10, -10.0, truth.alpha[source])
    bottoms = centres + np.outer(dimensions[:, 0], UP_TO_BOTTOM)
    return replace(labels, locations=bottoms, dimensions=dimensions, rotation_y=rotation_y, alpha=alpha)


# KITTI's location is the middle of the bottom face and y points down: half a height below the centre.
UP_TO_BOTTOM = np.array([0.0, 0.5, 0.0])


def box_centres(labels: KittiLabels) -> Float[np.ndarray, "N 3"]:
    """(N, 3) centres of the boxes in the rectified camera frame, metres; a label file has the bottom's."""
    return labels.locations - np.outer(labels.dimensions[:, 0], UP_TO_BOTTOM)
