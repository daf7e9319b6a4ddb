"""Anchor boxes laid over a bird's-eye grid, one per cell, class and rotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from monotakd.geometry.grids import axis_centres
from monotakd.scene import BevGrid


@dataclass(frozen=True)
class AnchorClass:
    """The anchor of one class and when it counts as matched.

    Attributes:
        name: class name, such as ``"Car"``.
        size: (l, w, h), metres.
        bottom: z of the bottom face in the LiDAR frame, metres.
        matched: an anchor whose nearest-BEV IoU with an object is at least this is a positive.
        unmatched: below this it is background; between the two it is ignored.
    """

    name: str
    size: tuple[float, float, float]
    bottom: float
    matched: float
    unmatched: float

    def __post_init__(self):
        if min(self.size) <= 0:
            raise ValueError(f"anchor {self.name}: size (l, w, h) is {self.size}, expected positive metres")
        if not 0 <= self.unmatched <= self.matched <= 1:
            raise ValueError(
                f"anchor {self.name}: unmatched {self.unmatched} and matched {self.matched}, "
                "expected 0 <= unmatched <= matched <= 1"
            )


KITTI_ANCHORS = (
    AnchorClass("Car", (3.9, 1.6, 1.56), bottom=-1.78, matched=0.6, unmatched=0.45),
    AnchorClass("Pedestrian", (0.8, 0.6, 1.73), bottom=-0.6, matched=0.5, unmatched=0.35),
    AnchorClass("Cyclist", (1.76, 0.6, 1.73), bottom=-0.6, matched=0.5, unmatched=0.35),
)
"""Sizes, heights and thresholds that SECOND uses on KITTI."""

ANCHOR_ROTATIONS = (0.0, 1.57)
"""Along and across the road, radians; 1.57 and not pi / 2, as the released weights were trained with it."""

Placement = Literal["cell_centres", "range_limits"]


def anchor_boxes(
    grid: BevGrid,
    classes: tuple[AnchorClass, ...] = KITTI_ANCHORS,
    rotations: tuple[float, ...] = ANCHOR_ROTATIONS,
    placement: Placement = "cell_centres",
) -> Float[np.ndarray, "Y X classes rotations 7"]:
    """The anchors of a grid.

    Args:
        grid: cells of the map that the head reads.
        classes: one anchor size each.
        rotations: yaws, radians.
        placement: ``"cell_centres"`` puts an anchor on the middle of its cell. ``"range_limits"`` spreads them evenly
            from one limit of the range to the other, first and last on the limits: the released convention
            (OpenPCDet's align_center=False), up to half a cell off. Use it with released weights.

    Returns:
        (Y, X, classes, rotations, 7) float32 rows ``x y z l w h yaw`` with the geometric centre. ``reshape(-1, 7)``
        gives the flat order used everywhere: y, x, class, rotation.

    Raises:
        ValueError: an unknown placement.
    """
    if placement not in ("cell_centres", "range_limits"):
        raise ValueError(f"placement is {placement!r}, expected 'cell_centres' or 'range_limits'")
    rows, columns = grid.shape
    x, y = axis_centres(grid)
    if placement == "range_limits":
        x = np.linspace(grid.lower[0], grid.upper[0], columns)
        y = np.linspace(grid.lower[1], grid.upper[1], rows)
    anchors = np.empty((rows, columns, len(classes), len(rotations), 7), dtype=np.float32)
    anchors[..., 0] = x[None, :, None, None]
    anchors[..., 1] = y[:, None, None, None]
    for index, anchor in enumerate(classes):
        anchors[:, :, index, :, 2] = anchor.bottom + anchor.size[2] / 2
        anchors[:, :, index, :, 3:6] = anchor.size
    anchors[..., 6] = rotations
    return anchors
