"""SECOND's 3D backbone: residual sparse convolutions over occupied voxels, coarser stage by stage.

Source: SECOND (Sensors 2018), with residual blocks as in the released teacher. Module names are the release's, so that
its weights load by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from torch import nn

from monotakd.models.sparse import SparseBatchNorm, SparseConv3d, SparseReLU, SparseTensor
from monotakd.models.sparse_torch import Triple


@dataclass(frozen=True)
class Stage:
    """One resolution of the backbone.

    Attributes:
        channels: C.
        blocks: residual blocks.
        stride: 2 halves the resolution first; 1 keeps it and leaves the entry convolution out.
        padding: of the strided convolution, along z, y, x.
    """

    channels: int
    blocks: int
    stride: int = 2
    padding: Triple = (1, 1, 1)


@dataclass(frozen=True)
class SparseBackboneSettings:
    """The shape of a 3D backbone.

    Attributes:
        stem: channels of the first convolution, at full resolution.
        stages: fine to coarse.
        out_channels: channels of each height layer that is left at the end.
        extra_height: empty voxel layers added on top of the grid.
        in_channels: numbers per point: x, y, z, intensity.
        norm_momentum: how fast the batch norms' running statistics move.
    """

    stem: int
    stages: tuple[Stage, ...]
    out_channels: int
    extra_height: int = 0
    in_channels: int = 4
    norm_momentum: float = 0.1

    @classmethod
    def kitti(cls) -> SparseBackboneSettings:
        """The released teacher: stride 8, 41 -> 2 height layers of 64 channels."""
        stages = (Stage(16, 2, stride=1), Stage(32, 2), Stage(64, 2), Stage(64, 2, padding=(0, 1, 1)))
        return cls(16, stages, 64, extra_height=1, norm_momentum=0.01)

    @classmethod
    def toy(cls) -> SparseBackboneSettings:
        """Stride 4, 20 -> 2 height layers of 16 channels."""
        return cls(16, (Stage(32, 0), Stage(32, 1)), 16)

    @property
    def stride(self) -> int:
        """Voxels per BEV cell along x and y."""
        product = 1
        for stage in self.stages:
            product *= stage.stride
        return product


class SparseResidualBlock(nn.Module):
    """Two submanifold convolutions around which the input is carried unchanged."""

    def __init__(self, channels: int, norm):
        super().__init__()
        self.conv1 = SparseConv3d(channels, channels, submanifold=True, bias=True)
        self.bn1 = norm(channels)
        self.relu = SparseReLU()
        self.conv2 = SparseConv3d(channels, channels, submanifold=True, bias=True)
        self.bn2 = norm(channels)

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """The same voxels."""
        changed = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(tensor)))))
        return self.relu(changed.with_features(changed.features + tensor.features))


class SparseBackbone(nn.Module):
    """Voxels to a few coarse height layers.

    Args:
        settings: see `SparseBackboneSettings`.
    """

    def __init__(self, settings: SparseBackboneSettings):
        super().__init__()
        self.settings = settings
        norm = partial(SparseBatchNorm, eps=1e-3, momentum=settings.norm_momentum)

        def entry(*sizes, **options) -> nn.Sequential:
            return nn.Sequential(SparseConv3d(*sizes, **options), norm(sizes[1]), SparseReLU())

        self.conv_input = entry(settings.in_channels, settings.stem, submanifold=True)
        channels = settings.stem
        for number, stage in enumerate(settings.stages, 1):
            layers = [SparseResidualBlock(stage.channels, norm) for _ in range(stage.blocks)]
            if stage.stride != 1:
                layers.insert(0, entry(channels, stage.channels, stride=stage.stride, padding=stage.padding))
            elif stage.channels != channels:
                raise ValueError(f"stage {number} has stride 1 and so must keep {channels} channels: {stage.channels}")
            self.add_module(f"conv{number}", nn.Sequential(*layers))
            channels = stage.channels
        self.conv_out = entry(channels, settings.out_channels, (3, 1, 1), stride=(2, 1, 1), padding=0)

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Raises ValueError where the grid is too low for the stages."""
        Z, Y, X = tensor.shape
        tall = SparseTensor(
            tensor.features, tensor.coordinates, (Z + self.settings.extra_height, Y, X), tensor.batch_size
        )
        tensor = self.conv_input(tall)
        for number in range(1, len(self.settings.stages) + 1):
            tensor = self.get_submodule(f"conv{number}")(tensor)
        return self.conv_out(tensor)

    def output_shape(self, shape: Triple) -> Triple:
        """(Z, Y, X) that comes out for a grid of this shape.

        Raises:
            ValueError: the grid is too low or too small for the stages.
        """
        Z, Y, X = shape
        shape = (Z + self.settings.extra_height, Y, X)
        for module in self.modules():
            if isinstance(module, SparseConv3d) and not module.taps.submanifold:
                shape = module.taps.output_shape(shape)
        return shape
