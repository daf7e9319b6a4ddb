"""The image network of the KITTI presets: a dilated ResNet-50 and, on top of its third stage, a DeepLabV3 depth head.

Sources: He et al. (CVPR 2016), Chen et al. (DeepLabV3, 2017), and CaDDN (CVPR 2021) for what is read where: features
for the lift after stage 3, depth after stage 4, both at stride 8. Strides 1 with dilation 2 and 4 take the place of the
last two halvings.

Stage 4 belongs to the depth head here: nothing but the depth reads it, so that an assistant, which is told its depth,
carries no third of a network for nothing. Below that, names are those of torchvision's models, so that their weights
and the release's load by name.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.models.image_backbone import ImageFeatures

IMAGE_MEAN, IMAGE_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the RGB pixels, 0..1, of ImageNet: what published ResNet weights expect to be taken out."""

EXPANSION = 4
"""A bottleneck's output is this many times wider than its inside."""


@dataclass(frozen=True)
class ResNetSettings:
    """The shape of a dilated ResNet of bottlenecks with a DeepLabV3 head.

    Attributes:
        blocks: per stage; the fourth stage is the depth head's.
        width: channels inside the first stage's bottlenecks; each stage doubles it.
        head_width: channels of the depth head's pyramid.
        rates: spacing of the pyramid's taps, feature cells.
        dropout: of the pyramid's output while training; DeepLabV3's.
    """

    blocks: tuple[int, int, int, int]
    width: int = 64
    head_width: int = 256
    rates: tuple[int, ...] = (12, 24, 36)
    dropout: float = 0.5

    @classmethod
    def resnet50(cls) -> ResNetSettings:
        """ResNet-50 with 1024 feature channels, as in paper and release."""
        return cls((3, 4, 6, 3))

    @property
    def stride(self) -> int:
        """Image pixels per feature cell."""
        return 8

    @property
    def out_channels(self) -> int:
        """Channels of the features, after stage 3."""
        return 4 * self.width * EXPANSION

    def build(self) -> ResNetBackbone:
        """Stages 1 to 3, with fresh weights."""
        return ResNetBackbone(self)

    def build_depth_head(self, bins: int) -> DeepLabDepthHead:
        """Stage 4 and the pyramid, with fresh weights; logits of each bin, and of "beyond" last."""
        return DeepLabDepthHead(self, bins)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around which the input is carried; the 3x3 one strides, as in torchvision."""

    def __init__(self, inputs: int, width: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        outputs = width * EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B O h2 w2"]:
        """Refines ``x``."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + (x if self.downsample is None else self.downsample(x)))


def _stage(settings: ResNetSettings, number: int) -> nn.Sequential:
    """Stage 1 to 4. A stage whose halving became a dilation begins with a block at the dilation of the stage before."""
    width = settings.width * 2 ** (number - 1)
    inputs = settings.width if number == 1 else width // 2 * EXPANSION
    stride = 2 if number == 2 else 1
    first, others = {1: (1, 1), 2: (1, 1), 3: (1, 2), 4: (2, 4)}[number]
    blocks = [Bottleneck(inputs, width, stride, first)]
    blocks += [Bottleneck(width * EXPANSION, width, 1, others) for _ in range(settings.blocks[number - 1] - 1)]
    return _initialise(nn.Sequential(*blocks))


def _initialise(module: nn.Module) -> nn.Module:
    """He et al.'s first weights for ReLU networks (ICCV 2015), by fan-out."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
    return module


class ResNetBackbone(nn.Module):
    """Images to features at stride 8.

    Args:
        settings: see `ResNetSettings`.
    """

    def __init__(self, settings: ResNetSettings):
        super().__init__()
        self.settings = settings
        self.register_buffer("mean", torch.tensor(IMAGE_MEAN)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(IMAGE_SPREAD)[:, None, None], persistent=False)
        self.conv1 = _initialise(nn.Conv2d(3, settings.width, 7, stride=2, padding=3, bias=False))
        self.bn1 = nn.BatchNorm2d(settings.width)
        self.layer1, self.layer2, self.layer3 = (_stage(settings, number) for number in (1, 2, 3))

    @property
    def stages(self) -> tuple[nn.Module, ...]:
        """Stages 1 to 3."""
        return self.layer1, self.layer2, self.layer3

    @property
    def out_channels(self) -> int:
        """C of the features."""
        return self.settings.out_channels

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ImageFeatures:
        """Looks at RGB images, 0..1; a size that 8 does not divide gets one more, partly filled, cell."""
        x = F.relu(self.bn1(self.conv1((images - self.mean) / self.spread)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
        return ImageFeatures(x, self.settings.stride)


class SingleValueNorm(nn.BatchNorm2d):
    """Batch norm of the mean of a map, which is one value per sample and channel.

    A batch of one has nothing to normalise by: there the running statistics take the place of the batch's, so that
    batches of one train. Where several GPUs share a batch, a synchronised norm takes its place, which sees all of it.
    """

    def forward(self, x: Float[Tensor, "B C 1 1"]) -> Float[Tensor, "B C 1 1"]:
        """Normalises."""
        if len(x) > 1 or not self.training:
            return super().forward(x)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


class DeepLabPyramid(nn.Module):
    """Atrous spatial pyramid pooling as DeepLabV3 has it: every branch normalised, the mean of the map among them."""

    def __init__(self, inputs: int, width: int, rates: tuple[int, ...], dropout: float):
        super().__init__()

        def branch(kernel: int, rate: int) -> nn.Sequential:
            conv = nn.Conv2d(inputs, width, kernel, padding=rate * (kernel // 2), dilation=rate, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU())

        overall = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(inputs, width, 1, bias=False), SingleValueNorm(width), nn.ReLU()
        )
        self.convs = nn.ModuleList([branch(1, 1), *(branch(3, rate) for rate in rates), overall])
        self.project = nn.Sequential(
            nn.Conv2d(len(self.convs) * width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B O h w"]:
        """Gathers context at every cell."""
        seen = [branch(x).expand(-1, -1, *x.shape[2:]) for branch in self.convs]
        return self.project(torch.cat(seen, dim=1))


class DeepLabDepthHead(nn.Module):
    """Features of stage 3 to a depth distribution at the same cells: stage 4, pyramid, two convolutions.

    Args:
        settings: see `ResNetSettings`.
        bins: depth bins, without "beyond".
    """

    def __init__(self, settings: ResNetSettings, bins: int):
        super().__init__()
        width = settings.head_width
        self.layer4 = _stage(settings, 4)
        self.classifier = nn.Sequential(
            DeepLabPyramid(2 * settings.out_channels, width, settings.rates, settings.dropout),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, bins + 1, 1),
        )

    @property
    def stages(self) -> tuple[nn.Module, ...]:
        """Stage 4."""
        return (self.layer4,)

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B D1 h w"]:
        """Logits; the last channel is "beyond"."""
        return self.classifier(self.layer4(features))
