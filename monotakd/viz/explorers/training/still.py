"""A training's story as one picture: looks as a film strip, curves with a mark, gradients of terms on parts."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from monotakd.geometry.boxes import box_corners
from monotakd.viz import palette, style
from monotakd.viz.explorers.training.story import Curve, Look, Norms, TrainingStory, short_number
from monotakd.viz.feature_panels import Shown, draw_shown

FRAMES = 8
"""At most so many looks in the strip."""
_LOGARITHMIC = 30.0


def in_strip(story: TrainingStory) -> list[Look]:
    """The looks to show side by side: all of them, or evenly many."""
    count = len(story.looks)
    if count <= FRAMES:
        return list(story.looks)
    return [story.looks[round(i * (count - 1) / (FRAMES - 1))] for i in range(FRAMES)]


def draw_story(
    story: TrainingStory, step: int | None = None, *, columns: int = 5, width: float | int = 13.0
) -> style.Picture:
    """Film strip above, small multiples in the middle, gradients below; what is missing is left out.

    Args:
        story: the training.
        step: marked in every curve; the last by default.
        columns: curves in a row.
        width: of the picture, inches.
    """
    step = story.last if step is None else step
    looks, strip = in_strip(story), style.strip()
    tall = 0.0
    if looks:
        near, far = story.grid.lower[0], story.grid.upper[0]
        each = min(width / len(looks) - 0.08, 1.6)
        tall = each * (far - near) / (story.grid.upper[1] - story.grid.lower[1])
    rows, cell = math.ceil(len(story.panels) / columns), width / columns
    high = 0.6 * cell
    found = story.gradients_at(step)
    table = 0.0 if found is None else 0.26 * len(found[1]) + 1.3
    height = strip + (tall + strip if looks else 0) + rows * high + table + 0.15
    picture = style.new_picture(width, height)
    picture.text(0.08 / width, 1 - 0.1 / height, f"{story.name}, step {step} of {story.last}", va="top",
                 fontsize=style.size("title"), color=palette.INK)  # fmt: skip
    top = strip
    if looks:
        chosen = story.look_at(step)
        for place, look in enumerate(looks):
            left = place * (each + 0.08) + 0.05
            box = (left / width, 1 - (top + strip + tall) / height, each / width, tall / height)
            _draw_look(picture.add_axes(box), story, look, chosen is look)
        top += tall + strip
    for place, (name, curves) in enumerate(story.panels.items()):
        row, column = divmod(place, columns)
        bottom = top + (row + 1) * high - 0.28
        left, wide, up = column * cell + 0.5, cell - 0.62, high - 0.62
        axes = picture.add_axes((left / width, 1 - bottom / height, wide / width, up / height))
        _draw_panel(axes, name, curves, step)
    if found is not None:
        axes = picture.add_axes((1.75 / width, 0.15 / height, 1 - 2.1 / width, (table - 1.2) / height))
        _draw_gradients(axes, *found)
    return picture


def _draw_look(axes: Axes, story: TrainingStory, look: Look, chosen: bool) -> None:
    (near, right), (far, left) = story.grid.lower, story.grid.upper
    axes.set_xlim(left, right)
    axes.set_ylim(near, far)
    draw_shown(axes, Shown(look.map, (0.0, story.brightest), palette.FEATURES), story.grid)
    for values, colour in ((story.truth, palette.ROLES["truth"]), (look.boxes, palette.ROLES["student"])):
        for ring in box_corners(values.astype(np.float64))[:, :4, 1::-1]:
            axes.plot(*np.concatenate([ring, ring[:1]]).T, color=colour, linewidth=1.0)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=palette.ROLES["student"] if chosen else palette.HAIRLINE, linewidth=2.5 if chosen else 0.6)
    axes.set_title(f"step {look.step}", fontsize=style.size("small"), color=palette.INK, pad=2)


def _draw_panel(axes: Axes, name: str, curves: dict[str, Curve], step: int) -> None:
    colours = palette.colours_for(curves) if len(curves) > 1 else dict.fromkeys(curves, palette.ROLES["teacher"])
    every = np.concatenate([curve.values[np.isfinite(curve.values)] for curve in curves.values()])
    for label, curve in curves.items():
        axes.plot(curve.steps, curve.values, color=colours[label], linewidth=1.4, label=label,
                  marker="o" if len(curve.steps) < 3 else None)  # fmt: skip
        value = curve.at(step)
        if value is not None:
            axes.plot([step], [value], "o", color=colours[label], markersize=4.5, markeredgecolor=palette.PAPER)
    if is_logarithmic(every) and name != "learning rate":
        axes.set_yscale("log")
        name += " (log)"
    else:
        axes.set_ylim(0, 1.06 * float(every.max(initial=0)) or 1)
        axes.yaxis.set_major_locator(MaxNLocator(3))
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=True)
        axes.yaxis.get_offset_text().set_fontsize(style.size("small"))
    axes.axvline(step, color=palette.MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    style.ticks(axes, x_label="", y_label="")
    axes.set_title(name, loc="right", fontsize=style.size("text"), color=palette.INK, pad=2)
    if len(curves) > 1:
        axes.legend(fontsize=style.size("small"), frameon=False, loc="best", handlelength=1.2, labelspacing=0.2)


def _draw_gradients(axes: Axes, step: int, norms: Norms) -> None:
    groups = list(next(iter(norms.values())))
    values = np.array([[row[group] for group in groups] for row in norms.values()])
    with np.errstate(divide="ignore"):
        axes.imshow(np.log10(values), cmap="Blues", aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        text = short_number(value, 2) if value else "–"
        axes.text(column, row, text, ha="center", va="center", fontsize=style.size("small"), color=palette.INK,
                  bbox={"facecolor": palette.PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.6})  # fmt: skip
    axes.set_xticks(range(len(groups)), groups, rotation=24, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(len(norms)), [term.replace("_", " ") for term in norms])
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=style.size("small"))
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(f"gradient norm of each term on each part, step {step}", loc="left", fontsize=style.size("text"),
                   color=palette.INK, pad=2)  # fmt: skip


def is_logarithmic(values: np.ndarray) -> bool:
    """Whether values span so much that only a logarithmic axis shows them all."""
    return len(values) > 0 and bool(values.min() > 0 and values.max() > _LOGARITHMIC * values.min())
