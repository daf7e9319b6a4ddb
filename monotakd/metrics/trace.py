"""The fate of every object: what was hit, missed, ignored or wrong, matched to what, and why.

A trace runs the very kernel that counts, so it cannot tell another story than the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from monotakd.metrics import matching_kernels as kernels
from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.rules import (
    IGNORED,
    OTHER,
    ClassRule,
    Difficulty,
    Level,
    Metric,
    detection_roles,
    difficulty_named,
    require_metric,
    truth_roles,
)

DetectionStatus = Literal[
    "hit", "false alarm", "ignored", "suppressed by DontCare", "below the score cut", "other class"
]
TruthStatus = Literal["hit", "missed", "ignored", "other class"]


@dataclass(frozen=True)
class DetectionFate:
    """What became of one detection.

    Attributes:
        frame: name of its frame.
        row: its row in the frame's predictions.
        name: its class.
        score: its confidence.
        status: how it was counted.
        truth: row of the label that took it, or None.
        overlap: overlap with that label, or else the largest with any label that takes part; 0 without one.
        reason: why, in words.
    """

    frame: str
    row: int
    name: str
    score: float
    status: DetectionStatus
    truth: int | None
    overlap: float
    reason: str


@dataclass(frozen=True)
class TruthFate:
    """What became of one label.

    Attributes:
        frame: name of its frame.
        row: its row in the frame's labels.
        name: its class.
        status: how it was counted.
        detection: row of the detection it took, or None.
        overlap: overlap with that detection, or else the largest with any detection that takes part; 0 without one.
        reason: why, in words.
    """

    frame: str
    row: int
    name: str
    status: TruthStatus
    detection: int | None
    overlap: float
    reason: str


@dataclass(frozen=True)
class Fates:
    """The fate of every object for one class, metric, difficulty, level and score cut, frame after frame."""

    detections: tuple[DetectionFate, ...]
    truths: tuple[TruthFate, ...]

    @property
    def hits(self) -> int:
        """Detections that count as hits."""
        return sum(fate.status == "hit" for fate in self.detections)

    @property
    def false_alarms(self) -> int:
        """Detections that count as false alarms."""
        return sum(fate.status == "false alarm" for fate in self.detections)

    @property
    def missed(self) -> int:
        """Valid truths that took no detection."""
        return sum(fate.status == "missed" for fate in self.truths)


@dataclass(frozen=True, eq=False)
class Trace:
    """Tells fates on demand, so that tracing a whole data set costs nothing until it is asked.

    Attributes:
        table: the frames.
        rules: the classes scored.
    """

    table: FrameTable
    rules: tuple[ClassRule, ...]

    def fates(
        self,
        name: str,
        metric: Metric | str = "3d",
        difficulty: str = "moderate",
        level: Level | str = "strict",
        *,
        min_score: float = -np.inf,
    ) -> Fates:
        """The fate of every object.

        Args:
            name: the class that is scored.
            metric: ``"bbox"``, ``"bev"`` or ``"3d"``.
            difficulty: ``"easy"``, ``"moderate"`` or ``"hard"``.
            level: ``"strict"`` or ``"loose"`` overlap.
            min_score: detections below are dropped; all are kept by default. The thresholds at which precision is
                read are those of ``Evaluation.curve``.

        Raises:
            ValueError: an unknown class, metric, difficulty or level.
        """
        rule = next((rule for rule in self.rules if rule.name.lower() == name.lower()), None)
        if rule is None:
            raise ValueError(f"got class {name!r}; this trace knows {', '.join(r.name for r in self.rules)}")
        require_metric(metric)
        min_overlap = rule.min_overlap(level)
        return _Teller(self.table, rule, difficulty_named(difficulty), metric, min_overlap, min_score).fates()


class _Teller:
    """Puts one matching into words."""

    def __init__(
        self,
        table: FrameTable,
        rule: ClassRule,
        difficulty: Difficulty,
        metric: str,
        min_overlap: float,
        min_score: float,
    ):
        self.table, self.rule, self.difficulty, self.metric = table, rule, difficulty, metric
        self.min_overlap, self.min_score = min_overlap, min_score
        self.truth_role = truth_roles(table.truth, rule, difficulty)
        self.det_role = detection_roles(table.detected, rule, difficulty)
        self.kept = table.detected.scores >= min_score
        candidates = kernels.find_candidates(
            *table.offsets, table.overlaps[metric], self.truth_role, self.det_role, min_overlap
        )
        det_of, truth_of = kernels.match(candidates, len(table.truth), self.det_role, table.detected.scores, min_score)
        self.det_of, self.truth_of = det_of.tolist(), truth_of.tolist()

    def fates(self) -> Fates:
        detections, truths = [], []
        for f, frame in enumerate(self.table.frame_ids):
            t0, t1 = self.table.truth.offsets[f : f + 2].tolist()
            d0, d1 = self.table.detected.offsets[f : f + 2].tolist()
            pairs = slice(self.table.pair_offsets[f], self.table.pair_offsets[f + 1])
            overlaps = self.table.overlaps[self.metric][pairs].reshape(t1 - t0, d1 - d0)
            for d in range(d0, d1):
                detections.append(self._detection(frame, d, t0, d0, overlaps[:, d - d0]))
            for t in range(t0, t1):
                truths.append(self._truth(frame, t, t0, d0, overlaps[t - t0]))
        return Fates(tuple(detections), tuple(truths))

    def _detection(self, frame: str, d: int, t0: int, d0: int, overlaps: np.ndarray) -> DetectionFate:
        detected, taken_by = self.table.detected, self.truth_of[d]
        if taken_by >= 0:
            overlap = overlaps[taken_by - t0]
        else:
            taking_part = self.truth_role[t0 : t0 + len(overlaps)] != OTHER
            overlap = overlaps[taking_part].max(initial=0.0)
        status, reason = self._judge_detection(d, t0, overlaps)
        truth = taken_by - t0 if taken_by >= 0 else None
        name, score = str(detected.names[d]), float(detected.scores[d])
        return DetectionFate(frame, d - d0, name, score, status, truth, float(overlap), reason)

    def _judge_detection(self, d: int, t0: int, overlaps: np.ndarray) -> tuple[DetectionStatus, str]:
        score, cover = self.table.detected.scores[d], self.table.dont_care_cover[d]
        taken_by = self.truth_of[d]
        if self.det_role[d] == OTHER:
            return "other class", f"class {self.table.detected.names[d]} is not scored as {self.rule.name}"
        if not self.kept[d]:
            return "below the score cut", f"score {score:g} is below {self.min_score:g}"
        if self.det_role[d] == IGNORED:
            height = self.table.detected.heights_2d[d]
            reason = f"2D height {height:.1f} px is below the height limit {self.difficulty.min_height:g} px"
            return "ignored", reason + (f"; it still takes truth {taken_by - t0}" if taken_by >= 0 else "")
        if taken_by >= 0:
            if self.truth_role[taken_by] == IGNORED:
                return "ignored", f"takes truth {taken_by - t0}, which is ignored: {self._why_ignored(taken_by)}"
            return "hit", f"overlap {overlaps[taken_by - t0]:.3f} with truth {taken_by - t0} exceeds {self._limit}"
        if self.metric == "bbox" and cover > self.min_overlap:
            return "suppressed by DontCare", f"{cover:.0%} of it lies in a DontCare region, more than {self._limit}"
        return "false alarm", self._why_false(t0, overlaps)

    def _why_false(self, t0: int, overlaps: np.ndarray) -> str:
        masked = np.where(self.truth_role[t0 : t0 + len(overlaps)] != OTHER, overlaps, 0.0)
        if not masked.any():
            return f"overlaps no {self.rule.name}"
        best = int(masked.argmax())
        if masked[best] <= self.min_overlap:
            return f"the largest overlap, {masked[best]:.3f} with truth {best}, does not exceed {self._limit}"
        return f"truth {best} is taken by another detection"

    def _truth(self, frame: str, t: int, t0: int, d0: int, overlaps: np.ndarray) -> TruthFate:
        name, taken = str(self.table.truth.names[t]), self.det_of[t]
        detection = taken - d0 if taken >= 0 else None
        columns = slice(d0, d0 + len(overlaps))
        taking_part = (self.det_role[columns] != OTHER) & self.kept[columns]
        overlap = float(overlaps[detection] if taken >= 0 else overlaps[taking_part].max(initial=0.0))
        if self.truth_role[t] == OTHER:
            dont_care = self.table.truth.kinds[t] == "dontcare"
            reason = (
                "a region in which nothing counts" if dont_care else f"class {name} is not scored as {self.rule.name}"
            )
            return TruthFate(frame, t - t0, name, "other class", None, overlap, reason)
        if self.truth_role[t] == IGNORED:
            status, reason = "ignored", self._why_ignored(t)
        elif taken < 0:
            status, reason = "missed", self._why_missed(overlap)
        elif self.det_role[taken] == IGNORED:
            status = "ignored"
            reason = f"takes detection {detection}, which is below the height limit: neither hit nor miss"
        else:
            status, reason = "hit", f"overlap {overlap:.3f} with detection {detection} exceeds {self._limit}"
        return TruthFate(frame, t - t0, name, status, detection, overlap, reason)

    def _why_missed(self, overlap: float) -> str:
        if overlap <= self.min_overlap:
            return f"no detection overlaps it by more than {self._limit}; the largest overlap is {overlap:.3f}"
        return "every detection that overlaps it enough is taken by an earlier truth"

    def _why_ignored(self, t: int) -> str:
        truth, limits = self.table.truth, self.difficulty
        if truth.kinds[t] != self.rule.name.lower():
            neighbour = next(name for name in self.rule.neighbours if name.lower() == truth.kinds[t])
            return f"neighbour class {neighbour}"
        reasons = []
        if truth.occluded[t] > limits.max_occlusion:
            reasons.append(f"occlusion {truth.occluded[t]} beyond the limit {limits.max_occlusion}")
        if truth.truncated[t] > limits.max_truncation:
            reasons.append(f"truncation {truth.truncated[t]:.2f} beyond the limit {limits.max_truncation:.2f}")
        if truth.heights_2d[t] <= limits.min_height:
            reasons.append(
                f"2D height {truth.heights_2d[t]:.1f} px not above the height limit {limits.min_height:g} px"
            )
        return ", ".join(reasons)

    @property
    def _limit(self) -> str:
        return f"{self.min_overlap:.2f}"
