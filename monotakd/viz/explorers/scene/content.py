"""What the 3D explorer knows of a frame: points, boxes by name, and the numbers of every box."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from monotakd.datasets.kitti.conversion import detections_from_labels
from monotakd.datasets.kitti.labels import DONT_CARE, read_labels
from monotakd.errors import DataError, require
from monotakd.geometry.boxes import points_in_boxes_mask
from monotakd.geometry.frames import lift_to_lidar, pixel_centres, project_lidar
from monotakd.geometry.rotated_iou import all_pairs_iou
from monotakd.scene import Calibration, Detections, Frame
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets

TRUTH = "truth"
FARTHEST = 100.0
"""Predicted depth beyond this is not made into points, metres."""

Results = Drawable | str | os.PathLike[str]
"""Boxes, or where their KITTI result files lie."""


@dataclass(frozen=True)
class Match:
    """The box of another set that overlaps one best.

    Attributes:
        set: the other set's name.
        row: of the box in there.
        name: its class.
        score: its confidence, or None.
        volume: 3D IoU.
        bev: IoU from above; it chooses the partner where no volume is shared.
        nearer: how much nearer to the camera than the partner the box is, along the camera's z axis, metres.
    """

    set: str
    row: int
    name: str
    score: float | None
    volume: float
    bev: float
    nearer: float


@dataclass(frozen=True)
class BoxNumbers:
    """One box in numbers.

    Attributes:
        name: its class.
        score: its confidence, or None.
        centre: x y z, metres.
        size: length, width, height, metres.
        yaw: about +z, radians.
        distance: of the centre from the camera, along its z axis, metres.
        points: LiDAR points inside; None where the frame has no sweep.
        matches: the best partner in each other set that it is compared with: a detection with the truth, the truth
            with every detector; a set without any overlap is left out.
    """

    name: str
    score: float | None
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float
    distance: float
    points: int | None
    matches: tuple[Match, ...]


@dataclass(frozen=True, eq=False)
class Scene3D:
    """One frame with the boxes of the labels and of any number of detectors.

    Attributes:
        frame: image, calibration and, where there is one, the sweep.
        sets: the boxes by name; the truth, where known, is first.
        cloud: (N, 3) points of the predicted depth in the LiDAR frame, metres, or None.
        cloud_colours: (N, 3) their RGB, the photograph's.
    """

    frame: Frame
    sets: tuple[BoxSet, ...]
    cloud: Float32[np.ndarray, "N 3"] | None = None
    cloud_colours: UInt8[np.ndarray, "N 3"] | None = None

    @classmethod
    def of(
        cls,
        frame: Frame,
        detections: Results | Mapping[str, Results] | None = None,
        *,
        depth: Float[np.ndarray, "H W"] | None = None,
        labels: bool = True,
    ) -> Scene3D:
        """Collects what is to be seen; for the arguments see `explore_scene`.

        Raises:
            DataError: an impossible box, or a result file that is missing or damaged.
            ValueError: a depth map of another size than the image, or detections called "truth" beside labels.
        """
        named: dict[str, Drawable] = {TRUTH: frame.annotations} if labels and frame.annotations is not None else {}
        given = {} if detections is None else detections
        given = given if isinstance(given, Mapping) else {_own_name(given): given}
        for name, value in given.items():
            require(name not in named, f"detections called {name!r}: the frame's labels have that name already")
            named[name] = _read(value, frame) if isinstance(value, str | os.PathLike) else value
        return cls(frame, tuple(box_sets(frame, named)), *_lifted(frame, depth))

    def named(self, name: str) -> BoxSet:
        """One set of boxes.

        Raises:
            ValueError: no such set.
        """
        for boxes in self.sets:
            if boxes.name == name:
                return boxes
        raise ValueError(f"no boxes called {name!r}; there are {', '.join(s.name for s in self.sets) or 'none'}")

    def numbers(self, name: str, row: int) -> BoxNumbers:
        """One box in numbers.

        Args:
            name: of its set.
            row: in there.

        Raises:
            ValueError: no such box.
        """
        boxes = self.named(name)
        require(0 <= row < len(boxes), f"box {row} of {len(boxes)} in {name!r} (0..{len(boxes) - 1})")
        values = boxes.boxes.values[row].astype(np.float64)
        inside = None
        if self.frame.points is not None:
            inside = int(points_in_boxes_mask(self.frame.points, values[None]).sum())
        others = [other for other in self.sets if other is not boxes and TRUTH in (name, other.name)]
        matches = (_best(boxes, row, other, self.frame.calibration) for other in others)
        return BoxNumbers(
            name=boxes.boxes.names[row],
            score=None if boxes.scores is None else float(boxes.scores[row]),
            centre=tuple(values[:3].tolist()),
            size=tuple(values[3:6].tolist()),
            yaw=float(values[6]),
            distance=float(_depths(boxes, self.frame.calibration)[row]),
            points=inside,
            matches=tuple(match for match in matches if match is not None),
        )


def _own_name(value: Results) -> str:
    return Path(value).name if isinstance(value, str | os.PathLike) else "detections"


def _read(path: str | os.PathLike[str], frame: Frame) -> Detections:
    """The frame's result file, or that of a folder of result files."""
    path = Path(path)
    if path.is_dir():
        path = path / f"{frame.frame_id}.txt"
    rows = read_labels(path, scores=True, fix="Name a folder with one result file per frame, such as 000008.txt")
    return detections_from_labels(rows[np.array([n != DONT_CARE for n in rows.names], dtype=bool)], frame.calibration)


def _lifted(frame: Frame, depth: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The pixels of a depth map as coloured points."""
    if depth is None:
        return None, None
    size = frame.image.shape[:2]
    require(depth.shape == size, f"a depth map of {depth.shape} pixels, expected the image's {size} (height, width)")
    wrong = np.argwhere(~np.isfinite(depth))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"predicted depth of frame {frame.frame_id}", f"{depth[row, column]}", "metres, 0 where unknown",
            place=f"pixel row {row}, column {column}",
        )  # fmt: skip
    known = (depth > 0) & (depth < FARTHEST)
    points = lift_to_lidar(frame.calibration, pixel_centres(size)[known], depth[known].astype(np.float64))
    return points.astype(np.float32), frame.image[known]


def _depths(boxes: BoxSet, calibration: Calibration) -> Float[np.ndarray, " N"]:
    return project_lidar(calibration, boxes.boxes.centres.astype(np.float64))[1]


def _best(boxes: BoxSet, row: int, others: BoxSet, calibration: Calibration) -> Match | None:
    if not len(others):
        return None
    bev, volume = all_pairs_iou(boxes.boxes.values[row : row + 1], others.boxes.values)
    best = int(np.lexsort((bev[0], volume[0]))[-1])
    if bev[0, best] == 0:
        return None
    nearer = _depths(others, calibration)[best] - _depths(boxes, calibration)[row]
    score = None if others.scores is None else float(others.scores[best])
    name = others.boxes.names[best]
    return Match(others.name, best, name, score, float(volume[0, best]), float(bev[0, best]), float(nearer))


def visible_rows(boxes: BoxSet, min_score: float | int) -> Int[np.ndarray, " M"]:
    """The rows of a set that a score threshold leaves; boxes without scores always stay."""
    if boxes.scores is None:
        return np.arange(len(boxes))
    return np.flatnonzero(np.asarray(boxes.scores) >= min_score)
