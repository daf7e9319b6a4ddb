"""SECOND's 2D backbone: convolutions over the BEV map at several strides, brought back to one and concatenated.

Source: SECOND (Sensors 2018); module names are the release's, so that its weights load by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class BevBackboneSettings:
    """The shape of a 2D backbone.

    Attributes:
        layers: per block, 3 x 3 convolutions after the strided one.
        strides: per block, of its first convolution.
        filters: per block, channels.
        up_filters: per block, channels after it is brought back to the resolution of the input.
        norm_momentum: how fast the batch norms' running statistics move.
    """

    layers: tuple[int, ...]
    strides: tuple[int, ...]
    filters: tuple[int, ...]
    up_filters: tuple[int, ...]
    norm_momentum: float = 0.1

    def __post_init__(self):
        lengths = {len(self.layers), len(self.strides), len(self.filters), len(self.up_filters)}
        if len(lengths) != 1 or not self.layers:
            raise ValueError(f"layers, strides, filters and up_filters must name the same blocks: {self}")

    @classmethod
    def kitti(cls) -> BevBackboneSettings:
        """The released one."""
        return cls((5, 5), (1, 2), (128, 256), (256, 256), norm_momentum=0.01)

    @classmethod
    def toy(cls) -> BevBackboneSettings:
        """A quarter of the width, three convolutions a block."""
        return cls((2, 2), (1, 2), (32, 64), (32, 32))

    @property
    def out_channels(self) -> int:
        """Channels of the concatenated map."""
        return sum(self.up_filters)


class BevBackbone(nn.Module):
    """A BEV map to a BEV map of the same cells.

    Args:
        in_channels: C of the input.
        settings: see `BevBackboneSettings`.
    """

    def __init__(self, in_channels: int, settings: BevBackboneSettings):
        super().__init__()
        self.settings = settings
        self.blocks, self.deblocks = nn.ModuleList(), nn.ModuleList()
        scale = 1
        for layers, stride, filters, up in zip(
            settings.layers, settings.strides, settings.filters, settings.up_filters, strict=True
        ):
            scale *= stride
            block = [nn.ZeroPad2d(1), nn.Conv2d(in_channels, filters, 3, stride, bias=False), *self._norm(filters)]
            for _ in range(layers):
                block += [nn.Conv2d(filters, filters, 3, padding=1, bias=False), *self._norm(filters)]
            self.blocks.append(nn.Sequential(*block))
            self.deblocks.append(
                nn.Sequential(nn.ConvTranspose2d(filters, up, scale, scale, bias=False), *self._norm(up))
            )
            in_channels = filters
        self.scale = scale

    def _norm(self, channels: int) -> tuple[nn.Module, nn.Module]:
        return nn.BatchNorm2d(channels, eps=1e-3, momentum=self.settings.norm_momentum), nn.ReLU()

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B O Y X"]:
        """Raises ValueError where the map is not a whole number of the coarsest cells."""
        if x.shape[2] % self.scale or x.shape[3] % self.scale:
            raise ValueError(
                f"the BEV map has {tuple(x.shape[2:])} cells (Y, X), which the strides {self.settings.strides} do not "
                f"divide: choose a range whose cells are a multiple of {self.scale}"
            )
        brought_back = []
        for block, deblock in zip(self.blocks, self.deblocks, strict=True):
            x = block(x)
            brought_back.append(deblock(x))
        return torch.cat(brought_back, dim=1)
