"""A contact sheet: many moments at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monotakd.scene import Frame
from monotakd.viz import style
from monotakd.viz.image import draw_image

_GAP = 0.06


def draw_sheet(
    frames: Sequence[Frame], *, columns: int = 3, boxes: bool = True, width: float | int = 15.0
) -> style.Picture:
    """The images of several frames side by side, with the boxes of their labels.

    Args:
        frames: in reading order; the image of the first gives the shape of every tile.
        columns: tiles in a row.
        boxes: draw the labelled boxes.
        width: of the picture, inches.

    Raises:
        ValueError: there is no frame.

    Example:
        ``draw_sheet(lesson.tiny_frames())``
    """
    if not frames:
        raise ValueError("draw_sheet got no frames; expected at least one")
    rows = math.ceil(len(frames) / columns)
    tile_width = (width - _GAP * (columns - 1)) / columns
    height_px, width_px = frames[0].image.shape[:2]
    tile_height = tile_width * height_px / width_px
    height = rows * tile_height + (rows - 1) * _GAP
    picture = style.new_picture(width, height)
    for place, frame in enumerate(frames):
        row, column = divmod(place, columns)
        left, top = column * (tile_width + _GAP), row * (tile_height + _GAP)
        axes = picture.add_axes(
            (left / width, 1 - (top + tile_height) / height, tile_width / width, tile_height / height)
        )
        draw_image(frame, None if boxes else {}, labels=False, title="", axes=axes)
        if legend := axes.get_legend():
            legend.remove()
    return picture
