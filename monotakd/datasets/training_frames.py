"""Frames of a root as the training loop asks for them: by index, read once, augmented with a given generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from tqdm.auto import tqdm

from monotakd.datasets.augment import LidarAugmentation, LidarScene, ObjectBank, flip_frame
from monotakd.datasets.camera_view import in_camera_view
from monotakd.datasets.depth_completion import complete_depth
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.resize import resize_frame
from monotakd.datasets.sources import DepthSource, FrameSource
from monotakd.errors import require
from monotakd.scene import Annotations, Boxes3D, Frame

MADE_OF_POINTS = {
    "sparse": sparse_depth,
    "completed": lambda points, calibration: complete_depth(sparse_depth(points, calibration)),
}
"""Depth that is made of the sweep, for whatever image size."""


@dataclass(eq=False)
class CameraFrames:
    """Frames for a camera network: mirrored with some probability, nothing else.

    LiDAR points are cut to the camera's view, where the labels are.

    Attributes:
        root: where they lie.
        frame_ids: which ones, in the order of their indices.
        points: read the sweep (for a teacher that runs in the loop).
        depth: true depth to read, see `KittiRoot.frame`; None for none.
        labelled: frames whose labels may be seen; None for all. The others take part unlabelled; their labels, if there
            are any, are not even read.
        size: (height, width) to bring every image to; None leaves them as they are. True depth is made after that.
        flip: probability of mirroring.
        keep: hold every frame in memory once it was read; a 320x96 frame without points takes 0.1 MB.
    """

    root: FrameSource
    frame_ids: Sequence[str]
    points: bool = False
    depth: DepthSource | None = None
    labelled: frozenset[str] | None = None
    size: tuple[int, int] | None = None
    flip: float = 0.5
    keep: bool = False
    _kept: dict[int, Frame] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        require(
            self.size is None or self.depth != "file",
            "stored depth maps do not follow a change of the image size; take depth='sparse' or 'completed'",
        )

    def frame(self, index: int) -> Frame:
        """Frame ``index`` as it is, without its labels where they are hidden."""
        if index in self._kept:
            return self._kept[index]
        frame_id = self.frame_ids[index]
        frame = self.root.frame(
            frame_id,
            points=self.points or self.depth in MADE_OF_POINTS,
            depth=self._stored_depth,
            labels=self.labelled is None or frame_id in self.labelled,
        )
        if self.size is not None:
            frame = resize_frame(frame, self.size)
        if self.depth in MADE_OF_POINTS:
            frame = replace(frame, depth=MADE_OF_POINTS[self.depth](frame.points, frame.calibration))
        if frame.points is not None:
            seen = frame.points[in_camera_view(frame.points, frame.calibration)] if self.points else None
            frame = replace(frame, points=seen)
        if self.keep:
            self._kept[index] = frame
        return frame

    @property
    def _stored_depth(self) -> DepthSource | None:
        return None if self.depth in MADE_OF_POINTS else self.depth

    def sample(self, index: int, rng: np.random.Generator) -> Frame:
        """Frame ``index``, mirrored if ``rng`` says so."""
        return self.mirrored(index, flipped=bool(rng.random() < self.flip))

    def mirrored(self, index: int, flipped: bool) -> Frame:
        """Frame ``index``, mirrored or not."""
        frame = self.frame(index)
        return flip_frame(frame) if flipped else frame


@dataclass(eq=False)
class LidarFrames:
    """Frames for the teacher: objects of other frames pasted, then mirrored, turned and scaled.

    Image and calibration are those of the frame before augmentation; the teacher does not look at them.

    Attributes:
        root: where they lie.
        frame_ids: which ones, in the order of their indices.
        augmentation: what is done to them.
        classes: labels of other classes are left out, objects of other classes not pasted.
        keep: hold every frame in memory once it was read.
        bank: objects to paste, see `collect`; None for none.
    """

    root: FrameSource
    frame_ids: Sequence[str]
    augmentation: LidarAugmentation
    classes: tuple[str, ...]
    keep: bool = False
    bank: ObjectBank | None = None

    def __post_init__(self):
        self._frames = CameraFrames(self.root, self.frame_ids, points=True, keep=self.keep)

    def collect(self, *, progress: bool = False) -> ObjectBank:
        """Reads every frame and cuts its objects out.

        Args:
            progress: show a bar.
        """
        bar = tqdm(range(len(self.frame_ids)), desc="objects to paste", unit="frame", disable=not progress)
        return ObjectBank.collect(self._scene(self._frames.frame(index)) for index in bar)

    def _scene(self, frame: Frame) -> LidarScene:
        boxes = Boxes3D.empty() if frame.annotations is None else frame.annotations.boxes.named(*self.classes)
        return LidarScene(frame.points, boxes)

    def sample(self, index: int, rng: np.random.Generator) -> Frame:
        """One random variant of frame ``index``."""
        frame = self._frames.frame(index)
        scene = self.augmentation(self._scene(frame), rng, self.bank)
        return replace(frame, points=scene.points, annotations=_bare(scene.boxes))


def _bare(boxes: Boxes3D) -> Annotations:
    """Boxes alone: what the image said of them is no longer true."""
    unknown = np.zeros(len(boxes))
    return Annotations(
        boxes=boxes,
        boxes_2d=np.zeros((len(boxes), 4)),
        truncated=unknown,
        occluded=unknown.astype(np.int64),
        alpha=unknown,
        ignore_regions=np.zeros((0, 4)),
    )
