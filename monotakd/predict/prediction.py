"""What a student says of photographs: a value to look at, and files to take along."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.patches import Rectangle

from monotakd import viz
from monotakd.datasets.kitti.conversion import labels_from_detections
from monotakd.datasets.kitti.files import write_text
from monotakd.datasets.kitti.labels import KittiLabels, write_labels
from monotakd.datasets.ply import ColouredPoints, write_ply
from monotakd.predict.predicted_depth import coloured_points
from monotakd.predict.view import View
from monotakd.scene import Detections, Frame, VoxelGrid
from monotakd.viz import style

MIN_SCORE = 0.15
"""Detections with a lower score are in the files and not in the pictures."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a student says of one photograph. In a notebook it shows itself as its picture.

    Attributes:
        source: where the photograph came from.
        photo: the upright photograph with its calibration.
        view: what the network was shown of it.
        detections: boxes in the LiDAR frame.
        depth: (H, W) metres along the camera's z axis for each pixel of the view; 0 where nothing is known.
        grid: the space that the network looks at.
        words: what can be believed, in sentences.
    """

    source: str
    photo: Frame
    view: View
    detections: Detections
    depth: Float[np.ndarray, "H W"]
    grid: VoxelGrid
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the photograph, without folder and ending."""
        return self.photo.frame_id

    def labels(self) -> KittiLabels:
        """The detections as KITTI rows, in the photograph's pixels."""
        return labels_from_detections(self.detections, self.photo.calibration)

    def points(self) -> ColouredPoints:
        """The predicted depth as a point cloud in the LiDAR frame, with the photograph's colours."""
        return coloured_points(self.view.frame, self.depth, self.grid)

    def draw(self, *, min_score: float | int = MIN_SCORE, width: float | int = style.WIDTH) -> viz.style.Picture:
        """The photograph with the detected boxes; a dashed line around what the network saw, where that is a part."""
        shown = int((self.detections.scores >= min_score).sum())
        hidden = len(self.detections) - shown
        title = self.name + (f" ({hidden} of score below {min_score:g} not drawn)" if hidden else "")
        picture = viz.draw_image(
            self.photo, {"student": self.detections}, min_score=min_score, title=title, width=width
        )
        if not self.view.is_whole:
            left, top, across, down = self.view.window
            outline = {"fill": False, "linestyle": (0, (4, 3)), "linewidth": 1.4, "zorder": 4}
            picture.axes[0].add_patch(Rectangle((left - 0.5, top - 0.5), across, down, edgecolor="white", **outline))
        return picture

    def draw_depth(self, *, width: float | int = style.WIDTH) -> viz.style.Picture:
        """The predicted depth of every pixel that the network saw."""
        return viz.draw_depth(self.view.frame, self.depth, title=f"{self.name}: predicted depth", width=width)

    def _repr_png_(self) -> bytes:
        return self.draw().png()

    def to_json(self) -> dict[str, Any]:
        """Camera, window, sentences and detections as plain JSON values."""
        rows, camera = self.labels(), self.photo.calibration
        (fx, fy), (cx, cy) = camera.focal, camera.principal_point
        return {
            "image": self.source,
            "width": camera.image_size[1],
            "height": camera.image_size[0],
            "camera": {"fx": fx, "fy": fy, "cx": cx, "cy": cy, "cam_from_lidar": camera.cam_from_lidar.tolist()},
            "network_saw": dict(zip(("left", "top", "width", "height"), self.view.window, strict=True)),
            "words": list(self.words),
            "frames": {"box": "LiDAR: x forward, y left, z up, metres; yaw about +z, radians; x y z is the centre"},
            "detections": [
                {
                    "class": self.detections.boxes.names[k],
                    "score": float(self.detections.scores[k]),
                    "box": dict(zip(("x", "y", "z", "l", "w", "h", "yaw"), box.tolist(), strict=True)),
                    "distance": float(np.hypot(*box[:2])),
                    "image_box": rows.boxes_2d[k].tolist(),
                }
                for k, box in enumerate(self.detections.boxes.values)
            ],
        }

    def save(self, out: str | os.PathLike[str], *, min_score: float | int = MIN_SCORE) -> None:
        """Writes ``drawn/NAME.png``, ``depth/NAME.png``, ``labels/NAME.txt``, ``json/NAME.json``, ``points/NAME.ply``.

        Args:
            out: folder; made where it is missing.
            min_score: of the picture; the other files hold all detections.
        """
        out = Path(out)
        viz.save(self.draw(min_score=min_score), out / "drawn" / f"{self.name}.png")
        viz.save(self.draw_depth(), out / "depth" / f"{self.name}.png")
        self.save_labels(out)
        write_text(out / "json" / f"{self.name}.json", json.dumps(self.to_json(), indent=1) + "\n")
        write_ply(out / "points" / f"{self.name}.ply", self.points())

    def save_labels(self, out: str | os.PathLike[str]) -> None:
        """Writes ``labels/NAME.txt`` alone: what `monotakd evaluate` and KITTI's server read."""
        write_labels(Path(out) / "labels" / f"{self.name}.txt", self.labels())


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a student says of several photographs.

    Attributes:
        network: which student.
        items: one per photograph, in the order of the photographs.
    """

    network: str
    items: tuple[Prediction, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.items)

    def __getitem__(self, name: int | str) -> Prediction:
        """By number or by the photograph's name."""
        if isinstance(name, int):
            return self.items[name]
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(f"no photograph called {name!r}; there are {', '.join(item.name for item in self.items[:8])}")

    @property
    def words(self) -> tuple[str, ...]:
        """What can be believed, each sentence once."""
        return tuple(dict.fromkeys(sentence for item in self.items for sentence in item.words))

    def save(self, out: str | os.PathLike[str], *, min_score: float | int = MIN_SCORE) -> None:
        """Writes the files of every photograph, see `Prediction.save`."""
        for item in self.items:
            item.save(out, min_score=min_score)

    def _repr_png_(self) -> bytes | None:
        return self.items[0]._repr_png_() if self.items else None
