"""The depth dial on one frame: the same student, with its depth turned towards the truth, shifted or blurred.

Everything but the depth stays: image features, branches, fusion and head are the student's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch

from monotakd import checkpoints
from monotakd.datasets.collate import collate
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.resize import resize_frame
from monotakd.errors import DataError
from monotakd.interactive.watch_student import average_precision
from monotakd.models.depth_dial import Dial, blur_matrix, known_truth, shift_matrix, turn
from monotakd.models.image_backbone import ImageFeatures
from monotakd.models.student import Student
from monotakd.scene import Detections, Frame
from monotakd.viz.explorers.depth_dial.dial import DialledFrame, Key, Position

TRUTHS = tuple(k / 8 for k in range(9))
SHIFTS = (-2.0, -1.0, 0.0, 1.0, 2.0)
BLURS = (0.0, 1.0, 3.0)
TOY_SIZE = (96, 320)
"""(height, width) of the images that the stored students were trained on."""


def at_size(frame: Frame, size: tuple[int, int] = TOY_SIZE) -> Frame:
    """A frame, such as a real one, at the image size that a student was trained on, with the depth of its points.

    Args:
        frame: any; without points it gets no depth.
        size: (height, width) in pixels.
    """
    smaller = resize_frame(frame, size)
    return smaller if frame.points is None else replace(smaller, depth=sparse_depth(frame.points, smaller.calibration))


class DepthDial:
    """A student on one frame that can be told any depth.

    The image is encoded once; every position costs a lift and the head.

    Args:
        frame: of the size that the student knows (see `at_size`), with depth.
        student: the stored ``"monotakd"`` by default.

    Attributes:
        frame: see above.
        student: see above.

    Raises:
        DataError: the frame has no depth.
    """

    @torch.no_grad()
    def __init__(self, frame: Frame, student: Student | None = None):
        if frame.depth is None:
            raise DataError(
                f"frame {frame.frame_id}", "no depth", "a depth map: the dial ends at the true depth",
                fix='Read it with depth="sparse", or use dialled_depth.at_size(frame), which takes it from the points',
            )  # fmt: skip
        self.frame, self.student = frame, student or checkpoints.student()
        batch, scale = collate([frame]), self.student.scale
        self._sensors = batch.sensors
        self._image = self.student.encode(batch.sensors.images)
        self._predicted = self.student.depth(self._image).softmax(dim=1)
        self._truth, self._known = known_truth(batch.privileged.depth, scale.bins, self._image.stride)

    def depth(self, dial: Dial) -> torch.Tensor:
        """(1, D + 1, h, w) probabilities at a position."""
        return turn(dial, self._predicted, self._truth, self._known, self.student.scale.bins)

    def at(self, dial: Dial) -> Position:
        """What the student makes of a position."""
        return self.at_all([dial])[0]

    @torch.no_grad()
    def at_all(self, dials: Sequence[Dial]) -> list[Position]:
        """What the student makes of several positions, as one batch."""
        depth = torch.cat([self.depth(dial) for dial in dials])
        features = self._image.features.expand(len(dials), -1, -1, -1)
        image = ImageFeatures(features, self._image.stride)
        output = self.student.from_depth(image, depth, self._sensors.calibrations * len(dials))
        norms = output.bev_visual.features.square().mean(dim=1).sqrt().numpy()
        found = self.student.dense_head.decode(output.head)
        grid = self.student.scale.bev_grid
        seen = zip(norms, found, strict=True)
        return [Position.of(self.frame, grid, norm, boxes, self._ap(boxes)) for norm, boxes in seen]

    def everywhere(
        self,
        truths: Sequence[float] = TRUTHS,
        shifts: Sequence[float] = SHIFTS,
        blurs: Sequence[float] = BLURS,
    ) -> DialledFrame:
        """Every position of three sliders, for a page that answers without a kernel.

        Args:
            truths: shares of the true depth, with 0.
            shifts: metres, with 0.
            blurs: metres, with 0.
        """
        bins = self.student.scale.bins
        positions: dict[Key, Position] = {}
        for shift, blur in product(shifts, blurs):
            keys = [(truth, shift, blur) for truth in truths]
            positions |= zip(keys, self.at_all([Dial(*key) for key in keys]), strict=True)
        return DialledFrame(
            frame=self.frame, grid=self.student.scale.bev_grid, bins=bins,
            truths=tuple(truths), shifts=tuple(shifts), blurs=tuple(blurs),
            predicted=self._predicted[0].numpy(), truth=self._truth[0].numpy(),
            shift_matrices=np.stack([shift_matrix(bins, metres).numpy() for metres in shifts]),
            blur_matrices=np.stack([blur_matrix(bins, metres).numpy() for metres in blurs]),
            turned=lambda key: self.depth(Dial(*key))[0].numpy(),
            positions=positions, best_ap=self._best_ap(),
        )  # fmt: skip

    def _best_ap(self) -> float | None:
        if self.frame.annotations is None:
            return None
        boxes = self.frame.annotations.boxes
        return self._ap(Detections(boxes, np.ones(len(boxes)), self.frame.annotations.boxes_2d))

    def _ap(self, found: Detections) -> float | None:
        return None if self.frame.annotations is None else average_precision([self.frame], [found])
