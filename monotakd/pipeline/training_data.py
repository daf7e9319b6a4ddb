"""What the networks of a job learn from: frames of one or several roots, and which of them show their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from monotakd.datasets.sources import DepthSource, FrameSource
from monotakd.datasets.training_frames import CameraFrames

LABELLED_SEED = 200
"""Draws the frames that keep their labels when only some do; the same for every row and seed."""


@dataclass(frozen=True)
class TrainingData:
    """What there is to learn from.

    Attributes:
        root: where the frames come from: a KITTI root, raw drives, or both as `JoinedSources`.
        frame_ids: the frames, each with a name of its own.
        labelled: those that show their labels; None for all. The labels of the others are never read.
        size: (height, width) that images are brought to.
        true_depth: what the assistant is told.
        keep: hold frames in memory once they were read, where they have no points.
    """

    root: FrameSource
    frame_ids: tuple[str, ...]
    labelled: frozenset[str] | None = None
    size: tuple[int, int] | None = None
    true_depth: DepthSource = "sparse"
    keep: bool = True

    @property
    def labelled_ids(self) -> tuple[str, ...]:
        """The frames that show their labels, in the order of ``frame_ids``."""
        if self.labelled is None:
            return self.frame_ids
        return tuple(frame_id for frame_id in self.frame_ids if frame_id in self.labelled)

    def labelled_alone(self) -> TrainingData:
        """The same without the unlabelled frames."""
        return replace(self, frame_ids=self.labelled_ids)

    def camera(self, *, points: bool = False, depth: bool = False, all_frames: bool = True) -> CameraFrames:
        """Frames for a camera network.

        Args:
            points: with LiDAR points.
            depth: with true depth.
            all_frames: the unlabelled ones too.
        """
        return CameraFrames(
            self.root,
            self.frame_ids if all_frames else self.labelled_ids,
            points=points,
            depth=self.true_depth if depth else None,
            labelled=frozenset(self.labelled_ids),
            size=self.size,
            keep=self.keep and not points,
        )


def drawn_labelled(frame_ids: Sequence[str], count: int | None) -> frozenset[str] | None:
    """The frames that keep their labels where ``count`` of them do; None, for all, where there are no more than that.

    A smaller count draws some of those of a larger one.
    """
    if count is None or count >= len(frame_ids):
        return None
    drawn = np.random.default_rng(LABELLED_SEED).permutation(len(frame_ids))[:count]
    return frozenset(frame_ids[index] for index in drawn)
