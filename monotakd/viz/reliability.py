"""A reliability diagram: what a network says of its certainty, against what happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.ticker import PercentFormatter

from monotakd.errors import require
from monotakd.metrics.reliability import reliability_curve
from monotakd.viz import palette, style


def draw_reliability(
    curves: Mapping[str, tuple[Float[np.ndarray, " N"], Bool[np.ndarray, " N"]]],
    *,
    groups: int = 10,
    title: str | None = None,
    width: float | int = 9.0,
) -> style.Picture:
    """Stated probability against the share that came true; on the diagonal a network means what it says.

    Below the diagonal it is surer than it should be. Beside it the number of statements of each certainty: points with
    few of them mean little, and are small.

    Args:
        curves: by name (confidence, happened), such as the probability of the likeliest depth bin and whether it was
            the true one; the names of the roles keep their colours.
        groups: of equal width over 0..1.
        title: above the diagram.
        width: of the picture, inches.

    Raises:
        ValueError: nothing to draw, or no probabilities.

    Example:
        ``draw_reliability({"student": (p.max(0)[known], (p.argmax(0) == true_bin)[known])})``
    """
    require(bool(curves), "draw_reliability got no curves; expected (confidence, happened) by name")
    margin, lower, gap = 0.75, 0.5, 0.85
    side = 0.5 * (width - margin - gap)
    beside = width - margin - side - gap - 0.15
    height = style.strip() + side + lower
    picture = style.new_picture(width, height)
    main = picture.add_axes((margin / width, lower / height, side / width, side / height))
    right = (margin + side + gap) / width
    counts = picture.add_axes((right, lower / height, beside / width, 0.5 * side / height))
    main.plot([0, 1], [0, 1], color=palette.MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    main.text(0.04, 0.96, "too modest", va="top", fontsize=style.size("text"), color=palette.MUTED)
    main.text(0.96, 0.04, "too sure", ha="right", fontsize=style.size("text"), color=palette.MUTED)
    colours = palette.colours_for(curves)
    bar = 1.0 / groups / (len(curves) + 0.4)
    for number, (name, (confidence, happened)) in enumerate(curves.items()):
        curve = reliability_curve(confidence, happened, groups)
        there, colour = curve.count > 0, colours[name]
        sizes = 16 + 110 * np.sqrt(curve.count[there] / curve.count.max())
        label = f"{name}: {curve.error:.3f}"
        main.plot(curve.confidence[there], curve.share[there], color=colour, linewidth=1.8, label=label)
        main.scatter(
            curve.confidence[there], curve.share[there], s=sizes, color=colour, edgecolors=palette.PAPER, zorder=4
        )
        shift = (number - (len(curves) - 1) / 2) * bar
        counts.bar((curve.edges[:-1] + curve.edges[1:]) / 2 + shift, curve.count, width=bar, color=colour)
    for axes in (main, counts):
        axes.set_xlim(0, 1)
        axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    main.set_ylim(0, 1)
    main.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    counts.set_yscale("log")
    counts.set_ylim(bottom=0.7)
    style.ticks(main, x_label="stated probability", y_label="share that came true")
    style.ticks(counts, x_label="stated probability", y_label="how often")
    style.title(main, title)
    handles, labels = main.get_legend_handles_labels()
    picture.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(right, 1 - style.strip() / height),
        frameon=False, fontsize=style.size("text"), labelcolor=palette.INK, borderaxespad=0.0,
        title="expected calibration error", title_fontsize=style.size("text"), alignment="left",
    )  # fmt: skip
    return picture
