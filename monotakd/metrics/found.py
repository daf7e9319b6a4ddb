"""How many cars were found, for a handful of frames.

Average precision needs many objects: below 41 it cannot reach 100 (R40 reads 40 positions, one object fills one). On a
few frames counting says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from monotakd.geometry.rotated_iou import all_pairs_iou

if TYPE_CHECKING:
    from monotakd.scene import Annotations, BevGrid, Detections, Frame

TOUCHES = 0.1
"""A box whose overlap with every labelled object stays below this is a false alarm."""


@dataclass(frozen=True)
class Found:
    """A count over some frames.

    Attributes:
        hits: cars that a box overlaps enough.
        cars: cars that there are to find.
        false_alarms: boxes on no object of any class.
    """

    hits: int
    cars: int
    false_alarms: int


def cars_in_view(annotations: Annotations, grid: BevGrid) -> Bool[np.ndarray, " N"]:
    """(N,) which objects are cars on the grid, at most partly hidden and less than 30 % outside the image.

    Like KITTI's moderate difficulty, without its limit on the height in pixels.
    """
    boxes = annotations.boxes
    inside = ((boxes.centres[:, :2] > grid.lower) & (boxes.centres[:, :2] < grid.upper)).all(axis=1)
    is_car = np.array([name == "Car" for name in boxes.names], dtype=bool)
    return inside & is_car & (annotations.occluded <= 1) & (annotations.truncated < 0.3)


def cars_found(
    frames: Sequence[Frame],
    detections: Sequence[Detections],
    grid: BevGrid,
    *,
    overlap: float = 0.5,
    min_score: float = 0.3,
) -> Found:
    """Counts the cars with a sure box on them, seen from above.

    Args:
        frames: with labels.
        detections: of each frame.
        grid: where cars count.
        overlap: a car is found by a box whose BEV IoU with it is larger.
        min_score: other boxes are not looked at.

    Raises:
        ValueError: not one value per frame, or a frame without labels.
    """
    hits = cars = alarms = 0
    for frame, seen in zip(frames, detections, strict=True):
        if frame.annotations is None:
            raise ValueError(f"frame {frame.frame_id} has no labels to count against: read it with labels")
        sure = seen.boxes.values[np.asarray(seen.scores) > min_score].astype(np.float64)
        iou, _ = all_pairs_iou(frame.annotations.boxes.values.astype(np.float64), sure)
        wanted = cars_in_view(frame.annotations, grid)
        cars += int(wanted.sum())
        hits += int((iou[wanted] > overlap).any(axis=1).sum())
        alarms += int((iou < TOUCHES).all(axis=0).sum())
    return Found(hits, cars, alarms)
