"""The LiDAR teacher: voxels, sparse 3D convolutions, height compression, a 2D backbone and a detection head.

What MonoTAKD distils is F_T, the map right after height compression and before the 2D backbone (paper, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.geometry.anchors import KITTI_ANCHORS, AnchorClass, Placement
from monotakd.models.bev_backbone import BevBackbone, BevBackboneSettings
from monotakd.models.heads.choose import HeadKind, build_head
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.sparse import SparseTensor, to_bev
from monotakd.models.sparse_backbone import SparseBackbone, SparseBackboneSettings
from monotakd.models.voxelize import voxelize_batch
from monotakd.scene import BevGrid, BevMap, Detections, VoxelGrid


@dataclass(frozen=True)
class TeacherSettings:
    """A teacher, without its weights.

    Attributes:
        grid: voxels.
        backbone_3d: sparse part.
        backbone_2d: dense part.
        head: ``"anchor"`` or ``"center"``.
        classes: what it detects; a centre head uses their names only.
        anchor_placement: see `geometry.anchors.anchor_boxes`; released weights need ``"range_limits"``.
        max_points: kept per voxel.
        max_voxels: kept per cloud; None for all.
    """

    grid: VoxelGrid
    backbone_3d: SparseBackboneSettings
    backbone_2d: BevBackboneSettings
    head: HeadKind
    classes: tuple[AnchorClass, ...] = KITTI_ANCHORS
    anchor_placement: Placement = "cell_centres"
    max_points: int = 5
    max_voxels: int | None = None

    @classmethod
    def kitti(cls) -> TeacherSettings:
        """The released structure: three classes, anchor head, BEV of 128 x 188 x 140 (C, Y, X) at 0.32 m."""
        return cls(
            VoxelGrid.kitti_lidar(),
            SparseBackboneSettings.kitti(),
            BevBackboneSettings.kitti(),
            "anchor",
            KITTI_ANCHORS,
        )

    @classmethod
    def released(cls) -> TeacherSettings:
        """The same with the release's anchors and its limit of voxels at test time, for its weights only."""
        return replace(cls.kitti(), anchor_placement="range_limits", max_voxels=40_000)

    @classmethod
    def toy(cls) -> TeacherSettings:
        """Cars, centre head, BEV of 32 x 56 x 70 (C, Y, X) at 0.64 m, for a laptop's CPU."""
        grid = VoxelGrid((2.0, -17.92, -3.0), (46.8, 17.92, 1.0), (0.16, 0.16, 0.2))
        cars = tuple(anchor for anchor in KITTI_ANCHORS if anchor.name == "Car")
        return cls(grid, SparseBackboneSettings.toy(), BevBackboneSettings.toy(), "center", cars)

    @property
    def bev_grid(self) -> BevGrid:
        """The cells of F_T, of the refined map and of the head."""
        return self.grid.bev(self.backbone_3d.stride)


@dataclass(frozen=True, eq=False)
class TeacherOutput:
    """What a teacher says of a batch.

    Attributes:
        bev: F_T, before the 2D backbone.
        head: raw predictions.
    """

    bev: BevMap
    head: DensePredictions


class Teacher(nn.Module):
    """A SECOND-style detector whose stages can be called one by one.

    Args:
        settings: see `TeacherSettings`.

    Raises:
        ValueError: the grid does not fit the stages.
    """

    def __init__(self, settings: TeacherSettings):
        super().__init__()
        self.settings = settings
        self.backbone_3d = SparseBackbone(settings.backbone_3d)
        height, *cells = self.backbone_3d.output_shape(settings.grid.shape)
        grid = settings.bev_grid
        if tuple(cells) != grid.shape:
            raise ValueError(
                f"the sparse stages make {tuple(cells)} cells (Y, X) of a grid with {settings.grid.shape} voxels, not "
                f"{grid.shape}: choose ranges that are a multiple of {settings.backbone_3d.stride} voxels"
            )
        self.bev_channels = settings.backbone_3d.out_channels * height
        self.backbone_2d = BevBackbone(self.bev_channels, settings.backbone_2d)
        self.dense_head = build_head(
            settings.head, settings.backbone_2d.out_channels, grid, settings.classes, settings.anchor_placement
        )

    @classmethod
    def kitti(cls) -> Teacher:
        """`TeacherSettings.kitti` with fresh weights."""
        return cls(TeacherSettings.kitti())

    @classmethod
    def toy(cls) -> Teacher:
        """`TeacherSettings.toy` with fresh weights."""
        return cls(TeacherSettings.toy())

    def voxelize(self, clouds: Sequence[Float[Tensor, "_ 4"]]) -> SparseTensor:
        """Points (x, y, z, intensity; one tensor per sample) to voxels, on the network's device."""
        device = next(self.parameters()).device
        settings = self.settings
        features, coordinates = voxelize_batch(
            [cloud.to(device) for cloud in clouds],
            settings.grid,
            max_points=settings.max_points,
            max_voxels=settings.max_voxels,
        )
        return SparseTensor(features, coordinates, settings.grid.shape, len(clouds))

    def encode(self, voxels: SparseTensor) -> SparseTensor:
        """Voxels to a few coarse height layers."""
        return self.backbone_3d(voxels)

    def compress(self, encoded: SparseTensor) -> BevMap:
        """F_T: the height layers side by side as channels of a BEV map."""
        return BevMap(to_bev(encoded), self.settings.bev_grid)

    def bev_backbone(self, bev: BevMap) -> BevMap:
        """The map that the head reads."""
        return BevMap(self.backbone_2d(bev.features), bev.grid)

    def head(self, refined: BevMap) -> DensePredictions:
        """Raw predictions."""
        return self.dense_head(refined.features)

    def forward(self, clouds: Sequence[Float[Tensor, "_ 4"]]) -> TeacherOutput:
        """All stages, one after the other.

        Args:
            clouds: per sample, rows x y z intensity in the LiDAR frame; `scene.Privileged.points`.
        """
        bev = self.compress(self.encode(self.voxelize(clouds)))
        return TeacherOutput(bev, self.head(self.bev_backbone(bev)))

    @torch.no_grad()
    def detect(self, clouds: Sequence[Float[Tensor, "_ 4"]]) -> list[Detections]:
        """What it finds in each cloud, in evaluation mode whatever mode the network is in."""
        training = self.training
        self.eval()
        try:
            return self.dense_head.decode(self(clouds).head)
        finally:
            self.train(training)
