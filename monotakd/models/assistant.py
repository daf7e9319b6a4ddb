"""The teaching assistant: a camera network that is told the true depth, so that its BEV map has what an image can give.

The paper gives it a network of its own but not how it is trained. Ours is trained as a detector and then frozen; the
*aligned* assistant (ours, an option of its own) is pulled towards the teacher's map besides. The release has no such
network: `borrowed_assistant_map`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.models.align import SpatialAlign
from monotakd.models.camera import CameraDetector, CameraSettings
from monotakd.models.depth_distribution import Pooling, one_hot_depth, pool_depth, split_depth, true_depth_bins
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.student import Student
from monotakd.scene import BevMap, Detections, Sensors

SHARED_HEAD = ("backbone_2d", "dense_head")
"""What an assistant with a shared head has from the teacher."""


@dataclass(frozen=True)
class AssistantSettings:
    """An assistant, without its weights.

    Attributes:
        scale: sizes; its BEV grid and channels must be the teacher's and the student's.
        training: ``"detector"``: ground-truth boxes only, so that teacher and assistant are independent as in the
            paper (figure 2); our default. ``"aligned"`` (ours): the distance to F_T is added. ``"shared_head"`` (ours):
            boxes, but F_A is read by the teacher's own 2D backbone and head, frozen. See `distill.detector_training`.
        align_map: pass F_A through a spatial alignment of its own. The paper draws SAM on the student's spatial
            branch only, so off by default; the release does it.
        depth_pooling: see `depth_distribution.pool_depth`.
        depth_form: ``"one_hot"``: certain of one bin, as in the paper; our default. ``"split"`` (ours, for the gap
            ledger): shared between two bins, so that nothing is lost to binning; see `depth_distribution.split_depth`.
    """

    scale: CameraSettings
    training: Literal["detector", "aligned", "shared_head"] = "detector"
    align_map: bool = False
    depth_pooling: Pooling = "nearest"
    depth_form: Literal["one_hot", "split"] = "one_hot"

    @classmethod
    def toy(cls) -> AssistantSettings:
        """`CameraSettings.toy`, trained as a detector."""
        return cls(CameraSettings.toy())

    @classmethod
    def kitti_r50(cls) -> AssistantSettings:
        """`CameraSettings.kitti_r50`, trained as a detector; its image network ends where its depth is told."""
        return cls(CameraSettings.kitti_r50())

    @classmethod
    def aligned_toy(cls) -> AssistantSettings:
        """The aligned assistant, with two convolutions before F_A; its student needs them before F_vis too.

        In the prototype alignment raised the share of F_T's variance that F_A explains from 0.17 to 0.46.
        """
        return cls(CameraSettings.toy().with_bev_convs(), training="aligned")


@dataclass(frozen=True, eq=False)
class AssistantOutput:
    """What an assistant says of a batch.

    Attributes:
        bev: F_A.
        head: raw predictions.
    """

    bev: BevMap
    head: DensePredictions


class Assistant(CameraDetector):
    """A detector that takes an image and its true depth.

    Args:
        settings: see `AssistantSettings`.
    """

    def __init__(self, settings: AssistantSettings):
        super().__init__(settings.scale)
        self.settings = settings
        self.map_align = SpatialAlign(settings.scale.bev_channels) if settings.align_map else nn.Identity()
        for part in self._shared():
            part.requires_grad_(False)

    @classmethod
    def toy(cls) -> Assistant:
        """`AssistantSettings.toy` with fresh weights."""
        return cls(AssistantSettings.toy())

    def _shared(self) -> list[nn.Module]:
        """Parts that are the teacher's and stay as they are."""
        return [getattr(self, name) for name in SHARED_HEAD] if self.settings.training == "shared_head" else []

    def train(self, mode: bool = True) -> Assistant:
        """Sets the mode; a head that is the teacher's stays in evaluation mode."""
        super().train(mode)
        for part in self._shared():
            part.eval()
        return self

    def depth(self, depth: Float[Tensor, "B H W"]) -> Float[Tensor, "B D h w"]:
        """A depth map (metres, 0 where unknown) as bins of the feature cells; unknown cells are lifted nowhere.

        Sparse LiDAR depth and dense depth are taken alike.
        """
        bins, stride, pooling = self.scale.bins, self.scale.image.stride, self.settings.depth_pooling
        if self.settings.depth_form == "split":
            return split_depth(pool_depth(depth, stride, pooling), bins)
        return one_hot_depth(true_depth_bins(depth, bins, stride, pooling), bins)

    def bev_map(self, sensors: Sensors, depth: Float[Tensor, "B H W"]) -> BevMap:
        """F_A: what it teaches a student, which its detector is not needed for.

        Args:
            sensors: images and calibrations.
            depth: `scene.Privileged.depth`.
        """
        image = self.encode(sensors.images)
        lifted = self.lift_visual(self.branch_visual(image.features), self.depth(depth), sensors.calibrations)
        return BevMap(self.map_align(lifted.features), lifted.grid)

    def forward(self, sensors: Sensors, depth: Float[Tensor, "B H W"]) -> AssistantOutput:
        """All stages, one after the other; arguments as for `bev_map`."""
        bev = self.bev_map(sensors, depth)
        return AssistantOutput(bev, self.detect_head(bev))

    @torch.no_grad()
    def detect(self, sensors: Sensors, depth: Float[Tensor, "B H W"]) -> list[Detections]:
        """What it finds in each image, in evaluation mode whatever mode the network is in."""
        training = self.training
        self.eval()
        try:
            return self.dense_head.decode(self(sensors, depth).head)
        finally:
            self.train(training)


@torch.no_grad()
def borrowed_assistant_map(
    student: Student,
    features: Float[Tensor, "B C h w"],
    sensors: Sensors,
    depth: Float[Tensor, "B H W"],
    depth_pooling: Pooling = "mean",
) -> BevMap:
    """The release's F_A: the student's own 2D features times the true depth, through the student's alignment.

    Only the collapse is its own, and it is never trained, because both losses cut the gradient of F_A. As in the
    release, the student's batch norms see this second map while training.

    Args:
        student: whose lift and alignment are borrowed.
        features: its `StudentOutput.features_visual`.
        sensors: for the calibrations.
        depth: `scene.Privileged.depth`.
        depth_pooling: the release takes the mean.

    Raises:
        ValueError: the student was not wired to lend its parts.
    """
    if not student.settings.wiring.lends_to_assistant:
        raise ValueError(
            "this student has no collapse for a borrowed assistant: wire it with Wiring.released(), or train an "
            "Assistant of its own"
        )
    bins = student.scale.bins
    target = true_depth_bins(depth, bins, student.scale.image.stride, depth_pooling)
    lifted = student.lift(features, one_hot_depth(target, bins), sensors.calibrations, student.collapse_assistant)
    return student.align(lifted)
