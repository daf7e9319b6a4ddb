"""Surest mistakes side by side: the box in its image, and the depth distribution that led to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from monotakd.errors import require
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.depth_bins import bin_edges
from monotakd.metrics.confident_errors import ConfidentError
from monotakd.scene import DepthBins, Detections, Frame
from monotakd.viz import palette, style
from monotakd.viz.boxsets import BoxSet, box_sets
from monotakd.viz.depth_ray import feature_cell
from monotakd.viz.image import draw_boxes_on, image_axes


def draw_confident_errors(
    errors: Sequence[ConfidentError],
    frames: Sequence[Frame],
    detections: Sequence[Detections],
    probabilities: Float[np.ndarray | torch.Tensor, "B D h w"],
    bins: DepthBins,
    *,
    columns: int = 5,
    width: float | int = 13.0,
) -> style.Picture:
    """Each mistake as a piece of the image over the depth distribution at the middle of the box.

    The orange line is the depth of the box, the green one that of the car in this direction, where there is one.

    Args:
        errors: of `metrics.confident_errors.confident_errors`.
        frames: that they are rows of.
        detections: of each frame.
        probabilities: of each frame's feature cells, ``student_output.depth_logits.softmax(1)``.
        bins: of these.
        columns: mistakes in a row.
        width: of the picture, inches.

    Raises:
        ValueError: no mistakes.
    """
    require(len(errors) > 0, "no errors to draw: every box is right, or there is none")
    columns = min(columns, len(errors))
    rows, cell = math.ceil(len(errors) / columns), width / columns
    image, bars, strip, below = 0.42 * cell, 0.9, style.strip(), 0.42
    high = strip + image + bars + below
    picture = style.new_picture(width, rows * high)
    for place, error in enumerate(errors):
        row, column = divmod(place, columns)
        left, top = column * cell + 0.06, row * high + strip
        frame, total = frames[error.frame], rows * high
        one = detections[error.frame].boxes[np.array([error.row])]
        axes = picture.add_axes((left / width, 1 - (top + image) / total, (cell - 0.14) / width, image / total))
        image_axes(frame, frame.image, axes=axes, width=cell, title="")
        truth = box_sets(frame, None)
        draw_boxes_on(
            axes, frame, [*truth, BoxSet("student", palette.ROLES["student"], one)], labels=False, legend=False
        )
        middle = _crop(axes, frame, one.values.astype(np.float64), (cell - 0.14) / image)
        axes.set_title(error.words, loc="left", fontsize=style.size("small"), color=palette.INK, pad=3)

        place_of_bars = (left + 0.1, 1 - (top + image + bars) / total, (cell - 0.34) / width, (bars - 0.08) / total)
        axes = picture.add_axes((place_of_bars[0] / width, *place_of_bars[1:]))
        distribution, _, _ = feature_cell(frame, middle, probabilities[error.frame], bins)
        edges, shown = bin_edges(bins), distribution[: bins.num]
        axes.bar(edges[:-1], shown, width=np.diff(edges), align="edge", color="#F7CF99")
        axes.axvline(error.depth, color=palette.ROLES["student"], linewidth=2.2)
        if error.true_depth is not None:
            axes.axvline(error.true_depth, color=palette.ROLES["truth"], linewidth=2.2)
        axes.set_xlim(bins.minimum, bins.maximum)
        axes.set_yticks([])
        style.ticks(axes, x_label="depth (m)" if row == rows - 1 else "", y_label="")
    return picture


def _crop(axes, frame: Frame, box: np.ndarray, aspect: float) -> tuple[float, float]:
    """Shows the box with its surroundings; returns its middle pixel inside the image."""
    height, width = frame.image.shape[:2]
    rectangle = project_boxes(box, frame.calibration)[0]
    if np.isnan(rectangle).any():
        return width / 2, height / 2
    (u, v), size = (rectangle[:2] + rectangle[2:]) / 2, rectangle[2:] - rectangle[:2]
    half = float(np.clip(1.1 * max(size[0] / aspect, size[1]), 12.0, height / 2))
    v0 = float(np.clip(v, half - 0.5, height - 0.5 - half))
    u0 = float(np.clip(u, min(half * aspect - 0.5, width / 2), max(width - 0.5 - half * aspect, width / 2)))
    axes.set_xlim(u0 - half * aspect, u0 + half * aspect)
    axes.set_ylim(v0 + half, v0 - half)
    return float(np.clip(u, 0, width - 1)), float(np.clip(v, 0, height - 1))
