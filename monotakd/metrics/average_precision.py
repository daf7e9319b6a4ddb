"""From hits to average precision: KITTI's score thresholds, the 41 recall positions, and their mean.

Nothing here knows of boxes or frames; the input is the scores of the hits, the output a number out of 100.
Source: the rules of the KITTI object development kit; R40 since Simonelli et al., ICCV 2019 (MonoDIS), section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

RECALL_POSITIONS = 41
RECALL_STEP = 1 / (RECALL_POSITIONS - 1)

Points = Literal[40, 11]


def recall_thresholds(hit_scores: Float[np.ndarray, " N"], n_truth: int) -> Float[np.ndarray, " K"]:
    """(K,) the scores at which precision is read, K <= 41, falling.

    Going down the sorted hits, the recall grows by 1 / n_truth at each. A score is read when its recall is at least
    as near to the next wanted position r as the following one's; the last is always read. The position grows by adding
    1/40 again and again: writing k/40 instead rounds differently and can move AP by two points.

    Args:
        hit_scores: score of every hit when nothing is cut, in any order.
        n_truth: number of valid truths.
    """
    scores = np.sort(hit_scores)[::-1]
    read = []
    wanted = 0.0
    for i, score in enumerate(scores):
        last = i == len(scores) - 1
        here = (i + 1) / n_truth
        following = here if last else (i + 2) / n_truth
        if not last and following - wanted < wanted - here:
            continue
        read.append(score)
        wanted += RECALL_STEP
    return np.array(read, dtype=np.float64)


def interpolate(values: Float[np.ndarray, " K"]) -> Float[np.ndarray, " P"]:
    """(41,) the best value at this position or any later one; 0 past the last threshold."""
    positions = np.zeros(RECALL_POSITIONS)
    positions[: len(values)] = values
    return np.maximum.accumulate(positions[::-1])[::-1]


def average_precision(positions: Float[np.ndarray, " P"], points: Points | int = 40) -> float:
    """The mean over positions 1, 2, ..., 40 (R40) or 0, 4, ..., 40 (R11), out of 100.

    Perfect detections need not give 100: with 25 truths each hit advances the recall by more than a position, so that
    25 positions are filled, the other 16 stay 0, and R40 leaves out the first: 24 of 40 give 60.
    """
    if points not in (40, 11):
        raise ValueError(f"got points={points}; wanted 40 (R40) or 11 (R11)")
    chosen = positions[1:] if points == 40 else positions[::4]
    return float(np.mean(chosen) * 100)


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """What was counted at each score threshold, for one class, difficulty, metric and overlap level.

    Attributes:
        n_truth: number of valid truths.
        thresholds: (K,) scores, falling; a detection is kept when its score is not below.
        hits: (K,) valid truths found by valid detections.
        false_alarms: (K,) valid detections kept that found nothing.
        similarity: (K,) sum over the hits of (1 + cos(alpha difference)) / 2; None where alpha is unknown.
    """

    n_truth: int
    thresholds: Float[np.ndarray, " K"]
    hits: Int[np.ndarray, " K"]
    false_alarms: Int[np.ndarray, " K"]
    similarity: Float[np.ndarray, " K"] | None = None

    @property
    def recall(self) -> Float[np.ndarray, " K"]:
        """(K,) hits per valid truth."""
        return self.hits / max(self.n_truth, 1)

    @property
    def precision(self) -> Float[np.ndarray, " K"]:
        """(K,) hits per kept detection; 0 where nothing counts."""
        return self.hits / np.maximum(self.hits + self.false_alarms, 1)

    @property
    def interpolated(self) -> Float[np.ndarray, " P"]:
        """(41,) precision at the recall positions 0, 1/40, ..., 1."""
        return interpolate(self.precision)

    @property
    def interpolated_orientation(self) -> Float[np.ndarray, " P"] | None:
        """(41,) the same with each hit weighted by its heading similarity; None where alpha is unknown."""
        if self.similarity is None:
            return None
        return interpolate(self.similarity / np.maximum(self.hits + self.false_alarms, 1))

    def average_precision(self, points: Points | int = 40) -> float:
        """AP out of 100."""
        return average_precision(self.interpolated, points)

    def average_orientation(self, points: Points | int = 40) -> float | None:
        """Average orientation similarity (AOS) out of 100; None where alpha is unknown."""
        positions = self.interpolated_orientation
        return None if positions is None else average_precision(positions, points)
