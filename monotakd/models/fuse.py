"""Feature fusion: the visual and the aligned spatial BEV map become the one that the detector reads (paper's FFM)."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Fuse(nn.Module):
    """Adds the two maps and mixes them with two convolutions.

    The paper gives the sum and the number of layers. Kernel 3, batch norm and ReLU after each, and the constant width
    are our choice: the student's other BEV layers are built the same way.

    Args:
        channels: of both inputs and of the output.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, visual: Float[Tensor, "B C Y X"], spatial: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Fuses the visual map with the aligned spatial map."""
        x = F.relu(self.bn1(self.conv1(visual + spatial)))
        return F.relu(self.bn2(self.conv2(x)))


class ReleasedFuse(nn.Module):
    """The release's fusion layers: three convolutions, the first and third sharing one batch norm.

    The shared norm moves its running statistics twice per training step, once for each place it stands in. The release
    never calls this block, because the line that forms the sum is commented out. State dict names are those under
    ``backbone_2d.fusion_nn``.

    Args:
        channels: of both inputs and of the output; twice as many in between.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 1)
        self.conv3 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels)
        self.bn2 = nn.BatchNorm2d(2 * channels)

    def forward(self, visual: Float[Tensor, "B C Y X"], spatial: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Fuses the visual map with the aligned spatial map."""
        x = F.relu(self.bn(self.conv(visual + spatial)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn(self.conv3(x)))
