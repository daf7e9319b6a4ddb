"""Curves in the look of the other pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from monotakd.viz import palette, style


def draw_curves(
    x: Sequence[float | int] | np.ndarray,
    curves: Mapping[str, Sequence[float | int] | np.ndarray],
    *,
    x_label: str,
    y_label: str,
    mark: float | int | None = None,
    title: str | None = None,
    width: float | int = 6.5,
    height: float = 3.2,
    axes: Axes | None = None,
) -> style.Picture:
    """Curves over one x axis, named in the legend.

    Args:
        x: (K,) rising positions.
        curves: (K,) values by name; the names of the roles keep their colours.
        x_label: with its unit.
        y_label: with its unit.
        mark: draws a line at this x and writes each curve's value there.
        title: above the curves.
        width: of the picture, inches.
        height: of the picture, inches.
        axes: draw here instead of in a picture of its own.

    Raises:
        ValueError: a curve of another length than x.
    """
    x = np.asarray(x, dtype=float)
    if axes is None:
        figure = style.new_picture(width, height)
        axes = figure.add_axes((0.62 / width, 0.5 / height, 1 - 0.8 / width, 1 - (0.5 + style.strip()) / height))
    colours, marked = palette.colours_for(curves), {}
    for name, values in curves.items():
        values = np.asarray(values, dtype=float)
        if values.shape != x.shape:
            raise ValueError(f"curve {name!r} has shape {values.shape}, expected one value per x: {x.shape}")
        axes.plot(x, values, color=colours[name], linewidth=2.0, label=name)
        if mark is not None:
            at = float(np.interp(mark, x, values))
            marked[name] = at
            axes.plot([mark], [at], "o", color=colours[name], markersize=6, markeredgecolor=palette.PAPER)
    if mark is not None:
        _write_values(axes, mark, marked, colours)
        axes.axvline(mark, color=palette.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0.5)
    axes.set_xlim(float(x.min()), float(x.max()))
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label=x_label, y_label=y_label)
    style.title(axes, title)
    style.legend(axes, axes.get_legend_handles_labels()[0] if len(curves) > 1 else [], above=True)
    return axes.figure


def _write_values(axes: Axes, x: float, values: Mapping[str, float], colours: Mapping[str, str]) -> None:
    """Writes each value beside its point, one below the other where points nearly coincide."""
    lowest, highest = axes.get_ylim()
    points = axes.get_position().height * axes.figure.get_figheight() * 72 / (highest - lowest)
    free = np.inf
    for name in sorted(values, key=values.__getitem__, reverse=True):
        height = values[name] * points
        base = min(height + 4, free - 1.2 * style.size("text"))
        axes.annotate(
            f"{values[name]:.1f}",
            (x, values[name]),
            (6, base - height),
            textcoords="offset points",
            fontsize=style.size("text"),
            color=palette.dark(colours[name]),
        )
        free = base
