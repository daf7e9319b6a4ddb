"""Counterfactual streets as pictures: one answer, and sweeps as small plots of seen against true distance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from monotakd.viz import palette, style
from monotakd.viz.bev import draw_bev
from monotakd.viz.boxsets import box_sets
from monotakd.viz.explorers.what_if.swept import Answer, Swept
from monotakd.viz.image import draw_boxes_on, image_axes

LEAST = 0.2
"""Boxes below this score are not drawn."""
REGION = ((0.0, 42.0), (-12.0, 12.0))


def draw_answer(answer: Answer, *, title: str | None = None, width: float | int = 11.0) -> style.Picture:
    """The street with the true box and the student's, beside it both from above.

    Args:
        answer: what the student says.
        title: above the image; by default truth and answer in words.
        width: of the picture, inches.
    """
    left = 0.8 * width
    rows, columns = answer.frame.image.shape[:2]
    image, strip = left * rows / columns, style.strip()
    tall = image
    above = tall * (REGION[1][1] - REGION[1][0]) / (REGION[0][1] - REGION[0][0])
    height = strip + max(image, tall) + 0.55
    picture = style.new_picture(width, height)
    axes = picture.add_axes((0, 1 - (strip + image) / height, left / width, image / height))
    image_axes(answer.frame, answer.frame.image, axes=axes, width=left, title=answer.words if title is None else title)
    draw_boxes_on(axes, answer.frame, _boxes(answer), labels=False, legend=False)
    place = ((width - above - 0.05) / width, 0.5 / height, above / width, tall / height)
    draw_bev(answer.frame, _named(answer), region=REGION, title="", min_score=LEAST, axes=picture.add_axes(place))
    seen = picture.axes[-1]
    _draw_seen(seen, answer)
    seen.set_ylabel("")
    if seen.get_legend() is not None:
        seen.get_legend().remove()
    return picture


def _named(answer: Answer) -> dict:
    return {"truth": answer.car, "student": answer.detections}


def _boxes(answer: Answer) -> list:
    return box_sets(answer.frame, _named(answer), LEAST)


def _draw_seen(axes: Axes, answer: Answer) -> None:
    """Where the depth distribution puts the car's rear, on the line of sight through its centre."""
    if math.isnan(answer.depth):
        return
    x, y, _ = answer.car.values[0, :3]
    near, far = (np.array(answer.spread) + 0.27).tolist()
    axes.plot([y / x * near, y / x * far], [near, far], color=palette.ROLES["student"], linewidth=4, alpha=0.5)
    axes.plot([y / x * (answer.depth + 0.27)], [answer.depth + 0.27], "D", color=palette.ROLES["student"],
              markeredgecolor=palette.INK, markersize=6, zorder=9)  # fmt: skip


def draw_sweeps(sweeps: Mapping[str, Swept], *, columns: int = 4, width: float | int = 13.0,
                mark: tuple[str, int] | None = None) -> style.Picture:  # fmt: skip
    """One small plot per sweep: true distance in green, what the student's depth says in orange with its 10-90 % band.

    Diamonds are boxes that the student puts on the car.

    Args:
        sweeps: by name.
        columns: plots in a row.
        width: of the picture, inches.
        mark: name of a sweep, and the place in it that is marked.
    """
    columns = min(columns, len(sweeps))
    rows, cell, strip = math.ceil(len(sweeps) / columns), width / columns, style.strip()
    high = 0.72 * cell
    height = rows * high
    picture = style.new_picture(width, height)
    for place, (name, sweep) in enumerate(sweeps.items()):
        row, column = divmod(place, columns)
        box = (column * cell + 0.5, height - (row + 1) * high + 0.48, cell - 0.65, high - 0.55 - strip)
        axes = picture.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        draw_sweep(axes, sweep, name, None if mark is None or mark[0] != name else mark[1])
    return picture


def draw_sweep(axes: Axes, sweep: Swept, title: str, mark: int | None = None) -> None:
    """One sweep into axes."""
    orange, x = palette.ROLES["student"], np.array(sweep.values)
    axes.fill_between(x, sweep.near, sweep.far, color=orange, alpha=0.22, linewidth=0)
    axes.plot(x, sweep.column("surface"), color=palette.ROLES["truth"], linewidth=2.2, label="true")
    axes.plot(x, sweep.column("depth"), color=orange, linewidth=2.0, marker="o", markersize=3.5, label="seen")
    axes.plot(x, sweep.column("box_distance"), "D", color=palette.OTHERS[3], markersize=5.5, label="box")
    if mark is not None:
        axes.axvline(x[mark], color=palette.MUTED, linewidth=1.0, linestyle=(0, (3, 2)))
    axes.set_ylim(0, max(20.0, 1.05 * float(np.nanmax([sweep.far, sweep.column("surface")]))))
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    style.ticks(axes, x_label=sweep.label, y_label="")
    axes.set_title(f"{title} (m)", loc="left", fontsize=style.size("text"), color=palette.INK, pad=3)
    axes.legend(fontsize=style.size("small"), frameon=False, loc="upper left", handlelength=1.2, ncols=3,
                columnspacing=0.8)  # fmt: skip
