"""The gap ledger: AP from the teacher down to the student, part by part. Says where the points are lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes

from monotakd.errors import DataError, require
from monotakd.pipeline.results import DECIDING_METRIC, METRIC_TITLES, METRICS
from monotakd.viz import palette, style

NAME = "ledger.json"
LOSS = "#B3402A"
GAIN = palette.ROLES["truth"]


@dataclass(frozen=True)
class LedgerStep:
    """One detector on the way down.

    Attributes:
        name: what it is, in words, such as ``"assistant: true depth in bins"``.
        ap: moderate AP by metric, out of 100; see `results.METRICS`.
        role: ``"teacher"``, ``"assistant"`` or ``"student"`` where it is one: gives its colour.
        interval: by metric, low and high end of the 95 % interval over frames (and seeds, where there are several).
        seeds: trainings that ``ap`` is the mean of.
    """

    name: str
    ap: Mapping[str, float]
    role: str | None = None
    interval: Mapping[str, Sequence[float]] | None = None
    seeds: int = 1


def read_ledger(path: Path) -> list[LedgerStep]:
    """The steps of a stored ledger, from the best to the worst.

    Raises:
        DataError: the file is missing, damaged, or no ledger.
    """
    try:
        return [LedgerStep(**step) for step in json.loads(path.read_text(encoding="utf-8"))["steps"]]
    except OSError as error:
        raise DataError(path, f"nothing that can be read ({error.strerror})", "a gap ledger") from None
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            path, f"content that does not fit ({error})", "a gap ledger, as monotakd ledger writes"
        ) from None


def draw_ledger(
    steps: Sequence[LedgerStep], metric: str = DECIDING_METRIC, *, width: float = 7.5, title: str | None = None
) -> style.Picture:
    """The ledger as a waterfall: a bar per detector from zero, and between two bars what the step costs.

    A thin line at the end of a bar is its 95 % interval.

    Args:
        steps: at least two, from the best to the worst; a step that gains is drawn as a gain.
        metric: see `results.METRICS`.
        width: inches.
        title: above the bars.

    Raises:
        ValueError: fewer than two steps, or an unknown metric.
    """
    require(metric in METRICS, f"got the metric {metric!r}, expected one of {', '.join(METRICS)}")
    require(len(steps) >= 2, f"got {len(steps)} steps, expected at least two: a ledger compares neighbours")
    above = style.strip() if title else 0.05
    height = 0.27 * (2 * len(steps) - 1) + 0.5 + above
    picture = style.new_picture(width, height)
    left = 0.36
    axes = picture.add_axes((left, 0.5 / height, 0.985 - left, 1 - (0.5 + above) / height))
    names: list[str] = []
    for index, step in enumerate(steps):
        value = step.ap[metric]
        place = 2 * index
        axes.barh(place, value, height=1.3, color=palette.ROLES.get(step.role or "", palette.MUTED))
        end = value
        if step.interval is not None:
            low, high = step.interval[metric]
            axes.plot([low, high], [place, place], color=palette.INK, linewidth=1.2, solid_capstyle="butt")
            end = max(value, high)
        _write(axes, end, place, f"{value:.1f}", palette.INK, bold=True)
        names += [step.name]
        if index + 1 < len(steps):
            below = steps[index + 1].ap[metric]
            axes.barh(place + 1, below - value, left=value, height=0.55, color=LOSS if below < value else GAIN)
            text = f"{below - value:+.1f}".replace("-", "\N{MINUS SIGN}")
            _write(axes, max(value, below), place + 1, text, LOSS if below < value else palette.dark(GAIN))
            names += [""]
    axes.set_yticks(range(len(names)), [fill(name, 34) for name in names])
    axes.set_ylim(len(names) - 0.2, -0.8)
    axes.set_xlim(0, 110)
    axes.set_xticks(range(0, 101, 20))
    axes.grid(True, axis="x", color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label=f"AP {METRIC_TITLES[metric]}, moderate, out of 100", y_label="")
    axes.tick_params(axis="y", length=0, labelsize=style.size("text"))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    style.title(axes, title)
    return picture


def _write(axes: Axes, x: float, place: int, text: str, colour: Any, *, bold: bool = False) -> None:
    axes.annotate(
        text,
        (x, place),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.size("text"),
        color=colour,
        fontweight="bold" if bold else "normal",
    )
