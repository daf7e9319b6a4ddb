"""Augmentation: pure functions from scene values and a random generator to scene values.

The teacher's LiDAR frames can be mirrored, turned, scaled and filled with objects of other frames. The student's frames
can only be mirrored: a camera image shows one calibration, and turning the world would tear the two apart.

Source: SECOND (Sensors 2018, section 3.3); numbers as in the released teacher's configuration.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from monotakd.geometry.boxes import flip_boxes, points_in_boxes_mask, wrap_angle
from monotakd.geometry.frames import flip_calibration
from monotakd.geometry.rotated_iou import all_pairs_iou
from monotakd.scene import Annotations, Boxes3D, Frame


@dataclass(frozen=True, eq=False)
class LidarScene:
    """A sweep and what stands in it.

    Attributes:
        points: (N, 4) x, y, z in the LiDAR frame (metres) and intensity.
        boxes: the labelled objects.
    """

    points: Float[np.ndarray, "N 4"]
    boxes: Boxes3D


def flip_scene(scene: LidarScene) -> LidarScene:
    """Mirrored left to right (y -> -y)."""
    mirror = np.array([1, -1, 1, 1], dtype=scene.points.dtype)
    return LidarScene(scene.points * mirror, replace(scene.boxes, values=flip_boxes(scene.boxes.values)))


def rotate_scene(scene: LidarScene, angle: float) -> LidarScene:
    """Turned about the z axis.

    Args:
        scene: points and boxes.
        angle: radians; positive turns x towards y.
    """
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    points, values = scene.points.copy(), scene.boxes.values.copy()
    points[:, :2] = points[:, :2] @ turn
    values[:, :2] = values[:, :2] @ turn
    values[:, 6] = wrap_angle(values[:, 6] + angle)
    return LidarScene(points, replace(scene.boxes, values=values))


def scale_scene(scene: LidarScene, factor: float) -> LidarScene:
    """Made larger or smaller about the sensor: positions and sizes alike."""
    points, values = scene.points.copy(), scene.boxes.values.copy()
    points[:, :3] *= factor
    values[:, :6] *= factor
    return LidarScene(points, replace(scene.boxes, values=values))


@dataclass(frozen=True, eq=False)
class CutOut:
    """One object taken from its frame.

    Attributes:
        points: (N, 4) inside its box, where they were measured.
        box: (7,) x y z l w h yaw.
    """

    points: Float[np.ndarray, "N 4"]
    box: Float[np.ndarray, " 7"]


@dataclass(frozen=True)
class ObjectBank:
    """Objects of all training frames, by class.

    Attributes:
        cutouts: class name to its objects.
    """

    cutouts: Mapping[str, tuple[CutOut, ...]]

    @classmethod
    def collect(cls, scenes: Iterable[LidarScene], *, min_points: int = 5) -> ObjectBank:
        """Cuts out every labelled object.

        Args:
            scenes: training scenes, in the order that makes the bank reproducible.
            min_points: objects with fewer are left out: nothing can be learnt from them.
        """
        found: dict[str, list[CutOut]] = {}
        for scene in scenes:
            inside = points_in_boxes_mask(scene.points, scene.boxes.values)
            for name, box, mask in zip(scene.boxes.names, scene.boxes.values, inside, strict=True):
                if mask.sum() >= min_points:
                    found.setdefault(name, []).append(CutOut(scene.points[mask], box.copy()))
        return cls({name: tuple(cutouts) for name, cutouts in found.items()})

    def paste(self, scene: LidarScene, totals: Mapping[str, int], rng: np.random.Generator) -> LidarScene:
        """Adds objects of other frames where they were seen there.

        An object that would overlap another on the ground is left out. Points of the scene that lie inside a pasted
        box go, as they would be behind its surface. What stands between the sensor and the object is not looked at.

        Args:
            scene: points and boxes.
            totals: for each class how many objects the scene should have afterwards, if there is room.
            rng: draws the objects.

        Returns:
            The scene with the pasted objects last in ``boxes`` and their points first in ``points``.
        """
        occupied, names, points = scene.boxes.values, list(scene.boxes.names), []
        present = len(names)
        for name, total in totals.items():
            bank = self.cutouts.get(name, ())
            wanted = min(max(total - scene.boxes.names.count(name), 0), len(bank))
            for row in rng.choice(len(bank), wanted, replace=False) if wanted else ():
                overlap, _ = all_pairs_iou(bank[row].box[None], occupied)
                if not overlap.any():
                    occupied = np.concatenate([occupied, bank[row].box[None]])
                    names.append(name)
                    points.append(bank[row].points)
        hidden = points_in_boxes_mask(scene.points, occupied[present:]).any(axis=0)
        return LidarScene(np.concatenate([*points, scene.points[~hidden]]), Boxes3D(occupied, tuple(names)))


@dataclass(frozen=True)
class LidarAugmentation:
    """What a teacher's training frame goes through, in this order: paste, mirror, turn, scale.

    Attributes:
        totals: objects per class to fill a scene up to.
        flip: probability of mirroring.
        rotation: largest turn to either side, radians.
        scale: smallest and largest factor.
    """

    totals: Mapping[str, int] = field(default_factory=lambda: {"Car": 20, "Pedestrian": 15, "Cyclist": 15})
    flip: float = 0.5
    rotation: float = math.pi / 4
    scale: tuple[float, float] = (0.95, 1.05)

    def __call__(self, scene: LidarScene, rng: np.random.Generator, bank: ObjectBank | None = None) -> LidarScene:
        """One random variant of the scene.

        Args:
            scene: points and boxes.
            rng: a generator of its own for every frame and epoch keeps results independent of the workers.
            bank: objects to paste; None pastes nothing.
        """
        if bank is not None:
            scene = bank.paste(scene, self.totals, rng)
        if rng.random() < self.flip:
            scene = flip_scene(scene)
        scene = rotate_scene(scene, rng.uniform(-self.rotation, self.rotation))
        return scale_scene(scene, rng.uniform(*self.scale))


def flip_frame(frame: Frame) -> Frame:
    """The mirrored world seen in the mirrored image: every part of the frame follows.

    Flipping twice gives the frame back.
    """

    def mirrored(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else np.ascontiguousarray(array[:, ::-1])

    points = frame.points
    return replace(
        frame,
        image=mirrored(frame.image),
        calibration=flip_calibration(frame.calibration),
        points=None if points is None else points * np.array([1, -1, 1, 1], dtype=points.dtype),
        depth=mirrored(frame.depth),
        annotations=None if frame.annotations is None else _flip_annotations(frame.annotations, frame.image.shape[1]),
        instances=mirrored(frame.instances),
    )


def _flip_annotations(annotations: Annotations, width: int) -> Annotations:
    """Boxes, image boxes and observation angles (seen from the mirrored side: pi - alpha) of the mirrored image."""

    def mirrored(boxes_2d: np.ndarray) -> np.ndarray:
        left, top, right, bottom = boxes_2d.T
        return np.stack([width - 1 - right, top, width - 1 - left, bottom], axis=1)

    return replace(
        annotations,
        boxes=replace(annotations.boxes, values=flip_boxes(annotations.boxes.values)),
        boxes_2d=mirrored(annotations.boxes_2d),
        alpha=wrap_angle(np.pi - annotations.alpha),
        ignore_regions=mirrored(annotations.ignore_regions),
    )
