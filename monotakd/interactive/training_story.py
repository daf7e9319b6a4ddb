"""Trainings as stories: of a run's folder, also while it is going on, or of the thinned log of a stored model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monotakd import checkpoints
from monotakd.engine.log import NAME as LOG
from monotakd.engine.log import read_steps
from monotakd.engine.snapshots import Snapshot, read_snapshots
from monotakd.scene import BevGrid
from monotakd.viz.explorers.training.story import Curve, Look, TrainingStory
from monotakd.viz.live import LivePicture

_COURSE = ("total", "learning_rate", "gradient_norm")


def story_of_run(folder: str | os.PathLike[str]) -> TrainingStory:
    """The story of a run so far, from its log and, where a watch looked at it, its snapshots.

    Args:
        folder: of the run, as `engine.train.fit` leaves it; the run may still be going.

    Raises:
        DataError: there is no log, or a file is damaged.
        ValueError: the log holds no steps yet.
    """
    folder = Path(folder)
    steps = read_steps(folder / LOG)
    looks = read_snapshots(folder)
    gradients = {record["step"]: record["gradient_norms"] for record in steps if "gradient_norms" in record}
    panels = _course(steps) | _measured(looks) if steps else {}
    seen = {step: look for step, look in looks.items() if "map" in look.arrays}
    first = next(iter(seen.values()), None)
    return TrainingStory(
        name=folder.name,
        panels=panels,
        gradients=gradients,
        looks=tuple(_look(step, look) for step, look in seen.items()),
        grid=None if first is None else _grid(first.arrays),
        truth=np.zeros((0, 7)) if first is None else first.arrays["truth"],
    )


def story_of_stored(name: str) -> TrainingStory:
    """The story of a stored model: its thinned log, without looks and gradients.

    Args:
        name: one of `checkpoints.NAMES`.

    Raises:
        DataError: no such model.
    """
    kept = checkpoints.facts(name)["log"]
    records = [
        {
            "step": step,
            "terms": {term: values[i] for term, values in kept["terms"].items()},
            "total": kept["total"][i],
            "learning_rate": kept["learning_rate"][i],
        }
        for i, step in enumerate(kept["steps"])
    ]
    return TrainingStory(name=name, panels=_course(records))


def live_story(folder: str | os.PathLike[str], **options: Any) -> LivePicture:
    """A picture of a run's story that is drawn again while it trains.

    Args:
        folder: where the run writes.
        options: of `viz.live.LivePicture`.

    Example:
        ``with live_story(folder) as live: fit(task, frames, settings, folder, run=run, watch=watch, on_step=live)``
    """
    from monotakd.viz.explorers.training.still import draw_story

    return LivePicture(lambda _: draw_story(story_of_run(folder)), **options)


def _course(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Curve]]:
    """One panel per loss term that is ever above 0, after the total, the rate and the gradient."""
    panels = {}
    for key in _COURSE:
        points = [(record["step"], record[key]) for record in records if key in record]
        if points:
            panels[key.replace("_", " ")] = {"": Curve.of(points)}
    for term in records[0]["terms"]:
        points = [(record["step"], record["terms"][term]) for record in records]
        if any(value for _, value in points):
            panels[term.replace("_", " ")] = {"": Curve.of(points)}
    return panels


def _measured(looks: Mapping[int, Snapshot]) -> dict[str, dict[str, Curve]]:
    """One panel per kind of number, one curve per set of frames: names are ``"<set>: <kind>"``."""
    points: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for step, look in looks.items():
        for name, value in look.numbers.items():
            group, _, kind = name.rpartition(": ")
            points.setdefault(kind, {}).setdefault(group, []).append((step, value))
    return {kind: {group: Curve.of(found) for group, found in groups.items()} for kind, groups in points.items()}


def _look(step: int, look: Snapshot) -> Look:
    arrays = look.arrays
    return Look(step, arrays["map"].astype(np.float32), arrays["boxes"], arrays["scores"])


def _grid(arrays: Mapping[str, np.ndarray]) -> BevGrid:
    (lower, upper), (rows, columns) = arrays["limits"], arrays["map"].shape
    cell = (upper - lower) / (columns, rows)
    return BevGrid(tuple(lower.tolist()), tuple(upper.tolist()), tuple(cell.tolist()))
