"""Average precision one detection at a time: keep the surest, then the next, and count again after each.

This is the benchmark's second pass with its score cut lowered step by step; the counts come from `trace`, so they are
those of the curve. Lowering the cut does not only add: a truth takes the kept detection that overlaps it most, so a
hit can lose its truth to a better box with a lower score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monotakd.metrics.average_precision import PrecisionRecallCurve
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.rules import Level, Metric
from monotakd.metrics.trace import DetectionFate, Fates


@dataclass(frozen=True)
class Step:
    """The count after the score cut came down to one more score.

    Attributes:
        score: the cut; detections with this score are kept.
        added: the detections that it brought in.
        fates: what has become of every object by now.
        changed: detections that were kept before and are counted otherwise now.
        positions: recall positions 0..40 whose precision is read here; none where KITTI passes this score over.
        n_truth: valid truths.
    """

    score: float
    added: tuple[DetectionFate, ...]
    fates: Fates
    changed: tuple[DetectionFate, ...]
    positions: tuple[int, ...]
    n_truth: int

    @property
    def recall(self) -> float:
        """Hits per valid truth, 0..1."""
        return self.fates.hits / max(self.n_truth, 1)

    @property
    def precision(self) -> float:
        """Hits per detection that counts, 0..1; 0 where none does."""
        return self.fates.hits / max(self.fates.hits + self.fates.false_alarms, 1)


@dataclass(frozen=True, eq=False)
class Walk:
    """All steps of one class, metric, difficulty and overlap level, from the surest detection to the last.

    Attributes:
        steps: one for each score, falling.
        curve: what the benchmark makes of them.
    """

    steps: tuple[Step, ...]
    curve: PrecisionRecallCurve


def walk(
    evaluation: Evaluation,
    name: str = "Car",
    metric: Metric | str = "3d",
    difficulty: str = "moderate",
    level: Level | str = "strict",
) -> Walk:
    """Steps through an evaluation's detections in order of score.

    Args:
        evaluation: made by ``evaluate(..., trace=True)``, of a handful of detections: each step counts all frames.
        name: the class that is scored.
        metric: ``"bbox"``, ``"bev"`` or ``"3d"``.
        difficulty: ``"easy"``, ``"moderate"`` or ``"hard"``.
        level: ``"strict"`` or ``"loose"`` overlap.

    Raises:
        ValueError: an evaluation without a trace, or an unknown class, metric, difficulty or level.
    """
    if evaluation.trace is None:
        raise ValueError("got an evaluation without a trace; wanted one made by evaluate(..., trace=True)")
    curve = evaluation.curve(name, metric, difficulty, level)
    scores = np.unique(evaluation.trace.table.detected.scores)[::-1]
    steps: list[Step] = []
    for score in scores.tolist():
        fates = evaluation.trace.fates(name, metric, difficulty, level, min_score=score)
        before = {_key(fate): fate.status for fate in steps[-1].fates.detections} if steps else {}
        kept = [fate for fate in fates.detections if fate.score >= score]
        steps.append(
            Step(
                score=score,
                added=tuple(fate for fate in kept if fate.score == score),
                fates=fates,
                changed=tuple(f for f in kept if f.score > score and before[_key(f)] != f.status),
                positions=tuple(np.flatnonzero(curve.thresholds == score).tolist()),
                n_truth=curve.n_truth,
            )
        )
    return Walk(tuple(steps), curve)


def _key(fate: DetectionFate) -> tuple[str, int]:
    return fate.frame, fate.row
