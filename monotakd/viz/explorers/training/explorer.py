"""The training monitor: curves, gradients and a film strip of looks, with one scrubber for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from monotakd.errors import require
from monotakd.geometry.boxes import box_corners
from monotakd.viz import palette, style
from monotakd.viz.explorers.shared.base import LinkedExplorer
from monotakd.viz.explorers.shared.packing import ByteStore, colour_table, grid_facts, number
from monotakd.viz.explorers.training.still import draw_story, in_strip, is_logarithmic
from monotakd.viz.explorers.training.story import Curve, Look, TrainingStory

MOST_POINTS = 400
"""Of a curve that is sent to the browser; longer ones are thinned."""


class TrainingMonitor(LinkedExplorer):
    """A training with a scrubber; ends a cell. Made by `explore_training`.

    Attributes:
        story: what is shown.
    """

    scripts = ("training/view.js",)
    view = "TrainingMonitorView"

    def __init__(self, story: TrainingStory):
        self.story = story
        facts, payload = pack_story(story)
        super().__init__(facts, payload, {"step": story.last})

    @property
    def title(self) -> str:
        """Names the run."""
        return f"training of {self.story.name}"

    @property
    def step(self) -> int:
        """The step that is shown."""
        return self.widget.state["step"]

    @property
    def alt(self) -> str:
        """The training at this step."""
        return self.story.words(self.step)

    def scrub(self, step: int) -> None:
        """Goes to a step.

        Raises:
            ValueError: a step that the training does not have.
        """
        require(0 <= step <= self.story.last, f"step {step}, expected 0..{self.story.last}")
        self.change(step=step)

    def follow(self, story: TrainingStory) -> None:
        """Shows another story, such as that of the same run some steps later, and goes to its end."""
        self.story = story
        self.send(*pack_story(story))
        self.change(step=story.last)

    def still(self, width: float | int = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        return draw_story(self.story, self.step, width=width)


def explore_training(story: TrainingStory) -> TrainingMonitor:
    """Loss terms, gradients, depth accuracy, AP and looks at one frame over a training, linked by one scrubber.

    A click on a curve or on a picture of the film strip goes there; arrow keys move step by step.

    Args:
        story: of `interactive.training_story.story_of_run` or ``story_of_stored`` beside it.

    Example:
        ``explore_training(story_of_stored("student_monotakd"))``
    """
    return TrainingMonitor(story)


def pack_story(story: TrainingStory) -> tuple[dict[str, Any], bytes]:
    """A training's facts as JSON values, and its looks as bytes between 0 and the brightest value of all."""
    store = ByteStore()
    facts = {
        "name": story.name,
        "last": story.last,
        "panels": [{"name": name, **_panel(name, curves)} for name, curves in story.panels.items()],
        "gradients": [{"step": step, **_gradients(norms)} for step, norms in sorted(story.gradients.items())],
        "grid": None if story.grid is None else grid_facts(story.grid),
        "truth": _corners(story.truth),
        "looks": [_look(story, look, store) for look in story.looks],
        "strip": [look.step for look in in_strip(story)],
        "colours": {
            "features": colour_table(palette.FEATURES), "ink": palette.INK, "muted": palette.MUTED,
            "hairline": palette.HAIRLINE, "truth": palette.ROLES["truth"], "student": palette.ROLES["student"],
            "curve": palette.ROLES["teacher"],
        },
    }  # fmt: skip
    return facts, store.payload()


def _panel(name: str, curves: dict[str, Curve]) -> dict[str, Any]:
    values = np.concatenate([curve.values[np.isfinite(curve.values)] for curve in curves.values()])
    colours = palette.colours_for(curves) if len(curves) > 1 else dict.fromkeys(curves, palette.ROLES["teacher"])
    return {
        "logarithmic": is_logarithmic(values) and name != "learning rate",
        "range": [number(values.min(initial=0.0)), number(values.max(initial=0.0) or 1.0)],
        "least": number(values[values > 0].min(initial=1.0)),
        "curves": [{"name": label, "colour": colours[label], **_curve(curve)} for label, curve in curves.items()],
    }


def _curve(curve: Curve) -> dict[str, Any]:
    count = len(curve.steps)
    kept = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
    values = [number(float(f"{value:.5g}")) for value in curve.values[kept].tolist()]
    return {"steps": curve.steps[kept].tolist(), "values": values}


def _gradients(norms: dict[str, dict[str, float]]) -> dict[str, Any]:
    groups = list(next(iter(norms.values())))
    values = [[number(float(f"{row[group]:.4g}")) for group in groups] for row in norms.values()]
    return {"terms": [term.replace("_", " ") for term in norms], "groups": groups, "values": values}


def _look(story: TrainingStory, look: Look, store: ByteStore) -> dict[str, Any]:
    codes = np.round(255 * np.clip(look.map / story.brightest, 0, 1)).astype(np.uint8)
    return {"step": look.step, "codes": store.add(codes), "ground": _corners(look.boxes)}


def _corners(boxes: np.ndarray) -> list[list[list[float]]]:
    return box_corners(boxes.astype(np.float64))[:, :4, :2].round(2).tolist()
