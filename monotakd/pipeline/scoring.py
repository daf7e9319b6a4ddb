"""The numbers of one run: AP at three difficulties, and AP on resampled frames for intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from monotakd.datasets.kitti.conversion import labels_from_annotations, labels_from_detections
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street.settings import KITTI_WIDTH
from monotakd.errors import require
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import DIFFICULTIES, ClassRule, class_rules
from monotakd.scene import Detections, Frame

KITTI_WIDTHS = (1224, 1242)
"""Smallest and largest width of KITTI's images, pixels; it depends on the day of the recording."""

REPLICATES = 200
METRICS = {"bev_50": ("bev", "loose"), "3d_50": ("3d", "loose"), "bev_70": ("bev", "strict"), "3d_70": ("3d", "strict")}
"""Short name to metric and level of the KITTI evaluation, for cars."""
COMPARED = "Car"
"""The class by which runs are compared. Of other classes the job reports AP, without resampling."""


def at_kitti_scale(labels: KittiLabels, width: int) -> KittiLabels:
    """Rows whose image boxes are scaled to KITTI's width; those of KITTI's own images, 1224 to 1242 wide, stay.

    KITTI's difficulties are limits in pixels of its images, whatever their width. In a smaller image the same limits
    would leave out cars that are near enough to count.

    Args:
        labels: of one frame.
        width: of its image, pixels.
    """
    if KITTI_WIDTHS[0] <= width <= KITTI_WIDTHS[1]:
        return labels
    return replace(labels, boxes_2d=labels.boxes_2d * (KITTI_WIDTH / width))


def kitti_rows(frame: Frame, found: Detections | None = None) -> KittiLabels:
    """A frame's labels, or what was found in it, as rows for the evaluation, scaled by `at_kitti_scale`.

    Args:
        frame: with labels where no detections are given.
        found: detections of this frame.
    """
    if found is not None:
        rows = labels_from_detections(found, frame.calibration)
    else:
        require(frame.annotations is not None, f"frame {frame.frame_id} has no labels: read it with labels")
        rows = labels_from_annotations(frame.annotations, frame.calibration)
    return at_kitti_scale(rows, frame.image.shape[1])


def average_precisions(evaluation: Evaluation, name: str, difficulty: str) -> dict[str, float]:
    """AP R40 of a class by short name, out of 100."""
    return {short: evaluation.ap(name, metric, difficulty, level) for short, (metric, level) in METRICS.items()}


def resamplings(frames: int, count: int = REPLICATES) -> np.ndarray:
    """(count, frames) indices drawn with replacement; the same for every run on as many frames."""
    return np.random.default_rng([frames, count]).integers(frames, size=(count, frames))


def score_on(
    root: KittiRoot,
    frame_ids: Sequence[str],
    predictions: Sequence[KittiLabels],
    *,
    classes: Sequence[str] = (COMPARED,),
    replicates: int = REPLICATES,
) -> dict[str, dict]:
    """`score` against the labels of a root.

    Args:
        root: where labels and images lie.
        frame_ids: the frames.
        predictions: detections of each, in the pixels of the stored images.
        classes: what was looked for, `COMPARED` among it.
        replicates: resamplings of the frames.
    """
    truth, widths = [root.labels(i) for i in frame_ids], [root.image_size(i)[1] for i in frame_ids]
    return score(truth, predictions, widths, classes=classes, replicates=replicates)


def score(
    truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    widths: Sequence[int],
    *,
    classes: Sequence[str] = (COMPARED,),
    replicates: int = REPLICATES,
) -> dict[str, dict]:
    """Scores cars, with resamplings, and every further class that was looked for, without.

    Args:
        truth: labels of each frame.
        predictions: detections of each frame, in the pixels of the labels.
        widths: of the images, pixels.
        classes: what was looked for, `COMPARED` among it.
        replicates: resamplings of the frames.

    Returns:
        ``ap`` (moderate), ``easy``, ``hard``: short name to AP of cars; ``replicates``: short name to a list of
        moderate APs of cars; ``other_classes``: see `other_class`, by name.
    """
    require_scored(classes)
    pairs = [
        (at_kitti_scale(true, width), at_kitti_scale(found, width))
        for true, found, width in zip(truth, predictions, widths, strict=True)
    ]

    def evaluated(indices: Sequence[int], names: Sequence[str] = (COMPARED,)) -> Evaluation:
        return evaluate([pairs[i][0] for i in indices], [pairs[i][1] for i in indices], classes=names, workers=1)

    whole = evaluated(range(len(pairs)), classes)
    drawn = [
        average_precisions(evaluated(row), COMPARED, "moderate") for row in resamplings(len(pairs), replicates).tolist()
    ]
    return {
        "ap": average_precisions(whole, COMPARED, "moderate"),
        "easy": average_precisions(whole, COMPARED, "easy"),
        "hard": average_precisions(whole, COMPARED, "hard"),
        "replicates": {short: [round(one[short], 3) for one in drawn] for short in METRICS},
        "other_classes": {rule.name: other_class(whole, rule) for rule in whole.rules if rule.name != COMPARED},
    }


def require_scored(classes: Sequence[str]) -> None:
    """Raises ValueError unless KITTI has rules for all of these classes, and `COMPARED` is among them."""
    class_rules(classes)
    require(COMPARED in classes, f"classes {', '.join(classes)}; expected {COMPARED} among them, which runs compare")


def other_class(evaluation: Evaluation, rule: ClassRule) -> dict[str, list[float]]:
    """AP R40 at easy, moderate and hard by metric and overlap, such as ``"3d_25"``, out of 100."""
    return {
        f"{metric}_{round(100 * rule.min_overlap(level))}": [
            evaluation.ap(rule.name, metric, difficulty.name, level) for difficulty in DIFFICULTIES
        ]
        for level in ("loose", "strict")
        for metric in ("bev", "3d")
    }
