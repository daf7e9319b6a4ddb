"""Height collapse: a column of voxels becomes one BEV feature (1x1 convolution, batch norm, ReLU)."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.models.lift import lift_to_bev
from monotakd.models.lift_plan import LiftPlan


class HeightCollapse(nn.Module):
    """Collapses Z heights of C channels to O channels.

    The convolution has no bias and sees input channel ``c * Z + z``. State dict names are the release's
    (``map_to_bev_module.block``, and ``block_copy`` for its second branch).

    Args:
        channels: C.
        heights: Z.
        out_channels: O.
    """

    def __init__(self, channels: int, heights: int, out_channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels * heights, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, voxels: Float[Tensor, "B C Z Y X"]) -> Float[Tensor, "B O Y X"]:
        """Collapses voxels that exist, such as those of `lift_to_voxels`."""
        return F.relu(self.bn(self.conv(voxels.flatten(1, 2))))

    def lift(
        self, features: Float[Tensor, "B C h w"], depth: Float[Tensor, "B D h w"], plans: Sequence[LiftPlan]
    ) -> Float[Tensor, "B O Y X"]:
        """Lifts and collapses in one go; equal to ``self(lift_to_voxels(features, depth, plans))``."""
        return F.relu(self.bn(lift_to_bev(features, depth, self.conv.weight.flatten(1), plans)))
