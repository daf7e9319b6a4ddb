"""Figures of the results: AP per row, differences to a baseline, training curves.

AP is drawn from 0 to 100, differences around a line at zero, so that no axis makes a small effect tall. Beside the
paper's students, whose AP is low too, both axes begin at zero and end alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from monotakd.engine.log import read_steps
from monotakd.errors import require
from monotakd.pipeline.bootstrap import Estimate, estimate, paired_difference
from monotakd.pipeline.results import DECIDING_METRIC, METRIC_TITLES, RunResult, label_title, select
from monotakd.pipeline.rows import MODELS, ROWS
from monotakd.pipeline.table import EXPECTED, MISSING, PAPER, difference_text, row_title
from monotakd.viz import palette, style

WIDTH = 7.5
LINE = 0.34
"""Height of one row in inches."""
_FOOT = 0.5
_NAMES = 0.36
"""Share of the width that the rows' names take."""


def draw_rows(
    results: Sequence[RunResult], labels: str, metrics: Sequence[str] = (DECIDING_METRIC, "bev_50")
) -> style.Picture:
    """AP of every row of one label setting: mean, 95 % interval, and each seed as a small ring.

    Args:
        results: of one preset and split.
        labels: the label setting.
        metrics: one panel each, see `results.METRICS`.

    Raises:
        ValueError: there is no run with these labels.
    """
    rows = _rows(results, labels, (*MODELS, *ROWS))
    require(rows, f"no run has the label setting {labels!r}")
    picture, panels = _panels(len(rows), (1.0,) * len(metrics))
    for axes, metric in zip(panels, metrics, strict=True):
        for place, row in enumerate(rows):
            runs = select(results, row, labels)
            values = [run.ap[metric] for run in runs]
            if len(values) > 1:
                axes.plot(values, [place + 0.27] * len(values), "o", ms=3.2, mfc="none", mec=palette.MUTED, mew=0.8)
            score = estimate(runs, metric)
            _whisker(axes, place, score, _colour(row))
            _write(axes, max(score.high, *values, score.mean), place, f"{score.mean:.1f}")
        axes.set_xlim(0, 114)  # Room for the number of a perfect detector.
        axes.set_xticks(range(0, 101, 20))
        _finish(axes, f"AP {METRIC_TITLES[metric]}, moderate")
        _name_rows(axes, [row_title(row) if axes is panels[0] else "" for row in rows])
    style.title(panels[0], _setting(labels))
    return picture


def draw_differences(
    results: Sequence[RunResult], labels: str, baseline: str = "direct", metric: str = DECIDING_METRIC
) -> style.Picture | None:
    """How far every student row is above or below a baseline: paired difference and 95 % interval.

    Args:
        results: of one preset and split.
        labels: the label setting.
        baseline: the row that the others are compared with.
        metric: see `results.METRICS`.

    Returns:
        The picture; None while there is nothing to compare.
    """
    others = select(results, baseline, labels)
    rows = [row for row in _rows(results, labels, tuple(ROWS)) if row != baseline] if others else []
    compared = {row: paired_difference(select(results, row, labels), others, metric) for row in rows}
    differences = {row: difference for row, difference in compared.items() if difference is not None}
    if not differences:
        return None
    picture, (axes, texts) = _panels(len(differences), (0.66, 0.34))
    reach = max(1.0, *(max(abs(d.low), abs(d.high)) for d in differences.values()))
    for place, (row, difference) in enumerate(differences.items()):
        _whisker(axes, place, difference, _colour(row), hollow=difference.seeds == 1)
        _write(texts, 0.0, place, difference_text(difference))
    axes.axvline(0, color=palette.INK, linewidth=1.0)
    axes.set_xlim(-1.08 * reach, 1.08 * reach)
    _finish(axes, f"AP {METRIC_TITLES[metric]}: points below or above \u201c{row_title(baseline)}\u201d")
    _name_rows(axes, [row_title(row) for row in differences])
    _name_rows(texts, [""] * len(differences))
    texts.set_axis_off()
    style.title(axes, _setting(labels))
    if any(difference.seeds == 1 for difference in differences.values()):
        style.legend(texts, [_one_seed()], above=True)
    return picture


def draw_beside_paper(results: Sequence[RunResult], labels: str, metric: str = DECIDING_METRIC) -> style.Picture:
    """Our rows on the left, the paper's numbers of the same recipes on the right; signs and order can be compared.

    Ours carry their 95 % interval; the paper gives none. A row that is not run yet keeps its place and says so.

    Args:
        results: of one preset and split.
        labels: the label setting.
        metric: of our rows, see `results.METRICS`.
    """
    expected = EXPECTED.get(labels, ())
    rows = [row for row in ROWS if row in PAPER and (row in expected or select(results, row, labels))]
    ours = {row: estimate(runs, metric) for row in rows if (runs := select(results, row, labels))}
    reach = 1.45 * max([*(score.high for score in ours.values()), *(PAPER[row].value for row in rows)])
    picture, (left, right) = _panels(len(rows), (1.0, 1.0))
    for place, row in enumerate(rows):
        if row in ours:
            _whisker(left, place, ours[row], _colour(row), hollow=ours[row].seeds == 1)
            _write(left, ours[row].high, place, f"{ours[row].mean:.1f}")
        else:
            left.annotate(MISSING, (0.02 * reach, place), va="center", fontsize=style.size("text"), color=palette.MUTED)
        right.plot([PAPER[row].value], [place], "D", ms=5, color=palette.INK)
        _write(right, PAPER[row].value, place, str(PAPER[row]))
    for axes, label in (
        (left, f"ours: AP {METRIC_TITLES[metric]}, street world"),
        (right, "the paper: AP 3D .7, KITTI val"),
    ):
        axes.set_xlim(0, reach)
        axes.set_xticks(range(0, int(reach), 10))
        _finish(axes, label)
    _name_rows(left, [row_title(row) for row in rows])
    _name_rows(right, [""] * len(rows))
    style.title(left, _setting(labels))
    if any(score.seeds == 1 for score in ours.values()):
        style.legend(right, [_one_seed()], above=True)
    return picture


def draw_training(logs: Mapping[str, Path], *, points: int = 60) -> style.Picture | None:
    """Every loss term of every training over its steps, one panel a training.

    Terms are drawn unweighted on logarithmic axes, averaged over neighbouring steps.

    Args:
        logs: ``log.jsonl`` by the training's name, also of one still running; see `engine.log`.
        points: how many averages a curve is drawn from.

    Returns:
        The picture; None while there is no step.

    Raises:
        DataError: a log is missing or damaged.
    """
    steps = {name: records for name, path in logs.items() if (records := read_steps(path))}
    if not steps:
        return None
    columns = min(2, len(steps))
    lines = -(-len(steps) // columns)
    height = 2.6 * lines
    picture = style.new_picture(WIDTH, height)
    grid = picture.add_gridspec(
        lines, columns, left=0.085, right=0.985, bottom=0.45 / height, top=1 - 0.32 / height, hspace=0.5, wspace=0.17
    )
    for place, (name, records) in enumerate(steps.items()):
        axes = picture.add_subplot(grid[divmod(place, columns)])
        _curves(axes, records, points)
        style.title(axes, name)
        style.ticks(axes, x_label="step", y_label="loss term" if place % columns == 0 else "")
    return picture


def _curves(axes: Axes, records: Sequence[Mapping], points: int) -> None:
    terms = list(dict.fromkeys(name for record in records for name in record["terms"]))
    colours = (palette.ROLES["teacher"], palette.ROLES["student"], palette.ROLES["truth"], *palette.OTHERS)
    for index, term in enumerate(terms):
        there = [(record["step"], record["terms"][term]) for record in records if term in record["terms"]]
        x, y = (np.array([part.mean() for part in _blocks(values, points)]) for values in np.array(there, float).T)
        axes.plot(
            x,
            np.where(y > 0, y, np.nan),
            color=colours[index % len(colours)],
            linestyle=("-", (0, (4, 1.5)))[index // len(colours) % 2],
            linewidth=1.6,
            marker="o" if len(x) == 1 else None,
            label=term.replace("_", " "),
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(left=0)
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=style.size("small"), framealpha=0.85, edgecolor=palette.HAIRLINE, loc="upper right")


def _blocks(values: np.ndarray, points: int) -> list[np.ndarray]:
    return np.array_split(values, min(points, len(values)))


def _rows(results: Sequence[RunResult], labels: str, order: Sequence[str]) -> list[str]:
    found = {result.row for result in results if result.labels == labels}
    return [row for row in order if row in found]


def _panels(rows: int, shares: Sequence[float]) -> tuple[style.Picture, list[Axes]]:
    # Side by side, right of the rows' names; ``shares`` of the width.
    tall = LINE * rows + 0.15
    height = tall + _FOOT + style.strip()
    picture = style.new_picture(WIDTH, height)
    gap = 0.02
    unit = (0.985 - _NAMES - gap * (len(shares) - 1)) / sum(shares)
    panels, left = [], _NAMES
    for share in shares:
        panels.append(picture.add_axes((left, _FOOT / height, unit * share, tall / height)))
        left += unit * share + gap
    return picture, panels


def _whisker(axes: Axes, place: int, value: Estimate, colour: str, *, hollow: bool = False) -> None:
    axes.plot([value.low, value.high], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt")
    for end in (value.low, value.high):
        axes.plot([end, end], [place - 0.13, place + 0.13], color=colour, linewidth=1.4)
    axes.plot([value.mean], [place], "o", ms=5, mfc=palette.PAPER if hollow else colour, mec=colour, mew=1.5)


def _one_seed() -> Line2D:
    return Line2D([], [], marker="o", mfc=palette.PAPER, mec=palette.INK, mew=1.5, ls="none", label="one seed")


def _finish(axes: Axes, label: str) -> None:
    axes.grid(True, axis="x", color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label=label, y_label="")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.45, -0.6)
    axes.set_yticks(range(len(names)), [fill(name, 34) for name in names])
    axes.tick_params(axis="y", length=0, labelsize=style.size("text"))


def _write(axes: Axes, x: float, place: int, text: str) -> None:
    where = {"textcoords": "offset points", "va": "center", "fontsize": style.size("text"), "color": palette.INK}
    axes.annotate(text, (x, place), (5, 0), **where)


def _colour(row: str) -> str:
    if row in MODELS:
        return palette.ROLES["teacher" if row == "teacher" else "assistant"]
    return palette.MUTED if row == "ground_truth_only" else palette.ROLES["student"]


def _setting(labels: str) -> str:
    text = label_title(labels)
    return text[0].upper() + text[1:]
