"""The 3D explorer: points, the boxes of labels and detectors, image and view from above, linked by the chosen box."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from monotakd.datasets.ply import write_ply
from monotakd.errors import require
from monotakd.scene import Frame
from monotakd.viz import style
from monotakd.viz.explorers.scene.camera import CLOSE, first_view
from monotakd.viz.explorers.scene.content import BoxNumbers, Results, Scene3D, visible_rows
from monotakd.viz.explorers.scene.files import coloured_scene, open_on_desktop
from monotakd.viz.explorers.scene.payload import pack_points, pack_scene
from monotakd.viz.explorers.scene.still import draw_scene
from monotakd.viz.explorers.scene.words import sentence_of
from monotakd.viz.explorers.shared.base import LinkedExplorer

COLOURS = ("height", "intensity", "distance")


class SceneExplorer(LinkedExplorer):
    """A frame in 3D; ends a cell. Made by `explore_scene`.

    Attributes:
        scene: what is shown.
    """

    scripts = ("scene/core.js", "scene/gl.js", "scene/view.js")
    view = "SceneView"

    def __init__(self, scene: Scene3D, min_score: float | int):
        self.scene = scene
        facts, payload = pack_scene(scene)
        super().__init__(facts, payload, {
            "view": first_view(), "close": CLOSE, "chosen": None, "min_score": min_score, "hidden": [],
            "cloud": facts["clouds"][0], "colour": "height", "image": True, "follow": False, "turn": False,
        })  # fmt: skip

    @property
    def title(self) -> str:
        """What is shown."""
        return f"frame {self.scene.frame.frame_id} in 3D"

    @property
    def alt(self) -> str:
        """The chosen box in a sentence, or how many boxes are shown."""
        if self.state["chosen"] is not None:
            name, row = self.state["chosen"]
            return sentence_of(name, row, self.scene.numbers(name, row))
        shown = [boxes for boxes in self.scene.sets if boxes.name not in self.state["hidden"]]
        counts = [f"{boxes.name} {len(visible_rows(boxes, self.state['min_score']))}" for boxes in shown]
        return f"no box chosen; shown: {', '.join(counts) or 'no boxes'}"

    @property
    def chosen(self) -> BoxNumbers | None:
        """The chosen box in numbers; None where none is chosen."""
        chosen = self.state["chosen"]
        return None if chosen is None else self.scene.numbers(*chosen)

    def choose(self, name: str | None, row: int = 0) -> BoxNumbers | None:
        """Chooses a box, as a click does.

        Args:
            name: of its set, such as ``"truth"``; None for no box.
            row: of the box in there.

        Raises:
            ValueError: no such box.
        """
        if name is not None:
            self.scene.numbers(name, row)  # raises where there is none
        self.change(chosen=None if name is None else [name, row])
        return self.chosen

    def show(
        self, *, min_score: float | int | None = None, only: tuple[str, ...] | None = None, cloud: str | None = None,
        colour: str | None = None, image: bool | None = None, follow: bool | None = None,
    ) -> None:  # fmt: skip
        """Moves the controls; what is not named stays.

        Args:
            min_score: detections with a lower score are not shown.
            only: names of the sets that are shown.
            cloud: ``"LiDAR"``, ``"predicted"``, ``"both"`` or ``"none"``, as far as there are any.
            colour: of the LiDAR points, one of `COLOURS`.
            image: whether the picture hangs before its camera.
            follow: whether the camera keeps to the chosen box.

        Raises:
            ValueError: no such set, cloud or colour.
        """
        clouds, change = self.facts["clouds"], {}
        require(cloud is None or cloud in clouds, f"cloud {cloud!r}, expected one of {clouds}")
        require(colour is None or colour in COLOURS, f"colour {colour!r}, expected one of {COLOURS}")
        require(min_score is None or 0 <= min_score <= 1, f"min_score {min_score}, expected 0..1")
        if only is not None:
            change["hidden"] = [boxes.name for boxes in self.scene.sets if boxes.name not in only]
            for name in only:
                self.scene.named(name)
        given = {"min_score": min_score, "cloud": cloud, "colour": colour, "image": image, "follow": follow}
        self.change(**change, **{name: value for name, value in given.items() if value is not None})

    def show_points(self, points: Float[np.ndarray, "N 4"]) -> None:
        """Shows other LiDAR points of the same frame, such as a sweep with fewer beams.

        Boxes, image and whatever is chosen stay; how many points lie in each box follows.

        Args:
            points: x y z intensity; metres in the LiDAR frame, intensity 0..1.
        """
        frame = dataclasses.replace(self.scene.frame, points=points)
        self.scene = dataclasses.replace(self.scene, frame=frame)
        self.send(*pack_points(self.scene))

    def still(self, width: float | int = 11.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        state = self.state
        view = dict(state["view"])
        if state["follow"] and self.chosen is not None:
            view |= {"target": list(self.chosen.centre), "distance": state["close"]}
        return draw_scene(self.scene, state, view, width=width)

    def save_ply(self, path: str | os.PathLike[str]) -> Path:
        """Writes the points and boxes that are shown for MeshLab, CloudCompare, Blender or open3d.

        The boxes are lines of points in the colours of their sets, which every viewer can show.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_ply(path, coloured_scene(self.scene, self.state))
        return path

    def open_on_desktop(self) -> None:
        """Opens what is shown in open3d's desktop viewer; returns when its window is closed.

        Raises:
            DataError: open3d is not installed, or there is no display.
        """
        open_on_desktop(self.scene, self.state)


def explore_scene(
    frame: Frame,
    detections: Results | Mapping[str, Results] | None = None,
    *,
    depth: Float[np.ndarray, "H W"] | None = None,
    labels: bool = True,
    min_score: float | int = 0.3,
) -> SceneExplorer:
    """A frame in 3D: drag to orbit, click a box for its numbers, follow it, switch points and detectors.

    The chosen box is marked in the image and from above too. With the 3D panel in focus: arrow keys orbit, ``+`` and
    ``-`` zoom, ``n`` and ``p`` go to the next and previous box, ``f`` follows it, ``t`` turns the scene.

    Args:
        frame: image and calibration; points and labels are shown where there are any.
        detections: of one detector, or of several by name. Instead of values also KITTI result files: the frame's, or a
            folder with one for each frame.
        depth: predicted metres along the camera's z axis for each pixel, 0 where unknown; shown as points.
        labels: show the frame's labels, as ``"truth"``.
        min_score: where the score slider stands at first.

    Raises:
        DataError: an impossible box, or a result file that is missing or damaged.
        ValueError: a depth map of another size than the image, or detections called "truth" beside labels.

    Example:
        ``explore_scene(frame, {"teacher": found, "student": "runs/student/results"})``
    """
    return SceneExplorer(Scene3D.of(frame, detections, depth=depth, labels=labels), min_score)
