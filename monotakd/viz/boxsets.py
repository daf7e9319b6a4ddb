"""What may be drawn as boxes: truth, detections or plain boxes, one set or several under their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from monotakd.errors import DataError
from monotakd.scene import Annotations, Boxes3D, Detections, Frame
from monotakd.viz.palette import colours_for

Drawable = Boxes3D | Annotations | Detections
FIELDS = ("x", "y", "z", "l", "w", "h", "yaw")


@dataclass(frozen=True, eq=False)
class BoxSet:
    """Boxes of one colour.

    Attributes:
        name: what the legend says.
        colour: of every line and label.
        boxes: the boxes; finite, with positive sizes.
        scores: (N,) confidence, or None.
        boxes_2d: (N, 4) image boxes in pixels, or None.
    """

    name: str
    colour: str
    boxes: Boxes3D
    scores: Float[np.ndarray, " N"] | None = None
    boxes_2d: Float[np.ndarray, "N 4"] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    def label(self, row: int) -> str:
        """Class and score of one box, such as ``"Car 0.93"``."""
        name = self.boxes.names[row]
        return name if self.scores is None else f"{name} {self.scores[row]:.2f}"


def _check(name: str, boxes: Boxes3D) -> None:
    values = np.asarray(boxes.values)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise DataError(
            f"boxes {name!r}",
            f"{FIELDS[column]} = {values[row, column]}",
            "finite numbers",
            place=f"row {row} ({boxes.names[row]})",
            fix="Drop such rows before drawing, and look for a division by zero or a log of a negative size",
        )
    flat = np.argwhere(values[:, 3:6] <= 0)
    if len(flat):
        row, column = flat[0]
        raise DataError(
            f"boxes {name!r}",
            f"{FIELDS[3 + column]} = {values[row, 3 + column]:.6g}",
            "sizes above 0 m",
            place=f"row {row} ({boxes.names[row]})",
            fix="Columns are x y z l w h yaw; KITTI's label files list h w l. Drop DontCare rows (-1 -1 -1)",
        )


def _named(frame: Frame | None, boxes: Drawable | Mapping[str, Drawable] | None) -> dict[str, Drawable]:
    if boxes is None:
        return {"truth": frame.annotations} if frame is not None and frame.annotations is not None else {}
    if isinstance(boxes, Mapping):
        return dict(boxes)
    name = {Annotations: "truth", Detections: "detections"}.get(type(boxes), "boxes")
    return {name: boxes}


def box_sets(
    frame: Frame | None,
    boxes: Drawable | Mapping[str, Drawable] | None,
    min_score: float | int | None = None,
) -> list[BoxSet]:
    """The sets to draw, checked and coloured.

    Args:
        frame: gives the truth where ``boxes`` is None.
        boxes: None for the frame's own labels, one value, or several by name such as
            ``{"truth": frame.annotations, "student": detections}``; ``{}`` draws none.
        min_score: leave out detections with a lower score.

    Raises:
        DataError: a NaN, an infinite number or a size that is not positive, with its set, row and column.
        ValueError: something that is not boxes.
    """
    named = _named(frame, boxes)
    colours = colours_for(named)
    sets = []
    for name, value in named.items():
        scores = boxes_2d = None
        if isinstance(value, Boxes3D):
            plain = value
        elif isinstance(value, Annotations | Detections):
            plain, boxes_2d = value.boxes, value.boxes_2d
            scores = value.scores if isinstance(value, Detections) else None
        else:
            raise ValueError(
                f"boxes {name!r}: got {type(value).__name__}, expected Boxes3D, Annotations or Detections; "
                "wrap an (N, 7) array as Boxes3D(values, names)"
            )
        if scores is not None and min_score is not None:
            keep = np.asarray(scores) >= min_score
            plain, scores = plain[keep], scores[keep]
            boxes_2d = None if boxes_2d is None else boxes_2d[keep]
        _check(name, plain)
        sets.append(BoxSet(name, colours[name], plain, scores, boxes_2d))
    return sets
