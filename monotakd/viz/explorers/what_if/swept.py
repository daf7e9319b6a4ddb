"""What a student says of a car while one thing about it or about the camera is changed step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from monotakd.scene import Boxes3D, Detections, Frame


@dataclass(frozen=True, eq=False)
class Answer:
    """One street with one car, and where the student sees it.

    Attributes:
        frame: image and calibration.
        car: the car's true box.
        detections: all boxes of the student.
        distance: of the car's centre from the camera, metres.
        surface: of the side that is seen, metres.
        depth: of that side by the student's depth distribution, its median; NaN where the car is not seen.
        spread: from its 10 % to its 90 % point.
        box_distance: of the box that the student puts on the car; None without one.
        score: of that box.
    """

    frame: Frame
    car: Boxes3D
    detections: Detections
    distance: float
    surface: float
    depth: float
    spread: tuple[float, float]
    box_distance: float | None
    score: float | None

    @property
    def words(self) -> str:
        """Truth and answer in words."""
        near, far = self.spread
        box = "no box"
        if self.box_distance is not None:
            box = f"box at {self.box_distance:.1f} m (true {self.distance:.1f} m, score {self.score:.2f})"
        return f"rear of the car at {self.surface:.1f} m, seen at {self.depth:.1f} m ({near:.1f} to {far:.1f} m); {box}"


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep with its answers.

    Attributes:
        title: what is done, in words.
        label: of the swept value, with its unit.
        values: rising.
        answers: one for each value.
    """

    title: str
    label: str
    values: tuple[float, ...]
    answers: tuple[Answer, ...]

    def column(self, name: str) -> Float[np.ndarray, " N"]:
        """One number of every answer; NaN where there is none."""
        return np.array([np.nan if getattr(a, name) is None else getattr(a, name) for a in self.answers], dtype=float)

    @property
    def near(self) -> Float[np.ndarray, " N"]:
        """10 % points of the depth."""
        return np.array([answer.spread[0] for answer in self.answers])

    @property
    def far(self) -> Float[np.ndarray, " N"]:
        """90 % points of the depth."""
        return np.array([answer.spread[1] for answer in self.answers])
