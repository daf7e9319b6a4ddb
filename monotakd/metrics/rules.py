"""The benchmark's fixed rules: who counts, at which difficulty, and how much overlap makes a match.

The three roles decide everything that follows. A *valid* truth must be found and a *valid* detection must be right.
An *ignored* one may be matched but is neither rewarded nor punished. An object of *another* class is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int8

from monotakd.metrics.frame_table import Objects

VALID, IGNORED, OTHER = 0, 1, -1

Metric = Literal["bbox", "bev", "3d"]
Level = Literal["strict", "loose"]
METRICS: tuple[Metric, ...] = get_args(Metric)
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Difficulty:
    """Limits beyond which a labelled object is ignored.

    Attributes:
        name: ``"easy"``, ``"moderate"`` or ``"hard"``.
        min_height: pixels; a truth must be taller, a detection at least as tall.
        max_occlusion: largest label 0 (visible) .. 3 (unknown) that still counts.
        max_truncation: largest share outside the image that still counts.
    """

    name: str
    min_height: float
    max_occlusion: int
    max_truncation: float


DIFFICULTIES = (
    Difficulty("easy", 40.0, 0, 0.15),
    Difficulty("moderate", 25.0, 1, 0.30),
    Difficulty("hard", 25.0, 2, 0.50),
)


@dataclass(frozen=True)
class ClassRule:
    """How one class is scored.

    Attributes:
        name: the class; compared without regard to case.
        neighbours: classes so alike that finding them is neither right nor wrong (Van for Car).
        strict: overlap that a match must exceed, in every metric (2D, BEV and 3D).
        loose: the same for the lenient table; it replaces the 2D and DontCare threshold too.
    """

    name: str
    neighbours: tuple[str, ...] = ()
    strict: float = 0.5
    loose: float = 0.25

    def __post_init__(self):
        if not 0 < self.loose < self.strict < 1:
            raise ValueError(
                f"ClassRule {self.name}: got strict={self.strict}, loose={self.loose}; wanted 0 < loose < strict < 1"
            )

    def min_overlap(self, level: Level | str) -> float:
        """The overlap that a match must exceed at this level."""
        require_level(level)
        return self.strict if level == "strict" else self.loose


CAR = ClassRule("Car", ("Van",), 0.70, 0.50)
PEDESTRIAN = ClassRule("Pedestrian", ("Person_sitting",), 0.50, 0.25)
CYCLIST = ClassRule("Cyclist", (), 0.50, 0.25)
KITTI_CLASSES = (CAR, PEDESTRIAN, CYCLIST)


def class_rules(classes: Sequence[str | ClassRule]) -> tuple[ClassRule, ...]:
    """Looks up KITTI's rules by name; a ClassRule passes through, so that any class can be scored.

    Raises:
        ValueError: a name without a KITTI rule, or the same class twice.
    """
    known = {rule.name.lower(): rule for rule in KITTI_CLASSES}
    rules = []
    for entry in classes:
        rule = entry if isinstance(entry, ClassRule) else known.get(entry.lower())
        if rule is None:
            raise ValueError(
                f"got class {entry!r}; KITTI has rules for {', '.join(r.name for r in KITTI_CLASSES)} only. "
                f"For another class pass its rule, such as ClassRule({entry!r}, strict=0.5, loose=0.25)"
            )
        rules.append(rule)
    names = [rule.name.lower() for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError(f"got classes {[rule.name for rule in rules]}; wanted each class once")
    return tuple(rules)


def require_metric(metric: str) -> None:
    """Raises ValueError unless the metric is bbox, bev or 3d."""
    if metric not in METRICS:
        raise ValueError(
            f"got metric {metric!r}; wanted one of {', '.join(METRICS)} (orientation, aos, is read from the bbox curve)"
        )


def require_level(level: str) -> None:
    """Raises ValueError unless the level is strict or loose."""
    if level not in LEVELS:
        raise ValueError(f"got level {level!r}; wanted one of {', '.join(LEVELS)}")


def difficulty_named(name: str) -> Difficulty:
    """The limits called ``"easy"``, ``"moderate"`` or ``"hard"``."""
    for difficulty in DIFFICULTIES:
        if difficulty.name == name:
            return difficulty
    raise ValueError(f"got difficulty {name!r}; wanted one of {', '.join(d.name for d in DIFFICULTIES)}")


def truth_roles(truth: Objects, rule: ClassRule, difficulty: Difficulty) -> Int8[np.ndarray, " N"]:
    """(N,) role of each labelled object for one class and difficulty."""
    same = truth.kinds == rule.name.lower()
    within = (
        (truth.occluded <= difficulty.max_occlusion)
        & (truth.truncated <= difficulty.max_truncation)
        & (truth.heights_2d > difficulty.min_height)
    )
    neighbour = np.isin(truth.kinds, [name.lower() for name in rule.neighbours])
    return np.select([same & within, same | neighbour], [VALID, IGNORED], OTHER).astype(np.int8)


def detection_roles(detected: Objects, rule: ClassRule, difficulty: Difficulty) -> Int8[np.ndarray, " N"]:
    """(N,) role of each detection for one class and difficulty.

    The height is asked first: a small detection of *any* class is ignored, and so may still take a truth away from a
    detection of the right class. That is how KITTI's program behaves.
    """
    small = detected.heights_2d < difficulty.min_height
    same = detected.kinds == rule.name.lower()
    return np.select([small, same], [IGNORED, VALID], OTHER).astype(np.int8)
