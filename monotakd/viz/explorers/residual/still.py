"""The residual explorer as one picture: what its linked views show in a state."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from monotakd.metrics.similarity import Similarity
from monotakd.viz import palette, style
from monotakd.viz.explorers.feature_gap.gap import Selection
from monotakd.viz.explorers.feature_gap.still import Layout, finish_panel, mark_image, panel_axes
from monotakd.viz.explorers.residual.cue import GROUPS, Form, ResidualCue, summed
from monotakd.viz.explorers.residual.payload import GROUP_COLOURS, NOTES, channel_limits, limits_of
from monotakd.viz.feature_panels import Shown, draw_shown, show_map, two_digits
from monotakd.viz.image import draw_boxes_on, image_axes

ROW_COLOURS = {"teacher": palette.ROLES["teacher"], "assistant": palette.ROLES["assistant"],
               "residual": palette.OTHERS[0], "spatial": palette.ROLES["student"]}  # fmt: skip


def draw_residual(
    cue: ResidualCue,
    selection: Selection,
    *,
    form: Form,
    threshold: float,
    channel: int | None = None,
    boxes: bool = True,
    width: float | int = 13.0,
) -> style.Picture:
    """Image, energy by distance, the chosen cell's channels, the residual, and the maps that it is made of.

    Args:
        cue: the frame and its residual.
        selection: the chosen cell and pixel.
        form: of the residual.
        threshold: in units of the teacher's RMS.
        channel: that is shown; None for all of them.
        boxes: draw them.
        width: of the picture, inches.
    """
    gap, layout = cue.gap, Layout(cue.gap, width)
    picture = style.new_picture(width, layout.height)
    sets, reading = list(gap.boxes) if boxes else [], gap.read(selection)
    energy, likeness = cue.energy(form, threshold), cue.likeness(form, threshold)

    image = picture.add_axes(layout.image)
    words = ", ".join(f"{name} {energy.whole[name]:.2f}" for name in GROUPS)
    image_axes(gap.frame, gap.frame.image, axes=image, width=layout.left, title=f"frame {gap.frame.frame_id}: {words}")
    draw_boxes_on(image, gap.frame, sets, labels=False, legend=False)
    mark_image(image, gap, selection)
    _draw_energy(picture.add_axes(layout.depth), cue, form, threshold)
    _draw_vectors(picture.add_axes(layout.vectors), cue.vectors(selection, form, threshold))

    axes = panel_axes(picture, layout.comparison, gap)
    draw_shown(axes, _shown_cue(cue, form, threshold, channel), gap.grid)
    title = f"$F_T$ − $F_A$, {form} above {threshold:.1f} RMS: {_note(form, channel)}"
    finish_panel(axes, gap, selection, reading, sets, title=title, mark=cue.mark)
    for place, name in zip(layout.panels, gap.features, strict=True):
        axes, shown = panel_axes(picture, place, gap), _shown_map(cue, name, form, channel)
        draw_shown(axes, shown, gap.grid)
        mark = cue.mark if name == "assistant" else shown.note
        finish_panel(axes, gap, selection, reading, sets, title=gap.title(name), mark=mark)
        lines = [*_likeness(likeness[name]), shown.range] if name in likeness else [shown.range]
        axes.text(
            0, -0.02, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=style.size("small"),
            color=palette.INK,
        )  # fmt: skip
    return picture


def _note(form: Form, channel: int | None) -> str:
    return NOTES[form] if channel is None else f"channel {channel}"


def _shown_cue(cue: ResidualCue, form: Form, threshold: float, channel: int | None) -> Shown:
    target = cue.target(form, threshold)
    values = summed(target, form) if channel is None else target[channel]
    limits = limits_of(cue, form) if channel is None else tuple(channel_limits(cue, form)[channel])
    return Shown(values, limits, palette.SIGNED if form == "signed" else palette.FEATURES)


def _shown_map(cue: ResidualCue, name: str, form: Form, channel: int | None) -> Shown:
    """A map beside the cue: the same channel, or all of them in the way that suits the form."""
    mean = form == "signed" or (form == "binarised" and name in cue.students)
    return show_map(cue.gap.features[name], channel if channel is not None else "mean" if mean else "norm")


def _draw_energy(axes: Axes, cue: ResidualCue, form: Form, threshold: float) -> None:
    energy = cue.energy(form, threshold)
    middle = (energy.edges[:-1] + energy.edges[1:]) / 2
    handles = []
    for name, colour in GROUP_COLOURS.items():
        axes.plot(middle, energy.by_distance[name], color=colour, linewidth=2.0, marker="s", markersize=3.5)
        handles.append(Line2D([], [], color=colour, linewidth=2.0, label=name))
    axes.set_xlim(energy.edges[0], energy.edges[-1])
    axes.set_ylim(0, None)
    axes.grid(True, color=palette.HAIRLINE, linewidth=0.6)
    style.ticks(axes, x_label="", y_label="share of ones" if form == "binarised" else "energy")
    style.title(axes, "per cell, by distance (m)")
    style.legend(axes, handles, above=True)


def _draw_vectors(axes: Axes, vectors: dict[str, np.ndarray]) -> None:
    """One row each, with its own reach, which stands at its right."""
    style.bare(axes)
    style.title(axes, "channels of the cell, each row with its own reach" if vectors else "channels: no cell chosen")
    rows = [name for name in ROW_COLOURS if name in vectors]
    for row, name in enumerate(rows):
        vector, base = vectors[name], len(ROW_COLOURS) - 1 - row
        reach = max(float(np.abs(vector).max()), 1e-9)
        signed = bool((vector < 0).any())
        zero = base + 0.42 if signed else base
        axes.bar(np.arange(len(vector)), (0.42 if signed else 0.84) * vector / reach, bottom=zero, width=0.8,
                 color=ROW_COLOURS[name])  # fmt: skip
        axes.plot([-0.5, len(vector) - 0.5], [zero, zero], color=palette.MUTED, linewidth=0.6)
        for across, text, side in ((-0.8, name, "right"), (len(vector), f"{'±' * signed}{two_digits(reach)}", "left")):
            axes.text(across, base + 0.4, text, ha=side, va="center", fontsize=style.size("small"), color=palette.INK)
        axes.set_xlim(-0.13 * len(vector) * style.size("small") / 7.5, len(vector) * 1.06)
    axes.set_ylim(-0.05, len(ROW_COLOURS))


def _likeness(found: Similarity | None) -> list[str]:
    if found is None:
        return ["the residual says the same everywhere"]

    def beside(value: float, floor: float | None) -> str:
        return f"{value:.2f}" if floor is None else f"{value:.2f} ({floor:.2f})"

    lines = ["like the residual:", f"CKA {beside(found.cka, found.cka_floor)}"]
    return lines + ([] if found.cosine is None else [f"cosine {beside(found.cosine, found.cosine_floor)}"])
