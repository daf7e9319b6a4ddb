"""The depth dial as one picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from monotakd.geometry.boxes import box_corners
from monotakd.viz import palette, style
from monotakd.viz.bev import bev_axes
from monotakd.viz.boxsets import BoxSet, box_sets
from monotakd.viz.depth_ray import draw_depth_bars
from monotakd.viz.explorers.depth_dial.dial import SURE, DialledFrame, Key, Position, key_words
from monotakd.viz.explorers.depth_dial.payload import LEAST
from monotakd.viz.feature_panels import Shown, draw_shown
from monotakd.viz.image import draw_boxes_on, image_axes


def draw_dial(
    dialled: DialledFrame, key: Key, uv: tuple[float | int, float | int], *, width: float | int = 13.0
) -> style.Picture:
    """Image and depth at a pixel on the left; on the right the lifted map as predicted, and at a position of the dial.

    Green boxes are the labels, orange ones the student's; thin ones have scores below 0.3;
    the number beside a box is its BEV IoU with a labelled car.

    Args:
        dialled: the frame.
        key: the position.
        uv: the pixel.
        width: of the picture, inches.
    """
    start = dialled.key(*dialled.start)
    left, between, below = 0.5 * width, 0.62, 0.62
    each = (width - left - 2 * between) / 2
    (near, right), (far, other) = dialled.grid.lower, dialled.grid.upper
    tall, strip = each * (far - near) / (other - right), style.strip()
    image = left * dialled.frame.image.shape[0] / dialled.frame.image.shape[1]
    height = max(strip + tall + below, 2 * strip + image + below + 1.5)
    picture = style.new_picture(width, height)

    axes = picture.add_axes((0, 1 - (strip + image) / height, left / width, image / height))
    image_axes(dialled.frame, dialled.frame.image, axes=axes, width=left, title=key_words(key))
    sets = [*box_sets(dialled.frame, None), _student(dialled.positions[key], SURE)]
    draw_boxes_on(axes, dialled.frame, sets, labels=False, legend=True)
    axes.plot(*np.array(uv)[:, None], "o", markersize=13, markerfacecolor="none", zorder=15,
              markeredgecolor=palette.ROLES["student"], markeredgewidth=2.2)  # fmt: skip

    reading, bars = dialled.reading(key, uv), height - 2 * strip - image - below
    axes = picture.add_axes((0.7 / width, below / height, (left - 0.75) / width, bars / height))
    draw_depth_bars(axes, reading.distribution, dialled.bins, true=reading.true, mean=reading.mean, mode=reading.mode)

    for place, (at, title) in enumerate(((start, "as predicted"), (key, "with this depth"))):
        x = left + between + place * (each + between)
        axes = picture.add_axes((x / width, 1 - (strip + tall) / height, each / width, tall / height))
        _draw_map(axes, dialled, dialled.positions[at], title)
    return picture


def _student(position: Position, least: float = LEAST) -> BoxSet:
    shown = np.asarray(position.detections.scores) >= least
    detections = position.detections
    return BoxSet("student", palette.ROLES["student"], detections.boxes[shown], np.asarray(detections.scores)[shown])


def _draw_map(axes: Axes, dialled: DialledFrame, position: Position, title: str) -> None:
    (near, right), (far, left) = dialled.grid.lower, dialled.grid.upper
    bev_axes(((near, far), (right, left)), axes=axes, ground="dark", title=title)
    draw_shown(axes, Shown(position.norm, (0.0, dialled.brightest), palette.FEATURES), dialled.grid)
    axes.set_ylabel("")
    axes.set_xlabel(position.words(dialled.best_ap).replace(", AP", "\nAP"), fontsize=style.size("small"))
    for boxes in (*box_sets(dialled.frame, None), _student(position)):
        corners = box_corners(boxes.boxes.values.astype(np.float64))[:, :4, 1::-1]
        for row, ring in enumerate(corners):
            sure = boxes.scores is None or boxes.scores[row] > SURE
            closed = np.concatenate([ring, ring[:1]]).T
            axes.plot(*closed, color=palette.INK, linewidth=3.2 if sure else 2.0, zorder=5)
            axes.plot(*closed, color=boxes.colour, linewidth=1.6 if sure else 0.7, zorder=6)
    if position.overlaps is not None:
        shown = np.asarray(position.detections.scores) > SURE
        centres = position.detections.boxes[shown].centres
        for (x, y, _), overlap in zip(centres, position.overlaps[shown], strict=True):
            axes.annotate(f"{overlap:.2f}", (y, x), (8, 0), textcoords="offset points", va="center", zorder=8,
                          fontsize=style.size("small"), color=palette.PAPER, annotation_clip=True)  # fmt: skip
