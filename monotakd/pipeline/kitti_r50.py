"""The paper's preset: KITTI at full size, three classes, ResNet-50, and what to expect of it.

Nobody here has trained it: the data are 40 GB that the user brings, and the training takes GPU days. What is measured,
what is reported and what has never been run stands in `EXPECTED`, one tag per number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from monotakd.datasets.street.settings import StreetSettings
from monotakd.engine.settings import TrainSettings
from monotakd.errors import require
from monotakd.models.assistant import AssistantSettings
from monotakd.models.camera import CameraSettings
from monotakd.models.teacher import TeacherSettings
from monotakd.pipeline.presets import Networks, Preset, WorldSizes

Source = Literal["paper", "release", "ours"]
Tag = Literal["measured by us", "reported by the paper", "never run by anyone here"]

KITTI_TRAIN, KITTI_VAL = 3712, 3769
"""Frames of the splits that all published numbers are on."""


@dataclass(frozen=True)
class Schedule:
    """How long a network is trained, in epochs.

    Attributes:
        epochs: passes over the training frames.
        learning_rate: the largest of the cycle.
        source: who says so.
        batch_size: frames of a step, over all processes.
    """

    epochs: int
    learning_rate: float
    source: Source
    batch_size: int = 4

    def settings(self, frames: int = KITTI_TRAIN) -> TrainSettings:
        """The same in steps; AdamW, weight decay 0.01, one cycle rising for 40 %, gradients cut at 10, as released.

        Args:
            frames: of the training split, unlabelled ones included where they teach.
        """
        require(frames > 0, f"{frames} training frames; expected at least one")
        steps = max(1, round(self.epochs * frames / self.batch_size))
        return TrainSettings(steps=steps, batch_size=self.batch_size, learning_rate=self.learning_rate)


SCHEDULES = {
    "depth": Schedule(20, 2e-4, "ours"),
    "teacher": Schedule(80, 3e-3, "release"),
    "assistant": Schedule(40, 2e-4, "ours"),
    "student": Schedule(10, 2e-4, "release"),
}
"""Of each network.

The paper gives no epochs. The release's configurations give the teacher 80 and the student 10, the latter from weights
that were trained before, very probably by CMKD, whose schedule is 60 + 20. Where a student starts from a depth network
alone, 10 epochs may be too few: nobody has tried.
"""


def networks() -> Networks:
    """Teacher at 0.04 m voxels, assistants and students with ResNet-50: BEV maps of 128 x 188 x 140 all of them."""
    scale = CameraSettings.kitti_r50()
    return Networks(
        TeacherSettings.kitti(),
        AssistantSettings(scale),
        AssistantSettings(scale.with_bev_convs(), training="aligned"),
    )


def preset() -> Preset:
    """KITTI's splits and the schedules above; without data, as many streets at KITTI's size.

    Three rows, one seed, reported on val: KITTI's test labels are on its server only.
    """
    return Preset(
        name="kitti_r50",
        world=WorldSizes(train=KITTI_TRAIN, tune=KITTI_VAL, test=0),
        **{name: schedule.settings() for name, schedule in SCHEDULES.items()},
        rows=("ground_truth_only", "direct", "monotakd"),
        report="val",
        street=StreetSettings(camera_view_only=True),
        true_depth="completed",
    )


def scaled_to(preset: Preset, frames: int) -> Preset:
    """The same epochs on another number of training frames, such as one drive."""
    return replace(preset, **{name: schedule.settings(frames) for name, schedule in SCHEDULES.items()})


@dataclass(frozen=True)
class Expected:
    """One number to compare a run with.

    Attributes:
        what: is measured.
        value: with its unit.
        tag: how far to trust it.
        where: table of the paper, or the command that measured it.
    """

    what: str
    value: str
    tag: Tag
    where: str


_VAL = "Car AP 3D R40 on val, easy / moderate / hard"
EXPECTED = (
    Expected(f"{_VAL}: monotakd", "34.36 / 22.61 / 19.88", "reported by the paper", "T4"),
    Expected(f"{_VAL}: direct", "28.22 / 18.29 / 15.10", "reported by the paper", "T4"),
    Expected(f"{_VAL}: ground_truth_only (CaDDN alone)", "moderate 16.31", "reported by the paper", "T3"),
    Expected("Car AP BEV R40 on val: monotakd", "42.86 / 29.41 / 26.47", "reported by the paper", "val"),
    Expected("memory of a training step, batch 1, on a GPU", "12 GB", "reported by the paper", "method"),
    Expected(
        "memory of a training step, batch 1, on a CPU: the whole process, teacher and assistant running",
        "5.3 GB",
        "measured by us",
        "python -m monotakd.benchmarks.kitti_step student-published",
    ),
    Expected("any score of this code on KITTI", "unknown", "never run by anyone here", ""),
    Expected("hours of a training on a GPU", "unknown", "never run by anyone here", ""),
)
