"""The residual explorer: F_T - F_A of one frame, where it lies, and what the student's spatial branch learned of it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from jaxtyping import Float

from monotakd.errors import require
from monotakd.metrics.similarity import Similarity
from monotakd.viz import style
from monotakd.viz.explorers.feature_gap.choosing import ChoosingExplorer
from monotakd.viz.explorers.residual.cue import FORMS, GROUPS, THRESHOLDS, Energy, ResidualCue
from monotakd.viz.explorers.residual.payload import pack_cue
from monotakd.viz.explorers.residual.still import draw_residual

ALL = -1
"""State of the channel control that shows all channels in one number per cell."""


class ResidualExplorer(ChoosingExplorer):
    """Linked views of one frame's residual; ends a cell. Made by `explore_residual`.

    Attributes:
        cue: what is shown.
    """

    scripts = (
        "feature_gap/core.js", "feature_gap/plots.js", "feature_gap/view.js", "residual/core.js", "residual/plots.js",
        "residual/view.js",
    )  # fmt: skip
    view = "ResidualView"

    def __init__(self, cue: ResidualCue):
        self.cue = cue
        super().__init__(cue.gap, *pack_cue(cue), {"form": FORMS[0], "threshold": 1.0, "channel": ALL, "boxes": True})

    @property
    def title(self) -> str:
        """Names the frame."""
        return f"residual, frame {self.gap.frame.frame_id}"

    @property
    def alt(self) -> str:
        """Form and threshold, the energy of each group of cells, the student's likeness to it, the chosen cell."""
        whole, like, chosen = self.energy.whole, self.likeness.get("spatial"), self.selection
        energy = ", ".join(f"{name} {'none' if np.isnan(whole[name]) else f'{whole[name]:.2f}'}" for name in GROUPS)
        words = [f"{self.form} above {self.threshold:.1f} RMS of F_T, {self.cue.mark}: {energy}"]
        if "spatial" in self.cue.students:
            words.append(f"spatial like it: {_words(like)}")
        return "; ".join([*words, self.cell_in_words(chosen.cell) if chosen.cell else "no cell chosen"])

    @property
    def form(self) -> str:
        """The chosen form of the residual."""
        return self.widget.state["form"]

    @property
    def threshold(self) -> float:
        """The chosen threshold, in units of the teacher's RMS."""
        return min(self.cue.thresholds, key=lambda threshold: abs(threshold - self.widget.state["threshold"]))

    @property
    def energy(self) -> Energy:
        """Of the residual as it is shown."""
        return self.cue.energy(self.form, self.threshold)

    @property
    def likeness(self) -> dict[str, Similarity | None]:
        """Of the student's spatial maps to the residual as it is shown."""
        return self.cue.likeness(self.form, self.threshold)

    @property
    def vectors(self) -> dict[str, Float[np.ndarray, " C"]]:
        """Teacher, assistant, residual and student at the chosen cell."""
        return self.cue.vectors(self.selection, self.form, self.threshold)

    def show(
        self,
        form: str | None = None,
        threshold: float | int | None = None,
        *,
        channel: int | None = None,
        boxes: bool | None = None,
    ) -> None:
        """Moves the controls; what is not named stays.

        Args:
            form: one of `cue.FORMS`.
            threshold: in units of the teacher's RMS; the nearest one of `cue.ResidualCue.thresholds` is shown.
            channel: a channel's number, see `fetch`, or `ALL`.
            boxes: whether boxes are drawn.

        Raises:
            ValueError: no such form, threshold or channel.
        """
        require(form is None or form in FORMS, f"form {form!r}, expected one of {FORMS}")
        last = THRESHOLDS[-1]
        require(threshold is None or 0 <= threshold <= last, f"threshold {threshold}, expected 0..{last:g}")
        if channel not in (None, ALL):
            self.fetch(channel)
            channel = None
        change = {"form": form, "threshold": threshold, "channel": channel, "boxes": boxes}
        self.change(**{name: value for name, value in change.items() if value is not None})

    def still(self, width: float | int = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        state = self.widget.state
        channel = None if state["channel"] == ALL else self.facts["channels"][state["channel"]]
        return draw_residual(
            self.cue, self.selection, form=self.form, threshold=self.threshold, channel=channel, boxes=state["boxes"],
            width=width,
        )  # fmt: skip


def explore_residual(*frame_and_maps: Any, **options: Any) -> ResidualExplorer:
    """The residual F_T - F_A of one frame, linked to image and boxes: a click on a cell shows its channels.

    Binarised (as in the paper), as a magnitude or signed, above a threshold that a slider moves; its energy inside
    boxes and elsewhere, by distance; and what the student's spatial branch made of it, before and after distillation.

    Args:
        frame_and_maps: the first two arguments of `ResidualCue.of`.
        options: the others, such as ``before`` and ``aligned``.

    Raises:
        ValueError: maps that are missing, or do not fit each other.
        DataError: NaN features, or an impossible box.

    Example:
        ``explore_residual(frame, {"teacher": t.bev, "assistant": a.bev, "spatial": s.bev_spatial})``
    """
    return ResidualExplorer(ResidualCue.of(*frame_and_maps, **options))


# What a notebook's help shows: the arguments by name.
explore_residual.__signature__ = inspect.signature(ResidualCue.of)


def _words(found: Similarity | None) -> str:
    if found is None:
        return "the cue says the same everywhere"

    def beside(value: float, floor: float | None) -> str:
        shown = "none" if np.isnan(value) else f"{value:.2f}"
        return shown if floor is None else f"{shown} (floor {floor:.2f})"

    words = [f"CKA {beside(found.cka, found.cka_floor)}"]
    return ", ".join(words if found.cosine is None else [*words, f"cosine {beside(found.cosine, found.cosine_floor)}"])
