"""Distil into a student of your own: any module that takes `Sensors` and returns an object with BEV maps.

This one has no depth distribution. Every voxel reads the image where it projects to, whatever is in front of it
(the idea of OFT and Simple-BEV), so the same feature is smeared along the whole ray.
"""

from dataclasses import dataclass

import torch
from torch import nn

from monotakd.models.bev_backbone import BevBackbone
from monotakd.models.camera import CameraSettings
from monotakd.models.collapse import HeightCollapse
from monotakd.models.heads.center_head import CenterHead
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.lift import Lift
from monotakd.scene import BevMap, Sensors


@dataclass(frozen=True, eq=False)
class OwnOutput:
    """What the distiller asks for by name. Return only what your recipe's losses compare."""

    bev_visual: BevMap
    bev: BevMap
    head: DensePredictions


class OwnStudent(nn.Module):
    """Image network, rays without depth, BEV detector."""

    def __init__(self, scale: CameraSettings):
        super().__init__()
        self.scale = scale
        self.image_backbone = scale.image.build()
        self.collapse = HeightCollapse(self.image_backbone.out_channels, scale.grid.shape[0], scale.bev_channels)
        self.backbone_2d = BevBackbone(scale.bev_channels, scale.backbone_2d)
        # The distiller looks for boxes and their targets here.
        names = tuple(anchor.name for anchor in scale.classes)
        self.dense_head = CenterHead(scale.backbone_2d.out_channels, scale.bev_grid, names)
        self.rays = Lift(scale.grid, scale.bins, scale.image.stride)

    def forward(self, sensors: Sensors) -> OwnOutput:
        """Images and calibrations in, BEV maps and predictions out."""
        features = self.image_backbone(sensors.images).features
        everywhere = torch.ones_like(features[:, :1]).expand(-1, self.scale.bins.num, -1, -1)
        plans = self.rays.plans(sensors.calibrations, features)
        bev = BevMap(self.collapse.lift(features, everywhere, plans), self.scale.bev_grid)
        return OwnOutput(bev, bev, self.dense_head(self.backbone_2d(bev.features)))


# distiller = Distiller(OwnStudent(CameraSettings.toy()), teacher, assistant, DistillSettings.imd_direct())
# distiller(batch).total(distiller.settings.weights).backward()
