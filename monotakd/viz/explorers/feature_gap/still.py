"""The feature-gap explorer as one picture: what its linked views show in a state."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from monotakd.geometry.depth_bins import bin_edges
from monotakd.geometry.frames import project_lidar
from monotakd.geometry.grids import cell_size
from monotakd.metrics.similarity import Similarity
from monotakd.viz import palette, style
from monotakd.viz.bev import bev_axes
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.depth_ray import draw_depth_bars
from monotakd.viz.explorers.feature_gap.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.shared.linking import COLUMN
from monotakd.viz.feature_panels import Shown, View, draw_shown, outline_boxes, show_map, show_residual
from monotakd.viz.image import draw_boxes_on, image_axes

CHOSEN = palette.OTHERS[0]


def draw_gap(
    gap: FeatureGap,
    selection: Selection,
    *,
    view: View = "pca",
    compared: tuple[str, str],
    mode: Literal["swipe", "difference"] = "swipe",
    split: float = 0.5,
    boxes: bool = True,
    width: float | int = 13.0,
) -> style.Picture:
    """Image, comparison, depth and channels at the selection, and all maps in a row.

    Args:
        gap: the frame and its maps.
        selection: the chosen cell and pixel.
        view: of the maps.
        compared: names of the two maps that are swiped or subtracted.
        mode: which of the two.
        split: where the swipe stands, 0..1 from the left.
        boxes: draw them.
        width: of the picture, inches.
    """
    layout = Layout(gap, width)
    picture = style.new_picture(width, layout.height)
    sets = list(gap.boxes) if boxes else []
    reading = gap.read(selection)

    image = picture.add_axes(layout.image)
    image_axes(gap.frame, gap.frame.image, axes=image, width=layout.left, title=_words(selection, reading))
    draw_boxes_on(image, gap.frame, sets, labels=False, legend=False)
    mark_image(image, gap, selection)
    _draw_depth(picture.add_axes(layout.depth), gap, reading)
    _draw_vectors(picture.add_axes(layout.vectors), gap, compared, reading)

    first, second = (_shown(gap, name, view) for name in compared)
    axes = panel_axes(picture, layout.comparison, gap)
    titles = [gap.title(name) for name in compared]
    if mode == "swipe":
        draw_shown(axes, first, gap.grid)
        draw_shown(axes, second, gap.grid)
        right, left = gap.grid.lower[1], gap.grid.upper[1]
        at = left - split * (left - right)
        axes.images[-1].set_clip_path(_right_of(axes, at))
        axes.axvline(at, color=palette.PAPER, linewidth=1.6, zorder=5)
        note = " | ".join(titles)
    else:
        shown = _difference(gap, *compared, view)
        draw_shown(axes, shown, gap.grid)
        note = " → ".join(titles)
    mark = "" if gap.comparable(*compared) else "channels not matched"
    finish_panel(axes, gap, selection, reading, sets, title=note, mark=mark)

    for place, name in zip(layout.panels, gap.features, strict=True):
        axes, shown = panel_axes(picture, place, gap), _shown(gap, name, view)
        draw_shown(axes, shown, gap.grid)
        mark = "channels not matched" if gap.unmatched(name) else shown.note
        size = "text" if len(layout.panels) <= 7 else "small"
        finish_panel(axes, gap, selection, reading, sets, title=gap.title(name), mark=mark, size=size)
        axes.text(
            0, -0.02, "\n".join(_likeness(gap.likeness.get(name), gap.compared_with.get(name))),
            transform=axes.transAxes, va="top", fontsize=style.size("small"), color=palette.INK,
        )  # fmt: skip
    return picture


class Layout:
    """Places as shares of the picture: left the image over two plots, right a large map, below all maps."""

    def __init__(self, gap: FeatureGap, width: float | int):
        scale = style.size("small") / 7.5
        (near, right), (far, left) = gap.grid.lower, gap.grid.upper
        steep = (far - near) / (left - right)
        height, width_px = gap.frame.image.shape[:2]
        self.width, self.left, gap_x = width, 0.62 * width, 0.14
        title, words, strip = 0.4 * scale, 0.55 * scale, style.strip()
        image = self.left * height / width_px
        beside = 0.36 * width
        plot = 1.1
        below = strip + image + 2 * (plot + strip + 0.42 * scale)
        side = min(beside, (below - title) / steep)
        count = len(gap.features)
        each = min((width - gap_x * (count + 1)) / count, 2.4)
        top = max(below, title + side * steep) + 0.1
        self.height = top + title + each * steep + words
        place = self._place
        self.image = place(0.0, strip, self.left, image)
        self.depth = place(0.55, 2 * strip + image, self.left - 0.65, plot)
        self.vectors = place(0.55, 3 * strip + image + plot + 0.42 * scale, self.left - 0.65, plot)
        self.comparison = place(width - beside + (beside - side) / 2, title, side, side * steep)
        self.panels = [place(gap_x + i * (each + gap_x), top + title, each, each * steep) for i in range(count)]

    def _place(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        return left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height


def _words(selection: Selection, reading: Reading) -> str:
    if selection.uv is None:
        return "the chosen cell lies outside the image"
    pixel = f"pixel ({selection.uv[0]:.0f}, {selection.uv[1]:.0f})"
    if selection.cell is None:
        return f"{pixel}: outside the grid, or no depth is known"
    return f"{pixel}, cell {selection.cell}, {reading.cell_depth:.1f} m away"


def _shown(gap: FeatureGap, name: str, view: View) -> Shown:
    features = gap.features[name]
    if gap.plain(name) == "residual" and view == "mean":
        return show_residual(features)
    known = len(features) == len(gap.basis.mean) if view == "pca" else not isinstance(view, int) or view < len(features)
    if not known:
        return Shown(np.zeros(gap.grid.shape), (0.0, 1.0), palette.FEATURES, "other channels: show the norm")
    own = gap.cells if name not in gap.matched else None
    return show_map(features, view, basis=gap.basis, cells=own)


def _difference(gap: FeatureGap, a: str, b: str, view: View) -> Shown:
    """B - A; in the view ``"pca"`` the root mean square over the channels."""
    first, second = gap.features[a], gap.features[b]
    if view == "pca":
        if len(first) != len(second):
            return Shown(np.zeros(gap.grid.shape), (0.0, 1.0), palette.FEATURES)
        return show_map(second - first, "norm")
    values = _shown(gap, b, view).values - _shown(gap, a, view).values
    reach = max(float(np.percentile(np.abs(values), 99.5)), 1e-9)
    return Shown(values, (-reach, reach), palette.SIGNED)


def _right_of(axes: Axes, at: float):
    """A clip for the part of BEV axes to the right of y = ``at``."""
    right, (near, far) = axes.get_xlim()[1], axes.get_ylim()
    return Rectangle((right, near), at - right, far - near, transform=axes.transData)


def panel_axes(picture: style.Picture, place: tuple[float, float, float, float], gap: FeatureGap) -> Axes:
    """Axes for a map, without ticks."""
    axes = picture.add_axes(place)
    bev_axes(tuple(zip(gap.grid.lower, gap.grid.upper, strict=True)), axes=axes, ground="dark")
    axes.grid(False)
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.tick_params(labelbottom=False, bottom=False, labelleft=False, left=False)
    return axes


def finish_panel(
    axes: Axes,
    gap: FeatureGap,
    selection: Selection,
    reading: Reading,
    sets: list[BoxSet],
    *,
    title: str,
    mark: str,
    size: str = "text",
) -> None:
    """Boxes, ray, chosen cell and the lines above a map."""
    outline_boxes(axes, sets, dark=True)
    if selection.uv is not None:
        reach = 1.5 * np.hypot(*np.subtract(gap.grid.upper, gap.grid.lower))
        axes.plot(*gap.ray(selection.uv, np.array([0.5, reach]))[:, ::-1].T, color=CHOSEN, linewidth=1.2, zorder=7,
                  scalex=False, scaley=False)  # fmt: skip
        if reading.distribution is not None:
            edges = bin_edges(gap.bins)
            path, density = gap.ray(selection.uv, edges), reading.distribution[: gap.bins.num] / np.diff(edges)
            for k in np.flatnonzero(density > 0.05 * density.max()):
                axes.plot(*path[k : k + 2, ::-1].T, color=palette.ROLES["student"], zorder=8, solid_capstyle="butt",
                          linewidth=0.6 + 3.5 * density[k] / density.max(), scalex=False, scaley=False)  # fmt: skip
    if selection.cell is not None:
        x, y, _ = gap.place(selection.cell)
        i, j = np.array(cell_size(gap.grid))[[1, 0]]
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
        axes.plot(y + i * corners[:, 0], x + j * corners[:, 1], color=palette.PAPER, linewidth=1.6, zorder=9)
    tall = axes.get_position().height * axes.figure.get_figheight()
    axes.text(0, 1 + 0.22 * style.size("small") / 7.5 / tall, title, transform=axes.transAxes,
              fontsize=style.size(size), color=palette.INK)  # fmt: skip
    axes.text(0, 1 + 0.05 / tall, mark, transform=axes.transAxes, fontsize=style.size("small"),
              color=palette.OTHERS[1] if "not matched" in mark else palette.MUTED)  # fmt: skip


def mark_image(axes: Axes, gap: FeatureGap, selection: Selection) -> None:
    """The chosen cell's column and the chosen pixel on the image."""
    if selection.cell is not None:
        ends = np.stack([gap.place(selection.cell, z) for z in COLUMN])
        uv, depth = project_lidar(gap.frame.calibration, ends)
        if (depth > 0).all():
            axes.plot(*uv.T, color=CHOSEN, linewidth=2.2, zorder=15, scalex=False, scaley=False)
    if selection.uv is not None:
        axes.plot(*np.array(selection.uv)[:, None], marker="o", markersize=9, markerfacecolor="none",
                  markeredgecolor=palette.ROLES["student"], markeredgewidth=2.0, zorder=16)  # fmt: skip


def _draw_depth(axes: Axes, gap: FeatureGap, reading: Reading) -> None:
    if reading.distribution is None:
        style.bare(axes)
        why = "no depth distribution was given" if gap.probabilities is None else "no pixel, so no depth"
        axes.text(0.5, 0.5, why, ha="center", va="center", fontsize=style.size("text"), color=palette.MUTED)
        return
    draw_depth_bars(axes, reading.distribution, gap.bins, true=reading.true, mean=reading.mean, mode=reading.mode)
    if reading.cell_depth is not None and gap.bins.minimum < reading.cell_depth < gap.bins.maximum:
        axes.axvline(reading.cell_depth, color=CHOSEN, linewidth=2.2)
        axes.text(reading.cell_depth, 0.96, " cell", color=palette.dark(CHOSEN), fontsize=style.size("small"), va="top",
                  transform=axes.get_xaxis_transform())  # fmt: skip


def _draw_vectors(axes: Axes, gap: FeatureGap, compared: tuple[str, str], reading: Reading) -> None:
    colours = palette.ROLES["teacher"], palette.ROLES["student"]
    for place, (name, colour) in enumerate(zip(dict.fromkeys(compared), colours, strict=False)):
        if name in reading.vectors:
            vector = reading.vectors[name]
            axes.bar(np.arange(len(vector)) + 0.4 * (place - 0.5), vector, width=0.4, color=colour, label=name)
    axes.axhline(0, color=palette.MUTED, linewidth=0.8)
    style.ticks(axes, x_label="channel", y_label="feature")
    matched = gap.comparable(*compared)
    style.title(axes, "channels of the cell" + ("" if matched else ", not matched"))
    style.legend(axes, axes.get_legend_handles_labels()[0], above=True)


def _likeness(found: Similarity | None, target: str | None) -> list[str]:
    if found is None:
        return []

    def beside(value: float, floor: float | None) -> str:
        return f"{value:.2f}" if floor is None else f"{value:.2f} ({floor:.2f})"

    lines = [f"like {target}:", f"CKA {beside(found.cka, found.cka_floor)}"]
    return lines + ([] if found.cosine is None else [f"cosine {beside(found.cosine, found.cosine_floor)}"])
