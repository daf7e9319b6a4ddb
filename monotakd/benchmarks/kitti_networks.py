"""Networks and a frame at KITTI's sizes, without the image network.

What a step costs beside the image network is the method's own cost, and the image network is the same in every
arrangement: `GivenFeatures` stands in for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from monotakd import paths
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.camera import CameraSettings
from monotakd.models.image_backbone import ImageBackboneSettings, ImageFeatures
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.scene import Batch

STRIDE = 8
FEATURES = (47, 156)
"""(h, w) of a 375 x 1242 image at that stride."""


class GivenFeatures(nn.Module):
    """Says the same of every image: a learnable feature map, so that a gradient reaches it as it would a network."""

    def __init__(self, channels: int, size: tuple[int, int]):
        super().__init__()
        self.out_channels = channels
        self.features = nn.Parameter(torch.randn(1, channels, *size))

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ImageFeatures:
        """The features, whatever the images."""
        return ImageFeatures(self.features.expand(len(images), -1, -1, -1), STRIDE)


@dataclass(frozen=True)
class GivenFeaturesSettings(ImageBackboneSettings):
    """Takes the place of an image network's settings.

    Attributes:
        size: (h, w) of the feature map.
    """

    size: tuple[int, int] = FEATURES

    @property
    def stride(self) -> int:
        """Image pixels per feature cell."""
        return STRIDE

    def build(self) -> GivenFeatures:
        """The stand-in, with fresh features."""
        return GivenFeatures(self.out_channels, self.size)


def kitti_camera_settings() -> CameraSettings:
    """`CameraSettings.kitti_r50` with given features of 64 channels."""
    return replace(CameraSettings.kitti_r50(), image=GivenFeaturesSettings((), 0, 64))


def kitti_batch() -> Batch:
    """One street of the tiny set at KITTI's size: points in the camera's view, completed depth, no labels."""
    root = KittiRoot(paths.tiny_set())
    frames = CameraFrames(root, root.split("trainval").ids[:1], points=True, depth="completed", labelled=frozenset())
    return collate([frames.frame(0)])


def train_alone(student: Student) -> Student:
    """Training mode for batches of one.

    The released pyramid normalises the mean of the map over the batch and cannot train on one sample; its norms take
    the running statistics here, in every arrangement alike.
    """
    student.train()
    if student.settings.wiring.alignment == "released":
        student.spatial_align.aspp.eval()
    return student


def kitti_student(wiring: Wiring, seed: int = 0) -> Student:
    """A student of `kitti_camera_settings` with fresh weights and `GivenFeatures`."""
    torch.manual_seed(seed)
    return Student(StudentSettings(kitti_camera_settings(), wiring))


def kitti_assistant(seed: int = 1) -> Assistant:
    """An assistant of the same sizes with fresh weights."""
    torch.manual_seed(seed)
    return Assistant(AssistantSettings(kitti_camera_settings()))
