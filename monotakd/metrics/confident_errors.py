"""A detector's surest mistakes: boxes with a high score on no car."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monotakd.geometry.frames import project_lidar
from monotakd.geometry.rotated_iou import all_pairs_iou

if TYPE_CHECKING:
    from monotakd.scene import Detections, Frame

SAME_SIGHT = 0.05
"""A car is on a box's line of sight if their directions differ by less than this, radians: a car's width at 30 m."""


@dataclass(frozen=True)
class ConfidentError:
    """One box that is wrong.

    Attributes:
        frame: row of its frame.
        row: of the box among the frame's detections.
        score: of the box.
        overlap: best BEV IoU with a labelled car.
        depth: of the box's centre from the camera, metres.
        true_depth: of the labelled car on the same line of sight that is nearest in depth, metres; None where no car
            is: then the box is an invention.
    """

    frame: int
    row: int
    score: float
    overlap: float
    depth: float
    true_depth: float | None

    @property
    def words(self) -> str:
        """The mistake in words."""
        if self.true_depth is None:
            return f"score {self.score:.2f}, {self.depth:.1f} m: no car in this direction"
        off = self.depth - self.true_depth
        return f"score {self.score:.2f}, {self.depth:.1f} m: {abs(off):.1f} m too {'far' if off > 0 else 'near'}"


def confident_errors(
    frames: Sequence[Frame], detections: Sequence[Detections], *, count: int = 10, overlap: float = 0.5
) -> list[ConfidentError]:
    """The wrong boxes with the highest scores, surest first.

    Args:
        frames: with labels.
        detections: of each frame.
        count: at most so many.
        overlap: a box is right if its BEV IoU with some car is larger.

    Raises:
        ValueError: not one value per frame, or a frame without labels.
    """
    found = []
    for number, (frame, seen) in enumerate(zip(frames, detections, strict=True)):
        if frame.annotations is None:
            raise ValueError(f"frame {frame.frame_id} has no labels to count against: read it with labels")
        boxes = seen.boxes.values.astype(np.float64)
        cars = frame.annotations.boxes.named("Car").values.astype(np.float64)
        best = all_pairs_iou(boxes, cars)[0].max(axis=1, initial=0.0)
        depths, true = (project_lidar(frame.calibration, values[:, :3])[1] for values in (boxes, cars))
        for row in np.flatnonzero(best <= overlap):
            turned = np.arctan2(cars[:, 1], cars[:, 0]) - np.arctan2(boxes[row, 1], boxes[row, 0])
            ahead = np.flatnonzero(np.abs(turned) < SAME_SIGHT)
            nearest = ahead[np.abs(true[ahead] - depths[row]).argmin()] if len(ahead) else None
            found.append(
                ConfidentError(
                    number, int(row), float(seen.scores[row]), float(best[row]), float(depths[row]),
                    None if nearest is None else float(true[nearest]),
                )
            )  # fmt: skip
    return sorted(found, key=lambda error: -error.score)[:count]
