"""A detector's most confident errors: what it was surest of and wrong about, and in which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.pairing import paired_truths
from monotakd.metrics.rules import Level, Metric


@dataclass(frozen=True)
class ConfidentError:
    """A false alarm, with the object that it seems to mean.

    Attributes:
        frame: number of its frame.
        row: of the detection in there.
        score: its confidence.
        reason: why it is a false alarm, in words.
        truth: row of the label that it means by its place in the image (see ``pairing``), or None for no object.
        depth: of the detection along the camera's z axis, metres.
        true_depth: of that label, metres, or None.
    """

    frame: int
    row: int
    score: float
    reason: str
    truth: int | None
    depth: float
    true_depth: float | None

    @property
    def depth_error(self) -> float | None:
        """Metres; positive when detected too far away; None for a detection that means no object."""
        return None if self.true_depth is None else self.depth - self.true_depth


def worst_errors(
    ground_truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    name: str = "Car",
    *,
    count: int = 10,
    metric: Metric | str = "3d",
    difficulty: str = "hard",
    level: Level | str = "strict",
) -> tuple[ConfidentError, ...]:
    """The false alarms with the highest scores, the surest first.

    A car found at the wrong depth is a false alarm too, since it overlaps its truth too little; which truth it means is
    decided in the image.

    Args:
        ground_truth: the labels of each frame.
        predictions: the detections of each frame, with scores.
        name: the class.
        count: how many at most.
        metric: the overlap that decides: ``"bbox"``, ``"bev"`` or ``"3d"``.
        difficulty: which truths are valid; a detection of an ignored one is no error.
        level: ``"strict"`` or ``"loose"`` overlap.

    Raises:
        ValueError: an unknown class, metric, difficulty or level, or as ``evaluate``.
        DataError: a detection has no score, or one that is not finite.
    """
    evaluation = evaluate(ground_truth, predictions, classes=[name], trace=True, workers=1)
    table = evaluation.trace.table
    fates = evaluation.trace.fates(name, metric, difficulty, level).detections
    pairs = paired_truths(table, evaluation.rules)
    frames = np.repeat(np.arange(len(table.frame_ids)), np.diff(table.detected.offsets))
    wrong = [d for d, fate in enumerate(fates) if fate.status == "false alarm"]
    wrong.sort(key=lambda d: -fates[d].score)
    errors = []
    for d in wrong[:count]:
        paired, frame = int(pairs[d]), int(frames[d])
        errors.append(
            ConfidentError(
                frame=frame,
                row=fates[d].row,
                score=fates[d].score,
                reason=fates[d].reason,
                truth=None if paired < 0 else paired - int(table.truth.offsets[frame]),
                depth=float(table.detected.boxes_3d[d, 2]),
                true_depth=None if paired < 0 else float(table.truth.boxes_3d[paired, 2]),
            )
        )
    return tuple(errors)
