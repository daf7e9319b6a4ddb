"""What student and assistant share: an image network, one feature branch, the lift to BEV, and a BEV detector.

They differ in the depth that carries the features into the BEV map: the student predicts it, the assistant is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor, nn

from monotakd.geometry.anchors import KITTI_ANCHORS, AnchorClass, Placement
from monotakd.models.bev_backbone import BevBackbone, BevBackboneSettings
from monotakd.models.collapse import HeightCollapse
from monotakd.models.heads.choose import HeadKind, build_head
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.image_backbone import ImageBackboneSettings, ImageFeatures, ImageNetworkSettings, conv_norm
from monotakd.models.lift import Lift
from monotakd.models.lift_plan import Convention
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.scene import BevGrid, BevMap, Calibration, DepthBins, VoxelGrid


@dataclass(frozen=True)
class CameraSettings:
    """The size of a camera network. How a student is wired is another matter: `student.Wiring`.

    Attributes:
        grid: voxels that the lift fills; its BEV grid must be the teacher's.
        bins: depth bins.
        image: the image network.
        branch_channels: of a feature branch, C of the lift.
        bev_channels: of the BEV map; must be the teacher's.
        backbone_2d: of the BEV detector.
        head: ``"anchor"`` or ``"center"``; must be the teacher's for response distillation.
        classes: what it detects; a centre head uses their names only.
        anchor_placement: see `geometry.anchors.anchor_boxes`.
        bev_convs: 3x3 convolutions on the lifted map, so that F_A and F_vis can say more than a sum over pixels. The
            paper has none; the prototype's aligned assistant needed them.
        lift_convention: see `lift_plan.frustum_cells`; ``"released"`` only for the release's weights.
    """

    grid: VoxelGrid
    bins: DepthBins
    image: ImageNetworkSettings
    branch_channels: int
    bev_channels: int
    backbone_2d: BevBackboneSettings
    head: HeadKind
    classes: tuple[AnchorClass, ...] = KITTI_ANCHORS
    anchor_placement: Placement = "cell_centres"
    bev_convs: int = 0
    lift_convention: Convention = "centred"

    @classmethod
    def toy(cls) -> CameraSettings:
        """Cars in 320x96 images: 56 bins of 0.8 m, voxels 5 x 56 x 70 (Z, Y, X), BEV cells of 0.64 m."""
        return cls(
            grid=VoxelGrid((2.0, -17.92, -3.0), (46.8, 17.92, 1.0), (0.64, 0.64, 0.8)),
            bins=DepthBins("UD", 56, 2.0, 46.8),
            image=ImageBackboneSettings.toy(),
            branch_channels=16,
            bev_channels=32,
            backbone_2d=BevBackboneSettings.toy(),
            head="center",
            classes=tuple(anchor for anchor in KITTI_ANCHORS if anchor.name == "Car"),
        )

    @classmethod
    def kitti_r50(cls) -> CameraSettings:
        """The paper's sizes on KITTI: 375x1242 images, ResNet-50, 120 LID bins, voxels 10 x 188 x 140 (Z, Y, X)."""
        return cls(
            grid=VoxelGrid.kitti_camera(),
            bins=DepthBins.kitti(),
            image=ResNetSettings.resnet50(),
            branch_channels=64,
            bev_channels=128,
            backbone_2d=BevBackboneSettings.kitti(),
            head="anchor",
        )

    @classmethod
    def released(cls) -> CameraSettings:
        """The same with the release's anchors and lift, half a cell off ours in places: for its weights only."""
        return replace(cls.kitti_r50(), anchor_placement="range_limits", lift_convention="released")

    def with_bev_convs(self, count: int = 2) -> CameraSettings:
        """The same with convolutions on the lifted map, for the aligned assistant and its student."""
        return replace(self, bev_convs=count)

    @property
    def bev_grid(self) -> BevGrid:
        """The cells of every BEV map of the network."""
        return self.grid.bev()


def feature_branch(inputs: int, outputs: int) -> nn.Sequential:
    """The image features of one branch: 1x1 convolution, batch norm, ReLU."""
    return nn.Sequential(conv_norm(inputs, outputs, kernel=1), nn.ReLU())


class CameraDetector(nn.Module):
    """The shared stages. A subclass says which depth to use, in its ``forward``.

    Args:
        settings: see `CameraSettings`.
    """

    def __init__(self, settings: CameraSettings):
        super().__init__()
        self.scale = settings
        bev, heights = settings.bev_channels, settings.grid.shape[0]
        self.image_backbone = settings.image.build()
        self.branch_visual = feature_branch(self.image_backbone.out_channels, settings.branch_channels)
        self.collapse_visual = HeightCollapse(settings.branch_channels, heights, bev)
        self.bev_convs = nn.Sequential(
            *(layer for _ in range(settings.bev_convs) for layer in (conv_norm(bev, bev), nn.ReLU()))
        )
        self.backbone_2d = BevBackbone(bev, settings.backbone_2d)
        self.dense_head = build_head(
            settings.head,
            settings.backbone_2d.out_channels,
            settings.bev_grid,
            settings.classes,
            settings.anchor_placement,
        )
        self.lifter = Lift(settings.grid, settings.bins, settings.image.stride, settings.lift_convention)

    def encode(self, images: Float[Tensor, "B 3 H W"]) -> ImageFeatures:
        """RGB, 0..1, to image features."""
        return self.image_backbone(images)

    def lift(
        self,
        features: Float[Tensor, "B C h w"],
        depth: Float[Tensor, "B D h w"],
        calibrations: Sequence[Calibration],
        collapse: HeightCollapse,
    ) -> BevMap:
        """One branch's features into the bird's-eye view (paper's ``to_bev``).

        Args:
            features: of a branch.
            depth: probability of each bin; a last channel "beyond" is not read.
            calibrations: one per sample.
            collapse: of that branch.
        """
        plans = self.lifter.plans(calibrations, features)
        return BevMap(collapse.lift(features, depth, plans), self.scale.bev_grid)

    def lift_visual(
        self,
        features: Float[Tensor, "B C h w"],
        depth: Float[Tensor, "B D h w"],
        calibrations: Sequence[Calibration],
    ) -> BevMap:
        """The visual branch's map: F_vis of a student, F_A of an assistant. Arguments as for `lift`."""
        lifted = self.lift(features, depth, calibrations, self.collapse_visual)
        return BevMap(self.bev_convs(lifted.features), lifted.grid)

    def detect_head(self, bev: BevMap) -> DensePredictions:
        """2D backbone and head: raw predictions."""
        return self.dense_head(self.backbone_2d(bev.features))

    def start_from(self, other: nn.Module, modules: Sequence[str]) -> None:
        """Copies the weights of some modules of another network, such as the assistant's into the student.

        Args:
            other: the network to copy from; a teacher has ``backbone_2d`` and ``dense_head`` in common.
            modules: names of modules that both have.

        Raises:
            ValueError: a module is missing in one of them, or its weights differ in shape.
        """
        for name in modules:
            try:
                self.get_submodule(name).load_state_dict(other.get_submodule(name).state_dict())
            except (AttributeError, RuntimeError) as error:
                raise ValueError(
                    f"{name!r} of a {type(other).__name__} does not fit into a {type(self).__name__}: {error}; "
                    "both networks must be built from settings of the same sizes"
                ) from error
