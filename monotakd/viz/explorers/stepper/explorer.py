"""The AP stepper: keep one detection more at each step, see what each counts as, and watch the curve grow."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.labels import DONT_CARE, KittiLabels
from monotakd.errors import require
from monotakd.geometry.boxes import box_corners, lidar_from_camera_boxes
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import DIFFICULTIES, LEVELS, METRICS
from monotakd.metrics.steps import Step, Walk, walk
from monotakd.scene import Frame
from monotakd.viz import palette, style
from monotakd.viz.explorers.shared.base import LinkedExplorer
from monotakd.viz.explorers.shared.packing import image_facts

MOST = 60
"""Detections that can be stepped through; more is no longer a matter of steps."""

STATUSES: dict[str, tuple[str, str]] = {
    "hit": ("✓", palette.ROLES["truth"]),
    "false alarm": ("✗", palette.OTHERS[1]),
    "ignored": ("○", palette.MUTED),
    "suppressed by DontCare": ("▨", palette.OTHERS[3]),
    "other class": ("–", palette.MUTED),
    "below the score cut": ("·", palette.HAIRLINE),
    "missed": ("!", palette.ROLES["student"]),
}
"""What an object counts as: its sign, so that nobody depends on the colour, and its colour."""

# Any rigid camera will do: only shapes and places relative to it are drawn.
_LIDAR_FROM_CAM = np.array([[0, 0, 1.0, 0], [-1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1.0]])


class StepperExplorer(LinkedExplorer):
    """Detections in order of score; ends a cell. Made by `step_through`.

    Attributes:
        evaluation: of the detections, with its trace.
        name: the class that is scored.
    """

    scripts = ("stepper/core.js", "stepper/view.js")
    view = "StepperView"

    def __init__(self, evaluation: Evaluation, name: str, facts: dict[str, Any], state: dict[str, Any]):
        self.evaluation, self.name = evaluation, name
        super().__init__(facts, b"", state)

    @property
    def title(self) -> str:
        """What is stepped through."""
        return f"average precision step by step, {self.name}"

    @property
    def walk(self) -> Walk:
        """The steps for the metric, difficulty and level that are shown."""
        state = self.state
        return walk(self.evaluation, self.name, state["metric"], state["difficulty"], state["level"])

    @property
    def alt(self) -> str:
        """The step in words."""
        return self._shown["steps"][self.state["step"]]["words"]

    @property
    def _shown(self) -> dict[str, Any]:
        state = self.state
        return self.facts["walks"][f"{state['metric']}|{state['difficulty']}|{state['level']}"]

    def show(
        self, *, step: int | None = None, metric: str | None = None, difficulty: str | None = None,
        level: str | None = None,
    ) -> None:  # fmt: skip
        """Moves the controls; what is not named stays.

        Args:
            step: 0 before the first detection; the last one keeps them all.
            metric: ``"bbox"``, ``"bev"`` or ``"3d"``.
            difficulty: ``"easy"``, ``"moderate"`` or ``"hard"``.
            level: ``"strict"`` or ``"loose"``.

        Raises:
            ValueError: no such step, metric, difficulty or level.
        """
        last = len(self._shown["steps"]) - 1
        names = {"metric": METRICS, "difficulty": tuple(d.name for d in DIFFICULTIES), "level": LEVELS}
        given = {"metric": metric, "difficulty": difficulty, "level": level}
        for key, value in given.items():
            require(value is None or value in names[key], f"{key} {value!r}, expected one of {names[key]}")
        require(step is None or 0 <= step <= last, f"step {step}, expected 0..{last}")
        self.change(**{key: value for key, value in {"step": step, **given}.items() if value is not None})

    def still(self, width: float | int = 11.0) -> style.Picture:
        """The step as a picture, for pages without a kernel."""
        from monotakd.viz.explorers.stepper.still import draw_step

        return draw_step(self.facts, self._shown, self.state, width=width)


def step_through(
    labels: KittiLabels | Sequence[KittiLabels],
    detections: KittiLabels | Sequence[KittiLabels],
    *,
    name: str = "Car",
    metric: str = "3d",
    difficulty: str = "moderate",
    level: str = "strict",
    step: int = 0,
    frames: Sequence[Frame] | None = None,
    image_size: tuple[int, int] = (375, 1242),
) -> StepperExplorer:
    """Average precision one detection at a time: what it counts as and why, the curve so far, AP at the end.

    Args:
        labels: of one frame, or of several.
        detections: of the same; at most `MOST` together.
        name: the class that is scored.
        metric: what is shown first: ``"bbox"``, ``"bev"`` or ``"3d"``.
        difficulty: and which difficulty.
        level: and which overlap level.
        step: where to begin.
        frames: their images are drawn under the boxes; a plain ground without.
        image_size: (height, width) in pixels, where there are no images.

    Raises:
        ValueError: too many detections, none at all, or sequences of different lengths.
        DataError: a detection without a score.
    """
    truth = [labels] if isinstance(labels, KittiLabels) else list(labels)
    found = [detections] if isinstance(detections, KittiLabels) else list(detections)
    count = sum(map(len, found))
    require(
        0 < count <= MOST,
        f"{count} detections, expected 1 to {MOST}: more are no longer steps; use metrics.kitti.evaluate(...).curve",
    )
    require(frames is None or len(frames) == len(truth), f"{len(frames or ())} frames for {len(truth)} labels")
    ids = None if frames is None else [frame.frame_id for frame in frames]
    evaluation = evaluate(truth, found, classes=[name], trace=True, frame_ids=ids, workers=1)
    facts = {
        "name": name,
        "frames": [
            _frame(evaluation.trace.table.frame_ids[f], *pair, image_size if frames is None else None,
                   None if frames is None else frames[f])
            for f, pair in enumerate(zip(truth, found, strict=True))
        ],
        "walks": {
            "|".join(key): _walk(walk(evaluation, name, *key))
            for key in itertools.product(METRICS, [d.name for d in DIFFICULTIES], LEVELS)
        },
        "statuses": {status: {"sign": sign, "colour": colour} for status, (sign, colour) in STATUSES.items()},
        "metrics": list(METRICS), "difficulties": [d.name for d in DIFFICULTIES], "levels": list(LEVELS),
        "colours": {"ink": palette.INK, "muted": palette.MUTED, "hairline": palette.HAIRLINE,
                    "ground": palette.GROUND, "curve": palette.ROLES["teacher"], "read": palette.ROLES["student"]},
    }  # fmt: skip
    state = {"step": 0, "metric": metric, "difficulty": difficulty, "level": level}
    explorer = StepperExplorer(evaluation, name, facts, state)
    explorer.show(step=step, metric=metric, difficulty=difficulty, level=level)
    return explorer


def _frame(
    frame_id: str, truth: KittiLabels, found: KittiLabels, size: tuple[int, int] | None, frame: Frame | None
) -> dict[str, Any]:
    picture = {"png": None, "size": list(size)} if frame is None else image_facts(frame.image)
    return {"id": frame_id, "image": picture, "truths": _objects(truth), "detections": _objects(found)}


def _objects(labels: KittiLabels) -> list[dict[str, Any]]:
    camera_boxes = np.concatenate([labels.locations, labels.dimensions, labels.rotation_y[:, None]], axis=1)
    corners = _corners(np.asarray(camera_boxes, dtype=np.float64))
    return [
        {
            "name": name,
            "score": None if labels.scores is None else float(labels.scores[row]),
            "box": labels.boxes_2d[row].round(2).tolist(),
            "ground": None if name == DONT_CARE else corners[row].round(3).tolist(),
        }
        for row, name in enumerate(labels.names)
    ]


def _corners(camera_boxes: Float[np.ndarray, "N 7"]) -> Float[np.ndarray, "N 4 2"]:
    """Corners from above, x ahead and y to the left of the camera, metres."""
    return box_corners(lidar_from_camera_boxes(camera_boxes, _LIDAR_FROM_CAM))[:, :4, :2]


def _walk(found: Walk) -> dict[str, Any]:
    curve = found.curve
    steps = [_before(curve.n_truth, found)] + [_step(step) for step in found.steps]
    last = steps[-1]
    ap = curve.average_precision()
    last["words"] += f". All are kept: AP R40 is {ap:.2f}"
    return {"n_truth": curve.n_truth, "ap": ap, "envelope": curve.interpolated.tolist(), "steps": steps}


def _before(n_truth: int, found: Walk) -> dict[str, Any]:
    """Nothing is kept yet."""
    first = _statuses(found.steps[0])
    detections = dict.fromkeys(first["detections"], "below the score cut")
    truths = {key: s if s in ("ignored", "other class") else "missed" for key, s in first["truths"].items()}
    return {
        "score": None, "added": [], "recall": 0.0, "precision": 0.0, "hits": 0, "false_alarms": 0, "missed": n_truth,
        "positions": [], "detections": detections, "truths": truths, "why": "",
        "words": f"no detection kept; {n_truth} truths to be found",
    }  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    fates = step.fates
    why = "; ".join(f"{fate.name} {fate.score:.2f}: {fate.status}: {fate.reason}" for fate in step.added)
    for fate in step.changed:
        why += f"; now {fate.name} {fate.score:.2f} is a {fate.status}: {fate.reason}"
    counts = {"hit": fates.hits, "false alarm": fates.false_alarms}
    hits, alarms = (f"{count} {word}{'s' * (count != 1)}" for word, count in counts.items())
    share = f"precision {step.precision:.2f}, recall {step.recall:.2f}"
    read = f"; precision is read for position {', '.join(map(str, step.positions))}" if step.positions else ""
    return {
        "score": step.score, "added": [[fate.frame, fate.row] for fate in step.added],
        "recall": step.recall, "precision": step.precision, "hits": fates.hits, "false_alarms": fates.false_alarms,
        "missed": fates.missed, "positions": list(step.positions), **_statuses(step), "why": why,
        "words": f"{why}. {hits}, {alarms}, {fates.missed} missed: {share}{read}",
    }  # fmt: skip


def _statuses(step: Step) -> Mapping[str, dict[str, str]]:
    """What every object counts as, by ``"frame|row"``; what is not kept yet, whatever its class, is not shown yet."""
    cut = "below the score cut"
    kept = {f"{fate.frame}|{fate.row}": fate.status if fate.score >= step.score else cut
            for fate in step.fates.detections}  # fmt: skip
    return {"detections": kept, "truths": {f"{fate.frame}|{fate.row}": fate.status for fate in step.fates.truths}}
