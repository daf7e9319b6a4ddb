"""The paper's preset: KITTI at full size, three classes, ResNet-50, and what to expect of it.

Nobody here has trained it: the data are 40 GB that the user brings, and the training takes GPU days. What is measured,
what is reported and what has never been run stands in `expected.EXPECTED`, one tag per number.
"""

from __future__ import annotations

from dataclasses import replace

from monotakd.datasets.augment import LidarAugmentation
from monotakd.datasets.street.settings import StreetSettings
from monotakd.engine.settings import TrainSettings
from monotakd.models.assistant import AssistantSettings
from monotakd.models.bev_backbone import BevBackboneSettings
from monotakd.models.camera import CameraSettings
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.sparse_backbone import SparseBackboneSettings, Stage
from monotakd.models.teacher import TeacherSettings
from monotakd.pipeline.networks import Networks
from monotakd.pipeline.presets import Preset, Schedule, WorldSizes
from monotakd.scene import DepthBins, VoxelGrid

KITTI_TRAIN, KITTI_VAL = 3712, 3769
"""Frames of the splits that all published numbers are on."""
EIGEN_CLEAN = 14_940
"""Unlabelled raw frames in CMKD's list of that name."""

SCHEDULES = {
    "depth": Schedule(20, 2e-4, "ours"),
    "teacher": Schedule(80, 3e-3, "release"),
    "assistant": Schedule(40, 2e-4, "ours"),
    "student": Schedule(10, 2e-4, "release"),
}
"""Of each network.

The paper gives no epochs, and four frames a step are ours. The release's configurations give the teacher 80 epochs and
the student 10, the latter from weights that were trained before, very probably by CMKD, whose schedule is 60 + 20.
Where a student starts from a depth network alone, 10 epochs may be too few: nobody has tried.
"""


def networks() -> Networks:
    """Teacher at 0.04 m voxels, assistants and students with ResNet-50: BEV maps of 128 x 188 x 140 all of them.

    The teacher's frames are augmented as in its release: 20 cars, 15 pedestrians and 15 cyclists, mirrored, turned by
    up to 45 degrees, scaled by up to 5 %.
    """
    scale = CameraSettings.kitti_r50()
    return Networks(
        TeacherSettings.kitti(),
        AssistantSettings(scale),
        AssistantSettings(scale.with_bev_convs(), training="aligned"),
        LidarAugmentation(),
        save_memory=True,
    )


def preset() -> Preset:
    """KITTI's splits and the schedules above; without data, as many streets at KITTI's size.

    Three rows, one seed, reported on val: KITTI's test labels are on its server only. Images stay as they are. Frames
    are read anew for every step, since all of them would take 12 GB of memory, and teacher and assistant run in every
    step, since their outputs would take 128 GB of disk.
    """
    return Preset(
        name="kitti_r50",
        world=WorldSizes(train=KITTI_TRAIN, tune=KITTI_VAL, test=0),
        **{name: schedule.settings(KITTI_TRAIN) for name, schedule in SCHEDULES.items()},
        rows=("ground_truth_only", "direct", "monotakd"),
        report="val",
        street=StreetSettings(camera_view_only=True),
        true_depth="completed",
        networks=networks(),
        schedules=SCHEDULES,
        resize=False,
        keep_frames=False,
        keep_outputs=False,
    )


def small() -> Preset:
    """`preset` with every network narrowed and images halved: the same code, in minutes on a CPU.

    To see that data and set-up are right before the real thing; it learns next to nothing.
    """
    cells = VoxelGrid((2.0, -30.08, -3.0), (46.8, 30.08, 1.0), (0.64, 0.64, 0.8))
    backbone_2d = BevBackboneSettings((1, 1), (1, 2), (32, 64), (32, 32))
    scale = replace(
        CameraSettings.kitti_r50(),
        grid=cells,
        bins=DepthBins("LID", 40, 2.0, 46.8),
        image=ResNetSettings((1, 1, 1, 1), width=16, head_width=32, rates=(6, 12, 18)),
        branch_channels=16,
        bev_channels=32,
        backbone_2d=backbone_2d,
    )
    stages = (Stage(8, 1, stride=1), Stage(16, 1), Stage(16, 1), Stage(16, 1, padding=(0, 1, 1)))
    teacher = replace(
        TeacherSettings.kitti(),
        grid=replace(VoxelGrid.kitti_lidar(), voxel=(0.08, 0.08, 0.1)),
        backbone_3d=SparseBackboneSettings(8, stages, 16, extra_height=1),
        backbone_2d=backbone_2d,
    )
    short = TrainSettings(steps=300, batch_size=4, learning_rate=2e-3)
    return replace(
        preset(),
        name="kitti_small",
        world=WorldSizes(train=200, tune=50, test=0),
        **dict.fromkeys(SCHEDULES, short),
        street=StreetSettings(width=621, camera_view_only=True),
        networks=Networks(
            teacher,
            AssistantSettings(scale),
            AssistantSettings(scale.with_bev_convs(), training="aligned"),
            LidarAugmentation(),
            save_memory=True,
        ),
        schedules={},
        resize=True,
    )
