"""What sparse convolutions touch: a tiny grid cell by cell, and a sweep cut into voxels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle

from monotakd.errors import require
from monotakd.geometry.grids import axis_centres, bev_picture, cell_of_points, picture_extent
from monotakd.scene import BevGrid, Frame, VoxelGrid
from monotakd.viz import palette, style
from monotakd.viz.bev import bev_axes, draw_box_outlines
from monotakd.viz.boxsets import Drawable, box_sets
from monotakd.viz.image import require_points

_NEW = "#F6C98F"
"""Cells that only the convolution made: the student's orange, pale."""
_OLD = palette.ROLES["teacher"]


def touched_cells(
    occupied: Bool[np.ndarray, "Y X"], *, kernel: int = 3, submanifold: bool
) -> tuple[Bool[np.ndarray, "Y X"], Int[np.ndarray, "Y X"]]:
    """What one sparse convolution of stride 1 computes.

    Args:
        occupied: the input cells.
        kernel: taps along each axis, odd.
        submanifold: outputs only where inputs are; otherwise wherever a tap meets one.

    Returns:
        computed: the output cells.
        reads: how many inputs each output reads, 0 where nothing is computed; their sum is the number of products
            per pair of channels.

    Raises:
        ValueError: an even kernel.
    """
    require(kernel >= 1 and kernel % 2 == 1, f"kernel of {kernel} taps, expected an odd number")
    reach = kernel // 2
    padded = np.pad(np.asarray(occupied, dtype=int), reach)
    height, width = occupied.shape
    reads = sum(padded[dy : dy + height, dx : dx + width] for dy in range(kernel) for dx in range(kernel))
    computed = np.asarray(occupied, dtype=bool) if submanifold else reads > 0
    return computed, np.where(computed, reads, 0)


def draw_touched_cells(
    occupied: Bool[np.ndarray, "Y X"], *, kernel: int = 3, layers: int = 1, width: float | int = 11.0
) -> style.Picture:
    """Input, submanifold and regular sparse convolution side by side, on a grid small enough to count.

    Blue cells are occupied in the input, orange ones exist only because the convolution wrote there; the number in a
    cell is how many inputs it reads, in the last layer. Row 0 is at the top.

    Args:
        occupied: the input cells.
        kernel: taps along each axis, odd.
        layers: convolutions one after the other.
        width: of the picture, inches.

    Raises:
        ValueError: an even kernel, or no layer.
    """
    require(layers >= 1, f"{layers} layers, expected at least 1")
    occupied = np.asarray(occupied, dtype=bool)
    rows, columns = occupied.shape
    gap, margin, note = 0.35, 0.1, 0.62 * style.size("text") / 9.0
    side = (width - 2 * gap - 2 * margin) / 3
    height = style.strip() + side * rows / columns + note
    picture = style.new_picture(width, height)
    after = f"{layers} layer" + ("s" if layers > 1 else "")
    for number, name in enumerate(("input", "submanifold", "regular")):
        left = margin + number * (side + gap)
        axes = picture.add_axes((left / width, note / height, side / width, side * rows / columns / height))
        cells, reads, work = occupied, None, 0
        for _ in range(layers if number else 0):
            cells, reads = touched_cells(cells, kernel=kernel, submanifold=name == "submanifold")
            work += int(reads.sum())
        _draw_cells(axes, occupied, cells, reads)
        style.title(axes, name if reads is None else f"{name}, after {after}")
        share = f"{int(cells.sum())} of {cells.size} cells"
        below = share + (" occupied" if reads is None else f" computed\n{work} multiplications in all")
        axes.text(
            0, -0.08 / side, below, transform=axes.transAxes, va="top", fontsize=style.size("text"), color=palette.INK
        )
    return picture


def _draw_cells(axes: Axes, occupied: np.ndarray, cells: np.ndarray, reads: np.ndarray | None) -> None:
    rows, columns = occupied.shape
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    style.bare(axes)
    points = 72 * axes.get_position().width * axes.figure.get_figwidth() / columns
    for (row, column), was in np.ndenumerate(occupied):
        colour = _OLD if was else (_NEW if cells[row, column] else palette.PAPER)
        axes.add_patch(
            Rectangle((column, row), 1, 1, facecolor=colour, edgecolor=palette.MUTED, linewidth=0.8, clip_on=False)
        )
        if reads is not None and cells[row, column]:
            axes.text(
                column + 0.5,
                row + 0.5,
                str(reads[row, column]),
                ha="center",
                va="center",
                fontsize=min(style.size("title"), 0.45 * points),
                color=palette.PAPER if was else palette.INK,
            )


def draw_voxels(
    frame: Frame, grid: VoxelGrid, *, boxes: Drawable | None = None, width: float | int = 11.0
) -> style.Picture:
    """A sweep cut into voxels, from above: points per column, and the height of its highest point.

    Args:
        frame: points; its labels are outlined where ``boxes`` is None.
        grid: the voxels.
        boxes: as in `draw_bev`.
        width: of the picture, inches.

    Raises:
        DataError: the frame has no points, or a box is impossible.
        ValueError: no point lies in the grid.
    """
    points = require_points(frame)
    index, inside = cell_of_points(grid, points)
    index, kept = index[inside], points[inside]
    require(len(kept) > 0, f"none of the {len(points)} points lies in the grid {grid.lower}..{grid.upper}")
    Z, Y, X = grid.shape
    column = index[:, 1] * X + index[:, 2]
    counts = np.bincount(column, minlength=Y * X).reshape(Y, X).astype(float)
    top = np.full(Y * X, -1)
    np.maximum.at(top, column, index[:, 0])
    heights = np.where(top >= 0, axis_centres(grid)[2][top], np.nan).reshape(Y, X)
    counts[counts == 0] = np.nan
    voxels = len(np.unique(column * Z + index[:, 0]))
    panels = (
        (counts, f"{len(kept):,} points in {np.isfinite(counts).sum():,} of {Y * X:,} columns", "points in a column",
         LogNorm(1, max(10.0, float(np.nanmax(counts)))), palette.INTENSITY),
        (heights, f"{voxels:,} of {Z * Y * X:,} voxels occupied ({voxels / (Z * Y * X):.1%})", "highest voxel, z (m)",
         Normalize(float(np.nanmin(heights)), float(np.nanmax(heights)) + 1e-6), palette.HEIGHT),
    )  # fmt: skip
    bev = grid.bev()
    (near, far), (right, left) = zip(bev.lower, bev.upper, strict=True)
    near = min(near, -2.0)
    margin, gap, lower = 0.62, 0.75, 0.5
    side = (width - margin - gap - 0.1) / 2
    tall = side * (far - near) / (left - right)
    height = tall + lower + style.strip()
    picture = style.new_picture(width, height)
    sets = box_sets(frame, boxes)
    for number, (values, title, label, norm, colours) in enumerate(panels):
        start = margin + number * (side + gap)
        axes = picture.add_axes((start / width, lower / height, side / width, tall / height))
        _draw_columns(axes, bev, values, ((near, far), (right, left)), title, norm, colours, label)
        for boxset in sets:
            if len(boxset):
                draw_box_outlines(axes, boxset, zorder=4)
        if number:
            axes.set_ylabel("")
    return picture


def _draw_columns(axes: Axes, grid: BevGrid, values: np.ndarray, region, title: str, norm, colours, label: str) -> None:
    bev_axes(region, axes=axes, title=title)
    shown = axes.imshow(
        bev_picture(values), extent=picture_extent(grid), cmap=colours, norm=norm, interpolation="nearest",
        aspect="equal", zorder=1,
    )  # fmt: skip
    axes.set_xlim(region[1][1], region[1][0])
    axes.set_ylim(*region[0])
    style.colour_bar(axes, shown, label)
