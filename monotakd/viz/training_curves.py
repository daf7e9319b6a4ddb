"""A training's log as small multiples: every loss term, the rate and the gradient over the steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from monotakd.errors import require
from monotakd.viz import palette, style

Records = Sequence[Mapping[str, Any]]

_LOGARITHMIC = 30.0
"""A panel whose values span more than this factor gets a logarithmic axis."""


def draw_training_curves(
    records: Records | Mapping[str, Records], *, smooth: float = 0.0, columns: int = 4, width: float | int = 13.0
) -> style.Picture:
    """Small multiples over the steps: each loss term, their weighted total, the learning rate, the gradient norm.

    A panel whose values span more than a factor of 30 has a logarithmic axis, and says so; the learning rate has none.

    Args:
        records: what `engine.log.read_steps` returns, of one run or of several by name; the names of the roles keep
            their colours.
        smooth: weight of the past in the running mean that is drawn, from 0 (the numbers as they are) to below 1; the
            numbers themselves stay behind it, pale.
        columns: panels in a row.
        width: of the picture, inches.

    Raises:
        ValueError: no steps, or a smoothing outside 0..1.
    """
    require(0.0 <= smooth < 1.0, f"smooth is {smooth}, expected 0 (as they are) up to, but below, 1")
    runs = dict(records) if isinstance(records, Mapping) else {"": list(records)}
    for name, steps in runs.items():
        require(len(steps) > 0, f"the log {name!r} holds no steps; has the training begun?".replace(" ''", ""))
    colours = palette.colours_for(runs) if len(runs) > 1 else dict.fromkeys(runs, palette.ROLES["teacher"])
    panels = _series(runs)
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    scale = style.size("text") / 9.0
    left, right, upper, lower = 0.55 * scale, 0.15, 0.36 * scale, 0.3 * scale
    top, bottom = (style.strip() if len(runs) > 1 else 0.05), 0.25 * scale
    cell = width / columns
    tall = 0.62 * cell
    height = top + rows * tall + bottom
    picture = style.new_picture(width, height)
    for place, (name, curves) in enumerate(panels.items()):
        row, column = divmod(place, columns)
        y = height - top - (row + 1) * tall + lower
        axes = picture.add_axes(
            (
                (column * cell + left) / width,
                y / height,
                (cell - left - right) / width,
                (tall - lower - upper) / height,
            )
        )
        _panel(axes, name, curves, colours, smooth)
        if place + columns >= len(panels):
            axes.set_xlabel("step", fontsize=style.size("small"), color=palette.INK, labelpad=1)
    if len(runs) > 1:
        handles = [Line2D([], [], color=colours[name], linewidth=2.2, label=name) for name in runs]
        picture.legend(
            handles=handles, loc="upper right", ncols=len(handles), frameon=False, fontsize=style.size("text"),
            labelcolor=palette.INK, borderaxespad=0.1,
        )  # fmt: skip
    return picture


def _series(runs: Mapping[str, Records]) -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Panel to run to (steps, values): the loss terms in the order they are met, then what all runs have."""
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for run, records in runs.items():
        for record in records:
            for term, value in record["terms"].items():
                panels.setdefault(term, {}).setdefault(run, []).append((record["step"], value))
    for key in ("total", "learning_rate", "gradient_norm"):
        panels[key] = {run: [(r["step"], r[key]) for r in records if key in r] for run, records in runs.items()}
    return {
        name: {run: tuple(np.array(points, dtype=float).T) for run, points in curves.items() if points}
        for name, curves in panels.items()
        if any(curves.values())
    }


def _panel(axes: Axes, name: str, curves: Mapping[str, tuple], colours: Mapping[str, str], smooth: float) -> None:
    shown = []
    for run, (steps, values) in curves.items():
        colour = colours[run]
        smoothed = running_mean(values, smooth) if smooth and name != "learning_rate" else values
        if smoothed is not values:
            axes.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
        axes.plot(steps, smoothed, color=colour, linewidth=1.8, marker="o" if len(steps) == 1 else None)
        shown.append(values[np.isfinite(values)])
    every = np.concatenate(shown)
    wide = len(every) > 0 and every.min() > 0 and every.max() > _LOGARITHMIC * every.min()
    logarithmic = wide and name != "learning_rate"
    if logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        if len(every) and every.min() >= 0:
            axes.set_ylim(0, None if every.max() > 0 else 1)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=True)
        axes.yaxis.get_offset_text().set_fontsize(style.size("small"))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label="", y_label="")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    title = name.replace("_", " ") + (" (log)" if logarithmic else "")
    axes.set_title(title, loc="right", fontsize=style.size("text"), color=palette.INK, pad=3)


def running_mean(values: np.ndarray, smooth: float) -> np.ndarray:
    """Mean that forgets: each older value weighs ``smooth`` times the next, weights summing to 1 from the first on.

    A value that is not finite is skipped.
    """
    means, total, weight = np.empty(len(values)), 0.0, 0.0
    for index, value in enumerate(values):
        if np.isfinite(value):
            total, weight = smooth * total + (1 - smooth) * value, smooth * weight + (1 - smooth)
        means[index] = total / weight if weight else np.nan
    return means
