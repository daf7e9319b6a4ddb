"""A world small enough that all three networks and a few training steps take seconds: 64x32 images, 16x16 cells."""

from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from monotakd.distill.distiller import Distiller
from monotakd.geometry.anchors import KITTI_ANCHORS
from monotakd.geometry.frames import project_lidar
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.bev_backbone import BevBackboneSettings
from monotakd.models.camera import CameraSettings
from monotakd.models.image_backbone import ImageBackboneSettings
from monotakd.models.sparse_backbone import SparseBackboneSettings, Stage
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.scene import Annotations, Batch, Boxes3D, Calibration, DepthBins, Privileged, Sensors, VoxelGrid

torch.set_num_threads(1)  # On maps this small a second thread costs several times what it brings.

IMAGE = (32, 64)
CARS = tuple(anchor for anchor in KITTI_ANCHORS if anchor.name == "Car")
BEV_NET = BevBackboneSettings((1, 1), (1, 2), (8, 16), (8, 8))
SCALE = CameraSettings(
    grid=VoxelGrid((2.0, -8.0, -3.0), (18.0, 8.0, 1.0), (1.0, 1.0, 1.0)),
    bins=DepthBins("UD", 8, 2.0, 18.0),
    image=ImageBackboneSettings((8, 16), 1, 8),
    branch_channels=4,
    bev_channels=8,
    backbone_2d=BEV_NET,
    head="center",
    classes=CARS,
)
TEACHER = TeacherSettings(
    VoxelGrid((2.0, -8.0, -3.0), (18.0, 8.0, 1.0), (0.25, 0.25, 0.2)),
    SparseBackboneSettings(4, (Stage(8, 0), Stage(8, 0)), 4),
    BEV_NET,
    "center",
    CARS,
)
WIRINGS = {"published": Wiring.published(), "released": Wiring.released(), "lite": Wiring.lite()}


def calibration(focal: float = 40.0) -> Calibration:
    """A camera at the LiDAR, looking along x."""
    return Calibration(
        np.array([[focal, 0, 31.5, 0], [0, focal, 12.0, 0], [0, 0, 1, 0]]),
        np.array([[0, -1.0, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
        IMAGE,
    )


def street(seed: int, labelled: bool = True):
    """Noise for an image, ground points and two cars, and the depth that the points give."""
    rng = np.random.default_rng(seed)
    camera = calibration(40.0 + seed % 3)
    cars = np.array([[rng.uniform(5, 15), rng.uniform(-4, 4), -0.9, 3.9, 1.6, 1.5, rng.uniform(-3, 3)] for _ in "ab"])
    ground = np.column_stack([rng.uniform(2, 18, 800), rng.uniform(-8, 8, 800), rng.normal(-1.65, 0.02, 800)])
    shells = [car[:3] + rng.uniform(-0.7, 0.7, (150, 3)) for car in cars]
    points = np.concatenate([ground, *shells])
    uv, away = project_lidar(camera, points)
    column, row = np.round(uv).astype(int).T
    seen = (away > 0) & (column >= 0) & (column < IMAGE[1]) & (row >= 0) & (row < IMAGE[0])
    depth = np.zeros(IMAGE, dtype=np.float32)
    depth[row[seen], column[seen]] = away[seen]
    boxes_2d = np.array([[20.0, 10, 36, 20], [40, 10, 55, 22]])
    zeros = np.zeros(2)
    labels = Annotations(
        Boxes3D(cars, ("Car", "Car")), boxes_2d, zeros, zeros.astype(np.int64), zeros, np.zeros((0, 4))
    )
    image = rng.uniform(0, 1, (3, *IMAGE)).astype(np.float32)
    cloud = np.column_stack([points, np.full(len(points), 0.3)]).astype(np.float32)
    return image, camera, cloud, depth, labels if labelled else None


def make_batch(size: int = 2, *, labelled=True, seed: int = 0) -> Batch:
    """Frames with everything there is; ``labelled`` may be a list."""
    flags = labelled if isinstance(labelled, list) else [labelled] * size
    frames = [street(seed + number, flag) for number, flag in enumerate(flags)]
    images, cameras, clouds, depths, labels = zip(*frames, strict=True)
    return Batch(
        tuple(f"{number:06d}" for number in range(len(flags))),
        Sensors(torch.from_numpy(np.stack(images)), cameras),
        Privileged(tuple(torch.from_numpy(c) for c in clouds), torch.from_numpy(np.stack(depths))),
        labels,
    )


def make_student(wiring: Wiring | None = None, *, seed: int = 1, scale: CameraSettings = SCALE) -> Student:
    torch.manual_seed(seed)
    return Student(StudentSettings(scale, wiring or Wiring.published()))


@cache
def _teacher(head: str) -> Teacher:
    torch.manual_seed(2)
    return _settled(Teacher(replace(TEACHER, head=head)), make_batch(4, seed=50).privileged.points)


@cache
def _assistant(training: str, scale: CameraSettings) -> Assistant:
    torch.manual_seed(3)
    batch = make_batch(4, seed=50)
    return _settled(Assistant(AssistantSettings(scale, training)), batch.sensors, batch.privileged.depth)


def make_teacher(head: str = "center") -> Teacher:
    return deepcopy(_teacher(head))


def make_assistant(training: str = "detector", scale: CameraSettings = SCALE) -> Assistant:
    return deepcopy(_assistant(training, scale))


def _settled(network, *inputs):
    """Looks trained without training: statistics of a real batch in its norms, and a head that sees something."""
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.momentum = 1.0
    network(*inputs)
    for norm in norms:
        norm.momentum = 0.1
    score = network.dense_head.heat if hasattr(network.dense_head, "heat") else network.dense_head.conv_cls
    torch.nn.init.constant_(score.bias, -2.0)
    torch.nn.init.normal_(score.weight, std=0.5)
    boxes = network.dense_head.box if hasattr(network.dense_head, "box") else network.dense_head.conv_box
    torch.nn.init.normal_(boxes.weight, std=0.3)
    return network.eval()


def make_distiller(settings, wiring: Wiring | None = None, *, head: str = "center") -> Distiller:
    """Fresh networks; a released recipe comes with its own student and assistant."""
    scale = replace(SCALE, head=head)
    if settings.assistant == "borrowed":
        return Distiller(make_student(Wiring.released(), scale=scale), make_teacher(head=head), None, settings)
    assistant = make_assistant(settings.assistant, scale)
    return Distiller(make_student(wiring, scale=scale), make_teacher(head=head), assistant, settings)
