"""The released student's work in the order and the form in which the release does it: our plain reference.

Same weights, same modules, same losses as `monotakd`'s, other arrangement:

- features and depth are multiplied out into frustum volumes, which are sampled voxel by voxel and then collapsed;
- the volume of the predicted depth is multiplied out twice, and the second one is thrown away;
- every activation is kept for the way back;
- every map lies channel by channel in memory, also where another order would be faster;
- the three convolutions of the student's head read their map one after the other;
- the borrowed assistant's volume, collapse and alignment are computed with gradients, which its losses cut off;
- inference computes the spatial branch and the assistant too (the release reads a depth map in every mode), and
  shows neither of them to the detector.

Left out, to be fair: the release makes its sampling grid anew for every batch, fills its one-hot depth in a Python
loop, and copies maps to the CPU and back.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from monotakd.benchmarks.volume_lift import frustum_volume, sample_volume, sampling_grid
from monotakd.distill.distiller import Targets
from monotakd.distill.intra_modal import intra_modal_loss
from monotakd.distill.residual import residual_loss, residual_target
from monotakd.distill.response import response_losses
from monotakd.distill.settings import DistillSettings
from monotakd.distill.terms import LossTerms
from monotakd.models.depth_distribution import one_hot_depth, true_depth_bins
from monotakd.models.heads.anchor_head import AnchorHead
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.lift_plan import frustum_cells
from monotakd.models.student import Student
from monotakd.scene import Batch, BevMap, Detections


@dataclass(frozen=True, eq=False)
class Maps:
    """What a forward pass of the release leaves behind.

    Attributes:
        visual: F_vis, which the detector reads.
        spatial: SAM(F_spa).
        assistant: the borrowed F_A.
        head: raw predictions.
    """

    visual: BevMap
    spatial: BevMap
    assistant: BevMap
    head: DensePredictions


class ReleasedArrangement:
    """Runs a student of `Wiring.released` as the release runs it.

    Args:
        student: whose weights and modules are used.
        batch: whose calibrations the sampling grids are made for.
    """

    def __init__(self, student: Student, batch: Batch):
        scale = student.scale
        self.student, self.settings = student, DistillSettings.released()
        size = tuple(student.encode(batch.sensors.images).features.shape[2:])
        self.grids = [
            sampling_grid(
                frustum_cells(c, scale.grid, scale.bins, size, stride=scale.image.stride), (scale.bins.num, *size)
            )
            for c in batch.sensors.calibrations
        ]

    def forward(self, batch: Batch) -> Maps:
        """Every map that the release computes, in training and in inference."""
        student = self.student
        bins = student.scale.bins
        image = student.encode(batch.sensors.images)
        features, logits = student.branch_visual(image.features), student.depth(image)
        volume = frustum_volume(features, logits.softmax(dim=1)[:, :-1])
        target = true_depth_bins(batch.privileged.depth, bins, student.scale.image.stride, self.settings.depth_pooling)
        true_volume = frustum_volume(features, one_hot_depth(target, bins))
        frustum_volume(features, logits.softmax(dim=1)[:, :-1])  # once more, for nothing
        voxels, true_voxels = sample_volume(volume, self.grids), sample_volume(true_volume, self.grids)

        def bev(features: Tensor) -> BevMap:
            return BevMap(features, student.scale.bev_grid)

        visual = bev(student.collapse_visual(voxels))
        spatial = student.align(bev(student.collapse_spatial(voxels)))
        assistant = student.align(bev(student.collapse_assistant(true_voxels)))
        if student.settings.wiring.scnet_blocks:
            visual = bev(student.scnet.layers(visual.features))
        return Maps(visual, spatial, assistant, self._head(visual))

    def _head(self, bev: BevMap) -> DensePredictions:
        """The release's three convolutions, which read the same map one after the other; a centre head as it is."""
        head = self.student.dense_head
        if not isinstance(head, AnchorHead):
            return self.student.detect_head(bev)
        features = self.student.backbone_2d(bev.features)

        def rows(conv: nn.Conv2d, width: int) -> Tensor:
            return conv(features).permute(0, 2, 3, 1).reshape(len(features), -1, width)

        return DensePredictions(
            rows(head.conv_cls, len(head.classes)), rows(head.conv_box, 7), rows(head.conv_dir_cls, 2)
        )

    def losses(self, batch: Batch, targets: Targets) -> LossTerms:
        """The terms of `DistillSettings.released`."""
        maps, settings = self.forward(batch), self.settings
        residual = residual_target(
            targets.teacher_bev.features, maps.assistant.features, settings.residual_form, settings.residual_threshold
        )
        response = response_losses(
            maps.head, targets.teacher_head, average_classification=settings.average_classification
        )
        return LossTerms(
            intra_modal=intra_modal_loss(
                maps.visual.features, maps.assistant.features, normalisation=settings.intra_modal_normalisation
            ),
            residual=residual_loss(maps.spatial.features, residual),
            **{f"response_{name}": term for name, term in response._asdict().items()},
        )

    @torch.no_grad()
    def detect(self, batch: Batch) -> list[Detections]:
        """Its detections; the student has to be in evaluation mode."""
        return self.student.dense_head.decode(self.forward(batch).head)
