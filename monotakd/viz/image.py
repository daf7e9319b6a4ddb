"""The camera's picture, with projected boxes and with LiDAR."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke

from monotakd.errors import DataError
from monotakd.geometry.frames import project_lidar
from monotakd.scene import Frame
from monotakd.viz import palette, style
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets
from monotakd.viz.wireframe import wireframe

_HALO = "#0B1016"
_LUMA = np.array([0.299, 0.587, 0.114])


def image_axes(
    frame: Frame, picture: np.ndarray, *, axes: Axes | None, width: float | int, title: str | None, cmap=None, **limits
) -> Axes:
    """Axes that show ``picture`` with pixel (0, 0) centred at the origin; a picture of their own if none are given."""
    height_px, width_px = frame.image.shape[:2]
    if axes is None:
        image_height = width * height_px / width_px
        total = image_height + style.strip()
        figure = style.new_picture(width, total)
        axes = figure.add_axes((0, 0, 1, image_height / total))
    shown = axes.imshow(picture, cmap=cmap, interpolation="antialiased", aspect="auto", zorder=0, **limits)
    shown.set_extent((-0.5, width_px - 0.5, height_px - 0.5, -0.5))
    axes.set_xlim(-0.5, width_px - 0.5)
    axes.set_ylim(height_px - 0.5, -0.5)
    style.bare(axes)
    style.title(axes, title)
    return axes


def dimmed(image: np.ndarray, strength: float = 0.6) -> np.ndarray:
    """The image in grey and darker, so that colours laid over it are read."""
    grey = (image @ _LUMA) * strength
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def _lines(
    axes: Axes,
    segments: np.ndarray,
    colour: str,
    width: float | int | np.ndarray,
    *,
    dashed: bool = False,
    zorder: float | int,
) -> None:
    there = ~np.isnan(segments).any(axis=(1, 2))
    segments, width = segments[there], np.broadcast_to(width, len(there))[there]
    if not len(segments):
        return
    halo = [Stroke(linewidth=float(np.median(width)) + 1.3, foreground=_HALO, alpha=0.4), Normal()]
    axes.add_collection(
        LineCollection(
            segments,
            colors=colour,
            linewidths=width,
            linestyles=(0, (2.2, 2.2)) if dashed else "solid",
            alpha=0.75 if dashed else 1.0,
            capstyle="butt" if dashed else "round",
            path_effects=None if dashed else halo,
            zorder=zorder,
        ),
        autolim=False,
    )


def _draw_wireframe(axes: Axes, frame: Frame, boxes: BoxSet, *, heading: bool, zorder: int) -> np.ndarray:
    wires = wireframe(boxes.boxes.values, frame.calibration)
    front = ~wires.front_hidden
    # Distant boxes get thinner lines, or they would be nothing but line.
    width = np.clip(1.9 * (wires.height / frame.image.shape[0] / 0.15) ** 0.5, 0.8, 1.8)
    per_edge = np.repeat(width[:, None], wires.hidden.shape[1], axis=1)
    per_cross = 0.6 * np.repeat(width[:, None], 2, axis=1)
    _lines(axes, wires.edges[wires.hidden], boxes.colour, 0.6 * per_edge[wires.hidden], dashed=True, zorder=zorder)
    if heading:
        for rows, dashed in ((~front, True), (front, False)):
            cross = wires.cross[rows].reshape(-1, 2, 2)
            _lines(axes, cross, boxes.colour, per_cross[rows].ravel(), dashed=dashed, zorder=zorder + 0.1)
    _lines(axes, wires.edges[~wires.hidden], boxes.colour, per_edge[~wires.hidden], zorder=zorder + 0.2)
    return np.concatenate([wires.anchor, wires.depth[:, None]], axis=1)


def _draw_rectangles(axes: Axes, boxes: BoxSet, zorder: int) -> np.ndarray:
    if boxes.boxes_2d is None:
        raise ValueError(
            f"boxes {boxes.name!r} carry no image boxes, so boxes_2d=True has nothing to draw; "
            "geometry.box_projection.project_boxes makes them from the 3D boxes"
        )
    left, top, right, bottom = np.asarray(boxes.boxes_2d, dtype=np.float64).reshape(-1, 4).T
    loop = np.stack([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)
    segments = np.stack([loop, np.roll(loop, -1, axis=1)], axis=2).reshape(-1, 2, 2)
    _lines(axes, segments, boxes.colour, 1.4, zorder=zorder)
    depth = boxes.boxes.centres[:, 0]
    return np.stack([(left + right) / 2, top, depth], axis=1)


def draw_labels(axes: Axes, labels: list[tuple[float, float, str, str]]) -> None:
    """In the given order; a label that would cover an earlier one is left out."""
    renderer = axes.figure.canvas.get_renderer()
    taken = []
    lowest, highest = axes.get_xlim()
    for u, v, text, colour in labels:
        if not np.isfinite(u):
            continue
        tag = axes.annotate(
            text,
            (u, v),
            (0, 2.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=style.size("small"),
            color="white",
            bbox={"boxstyle": "round,pad=0.18", "facecolor": palette.dark(colour), "edgecolor": "none", "alpha": 0.9},
            zorder=12,
            annotation_clip=False,
        )
        frame = axes.get_window_extent(renderer)
        extent = tag.get_window_extent(renderer)
        if extent.y1 > frame.y1:  # no room above: write inside, below the box's upper side
            tag.set_position((0, -3.5))
            tag.set_va("top")
        shift = max(frame.x0 + 3 - extent.x0, 0) - max(extent.x1 - frame.x1 + 3, 0)
        if shift:
            tag.xy = (u + shift * (highest - lowest) / frame.width, v)
        extent = tag.get_window_extent(renderer)
        if any(extent.overlaps(other) for other in taken):
            tag.remove()
        else:
            taken.append(extent)


def draw_boxes_on(
    axes: Axes,
    frame: Frame,
    sets: list[BoxSet],
    *,
    boxes_2d: bool = False,
    labels: bool = True,
    heading: bool = True,
    legend: bool = True,
) -> None:
    """Adds box sets to axes that already show the image."""
    tags = []
    for number, boxes in enumerate(sets):
        if not len(boxes):
            continue
        zorder = 5 + number
        draw = _draw_rectangles(axes, boxes, zorder) if boxes_2d else None
        anchors = draw if boxes_2d else _draw_wireframe(axes, frame, boxes, heading=heading, zorder=zorder)
        nearest_first = np.argsort(anchors[:, 2])
        new = [(*anchors[row, :2], boxes.label(int(row)), boxes.colour) for row in nearest_first]
        tags = tags + new if boxes.scores is None else new + tags  # a score says more than a bare class
    if legend:
        style.legend(axes, legend_handles(sets), above=True)
    if labels:
        draw_labels(axes, tags)


def legend_handles(sets: list[BoxSet]) -> list[Line2D]:
    """One line per set, with the number of its boxes."""
    return [Line2D([], [], color=s.colour, linewidth=2.2, label=f"{s.name} ({len(s)})") for s in sets]


def draw_image(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    boxes_2d: bool = False,
    labels: bool = True,
    heading: bool = True,
    min_score: float | int | None = None,
    title: str | None = None,
    width: float | int = style.WIDTH,
    axes: Axes | None = None,
) -> style.Picture:
    """The image with boxes.

    Solid lines are edges that the camera could see, dashed lines are hidden by the box itself; the cross marks the
    front. Boxes are cut at the camera plane and at the border.

    Args:
        frame: image and calibration; labels where ``boxes`` is None.
        boxes: None for the frame's labels, boxes, detections, or several by name, such as
            ``{"truth": frame.annotations, "student": detections}``; ``{}`` for the bare image.
        boxes_2d: draw the image boxes instead of the projected ones.
        labels: write class and score; a label that would cover another one is left out.
        heading: draw the cross.
        min_score: leave out detections with a lower score.
        title: above the image; the frame's id by default.
        width: of the picture, inches.
        axes: draw here instead of in a picture of its own.

    Raises:
        DataError: NaN or other impossible boxes.
        ValueError: ``boxes_2d`` for boxes that have none.
    """
    sets = box_sets(frame, boxes, min_score)
    title = f"frame {frame.frame_id}" if title is None else title
    axes = image_axes(frame, frame.image, axes=axes, width=width, title=title)
    draw_boxes_on(axes, frame, sets, boxes_2d=boxes_2d, labels=labels, heading=heading)
    return axes.figure


def require_points(frame: Frame) -> Float[np.ndarray, "N 4"]:
    """The frame's points.

    Raises:
        DataError: it has none.
    """
    if frame.points is None or not len(frame.points):
        raise DataError(
            f"frame {frame.frame_id}",
            "no LiDAR points" if frame.points is None else "an empty LiDAR sweep",
            "points of shape (N, 4): x y z intensity",
            fix="Read the frame with its points (velodyne/), or use a view that needs the image only, draw_image",
        )
    return frame.points


def draw_points_on_image(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    max_depth: float | int = 60.0,
    labels: bool = False,
    title: str | None = None,
    width: float | int = style.WIDTH,
    axes: Axes | None = None,
) -> style.Picture:
    """LiDAR points over the greyed image, coloured by depth: near yellow, far violet, logarithmic.

    Args:
        frame: image, calibration and points.
        boxes: as in `draw_image`; ``{}`` for none.
        max_depth: depth in metres at which the colours end.
        labels: write the boxes' classes.
        title: above the image.
        width: of the picture, inches.
        axes: draw here instead.

    Raises:
        DataError: the frame has no points, or a box is impossible.
    """
    points = require_points(frame)
    sets = box_sets(frame, boxes)
    height_px, width_px = frame.image.shape[:2]
    uv, depth = project_lidar(frame.calibration, points[:, :3].astype(np.float64))
    with np.errstate(invalid="ignore"):
        inside = (depth > 0) & ((uv >= -0.5) & (uv <= (width_px - 0.5, height_px - 0.5))).all(axis=1)
    uv, depth = uv[inside], depth[inside]
    order = np.argsort(-depth, kind="stable")
    title = f"frame {frame.frame_id}: {len(depth):,} LiDAR points in view" if title is None else title
    axes = image_axes(frame, dimmed(frame.image), axes=axes, width=width, title=title)
    pixels_per_inch = width_px / (axes.get_position().width * axes.figure.get_figwidth())
    drawn = axes.scatter(
        *uv[order].T,
        c=depth[order],
        s=(72 * 2.6 / pixels_per_inch) ** 2 if pixels_per_inch > 60 else 3.0,
        cmap=palette.DEPTH,
        norm=style.depth_scale(max_depth),
        linewidths=0,
        zorder=2,
        rasterized=True,
    )
    draw_boxes_on(axes, frame, sets, labels=labels)
    style.colour_bar(axes, drawn, "depth (m)")
    return axes.figure
