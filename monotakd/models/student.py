"""The camera-only student: two feature branches, one predicted depth, and a bird's-eye view that it was taught to see.

The visual branch is taught by the assistant (same image, true depth), the spatial branch by what the LiDAR teacher
knows beyond the assistant. Nothing in here takes a depth map or points: no privileged input can reach inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd.models.align import ALIGNMENT_PARTS, ReleasedSpatialAlign, SpatialAlign
from monotakd.models.camera import CameraDetector, CameraSettings, feature_branch
from monotakd.models.collapse import HeightCollapse
from monotakd.models.fuse import Fuse, ReleasedFuse
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.image_backbone import ImageFeatures
from monotakd.models.recompute import keep_convolutions
from monotakd.models.scnet import SCNet
from monotakd.scene import BevMap, Calibration, Detections, Sensors

_PARTS = {
    "atrous": ("atrous",),
    "deformable": ("deformable",),
    "no_gate": ("atrous", "deformable"),
    "paper": ALIGNMENT_PARTS,
}


@dataclass(frozen=True)
class Wiring:
    """How a student's parts are connected; `dataclasses.replace` makes the steps in between.

    Attributes:
        separate_features: two 2D feature branches with weights of their own, or one that both lifts read.
        alignment: of the spatial map (paper's SAM). ``"paper"`` is `SpatialAlign`; ``"atrous"``, ``"deformable"`` and
            ``"no_gate"`` (both) are what table 5 takes it apart into.
        signed_alignment: let the aligned map be negative, see `SpatialAlign`. On by default, so that all
            residual forms can share one student.
        fusion: of the two maps (paper's FFM). ``"paper"`` is `Fuse`, ``"sum"`` plain addition.
        head_reads: what the detector sees. With ``"visual"`` the fusion stays unused, as in the release.
        scnet_blocks: of domain adaptation (SCNet); 0 for none, our default: at toy size five blocks cost as much as
            the image network. The paper says five, the release builds four.
        scnet_place: on the visual map or after the fusion; the paper does not say. ``"visual"`` is the release's, and
            our default because it lets intra-modal distillation reach the adapted map.
        lends_to_assistant: hold the collapse of the release's assistant, which otherwise borrows the student's parts,
            see `assistant.borrowed_assistant_map`.
    """

    separate_features: bool = True
    alignment: Literal["none", "atrous", "deformable", "no_gate", "paper", "released"] = "paper"
    signed_alignment: bool = True
    fusion: Literal["sum", "paper", "released"] = "paper"
    head_reads: Literal["fused", "visual"] = "fused"
    scnet_blocks: int = 0
    scnet_place: Literal["visual", "fused"] = "visual"
    lends_to_assistant: bool = False

    @classmethod
    def published(cls) -> Wiring:
        """As the paper describes it: two branches, alignment, fusion, and the detector reads the fused map."""
        return cls()

    @classmethod
    def released(cls) -> Wiring:
        """As the released code runs: one 2D feature, its own alignment, and a detector that sees the visual map only.

        Its three-convolution fusion is built and never called.
        """
        return cls(
            separate_features=False,
            alignment="released",
            signed_alignment=False,
            fusion="released",
            head_reads="visual",
            scnet_blocks=4,
            lends_to_assistant=True,
        )

    @classmethod
    def lite(cls) -> Wiring:
        """MonoTAKD-Lite: no alignment, no fusion layers; the detector reads the sum of the maps."""
        return cls(alignment="none", fusion="sum")


@dataclass(frozen=True)
class StudentSettings:
    """A student, without its weights.

    Attributes:
        scale: sizes.
        wiring: connections.
    """

    scale: CameraSettings
    wiring: Wiring = field(default_factory=Wiring.published)

    @classmethod
    def toy(cls, wiring: Wiring | None = None) -> StudentSettings:
        """`CameraSettings.toy`, wired as published unless said otherwise."""
        return cls(CameraSettings.toy(), wiring or Wiring.published())

    @classmethod
    def kitti_r50(cls, wiring: Wiring | None = None) -> StudentSettings:
        """`CameraSettings.kitti_r50`, wired as published unless said otherwise."""
        return cls(CameraSettings.kitti_r50(), wiring or Wiring.published())

    @classmethod
    def released(cls) -> StudentSettings:
        """What the release's weights were trained as: its sizes, its conventions, its wiring."""
        return cls(CameraSettings.released(), Wiring.released())


@dataclass(frozen=True, eq=False)
class StudentOutput:
    """What a student says of a batch.

    Attributes:
        bev_visual: F_vis, taught by the assistant.
        bev_spatial: SAM(F_spa), taught by the residual.
        bev: the map that the detector reads, F_S.
        depth_logits: (B, D + 1, h, w) before the softmax; the last channel is "beyond". None where another depth was
            given, see `Student.from_depth`.
        head: raw predictions.
        features_visual: (B, C, h, w) the 2D features that F_vis was lifted from.
    """

    bev_visual: BevMap
    bev_spatial: BevMap
    bev: BevMap
    depth_logits: Float[Tensor, "B D1 h w"] | None
    head: DensePredictions
    features_visual: Float[Tensor, "B C h w"]

    @property
    def maps(self) -> dict[str, BevMap]:
        """``"visual"``, ``"spatial"`` and ``"fused"``: F_vis, SAM(F_spa), F_S."""
        return {"visual": self.bev_visual, "spatial": self.bev_spatial, "fused": self.bev}


class Student(CameraDetector):
    """A monocular detector whose stages can be called one by one.

    Args:
        settings: see `StudentSettings`.
    """

    def __init__(self, settings: StudentSettings):
        super().__init__(settings.scale)
        self.settings = settings
        scale, wiring = settings.scale, settings.wiring
        inputs, bev = self.image_backbone.out_channels, scale.bev_channels
        self.depth_head = scale.image.build_depth_head(scale.bins.num)
        if wiring.separate_features:
            self.branch_spatial = feature_branch(inputs, scale.branch_channels)
        self.collapse_spatial = HeightCollapse(scale.branch_channels, scale.grid.shape[0], bev)
        if wiring.lends_to_assistant:
            self.collapse_assistant = HeightCollapse(scale.branch_channels, scale.grid.shape[0], bev)
        if wiring.scnet_blocks:
            self.scnet = SCNet(bev, wiring.scnet_blocks)
        if wiring.alignment == "released":
            self.spatial_align = ReleasedSpatialAlign(bev)
        elif wiring.alignment != "none":
            parts = _PARTS[wiring.alignment]
            self.spatial_align = SpatialAlign(bev, signed_output=wiring.signed_alignment, parts=parts)
        match wiring.fusion:
            case "paper":
                self.fusion = Fuse(bev)
            case "released":
                self.fusion = ReleasedFuse(bev)

    @classmethod
    def toy(cls, wiring: Wiring | None = None) -> Student:
        """`StudentSettings.toy` with fresh weights."""
        return cls(StudentSettings.toy(wiring))

    def save_memory(self) -> Student:
        """Has its larger parts keep convolutions and statistics only, for training at KITTI's size.

        These are the stages of a ResNet and the layers of the bird's-eye view.

        No output, gradient or weight changes, see `recompute.keep_convolutions`. Returns the student itself.
        """
        parts = [stage for part in (self.image_backbone, self.depth_head) for stage in getattr(part, "stages", ())]
        parts += [*self.backbone_2d.blocks, *self.backbone_2d.deblocks]
        if self.settings.wiring.scnet_blocks:
            parts += self.scnet.layers
        match self.settings.wiring.alignment:
            case "paper" | "atrous" | "no_gate":
                parts.append(self.spatial_align.pyramid)
            case "released":
                parts.append(self.spatial_align.aspp)
        if self.settings.wiring.head_reads == "fused" and self.settings.wiring.fusion != "sum":
            parts.append(self.fusion)
        for part in parts:
            keep_convolutions(part)
        return self

    def depth(self, image: ImageFeatures) -> Float[Tensor, "B D1 h w"]:
        """Logits of the depth distribution of every feature cell; the last channel is "beyond"."""
        return self.depth_head(image.features)

    def branches(self, image: ImageFeatures) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B C h w"]]:
        """f_vis and f_spa, the 2D features of the two branches; the same one twice where they share it."""
        visual = self.branch_visual(image.features)
        spatial = self.branch_spatial(image.features) if self.settings.wiring.separate_features else visual
        return visual, spatial

    def adapt(self, bev: BevMap, place: Literal["visual", "fused"]) -> BevMap:
        """Domain adaptation, where the wiring puts it; elsewhere the map as it is."""
        wiring = self.settings.wiring
        if not wiring.scnet_blocks or wiring.scnet_place != place:
            return bev
        return BevMap(self.scnet(bev.features), bev.grid)

    def align(self, spatial: BevMap) -> BevMap:
        """SAM(F_spa)."""
        if self.settings.wiring.alignment == "none":
            return spatial
        return BevMap(self.spatial_align(spatial.features), spatial.grid)

    def fuse(self, visual: BevMap, spatial: BevMap) -> BevMap:
        """FFM(F_vis + SAM(F_spa))."""
        visual.require_same_grid(spatial)
        if self.settings.wiring.fusion == "sum":
            return BevMap(visual.features + spatial.features, visual.grid)
        return BevMap(self.fusion(visual.features, spatial.features), visual.grid)

    def from_depth(
        self, image: ImageFeatures, depth: Float[Tensor, "B D h w"], calibrations: Sequence[Calibration]
    ) -> StudentOutput:
        """All stages behind the depth, with any distribution in its place: to ask what another depth would change.

        Its own, ``self.depth(image).softmax(dim=1)``, gives its own output, to the bit.

        Args:
            image: of `encode`.
            depth: probability of each bin; a last channel "beyond" is not read.
            calibrations: one per sample.
        """
        features_visual, features_spatial = self.branches(image)
        visual = self.adapt(self.lift_visual(features_visual, depth, calibrations), "visual")
        spatial = self.align(self.lift(features_spatial, depth, calibrations, self.collapse_spatial))
        fused = visual if self.settings.wiring.head_reads == "visual" else self.fuse(visual, spatial)
        bev = self.adapt(fused, "fused")
        return StudentOutput(visual, spatial, bev, None, self.detect_head(bev), features_visual)

    def forward(self, sensors: Sensors) -> StudentOutput:
        """All stages, one after the other."""
        image = self.encode(sensors.images)
        depth_logits = self.depth(image)
        output = self.from_depth(image, depth_logits.softmax(dim=1), sensors.calibrations)
        return replace(output, depth_logits=depth_logits)

    @torch.no_grad()
    def detect(self, sensors: Sensors) -> list[Detections]:
        """What it finds in each image, in evaluation mode whatever mode the network is in.

        Where the detector reads the visual map only, the spatial branch is not computed.
        """
        training = self.training
        self.eval()
        try:
            if self.settings.wiring.head_reads == "fused":
                return self.dense_head.decode(self(sensors).head)
            image = self.encode(sensors.images)
            depth = self.depth(image).softmax(dim=1)
            visual = self.lift_visual(self.branch_visual(image.features), depth, sensors.calibrations)
            bev = self.adapt(self.adapt(visual, "visual"), "fused")
            return self.dense_head.decode(self.detect_head(bev))
        finally:
            self.train(training)
