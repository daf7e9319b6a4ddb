"""One pixel's depth: how probable each distance is, and where on the street those distances lie."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from monotakd.errors import require
from monotakd.geometry.depth_bins import bin_centres, bin_edges
from monotakd.geometry.frames import lift_to_lidar
from monotakd.scene import BevMap, DepthBins, Frame
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, draw_bev, draw_bev_map
from monotakd.viz.boxsets import Drawable
from monotakd.viz.image import draw_image

_MEAN, _MODE = palette.OTHERS[1], palette.OTHERS[3]


def draw_depth_ray(
    frame: Frame,
    uv: tuple[float | int, float | int],
    probabilities: Float[np.ndarray | torch.Tensor, "D h w"],
    bins: DepthBins,
    *,
    bev: BevMap | None = None,
    boxes: Drawable | None = None,
    region: Region = ((-2.0, 50.0), (-19.0, 19.0)),
    width: float | int = 13.0,
) -> style.Picture:
    """A pixel, the depth distribution of its feature cell, and the same along its ray from above.

    Green is the true depth, where the frame knows one in that cell (the nearest, as the assistant is told it); the
    mean of a distribution with two peaks lies where nothing is. The thicker the ray, the more probable the depth.

    Args:
        frame: image and calibration; its depth and labels are drawn where there are any.
        uv: the pixel.
        probabilities: of every feature cell, ``num`` bins or one more for "beyond";
            ``student_output.depth_logits.softmax(1)[0]``.
        bins: the depth bins.
        bev: draw this map under the ray instead of the points.
        boxes: None for the frame's labels, or others.
        region: of the view from above, (from, to) along x and y, metres.
        width: of the picture, inches.

    Raises:
        ValueError: a pixel outside the image, or something that is no distribution over the bins.
    """
    distribution, rows, columns = feature_cell(frame, uv, probabilities, bins)
    known = distribution[: bins.num]
    centres = bin_centres(bins)
    mode = float(centres[known.argmax()])
    mean = float(known @ centres / known.sum()) if known.sum() > 0 else float("nan")
    true = true_depth(frame, rows, columns)

    height_px, width_px = frame.image.shape[:2]
    (near, far), (right, left) = region
    strip, below, gap = style.strip(), 0.5, 0.7
    bev_width = 0.32 * width
    bev_height = bev_width * (far - near) / (left - right)
    side = width - bev_width - gap
    image_height = side * height_px / width_px
    total = strip + max(bev_height, image_height + strip + 2.0) + below
    picture = style.new_picture(width, total)

    image = picture.add_axes((0, 1 - (strip + image_height) / total, side / width, image_height / total))
    draw_image(frame, {}, title=f"pixel ({uv[0]:.0f}, {uv[1]:.0f})", axes=image)
    left_px, right_px, top_px, bottom_px = columns.start - 0.5, columns.stop - 0.5, rows.start - 0.5, rows.stop - 0.5
    image.plot(
        [left_px, right_px, right_px, left_px, left_px], [top_px, top_px, bottom_px, bottom_px, top_px],
        color=palette.ROLES["student"], linewidth=1.6, zorder=15,
    )  # fmt: skip
    image.plot(*np.array(uv, dtype=float)[:, None], marker="o", markersize=16, markerfacecolor="none",
               markeredgecolor=palette.ROLES["student"], markeredgewidth=2.2, zorder=15)  # fmt: skip

    bars_height = total - 2 * strip - image_height - below - 0.1
    bars = picture.add_axes((0.75 / width, below / total, (side - 0.83) / width, bars_height / total))
    draw_depth_bars(bars, distribution, bins, true=true, mean=mean, mode=mode)

    above = picture.add_axes(((side + gap) / width, below / total, bev_width / width, bev_height / total))
    if bev is None:
        draw_bev(frame, boxes, region=region, title="", axes=above)
    else:
        draw_bev_map(bev, frame, boxes, title="", axes=above)
        above.set_xlim(left, right)
        above.set_ylim(near, far)
    if above.get_legend() is not None:
        above.get_legend().remove()
    _draw_ray(above, frame, uv, known, bins, {"true": true, "mean": mean, "mode": mode})
    return picture


def feature_cell(
    frame: Frame, uv: tuple[float | int, float | int], probabilities: np.ndarray | torch.Tensor, bins: DepthBins
) -> tuple[np.ndarray, slice, slice]:
    """The distribution at a pixel, and the rows and columns of pixels that share it."""
    if isinstance(probabilities, torch.Tensor):
        probabilities = probabilities.detach().cpu().float().numpy()
    values = np.asarray(probabilities, dtype=np.float64)
    height, width = frame.image.shape[:2]
    require(
        values.shape[0] in (bins.num, bins.num + 1),
        f"{values.shape[0]} probabilities per cell for {bins.num} bins, expected {bins.num} or {bins.num + 1}",
    )
    require(
        0 <= round(uv[0]) < width and 0 <= round(uv[1]) < height,
        f"pixel {uv} (u, v) lies outside the image of {width} x {height} pixels",
    )
    stride = round(width / values.shape[2])
    require(
        (-(-height // stride), -(-width // stride)) == values.shape[1:],
        f"probabilities for {values.shape[1]} x {values.shape[2]} cells, which does not fit an image of "
        f"{height} x {width} pixels; are they of this frame?",
    )
    row, column = round(uv[1]) // stride, round(uv[0]) // stride
    distribution = values[:, row, column]
    require(
        bool((distribution >= 0).all()) and distribution.sum() < 1 + 1e-3,
        f"the numbers at pixel {uv} run from {distribution.min():.3g} and sum to {distribution.sum():.3g}, expected "
        "probabilities: were these logits? Apply softmax over the bins first",
    )
    return (
        distribution,
        slice(row * stride, min((row + 1) * stride, height)),
        slice(column * stride, min((column + 1) * stride, width)),
    )


def true_depth(frame: Frame, rows: slice, columns: slice) -> float | None:
    """The nearest depth that the frame knows among these pixels, metres; None where it knows none."""
    if frame.depth is None:
        return None
    block = frame.depth[rows, columns]
    return float(block[block > 0].min()) if (block > 0).any() else None


def draw_depth_bars(
    axes: Axes, distribution: np.ndarray, bins: DepthBins, *, true: float | None, mean: float, mode: float
) -> None:
    """One distribution as bars, with the three depths marked."""
    edges = bin_edges(bins)
    axes.bar(
        edges[:-1], distribution[: bins.num], width=np.diff(edges), align="edge", color=palette.ROLES["student"],
        edgecolor=palette.PAPER, linewidth=0.4,
    )  # fmt: skip
    end, shown = bins.maximum, true
    if len(distribution) > bins.num:
        wide = 0.05 * (bins.maximum - bins.minimum)
        axes.bar(end + wide, distribution[-1], width=wide, align="edge", color=palette.MUTED)
        axes.text(end + 0.85 * wide, 0.03, "beyond", rotation=90, ha="right", va="bottom", fontsize=style.size("small"),
                  color=palette.INK, transform=axes.get_xaxis_transform())  # fmt: skip
        if true is not None and true >= bins.maximum:
            shown = end + 1.5 * wide
        end += 2.4 * wide
    handles = []
    lines = (
        ("true", true, shown, palette.ROLES["truth"], "solid"),
        ("mean", mean, mean, _MEAN, (0, (4, 2))),
        ("mode", mode, mode, _MODE, (0, (1, 1.2))),
    )
    for name, depth, where, colour, dashes in lines:
        if depth is not None and np.isfinite(depth):
            label = f"{name} {depth:.1f} m"
            handles.append(axes.axvline(where, color=colour, linestyle=dashes, linewidth=2.2, label=label))
    axes.set_xlim(bins.minimum, end)
    axes.set_ylim(0, 1.12 * max(distribution.max(), 1e-6))
    axes.grid(True, axis="y", color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label="depth (m)", y_label="probability")
    style.title(axes, "how far is it?" if true is not None else "how far is it? (true depth unknown here)")
    style.legend(axes, handles, above=True)


def _draw_ray(
    axes: Axes,
    frame: Frame,
    uv: tuple[float | int, float | int],
    known: np.ndarray,
    bins: DepthBins,
    marks: dict[str, float | None],
) -> None:
    edges = bin_edges(bins)
    pixel = np.broadcast_to(np.asarray(uv, dtype=np.float64), (len(edges), 2))
    path = lift_to_lidar(frame.calibration, pixel, edges)[:, 1::-1]  # y is horizontal
    axes.plot(*path.T, color=palette.MUTED, linewidth=0.8, zorder=11)
    density = known / np.diff(edges)
    share = density / max(density.max(), 1e-12)
    axes.add_collection(
        LineCollection(
            np.stack([path[:-1], path[1:]], axis=1), colors=palette.ROLES["student"], linewidths=0.6 + 6.5 * share,
            capstyle="butt", zorder=12,
        ),
        autolim=False,
    )  # fmt: skip
    looks = {"true": (palette.ROLES["truth"], "o"), "mean": (_MEAN, "X"), "mode": (_MODE, "D")}
    handles = []
    for name, depth in marks.items():
        if depth is None or not np.isfinite(depth):
            continue
        colour, marker = looks[name]
        place = lift_to_lidar(frame.calibration, np.asarray(uv, dtype=np.float64), np.array(depth))
        axes.plot([place[1]], [place[0]], marker=marker, markersize=9, color=colour, markeredgecolor=palette.PAPER,
                  markeredgewidth=1.2, zorder=14)  # fmt: skip
        handles.append(Line2D([], [], linestyle="", marker=marker, color=colour, markersize=7, label=name))
    style.legend(axes, handles, above=True)
