"""A training as it can be told afterwards: curves, gradients of terms on parts, measurements, looks at one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from monotakd.errors import require
from monotakd.scene import BevGrid

Norms = Mapping[str, Mapping[str, float]]
"""Loss term to part of the network to gradient norm."""


def short_number(value: float, digits: int = 3) -> str:
    """Few digits, whole numbers up to 9999 in full; powers of ten only beyond that and below 0.0001."""
    if np.isfinite(value) and 10**digits <= round(abs(value)) < 10_000:
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


@dataclass(frozen=True, eq=False)
class Curve:
    """Numbers over the steps of a training.

    Attributes:
        steps: (N,) rising.
        values: (N,) NaN where there is none.
    """

    steps: Int[np.ndarray, " N"]
    values: Float[np.ndarray, " N"]

    @classmethod
    def of(cls, points: Sequence[tuple[int, float]]) -> Curve:
        """From pairs of step and value."""
        steps, values = zip(*points, strict=True)
        return cls(np.array(steps, dtype=np.int64), np.array(values, dtype=np.float64))

    def at(self, step: int) -> float | None:
        """The last value up to a step; None before the first."""
        place = int(np.searchsorted(self.steps, step, side="right")) - 1
        return None if place < 0 else float(self.values[place])


@dataclass(frozen=True, eq=False)
class Look:
    """The bird's-eye view of one frame at one step.

    Attributes:
        step: steps done.
        map: (Y, X) strength of F_S.
        boxes: (N, 7) of the student.
        scores: (N,) of these.
    """

    step: int
    map: Float[np.ndarray, "Y X"]
    boxes: Float[np.ndarray, "N 7"]
    scores: Float[np.ndarray, " N"]


@dataclass(frozen=True, eq=False)
class TrainingStory:
    """What is known of a training; made by `interactive.training_story`.

    Attributes:
        name: of the run.
        panels: curves by panel and by name: the total and the loss terms, the rate, the gradient, what was measured.
            A panel with one curve calls it "".
        gradients: norms by the step that they were measured in.
        looks: in order; none where nobody looked.
        grid: of the looks; None without any.
        truth: (M, 7) labelled cars of the frame that was looked at.
    """

    name: str
    panels: Mapping[str, Mapping[str, Curve]]
    gradients: Mapping[int, Norms] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    grid: BevGrid | None = None
    truth: Float[np.ndarray, "M 7"] = field(default_factory=lambda: np.zeros((0, 7)))

    def __post_init__(self):
        require(bool(self.panels), f"the log of {self.name!r} holds no steps; has the training begun?")

    @property
    def last(self) -> int:
        """The last step of any curve."""
        return max(int(curve.steps[-1]) for curves in self.panels.values() for curve in curves.values())

    @property
    def brightest(self) -> float:
        """Upper end of the looks' colours, the same for all so that they can be compared."""
        return max(float(np.percentile(np.stack([look.map for look in self.looks]), 99.5)), 1e-6)

    def look_at(self, step: int) -> Look | None:
        """The last look up to a step; None before the first."""
        seen = [look for look in self.looks if look.step <= step]
        return seen[-1] if seen else None

    def gradients_at(self, step: int) -> tuple[int, Norms] | None:
        """The last measured gradient norms up to a step, and their step; the first ones before that."""
        if not self.gradients:
            return None
        measured = sorted(self.gradients)
        found = max((one for one in measured if one <= step), default=measured[0])
        return found, self.gradients[found]

    def words(self, step: int) -> str:
        """The training at a step, in words."""
        said = []
        for panel, curves in self.panels.items():
            values = [(name, curve.at(step)) for name, curve in curves.items()]
            known = [f"{name} {short_number(value)}".strip() for name, value in values if value is not None]
            if known and panel not in ("learning rate", "gradient norm") and len(said) < 5:
                said.append(f"{panel} {', '.join(known)}")
        return f"step {step} of {self.last}: " + "; ".join(said)
