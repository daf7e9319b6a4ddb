"""The centre head: a heat map of object centres per class, and a box read at each peak.

Source: CenterPoint (CVPR 2021). It needs no anchor sizes and no assignment thresholds, which suits small networks and
new classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.geometry.grids import cell_centres
from monotakd.models.heads.center_losses import CENTER_WEIGHTS, center_losses
from monotakd.models.heads.center_targets import CODE_SIZE, CenterTargets, center_targets
from monotakd.models.heads.decode import Suppression, boxes_to_learn, detections_from
from monotakd.models.heads.predictions import DensePredictions, HeadLosses
from monotakd.models.precision import at_least_float32
from monotakd.scene import BevGrid, Boxes3D, Detections

LARGEST_LOG_SIZE = math.log(50.0)
"""An untrained network's size is held to 2 cm to 50 m, so that a wild one can be neither infinite nor 0."""

PER_CLASS = Suppression(per_class=True)
"""The heat maps of two classes know nothing of each other, so neither does their suppression."""


class CenterHead(nn.Module):
    """A shared 3 x 3 convolution, then 1 x 1 convolutions for heat and boxes.

    Args:
        in_channels: C of the map that it reads.
        grid: the map's cells.
        classes: class names, any number of them.
        width: channels of the shared convolution.
        suppression: how peaks become detections.
    """

    loss_weights = CENTER_WEIGHTS

    def __init__(
        self,
        in_channels: int,
        grid: BevGrid,
        classes: tuple[str, ...] = ("Car",),
        width: int = 64,
        suppression: Suppression = PER_CLASS,
    ):
        super().__init__()
        self.grid, self.classes, self.suppression = grid, tuple(classes), suppression
        self.shared = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.heat = nn.Conv2d(width, len(self.classes), 1)
        self.box = nn.Conv2d(width, CODE_SIZE, 1)
        # Nearly every cell is empty: start by saying so (score 0.01).
        nn.init.constant_(self.heat.bias, -math.log(99.0))
        centres = torch.from_numpy(cell_centres(grid)).float().flatten(0, 1)
        self.register_buffer("centres", centres, persistent=False)

    def forward(self, features: Float[Tensor, "B C Y X"]) -> DensePredictions:
        """Raises ValueError where the map does not have the grid's cells."""
        if tuple(features.shape[2:]) != self.grid.shape:
            raise ValueError(
                f"the map has {tuple(features.shape[2:])} cells (Y, X), the head was built for {self.grid.shape}"
            )
        shared = self.shared(features)
        heat, box = (at_least_float32(conv(shared).flatten(2).transpose(1, 2)) for conv in (self.heat, self.box))
        return DensePredictions(heat, box)

    def targets(self, boxes: Sequence[Boxes3D]) -> CenterTargets:
        """What the head should have said. Boxes of other classes, or centred off the grid, are background.

        Args:
            boxes: per sample.
        """
        values, labels = zip(*(boxes_to_learn(b, self.classes, self.grid) for b in boxes), strict=True)
        found = center_targets(self.grid, len(self.classes), values, labels)
        device = self.centres.device
        return CenterTargets(found.heat.to(device), found.cells.to(device), found.codes.to(device))

    def loss(self, predictions: DensePredictions, targets: CenterTargets) -> HeadLosses:
        """Unweighted terms; ``loss_weights`` are the ones to weigh them with."""
        return center_losses(predictions, targets)

    def boxes(self, predictions: DensePredictions) -> Float[Tensor, "B N 7"]:
        """The box that every cell speaks of."""
        codes = predictions.codes
        ground = self.centres + codes[..., :2] * codes.new_tensor(self.grid.cell)
        sizes = codes[..., 3:6].clamp(-LARGEST_LOG_SIZE, LARGEST_LOG_SIZE).exp()
        axis = torch.atan2(codes[..., 6], codes[..., 7]) / 2
        backwards = codes[..., 8] * axis.sin() + codes[..., 9] * axis.cos() < 0
        turned = torch.where(axis > 0, axis - torch.pi, axis + torch.pi)
        yaw = torch.where(backwards, turned, axis)
        return torch.cat([ground, codes[..., 2:3], sizes, yaw[..., None]], dim=-1)

    @torch.no_grad()
    def decode(self, predictions: DensePredictions) -> list[Detections]:
        """Detections of each sample: cells hotter than their eight neighbours, class by class."""
        heat = predictions.class_logits.sigmoid().transpose(1, 2).unflatten(2, self.grid.shape)
        peak = (heat == F.max_pool2d(heat, 3, stride=1, padding=1)) & (heat >= self.suppression.score)
        detections = []
        for boxes, sample_heat, sample_peak in zip(self.boxes(predictions), heat, peak, strict=True):
            label, cell = sample_peak.flatten(1).nonzero(as_tuple=True)
            scores = sample_heat.flatten(1)[label, cell]
            detections.append(detections_from(boxes[cell], scores, label, self.classes, self.suppression))
        return detections
