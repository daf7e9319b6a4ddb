"""The anchor head: at every BEV cell, one score, box and direction for each of a few standard boxes.

Source: SECOND (Sensors 2018). Module names and channel order are the release's, so that its weights load by name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.geometry.anchors import ANCHOR_ROTATIONS, KITTI_ANCHORS, AnchorClass, Placement, anchor_boxes
from monotakd.geometry.box_coder import decode_boxes, yaw_in_direction
from monotakd.models.heads.anchor_losses import SUPERVISED_WEIGHTS, anchor_losses
from monotakd.models.heads.anchor_targets import AnchorTargets, assign_anchors
from monotakd.models.heads.decode import RELEASED_SUPPRESSION, Suppression, boxes_to_learn, detections_from
from monotakd.models.heads.predictions import DensePredictions, HeadLosses
from monotakd.models.precision import at_least_float32
from monotakd.scene import BevGrid, Boxes3D, Detections

LARGEST_LOG_RATIO = math.log(20.0)
"""An untrained network's size is held to a twentieth to twenty times its anchor's: it can be neither infinite nor 0."""


class AnchorHead(nn.Module):
    """1 x 1 convolutions that read a BEV map.

    Args:
        in_channels: C of the map.
        grid: its cells.
        classes: anchor classes, any number of them.
        rotations: yaws of the anchors, radians.
        placement: see `geometry.anchors.anchor_boxes`; ``"range_limits"`` with released weights.
        suppression: how candidates become detections.
    """

    loss_weights = SUPERVISED_WEIGHTS

    def __init__(
        self,
        in_channels: int,
        grid: BevGrid,
        classes: tuple[AnchorClass, ...] = KITTI_ANCHORS,
        rotations: tuple[float, ...] = ANCHOR_ROTATIONS,
        placement: Placement = "cell_centres",
        suppression: Suppression = RELEASED_SUPPRESSION,
    ):
        super().__init__()
        self.grid, self.anchor_classes, self.suppression = grid, classes, suppression
        self.classes = tuple(anchor.name for anchor in classes)
        self.register_buffer(
            "anchors", torch.from_numpy(anchor_boxes(grid, classes, rotations, placement)), persistent=False
        )
        per_cell = len(classes) * len(rotations)
        self.conv_cls = nn.Conv2d(in_channels, per_cell * len(classes), 1)
        self.conv_box = nn.Conv2d(in_channels, per_cell * 7, 1)
        self.conv_dir_cls = nn.Conv2d(in_channels, per_cell * 2, 1)
        # Nearly every anchor is background: start by saying so (score 0.01), with boxes that equal their anchors.
        nn.init.constant_(self.conv_cls.bias, -math.log(99.0))
        nn.init.normal_(self.conv_box.weight, std=0.001)
        nn.init.zeros_(self.conv_box.bias)

    def forward(self, features: Float[Tensor, "B C Y X"]) -> DensePredictions:
        """Raises ValueError where the map does not have the grid's cells."""
        if tuple(features.shape[2:]) != self.grid.shape:
            raise ValueError(
                f"the map has {tuple(features.shape[2:])} cells (Y, X), the head's anchors lie on {self.grid.shape}"
            )

        # One multiplication for the three convolutions: the map is the largest of all, and is gone through once.
        convs = (self.conv_cls, self.conv_box, self.conv_dir_cls)
        weight = torch.cat([conv.weight.flatten(1) for conv in convs])
        cells = F.linear(features.flatten(2).transpose(1, 2), weight, torch.cat([conv.bias for conv in convs]))
        scores, codes, directions = cells.split([conv.out_channels for conv in convs], dim=-1)

        def rows(values: Tensor, width: int) -> Tensor:
            return at_least_float32(values.reshape(len(features), -1, width))

        return DensePredictions(rows(scores, len(self.classes)), rows(codes, 7), rows(directions, 2))

    def targets(self, boxes: Sequence[Boxes3D]) -> AnchorTargets:
        """What the head should have said. Boxes of other classes, or centred off the grid, are background.

        Args:
            boxes: per sample.
        """
        wanted = [boxes_to_learn(b, self.classes, self.grid) for b in boxes]
        values = [torch.from_numpy(v).to(self.anchors) for v, _ in wanted]
        labels = [torch.from_numpy(k).to(self.anchors.device) for _, k in wanted]
        return assign_anchors(self.anchors, self.anchor_classes, values, labels)

    def loss(self, predictions: DensePredictions, targets: AnchorTargets) -> HeadLosses:
        """Unweighted terms; ``loss_weights`` are the ones to weigh them with."""
        return anchor_losses(predictions, targets)

    def boxes(self, predictions: DensePredictions) -> Float[Tensor, "B N 7"]:
        """The box of every anchor, yaw turned into the predicted direction."""
        codes = torch.cat(
            [
                predictions.codes[..., :3],
                predictions.codes[..., 3:6].clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO),
                predictions.codes[..., 6:],
            ],
            dim=-1,
        )
        boxes = decode_boxes(codes, self.anchors.reshape(1, -1, 7).expand(len(codes), -1, -1))
        yaw = yaw_in_direction(boxes[..., 6], predictions.direction_logits.argmax(dim=-1))
        return torch.cat([boxes[..., :6], yaw[..., None]], dim=-1)

    @torch.no_grad()
    def decode(self, predictions: DensePredictions) -> list[Detections]:
        """Detections of each sample; an anchor stands for its best class."""
        scores, labels = predictions.class_logits.sigmoid().max(dim=-1)
        samples = zip(self.boxes(predictions), scores, labels, strict=True)
        return [detections_from(*sample, self.classes, self.suppression) for sample in samples]
