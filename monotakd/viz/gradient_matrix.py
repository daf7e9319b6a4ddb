"""Who trains whom: gradients of the loss terms on the parts of a network, as a table of colours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import Rectangle

from monotakd.errors import require
from monotakd.viz import palette, style

_COLOURS = ListedColormap(colormaps["Blues"](np.linspace(0.12, 1.0, 256)), name="gradient")
_CELL_HEIGHT, _HEADER, _KEY = 0.42, 0.95, 0.6
_FACTOR = 10.0
"""Colours span at least this factor, so that one number alone is not drawn as an extreme."""


def draw_gradient_matrix(
    norms: Mapping[str, Mapping[str, float]], *, title: str | None = None, width: float | int = 11.0
) -> style.Picture:
    """Rows are loss terms, columns groups of parameters; the darker a cell, the harder the term pushes the group.

    A cell without any gradient is white with a dash. A term that reaches nothing at all is marked in words, a part that
    nothing reaches by a red name.

    Args:
        norms: term to group to gradient norm, as `engine.gradients.GradientNorms.to_json` gives it and a training log
            holds under ``"gradient_norms"``.
        title: above the table.
        width: of the picture, inches.

    Raises:
        ValueError: no terms, rows with different groups, or a norm that is negative or not finite.
    """
    terms, groups, values = _table(norms)
    left = 0.16 + 0.085 * style.size("text") / 9.0 * max(map(len, terms))
    header = _HEADER * style.size("text") / 9.0
    rows = _CELL_HEIGHT * style.size("text") / 9.0 * len(terms)
    height = style.strip() + header + rows + _KEY
    picture = style.new_picture(width, height)
    axes = picture.add_axes((left / width, _KEY / height, 1 - (left + 0.45) / width, rows / height))
    axes.set_xlim(0, len(groups))
    axes.set_ylim(len(terms), 0)
    norm = _scale(values)
    for (row, column), value in np.ndenumerate(values):
        colour = _COLOURS(norm(value)) if value else palette.PAPER
        axes.add_patch(
            Rectangle((column, row), 1, 1, facecolor=colour, edgecolor=palette.HAIRLINE, linewidth=1.0, clip_on=False)
        )
        light = value and palette.relative_luminance(colour[:3]) < 0.3
        axes.text(
            column + 0.5,
            row + 0.5,
            _number(value) if values[row].any() else "",
            ha="center",
            va="center",
            fontsize=style.size("text"),
            color=palette.PAPER if light else (palette.INK if value else palette.MUTED),
        )
    for row in np.flatnonzero(~values.any(axis=1)):
        axes.add_patch(Rectangle((0, row), len(groups), 1, facecolor=palette.PAPER, edgecolor=palette.OTHERS[1],
                                 linewidth=2.0, clip_on=False, zorder=4))  # fmt: skip
        axes.text(
            len(groups) / 2,
            row + 0.5,
            "trains nothing",
            ha="center",
            va="center",
            fontsize=style.size("text"),
            fontweight="bold",
            color=palette.OTHERS[1],
            zorder=5,
        )
    axes.set_xticks(np.arange(len(groups)) + 0.5, groups, rotation=28, ha="left", rotation_mode="anchor")
    axes.set_yticks(np.arange(len(terms)) + 0.5, [term.replace("_", " ") for term in terms])
    axes.tick_params(
        top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=style.size("text"), pad=4,
    )  # fmt: skip
    for label, reached in zip(axes.get_xticklabels(), values.any(axis=0), strict=True):
        label.set_color(palette.INK if reached else palette.OTHERS[1])
    for spine in axes.spines.values():
        spine.set_visible(False)
    picture.text(
        0.1 / width, 1 - 0.07 / height, title or "gradient norm of each loss term on each part",
        va="top", fontsize=style.size("title"), color=palette.INK,
    )  # fmt: skip
    picture.text(
        left / width,
        0.3 / height,
        "darker: pushes harder (logarithmic)      –: no gradient at all      red name: no term reaches this part",
        va="center",
        fontsize=style.size("text"),
        color=palette.MUTED,
    )
    return picture


def _table(norms: Mapping[str, Mapping[str, float]]) -> tuple[list[str], list[str], np.ndarray]:
    terms = list(norms)
    require(bool(terms), "draw_gradient_matrix got no loss terms; expected term -> group -> gradient norm")
    groups = list(norms[terms[0]])
    for term in terms:
        require(
            list(norms[term]) == groups,
            f"the term {term!r} has the groups {list(norms[term])}, the term {terms[0]!r} has {groups}; "
            "expected the same groups in the same order",
        )
    values = np.array([list(norms[term].values()) for term in terms], dtype=float)
    wrong = np.argwhere(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"the gradient norm of {terms[row]!r} on {groups[column]!r} is {values[row, column]}, expected a finite "
            "number >= 0"
        )
    return terms, groups, values


def _scale(values: np.ndarray) -> LogNorm:
    """Colours run over the numbers that are not 0."""
    found = values[values > 0]
    if not len(found):
        return LogNorm(1.0, _FACTOR)
    low, high = float(found.min()), float(found.max())
    return LogNorm(low, max(high, _FACTOR * low))


def _number(value: float) -> str:
    """Two digits or all of a whole number, and powers of ten only where there is no other way."""
    if value == 0:
        return "–"
    if 1e-4 <= value < 1e5:
        return f"{value:,.{max(0, 1 - math.floor(math.log10(value)))}f}"
    return f"{value:.0e}"
