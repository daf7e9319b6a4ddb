"""Domain adaptation of the camera BEV map by self-calibrated convolutions.

A self-calibrated convolution (Liu et al., SCNet, CVPR 2020) looks at its input at full and at quarter resolution: the
coarse view, upsampled, gates the fine one. CMKD put a stack of them behind the camera's BEV map to bring its
statistics closer to the LiDAR's; MonoTAKD keeps it as an option.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

COARSE = 4
"""How many cells one coarse cell spans."""


def _conv_bn(channels: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)]


class SelfCalibratedConv(nn.Module):
    """``k4(k3(x) * sigmoid(x + upsample(k2(x))))``; k2 works on averages over 4 x 4 cells.

    Args:
        channels: of input and output.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.k2 = nn.Sequential(nn.AvgPool2d(COARSE), *_conv_bn(channels))
        self.k3 = nn.Sequential(*_conv_bn(channels))
        self.k4 = nn.Sequential(*_conv_bn(channels))

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Gates the fine view of ``x`` with its coarse view."""
        coarse = F.interpolate(self.k2(x), size=x.shape[2:], mode="nearest")
        return self.k4(self.k3(x) * torch.sigmoid(x + coarse))


class Bottleneck(nn.Module):
    """Two half-width paths, a plain 3x3 convolution and a self-calibrated one, joined and added to the input.

    Args:
        channels: of input and output, even.
    """

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.conv1_a = nn.Conv2d(channels, half, 1, bias=False)
        self.bn1_a = nn.BatchNorm2d(half)
        self.conv1_b = nn.Conv2d(channels, half, 1, bias=False)
        self.bn1_b = nn.BatchNorm2d(half)
        self.k1 = nn.Sequential(*_conv_bn(half))
        self.scconv = SelfCalibratedConv(half)
        self.conv3 = nn.Conv2d(2 * half, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Refines ``x``."""
        plain = F.relu(self.k1(F.relu(self.bn1_a(self.conv1_a(x)))))
        calibrated = F.relu(self.scconv(F.relu(self.bn1_b(self.conv1_b(x)))))
        return F.relu(x + self.bn3(self.conv3(torch.cat([plain, calibrated], dim=1))))


class SCNet(nn.Module):
    """A stack of bottlenecks. State dict names are the release's under ``domain_adaptation``.

    Args:
        channels: of input and output, even.
        blocks: how many. The paper says five; the release asks for five and builds four (``range(1, 5)``), so its
            weights need four.
    """

    def __init__(self, channels: int, blocks: int = 5):
        super().__init__()
        if channels % 2:
            raise ValueError(f"SCNet splits its channels in two halves, got {channels}; give an even number")
        self.layers = nn.Sequential(*(Bottleneck(channels) for _ in range(blocks)))

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Adapts a BEV map.

        Raises:
            ValueError: the map is smaller than one coarse cell.
        """
        if min(x.shape[2:]) < COARSE:
            raise ValueError(f"SCNet averages {COARSE}x{COARSE} cells, the map has only {tuple(x.shape[2:])} (Y, X)")
        # Faster cell by cell in memory. What follows learns faster channel by channel, and infers faster cell by cell.
        refined = self.layers(x.contiguous(memory_format=torch.channels_last))
        return refined.contiguous() if torch.is_grad_enabled() else refined
