"""A gallery of confident errors: each with its part of the image and the depth distribution behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes

from monotakd.errors import require
from monotakd.geometry.depth_bins import bin_centres
from monotakd.geometry.frames import project_lidar
from monotakd.metrics.worst_errors import ConfidentError
from monotakd.scene import DepthBins, Detections, Frame
from monotakd.viz import palette, style
from monotakd.viz.boxsets import box_sets
from monotakd.viz.depth_ray import draw_depth_bars, feature_cell
from monotakd.viz.image import draw_boxes_on, image_axes

AROUND = 0.2
"""How much of the image's width is shown on either side of an error."""
DEPTH_IS_RIGHT = 0.3
"""Below this error, metres, something else than depth is wrong with a box."""


def draw_failures(
    frames: Sequence[Frame],
    detections: Sequence[Detections],
    errors: Sequence[ConfidentError],
    probabilities: Float[np.ndarray | torch.Tensor, "B D h w"],
    bins: DepthBins,
    *,
    columns: int = 2,
    width: float | int = 13.0,
) -> style.Picture:
    """The errors one after another: the place in the image, and what depth the student believed there.

    The distribution is that of the pixel at which the centre of the meant object lies; of the detection, where it
    means none. Green is the true depth of the object's centre, black the depth of the detected box, dashed the
    distribution's mean, dotted its mode.

    Args:
        frames: with labels.
        detections: of each frame.
        errors: made by `metrics.worst_errors.worst_errors` of the same detections.
        probabilities: of every frame's feature cells, ``student_output.depth_logits.softmax(1)``.
        bins: of these probabilities.
        columns: errors beside each other.
        width: of the picture, inches.

    Raises:
        ValueError: no errors.
    """
    require(len(errors) > 0, "there are no errors to draw")
    rows = -(-len(errors) // columns)
    strip, each, gap = style.strip(), width / columns, 0.25
    image_wide, image_high = 0.48 * (each - gap), 1.45
    tall = strip + image_high + 0.5
    picture = style.new_picture(width, rows * tall)
    for number, error in enumerate(errors):
        left, top = (number % columns) * each, (number // columns) * tall + strip
        down = 1 - (top + image_high) / (rows * tall)
        image = picture.add_axes((left / width, down, image_wide / width, image_high / (rows * tall)))
        bars_wide = each - gap - image_wide - 0.6
        bars = picture.add_axes(
            ((left + image_wide + 0.55) / width, down, bars_wide / width, image_high / (rows * tall))
        )
        frame = frames[error.frame]
        uv = _where(frame, detections[error.frame], error)
        _draw_place(image, frame, detections[error.frame], error, uv, image_wide / image_high)
        _draw_belief(bars, frame, error, uv, probabilities[error.frame], bins)
    return picture


def words_of(error: ConfidentError) -> str:
    """A few words on what is wrong."""
    if error.depth_error is None:
        return "no object of its own"
    if abs(error.depth_error) < DEPTH_IS_RIGHT:
        return "at the right depth"
    return f"{abs(error.depth_error):.1f} m too {'far' if error.depth_error > 0 else 'near'}"


def _where(frame: Frame, found: Detections, error: ConfidentError) -> tuple[float, float]:
    """The pixel of the centre of the object that is meant, or of the detection; inside the image."""
    boxes = found.boxes if error.truth is None else frame.annotations.boxes
    row = error.row if error.truth is None else error.truth
    uv, _ = project_lidar(frame.calibration, boxes.centres[row].astype(np.float64))
    height, width = frame.image.shape[:2]
    return float(np.clip(uv[0], 0, width - 1)), float(np.clip(uv[1], 0, height - 1))


def _draw_place(
    axes: Axes, frame: Frame, found: Detections, error: ConfidentError, uv: tuple[float, float], aspect: float
) -> None:
    image_axes(frame, frame.image, axes=axes, width=6, title=f"{frame.frame_id}: score {error.score:.2f}")
    one = np.array([error.row])
    chosen = Detections(found.boxes[one], np.asarray(found.scores)[one])
    sets = box_sets(frame, {"truth": frame.annotations, "student": chosen})
    draw_boxes_on(axes, frame, sets, labels=False, legend=False)
    height, width = frame.image.shape[:2]
    half = AROUND * width
    middle, across = float(np.clip(uv[0], half, width - half)), 2 * half / aspect
    centre = float(np.clip(uv[1], across / 2, max(height - across / 2, across / 2)))
    axes.set_xlim(middle - half, middle + half)
    axes.set_ylim(centre + across / 2, centre - across / 2)


def _draw_belief(
    axes: Axes, frame: Frame, error: ConfidentError, uv: tuple[float, float], probabilities, bins: DepthBins
) -> None:
    distribution, _, _ = feature_cell(frame, uv, probabilities, bins)
    known, centres = distribution[: bins.num], bin_centres(bins)
    mean = float(known @ centres / max(known.sum(), 1e-12))
    draw_depth_bars(axes, distribution, bins, true=error.true_depth, mean=mean, mode=float(centres[known.argmax()]))
    axes.axvline(min(error.depth, bins.maximum), color=palette.INK, linewidth=1.6)
    axes.get_legend().remove()
    style.title(axes, f"{words_of(error)}; box at {error.depth:.1f} m")
    axes.set_ylabel("")
