"""One step of the AP stepper as a picture."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from monotakd.viz import palette, style


def draw_step(
    facts: dict[str, Any], walk: dict[str, Any], state: dict[str, Any], *, width: float | int = 11.0
) -> style.Picture:
    """Boxes with what they count as, the list of detections, and the curve so far.

    Args:
        facts: of the explorer.
        walk: the steps of the metric, difficulty and level that are shown.
        state: of the explorer.
        width: of the picture, inches.
    """
    step = walk["steps"][state["step"]]
    frame = frame_of(facts, step)
    height_px, width_px = frame["image"]["size"]
    strip, main = style.strip(), 0.56 * width
    image_high, plot_high = main * height_px / width_px, 3.1
    total = 2 * strip + image_high + plot_high + 1.1
    picture = style.new_picture(width, total)

    image = picture.add_axes((0, 1 - (strip + image_high) / total, main / width, image_high / total))
    _draw_image(image, facts, frame, step)
    style.title(image, f"step {state['step']} of {len(walk['steps']) - 1}: frame {frame['id']}")
    plot = picture.add_axes((0.65 / width, 0.9 / total, (main - 0.8) / width, plot_high / total))
    _draw_curve(plot, walk, state["step"])
    above = picture.add_axes((0.605, 1.0 / total, 0.185, 1 - (strip + 1.1) / total))
    _draw_above(above, facts, frame, step)
    _write_list(picture, facts, walk, state["step"], 0.8, 1 - strip / total, total)
    picture.text(0.005, 0.2 / total, _wrapped(step["words"], width), fontsize=style.size("text"),
                 color=palette.INK, va="center")  # fmt: skip
    return picture


def frame_of(facts: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """The frame of the detection that a step adds; the first one before any."""
    wanted = step["added"][0][0] if step["added"] else facts["frames"][0]["id"]
    return next(frame for frame in facts["frames"] if frame["id"] == wanted)


def _wrapped(words: str, width: float) -> str:
    """At most two lines."""
    letters = int(width * 72 / (0.5 * style.size("text")))
    return textwrap.fill(words, letters, max_lines=2, placeholder=" …")


def _looks(facts: dict[str, Any], step: dict[str, Any], frame: dict[str, Any]):
    """(object, status, sign, colour, is detection, is new) of everything that is drawn; truths first."""
    new = [tuple(key) for key in step["added"]]
    for kind in ("truths", "detections"):
        for row, one in enumerate(frame[kind]):
            status = step[kind].get(f"{frame['id']}|{row}", "other class")
            if kind == "detections" and status == "below the score cut":
                continue
            look = facts["statuses"][status]
            yield (
                one,
                status,
                look["sign"],
                look["colour"],
                kind == "detections",
                kind == "detections" and (frame["id"], row) in new,
            )


def _draw_image(axes: Axes, facts: dict[str, Any], frame: dict[str, Any], step: dict[str, Any]) -> None:
    height, width = frame["image"]["size"]
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_facecolor(palette.GROUND)
    if frame["image"]["png"] is not None:
        axes.imshow(_decoded(frame["image"]["png"]), extent=(-0.5, width - 0.5, height - 0.5, -0.5), aspect="auto")
    told: list[tuple[float, float]] = []  # where words stand: the names of KITTI's far DontCares would cover each other
    scores: list[tuple[float, float]] = []  # where scores stand: two boxes on one car would cover each other's
    letter = style.size("small") * width / (72 * axes.get_position().width * axes.figure.get_figwidth())
    for one, status, sign, colour, detected, new in _looks(facts, step, frame):
        left, top, right, bottom = one["box"]
        free = all(abs(x - left) > 0.09 * width or abs(y - bottom) > 0.02 * width for x, y in told)
        hatch = "////" if one["name"] == "DontCare" else None
        thick, style_of = (2.8 if new else 1.6 if detected else 1.1), ("solid" if detected else (0, (3, 2)))
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, hatch=hatch,
                      linewidth=thick, linestyle=style_of)
        )  # fmt: skip
        if detected:
            place = _free_place(left, top - 2, scores, letter)
            scores.append(place)
            axes.text(*place, f"{sign} {one['score']:.2f}", fontsize=style.size("small"), color=colour, va="bottom")
        elif status == "missed" or (one["name"] != facts["name"] and free):
            told.append((left, bottom))
            name = f"{sign} missed" if status == "missed" else one["name"]
            axes.text(left, bottom + 3, name, fontsize=style.size("small"), color=colour, va="top")
    style.bare(axes)


def _free_place(left: float, bottom: float, taken: list[tuple[float, float]], letter: float) -> tuple[float, float]:
    """The place of a score above its box, as many lines higher as other scores stand in its way."""
    while any(abs(x - left) < 3.8 * letter and abs(y - bottom) < 1.1 * letter for x, y in taken):
        bottom -= 1.15 * letter
    return left, bottom


def _decoded(address: str) -> np.ndarray:
    import base64
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def _draw_above(axes: Axes, facts: dict[str, Any], frame: dict[str, Any], step: dict[str, Any]) -> None:
    for one, _, _, colour, detected, new in _looks(facts, step, frame):
        if one["ground"] is None:
            continue
        ground = np.array(one["ground"])[:, ::-1]
        axes.add_patch(
            Polygon(ground, fill=False, edgecolor=colour, linewidth=2.6 if new else 1.5 if detected else 1.1,
                    linestyle="solid" if detected else (0, (3, 2)))
        )  # fmt: skip
    everything = [one for f in facts["frames"] for kind in ("truths", "detections") for one in f[kind] if one["ground"]]
    corners = np.concatenate([one["ground"] for one in everything])
    axes.set_xlim(corners[:, 1].max() + 1.5, corners[:, 1].min() - 1.5)
    axes.set_ylim(0, corners[:, 0].max() + 2)
    axes.set_aspect("equal", adjustable="box")
    axes.set_facecolor(palette.GROUND)
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label="left (m)", y_label="ahead (m)")
    style.title(axes, "from above")


def _draw_curve(axes: Axes, walk: dict[str, Any], number: int) -> None:
    done = walk["steps"][1 : number + 1]
    read = [(position, s["precision"]) for s in done for position in s["positions"]]
    finished = number == len(walk["steps"]) - 1
    if finished:
        positions = np.arange(41) / 40
        axes.bar(positions[1:], walk["envelope"][1:], width=0.022, color=palette.HAIRLINE, zorder=1)
        axes.plot(positions, walk["envelope"], drawstyle="steps-mid", color=palette.MUTED, linewidth=1.0, zorder=1.5)
    axes.plot([s["recall"] for s in done], [s["precision"] for s in done], "-o", color=palette.ROLES["teacher"],
              linewidth=1.4, markersize=4, label="each step", zorder=3)  # fmt: skip
    if read:
        axes.plot([p / 40 for p, _ in read], [v for _, v in read], "D", color=palette.ROLES["student"], markersize=6,
                  label="read, for position / 40", zorder=4)  # fmt: skip
    if done:
        axes.plot(done[-1]["recall"], done[-1]["precision"], "o", markersize=12, markerfacecolor="none",
                  markeredgecolor=palette.INK, zorder=5)  # fmt: skip
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(0, 1.05)
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    axes.set_axisbelow(True)
    style.ticks(axes, x_label="recall; also position / 40", y_label="precision")
    style.title(axes, f"AP R40 = {walk['ap']:.2f}" if finished else "the curve so far")
    if done:
        style.legend(axes, axes.get_legend_handles_labels()[0], above=True)


def _write_list(
    picture: style.Picture,
    facts: dict[str, Any],
    walk: dict[str, Any],
    number: int,
    left: float,
    top: float,
    total: float,
) -> None:
    """The detections in order of score, with what each counts as by now."""
    step, down = walk["steps"][number], 1.6 * style.size("text") / 72 / total
    rows = [
        (one["score"], f["id"], row, one["name"]) for f in facts["frames"] for row, one in enumerate(f["detections"])
    ]
    for line, (score, frame_id, row, name) in enumerate(sorted(rows, key=lambda item: -item[0])[:40]):
        status = step["detections"].get(f"{frame_id}|{row}", "below the score cut")
        look = facts["statuses"][status]
        kept = status != "below the score cut"
        words = f"{look['sign']} {score:.2f} {name}" + (f": {status}" if kept else "")
        weight = "bold" if [frame_id, row] in step["added"] else "normal"
        picture.text(left, top - line * down, words, fontsize=0.9 * style.size("text"), va="top", fontweight=weight,
                     color=palette.dark(look["colour"]) if kept else palette.MUTED)  # fmt: skip
