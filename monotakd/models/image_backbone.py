"""The image network of the toy presets: half a ResNet-18, and a feature pyramid that brings it back to stride 4.

At 320x96 pixels a car 40 m away is about a dozen pixels wide, so features at stride 8 are too coarse; a stage at
stride 32 would see 10x3 cells and is left out. What can take its place: `ImageNetworkSettings`; `resnet_backbone` has
the image network of the KITTI presets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

MEAN, SPREAD = 0.45, 0.25
"""Of pixels 0..1, over all channels; brings images to about zero mean and unit variance."""


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """What an image network says of each cell.

    Attributes:
        features: (B, C, h, w), the cells covering the image from the top-left corner.
        stride: image pixels per cell.
    """

    features: Float[Tensor, "B C h w"]
    stride: int


@runtime_checkable
class ImageNetworkSettings(Protocol):
    """What the settings of any image network offer; frozen dataclasses, so that a config.json can hold them."""

    @property
    def stride(self) -> int:
        """Image pixels per feature cell."""

    def build(self) -> nn.Module:
        """A module from images to `ImageFeatures`, with an ``out_channels``."""

    def build_depth_head(self, bins: int) -> nn.Module:
        """A module from its features to logits of each depth bin at the same cells, and of "beyond" last."""


@dataclass(frozen=True)
class ImageBackboneSettings:
    """The shape of an image network.

    Attributes:
        widths: channels per stage; the first stage has stride 4, each further one doubles it.
        blocks: residual blocks per stage.
        out_channels: of the feature map.
        coordinates: give every pixel its place in the image (u, v in -1..1) beside its colour. On a street, the height
            of a pixel says much about its distance, and a convolution does not know where it is.
    """

    widths: tuple[int, ...]
    blocks: int
    out_channels: int
    coordinates: bool = True

    @classmethod
    def toy(cls) -> ImageBackboneSettings:
        """Half the width of ResNet-18's first three stages, 48 feature channels."""
        return cls((32, 64, 128), 2, 48)

    @property
    def stride(self) -> int:
        """Image pixels per feature cell."""
        return 4

    def build(self) -> ImageBackbone:
        """The network, with fresh weights."""
        return ImageBackbone(self)

    def build_depth_head(self, bins: int) -> DepthHead:
        """Two convolutions, with fresh weights; logits of each bin, and of "beyond" last."""
        width = self.out_channels
        return DepthHead(conv_norm(width, width), nn.ReLU(), nn.Conv2d(width, bins + 1, kernel_size=1))


class DepthHead(nn.Sequential):
    """Layers from image features to depth logits; a class of its own, since torch compiles no bare container."""

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B D1 h w"]:
        """Logits of each bin, and of "beyond" last."""
        return super().forward(features)


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution and batch norm, keeping the size up to the stride."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around which the input is carried (He et al., CVPR 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = conv_norm(inputs, outputs, stride=stride)
        self.conv2 = conv_norm(outputs, outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, kernel=1, stride=stride)

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B O h2 w2"]:
        """Refines ``x``."""
        return F.relu(self.conv2(F.relu(self.conv1(x))) + self.shortcut(x))


class ImageBackbone(nn.Module):
    """Residual stages, then top-down sums of all of them at the finest (Lin et al., feature pyramids, CVPR 2017).

    Args:
        settings: see `ImageBackboneSettings`.
    """

    def __init__(self, settings: ImageBackboneSettings):
        super().__init__()
        self.settings = settings
        first, out = settings.widths[0], settings.out_channels
        inputs = 5 if settings.coordinates else 3
        self.stem = nn.Sequential(
            conv_norm(inputs, first // 2, stride=2), nn.ReLU(), conv_norm(first // 2, first, stride=2), nn.ReLU()
        )
        self.stages, self.laterals = nn.ModuleList(), nn.ModuleList()
        channels = first
        for number, width in enumerate(settings.widths):
            entry = ResidualBlock(channels, width, stride=1 if number == 0 else 2)
            more = (ResidualBlock(width, width, stride=1) for _ in range(settings.blocks - 1))
            self.stages.append(nn.Sequential(entry, *more))
            self.laterals.append(nn.Conv2d(width, out, 1))
            channels = width
        self.smooth = nn.Sequential(conv_norm(out, out), nn.ReLU())

    @property
    def out_channels(self) -> int:
        """C of the features."""
        return self.settings.out_channels

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ImageFeatures:
        """Looks at RGB images, 0..1; a size that 4 does not divide gets one more, partly filled, cell."""
        x = (images - MEAN) / SPREAD
        if self.settings.coordinates:
            x = torch.cat([x, pixel_coordinates(x)], dim=1)
        x = self.stem(x)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        laterals = [lateral(level) for lateral, level in zip(self.laterals, levels, strict=True)]
        merged = laterals.pop()
        while laterals:
            finer = laterals.pop()
            merged = finer + F.interpolate(merged, size=finer.shape[2:], mode="nearest")
        return ImageFeatures(self.smooth(merged), self.settings.stride)


def pixel_coordinates(images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B 2 H W"]:
    """u and v of every pixel, each from -1 at the first to 1 at the last."""
    height, width = images.shape[2:]
    v, u = (torch.linspace(-1, 1, n, device=images.device, dtype=images.dtype) for n in (height, width))
    return torch.stack(torch.meshgrid(u, v, indexing="xy")).expand(len(images), -1, -1, -1)
