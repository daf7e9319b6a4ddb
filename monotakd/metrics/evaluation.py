"""The result of an evaluation: every curve, looked up by class, metric, level and difficulty, as numbers or a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monotakd.metrics.average_precision import Points, PrecisionRecallCurve
from monotakd.metrics.rules import (
    DIFFICULTIES,
    LEVELS,
    METRICS,
    ClassRule,
    Level,
    Metric,
    difficulty_named,
    require_level,
    require_metric,
)
from monotakd.metrics.trace import Trace

CurveKey = tuple[str, Level, Metric, str]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Average precision of a set of detections, with the curves behind it.

    Attributes:
        rules: the classes scored.
        frames: number of frames scored.
        curves: by (class name, level, metric, difficulty name).
        has_alpha: whether orientation could be scored.
        trace: the fate of every object, when it was asked for.
        absent: frames of the split that had no label file and were left out (``present_only``).
    """

    rules: tuple[ClassRule, ...]
    frames: int
    curves: dict[CurveKey, PrecisionRecallCurve]
    has_alpha: bool
    trace: Trace | None = None
    absent: int = 0

    def curve(
        self, name: str, metric: Metric | str = "3d", difficulty: str = "moderate", level: Level | str = "strict"
    ) -> PrecisionRecallCurve:
        """The precision-recall curve behind one number.

        Raises:
            ValueError: a class that was not scored, or an unknown metric, difficulty or level.
        """
        require_metric(metric)
        require_level(level)
        return self.curves[self._rule(name).name, level, metric, difficulty_named(difficulty).name]

    def ap(
        self,
        name: str,
        metric: Metric | str = "3d",
        difficulty: str = "moderate",
        level: Level | str = "strict",
        points: Points | int = 40,
    ) -> float:
        """One average precision out of 100, such as ``ap("Car")``: 3D, moderate, IoU 0.7, R40."""
        return self.curve(name, metric, difficulty, level).average_precision(points)

    def aos(
        self, name: str, difficulty: str = "moderate", level: Level | str = "strict", points: Points | int = 40
    ) -> float | None:
        """One average orientation similarity out of 100; None where alpha is unknown."""
        return self.curve(name, "bbox", difficulty, level).average_orientation(points)

    def to_json(self) -> dict[str, Any]:
        """Plain values: classes -> class -> IoU -> bbox, bev, 3d, aos -> R40, R11 -> [easy, moderate, hard].

        ``aos`` is None where alpha is unknown.
        """
        return {
            "classes": {
                rule.name: {f"{rule.min_overlap(level):.2f}": self._level_json(rule, level) for level in LEVELS}
                for rule in self.rules
            }
        }

    def _level_json(self, rule: ClassRule, level: Level) -> dict[str, Any]:
        def over_difficulties(value) -> list[float]:
            return [value(difficulty.name) for difficulty in DIFFICULTIES]

        out: dict[str, Any] = {
            metric: {
                f"R{points}": over_difficulties(lambda d, m=metric, p=points: self.ap(rule.name, m, d, level, p))
                for points in (40, 11)
            }
            for metric in METRICS
        }
        out["aos"] = None
        if self.has_alpha:
            out["aos"] = {
                f"R{points}": over_difficulties(lambda d, p=points: self.aos(rule.name, d, level, p))
                for points in (40, 11)
            }
        return out

    def _rule(self, name: str) -> ClassRule:
        for rule in self.rules:
            if rule.name.lower() == name.lower():
                return rule
        raise ValueError(f"got class {name!r}; this evaluation scored {', '.join(r.name for r in self.rules)}")

    def __str__(self) -> str:
        return format_table(self)


def format_table(evaluation: Evaluation, points: Points | int = 40) -> str:
    """A table for reading: one line per class, overlap and metric; easy, moderate and hard side by side."""
    absent = f", {evaluation.absent} listed frames absent" if evaluation.absent else ""
    header = f"{'class':<12}{'IoU >':>6}  {'metric':<6}" + "".join(f"{d.name:>10}" for d in DIFFICULTIES)
    lines = [f"KITTI AP R{points}, {evaluation.frames} frames{absent}", header, "-" * len(header)]
    for name, levels in evaluation.to_json()["classes"].items():
        for overlap, metrics in levels.items():
            for metric, values in metrics.items():
                numbers = ["-"] * 3 if values is None else [f"{value:.2f}" for value in values[f"R{points}"]]
                lines.append(f"{name:<12}{overlap:>6}  {metric:<6}" + "".join(f"{number:>10}" for number in numbers))
    return "\n".join(lines)
