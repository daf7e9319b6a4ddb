"""Seen from above: points, boxes and BEV features, all in the one orientation.

Forward is up and left is on the left. Axes keep metres of the LiDAR frame: the horizontal axis is y, growing leftwards,
the vertical one is x. `bev_axes` sets this once for every picture.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon
from matplotlib.ticker import MultipleLocator

from monotakd.errors import DataError
from monotakd.geometry.boxes import box_corners
from monotakd.geometry.frames import camera_rays
from monotakd.geometry.grids import bev_picture, picture_extent
from monotakd.scene import BevMap, Calibration, Frame
from monotakd.viz import palette, style
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets
from monotakd.viz.image import legend_handles, require_points

Region = tuple[tuple[float | int, float | int], tuple[float | int, float | int]]
REGION: Region = ((-4.0, 72.0), (-38.0, 38.0))
"""What a BEV picture shows: (from, to) along x and along y, metres."""
OUTSIDE = "#2A323A"
"""Around a feature map: no cell of the grid lies here."""
HEIGHTS = (-2.0, 1.5)
"""Range of z over which points change colour, metres."""


def bev_axes(
    region: Region,
    *,
    axes: Axes | None = None,
    width: float | int = 6.5,
    title: str | None = None,
    ground: str = "light",
) -> Axes:
    """Empty BEV axes in metres: forward up, left on the left.

    Args:
        region: (from, to) along x and along y, metres.
        axes: turn these into BEV axes instead of making a picture of their own.
        width: of the picture, inches.
        title: above the axes.
        ground: ``"light"`` for points and boxes, ``"dark"`` under feature maps.

    Raises:
        ValueError: an empty region.
    """
    (near, far), (right, left) = region
    if not (near < far and right < left):
        raise ValueError(f"region {region} is empty, expected ((x_from, x_to), (y_from, y_to)) with from < to, metres")
    if axes is None:
        side, lower, upper, margin = 0.62, 0.5, style.strip() + 0.02, 0.12
        height = (width - side - margin) * (far - near) / (left - right) + lower + upper
        figure = style.new_picture(width, height)
        inner = (side / width, lower / height, 1 - (side + margin) / width, 1 - (lower + upper) / height)
        axes = figure.add_axes(inner)
    axes.set_xlim(left, right)
    axes.set_ylim(near, far)
    axes.set_aspect("equal", adjustable="box")
    axes.set_facecolor(palette.GROUND if ground == "light" else OUTSIDE)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if max(far - near, left - right) / s <= 10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(step))
        axis.set_major_formatter(lambda metres, _: f"{metres:g}")
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6, alpha=1.0 if ground == "light" else 0.18)
    axes.set_axisbelow(ground == "light")
    style.ticks(axes, x_label="y: left of the LiDAR (m)", y_label="x: ahead of the LiDAR (m)")
    style.title(axes, title)
    return axes


def camera_wedge(calibration: Calibration, reach: float) -> np.ndarray:
    """(3, 2) x y of the camera and of the ends of its field of view, ``reach`` metres away, left one first."""
    height, width = calibration.image_size
    middle = (height - 1) / 2
    origin, rays = camera_rays(calibration, np.array([[-0.5, middle], [width - 0.5, middle]]))
    flat = rays[:, :2] / np.linalg.norm(rays[:, :2], axis=1, keepdims=True)
    return np.vstack([origin[:2], origin[:2] + reach * flat])


def _draw_ego(axes: Axes, calibration: Calibration | None, *, dark: bool) -> None:
    (left, right), (near, far) = axes.get_xlim(), axes.get_ylim()
    ink = palette.PAPER if dark else palette.INK
    if calibration is not None:
        camera, leftmost, rightmost = camera_wedge(calibration, 2.0 * max(far - near, left - right))
        if not dark:
            outline = np.array([camera, leftmost, rightmost])[:, ::-1]
            axes.add_patch(Polygon(outline, facecolor=palette.PAPER, edgecolor="none", zorder=0.4))
        for end in (leftmost, rightmost):
            axes.plot(
                *np.array([camera, end]).T[::-1], color=ink, linewidth=0.9, alpha=0.55, linestyle=(0, (5, 3)), zorder=3
            )
    size = max(far - near, left - right) / 75
    arrow = size * np.array([[1.9, 0.0], [-1.1, 1.1], [-0.5, 0.0], [-1.1, -1.1]])
    axes.add_patch(Polygon(arrow[:, ::-1], facecolor=ink, edgecolor=palette.PAPER, linewidth=0.8, zorder=9))


def _draw_points(axes: Axes, points: np.ndarray) -> None:
    (left, right), (near, far) = axes.get_xlim(), axes.get_ylim()
    x, y, z = points[:, :3].T
    inside = (x >= near) & (x <= far) & (y >= right) & (y <= left)
    order = np.flatnonzero(inside)[np.argsort(z[inside], kind="stable")]
    axes.scatter(
        y[order],
        x[order],
        c=z[order],
        s=0.9,
        cmap=palette.HEIGHT,
        vmin=HEIGHTS[0],
        vmax=HEIGHTS[1],
        linewidths=0,
        zorder=2,
        rasterized=True,
    )


def draw_box_outlines(axes: Axes, boxes: BoxSet, *, zorder: int) -> None:
    """Outline, tinted inside, and a bar across the front with a line to it from the centre."""
    corners = box_corners(boxes.boxes.values.astype(np.float64))[:, :4, :2]
    ground = corners[..., ::-1]
    axes.add_collection(
        PolyCollection(ground, facecolors=boxes.colour, alpha=0.16, edgecolors="none", zorder=zorder), autolim=False
    )
    axes.add_collection(
        PolyCollection(ground, facecolors="none", edgecolors=boxes.colour, linewidths=1.5, zorder=zorder + 0.1),
        autolim=False,
    )
    front = ground[:, :2]
    heading = np.stack([ground.mean(axis=1), front.mean(axis=1)], axis=1)
    lines = np.concatenate([front, heading])
    widths = np.repeat([3.0, 1.5], len(ground))
    axes.add_collection(
        LineCollection(lines, colors=boxes.colour, linewidths=widths, zorder=zorder + 0.2), autolim=False
    )


def _draw_labels(axes: Axes, sets: list[BoxSet]) -> None:
    (left, right), (near, far) = axes.get_xlim(), axes.get_ylim()
    for boxes in sets:
        rightmost = box_corners(boxes.boxes.values.astype(np.float64))[..., 1].min(axis=1)
        for row, (x, y) in enumerate(boxes.boxes.values[:, :2]):
            if near < x < far and right < y < left:
                axes.text(
                    rightmost[row] - 0.006 * (left - right),
                    x,
                    boxes.label(row),
                    fontsize=style.size("small"),
                    color=palette.dark(boxes.colour),
                    ha="left",
                    va="center",
                    clip_on=True,
                    zorder=10,
                )


def draw_bev(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    points: bool | None = None,
    labels: bool = False,
    min_score: float | int | None = None,
    region: Region = REGION,
    title: str | None = None,
    width: float | int = 6.5,
    axes: Axes | None = None,
) -> style.Picture:
    """Points and boxes from above: forward up, left on the left.

    The triangle is the LiDAR, the dashed wedge what the camera sees; the thick side of a box is its front; points are
    coloured by height.

    Args:
        frame: calibration, points, labels.
        boxes: None for the frame's labels, boxes, detections, or several by name; ``{}`` for none.
        points: draw the LiDAR points; by default where the frame has any.
        labels: write class and score beside each box.
        min_score: leave out detections with a lower score.
        region: what is shown, (from, to) along x and along y, metres.
        title: above the picture; the frame's id by default.
        width: of the picture, inches.
        axes: draw here instead of in a picture of its own.

    Raises:
        DataError: an impossible box, or ``points=True`` for a frame without points.
        ValueError: an empty region.

    Example:
        ``draw_bev(frame, {"truth": frame.annotations, "student": detections}, region=((0, 50), (-20, 20)))``
    """
    sets = box_sets(frame, boxes, min_score)
    cloud = require_points(frame) if points else None
    if points is None:
        cloud = frame.points
    axes = bev_axes(
        region, axes=axes, width=width, title=f"frame {frame.frame_id} from above" if title is None else title
    )
    if cloud is not None:
        _draw_points(axes, cloud)
    _finish(axes, frame, sets, labels=labels, dark=False)
    return axes.figure


def _finish(axes: Axes, frame: Frame | None, sets: list[BoxSet], *, labels: bool, dark: bool) -> None:
    for number, boxes in enumerate(sets):
        if len(boxes):
            draw_box_outlines(axes, boxes, zorder=4 + number)
    _draw_ego(axes, None if frame is None else frame.calibration, dark=dark)
    if labels:
        _draw_labels(axes, sets)
    style.legend(axes, legend_handles(sets), above=True)


def bev_values(bev: BevMap, channel: int | str = "rms", sample: int = 0) -> np.ndarray:
    """(Y, X) numbers of one sample: a channel, or all channels reduced to their root mean square, mean or maximum.

    Raises:
        ValueError: no such sample, channel or reduction.
        DataError: NaN or infinite features.
    """
    batch, channels = bev.features.shape[:2]
    if not 0 <= sample < batch:
        raise ValueError(f"sample {sample} of a BEV map with {batch} samples (0..{batch - 1})")
    features = bev.features[sample].detach().cpu().float()
    if isinstance(channel, str):
        reductions = {
            "rms": lambda f: f.square().mean(0).sqrt(),
            "mean": lambda f: f.mean(0),
            "max": lambda f: f.amax(0),
        }
        if channel not in reductions:
            raise ValueError(f"channel {channel!r}, expected a number or one of {sorted(reductions)}")
        values = reductions[channel](features).numpy()
    elif 0 <= channel < channels:
        values = features[channel].numpy()
    else:
        raise ValueError(f"channel {channel} of a BEV map with {channels} channels (0..{channels - 1})")
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            "BEV features",
            f"{values[row, column]} in {len(wrong)} cells",
            "finite features",
            place=f"cell y={row}, x={column}",
            fix="Look for NaN depth, or a division by zero before this map",
        )
    return values


def draw_bev_map(
    bev: BevMap,
    frame: Frame | None = None,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    channel: int | str = "rms",
    sample: int = 0,
    limits: tuple[float, float] | None = None,
    signed: bool | None = None,
    quantity: str | None = None,
    title: str | None = None,
    width: float | int = 6.5,
    axes: Axes | None = None,
) -> style.Picture:
    """BEV features as colours, in the same orientation and metres as `draw_bev`.

    Args:
        bev: features with their grid.
        frame: adds the camera's wedge, and its labels where ``boxes`` is None.
        boxes: as in `draw_bev`.
        channel: a channel's number, or ``"rms"``, ``"mean"``, ``"max"`` over the channels.
        sample: row of the batch.
        limits: (lowest, highest) of the colours; give the same to maps that are compared. By default the 0.5 and
            99.5 percentiles.
        signed: blue below zero, white at zero, red above; by default where values of both signs occur.
        quantity: what the colours stand for, where the map holds something else than features.
        title: above the map.
        width: of the picture, inches.
        axes: draw here instead.

    Raises:
        DataError: NaN features or an impossible box.
        ValueError: no such channel or sample.
    """
    values = bev_values(bev, channel, sample)
    sets = box_sets(frame, boxes)
    if limits is None:
        limits = tuple(float(v) for v in np.percentile(values, (0.5, 99.5)))
        if limits[0] == limits[1]:
            limits = (limits[0], limits[0] + 1.0) if values.min() == values.max() else (values.min(), values.max())
    if signed is None:
        signed = limits[0] < 0 < limits[1]
    if signed:
        reach = max(abs(limits[0]), abs(limits[1]))
        limits = (-reach, reach)
    (near, far), lateral = zip(bev.grid.lower, bev.grid.upper, strict=True)
    region = (min(near, -2.0), far), lateral  # the ego marker stays in view
    if title is None:
        title = f"channel {channel}" if isinstance(channel, int) else f"{channel} over {bev.features.shape[1]} channels"
    axes = bev_axes(region, axes=axes, width=width, title=title, ground="light" if signed else "dark")
    shown = axes.imshow(
        bev_picture(values),
        extent=picture_extent(bev.grid),
        cmap=palette.SIGNED if signed else palette.FEATURES,
        vmin=limits[0],
        vmax=limits[1],
        interpolation="nearest",
        aspect="equal",
        zorder=1,
    )
    axes.set_xlim(*lateral[::-1])
    axes.set_ylim(*region[0])
    _finish(axes, frame, sets, labels=False, dark=not signed)
    style.colour_bar(axes, shown, quantity or ("feature value" if signed else "feature strength"))
    return axes.figure
