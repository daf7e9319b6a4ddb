"""The 3D explorer as one picture: what its views show in a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from monotakd.scene import Frame
from monotakd.viz import palette, style
from monotakd.viz.bev import REGION, draw_bev, draw_box_outlines
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.explorers.scene.camera import eye_of
from monotakd.viz.explorers.scene.content import Scene3D, visible_rows
from monotakd.viz.explorers.scene.words import table_of
from monotakd.viz.image import draw_boxes_on, image_axes
from monotakd.viz.still import still_scene3d

CHOSEN = 3.0
"""Width of the chosen box's outline, points."""


def draw_scene(
    scene: Scene3D, state: dict[str, Any], view: dict[str, Any], *, width: float | int = 11.0
) -> style.Picture:
    """The scene, the image, the view from above and the chosen box's numbers.

    Args:
        scene: the frame and its boxes.
        state: what the explorer shows.
        view: where it looks from, see `camera`.
        width: of the picture, inches.
    """
    frame, strip, gap = scene.frame, style.strip(), 0.15
    side = 0.32 * width
    main = width - side - gap
    (near, far), (right, left) = REGION
    heights = main / 1.8, main * frame.image.shape[0] / frame.image.shape[1], side * (far - near) / (left - right)
    total = 2 * strip + heights[0] + heights[1] + 0.1
    picture = style.new_picture(width, total)

    def place(across: float | int, down: float | int, wide: float, high: float) -> tuple[float, float, float, float]:
        return across / width, 1 - (down + high) / total, wide / width, high / total

    shown = [_kept(boxes, state) for boxes in scene.sets if boxes.name not in state["hidden"]]
    named = {boxes.name: boxes.boxes for boxes in shown}
    space = picture.add_axes(place(0, strip, main, heights[0]))
    still_scene3d(
        _seen(scene, state["cloud"]), named, axes=space, title=f"frame {frame.frame_id} in 3D", eye=eye_of(view),
        target=tuple(view["target"]), colour_by=_COLOUR[state["colour"]], image=state["image"],
    )  # fmt: skip
    image = picture.add_axes(place(0, 2 * strip + heights[0], main, heights[1]))
    image_axes(frame, frame.image, axes=image, width=main, title="")
    draw_boxes_on(image, frame, shown, labels=False, legend=False)
    above = picture.add_axes(place(main + gap, strip, side, heights[2]))
    draw_bev(_seen(scene, state["cloud"]), named, title="", axes=above)
    above.get_legend().remove() if above.get_legend() else None
    style.bare(above)
    above.set(xlabel="", ylabel="")
    if state["chosen"] is not None:
        name, row = state["chosen"]
        chosen = _only(scene.named(name), row)
        draw_boxes_on(image, frame, [chosen], labels=True, legend=False)
        draw_box_outlines(above, replace(chosen, colour=palette.INK), zorder=20)
        draw_box_outlines(above, chosen, zorder=21)
        _write(picture, table_of(scene.numbers(name, row)), (main + gap) / width, 1 - (2 * strip + heights[2]) / total)
    return picture


_COLOUR = {"height": "height", "intensity": "intensity", "distance": "depth"}


def _kept(boxes: BoxSet, state: dict[str, Any]) -> BoxSet:
    return _rows(boxes, visible_rows(boxes, state["min_score"]))


def _only(boxes: BoxSet, row: int) -> BoxSet:
    return _rows(boxes, np.array([row]))


def _rows(boxes: BoxSet, rows: np.ndarray) -> BoxSet:
    scores = None if boxes.scores is None else np.asarray(boxes.scores)[rows]
    return replace(boxes, boxes=boxes.boxes[rows], scores=scores, boxes_2d=None)


def _seen(scene: Scene3D, cloud: str) -> Frame:
    """The frame with the points that are shown."""
    parts = []
    if cloud in ("LiDAR", "both") and scene.frame.points is not None:
        parts.append(np.asarray(scene.frame.points, dtype=np.float64))
    if cloud in ("predicted", "both") and scene.cloud is not None:
        parts.append(np.column_stack([scene.cloud, np.full(len(scene.cloud), 0.5)]).astype(np.float64))
    nothing = np.array([[1000.0, 0.0, 0.0, 0.0]])  # the pictures want a point; this one lies outside them
    return replace(scene.frame, points=np.concatenate(parts) if parts else nothing)


def _write(picture: style.Picture, rows: Sequence[tuple[str, str]], left: float, top: float) -> None:
    down = 1.5 * style.size("text") / 72 / picture.get_figheight()
    for number, (name, value) in enumerate(rows):
        height = top - number * down
        picture.text(left, height, name, fontsize=style.size("text"), color=palette.MUTED, va="top")
        picture.text(
            left + 1.5 * style.size("text") / 9 / picture.get_figwidth(),
            height,
            value,
            fontsize=style.size("text"),
            color=palette.INK,
            va="top",
        )
