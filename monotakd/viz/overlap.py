"""Boxes laid over each other, seen from above: what they share, and their IoU in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from monotakd.geometry.boxes import box_corners
from monotakd.geometry.overlap_polygon import overlap_polygon
from monotakd.geometry.rotated_iou import paired_iou
from monotakd.scene import Boxes3D
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, bev_axes, draw_box_outlines
from monotakd.viz.boxsets import box_sets

STRICT_CAR_IOU = 0.7
"""KITTI's strict overlap for cars; a match needs more than this."""


def draw_overlap(
    truth: Float[np.ndarray, " 7"],
    box: Float[np.ndarray, " 7"],
    *,
    names: tuple[str, str] = ("truth", "student"),
    corners: bool = False,
    region: Region | None = None,
    title: str | None = None,
    width: float | int = 4.6,
    axes: Axes | None = None,
) -> style.Picture:
    """Two boxes from above with the area that they share in grey; the title says the BEV and the 3D IoU.

    Args:
        truth: row ``x y z l w h yaw``, LiDAR frame.
        box: the same.
        names: what the legend (in a picture of its own) calls them; the names of the roles keep their colours.
        corners: number the corners of the shared area.
        region: what is shown, (from, to) along x and along y; by default a square around both boxes.
        title: instead of the two IoUs.
        width: of the picture, inches.
        axes: draw here instead of in a picture of its own.

    Raises:
        ValueError: a box that is not seven finite numbers with sizes >= 0, or an empty region.
        DataError: a box with a size of zero.
    """
    pair = np.array([truth, box], dtype=np.float64)
    bev, volume = (float(iou[0]) for iou in paired_iou(pair[:1], pair[1:]))
    named = {name: Boxes3D(row[None], ("box",)) for name, row in zip(names, pair, strict=True)}
    sets = box_sets(None, named)
    title = f"BEV IoU {bev:.2f}, 3D IoU {volume:.2f}" if title is None else title
    alone = axes is None
    axes = bev_axes(region or _square_around(pair), axes=axes, width=width, title=title)
    shared = overlap_polygon(*pair)
    if len(shared):
        axes.add_patch(Polygon(shared[:, ::-1], facecolor=palette.MUTED, alpha=0.45, edgecolor="none", zorder=3))
    for number, one in enumerate(sets):
        draw_box_outlines(axes, one, zorder=4 + number)
    if corners:
        _number(axes, shared)
    if alone:
        handles = [Line2D([], [], color=one.colour, linewidth=2.2, label=one.name) for one in sets]
        style.legend(axes, handles, above=False)
    return axes.figure


def draw_overlaps(
    truth: Float[np.ndarray, " 7"],
    boxes: Mapping[str, Float[np.ndarray, " 7"]],
    *,
    threshold: float = STRICT_CAR_IOU,
    columns: int = 3,
    width: float | int = 7.6,
) -> style.Picture:
    """One panel per box, each laid over the same truth, at the same scale.

    Args:
        truth: row ``x y z l w h yaw``.
        boxes: rows by name; the name stands above its panel.
        threshold: the volume IoU above which the panel says that the box counts.
        columns: at most so many panels in a row.
        width: of the picture, inches.

    Raises:
        ValueError: no boxes, or one that is not seven finite numbers.
    """
    if not boxes:
        raise ValueError("draw_overlaps got no boxes; expected rows (7,) by name")
    region = _square_around(np.array([truth, *boxes.values()], dtype=np.float64))
    columns = min(columns, len(boxes))
    rows = -(-len(boxes) // columns)
    left, gap, upper, lower = 0.62, 0.16, 2 * style.strip(), 0.5
    side = (width - left - 0.1 - gap * (columns - 1)) / columns
    height = rows * (upper + side) + lower
    picture = style.new_picture(width, height)
    for number, (name, box) in enumerate(boxes.items()):
        row, column = divmod(number, columns)
        bottom = height - (row + 1) * (upper + side)
        place = ((left + column * (side + gap)) / width, bottom / height, side / width, side / height)
        axes = picture.add_axes(place)
        bev, volume = (float(iou[0]) for iou in paired_iou(np.array([truth]), np.array([box])))
        draw_overlap(truth, box, region=region, title=f"{name}\nBEV {bev:.2f}, 3D {volume:.2f}", axes=axes)
        axes.text(
            0.03,
            0.03,
            "counts" if volume > threshold else "does not count",
            transform=axes.transAxes,
            fontsize=style.size("text"),
            color=palette.INK,
            zorder=12,
        )
        if column:
            axes.set_ylabel("")
            axes.set_yticklabels([])
        if number + columns < len(boxes):
            axes.set_xlabel("")
            axes.set_xticklabels([])
    return picture


def _number(axes: Axes, shared: np.ndarray) -> None:
    axes.plot(*shared.T[::-1], "o", color=palette.INK, markersize=4, zorder=11)
    middle = shared.mean(axis=0) if len(shared) else None
    for number, corner in enumerate(shared):
        inwards = (middle - corner) / max(np.linalg.norm(middle - corner), 1e-9)
        axes.annotate(
            str(number),
            corner[::-1],
            (-9 * inwards[1], 9 * inwards[0]),  # y grows to the left
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=style.size("text"),
            color=palette.INK,
            zorder=12,
        )


def _square_around(boxes: np.ndarray) -> Region:
    """A square that holds all boxes, with a margin, on whole half metres."""
    corners = box_corners(boxes)[..., :2].reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, half = (low + high) / 2, max((high - low).max() / 2 + 0.6, 1.0)
    (x0, y0), (x1, y1) = np.floor(2 * (middle - half)) / 2, np.ceil(2 * (middle + half)) / 2
    return (float(x0), float(x1)), (float(y0), float(y1))
