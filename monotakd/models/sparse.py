"""Sparse 3D convolutions: the one door through which every network here reaches spconv or its stand-in.

A layer holds its weight in spconv 2's layout, (out, kz, ky, kx, in), whoever computes: the state dict is the same.
Who computes is decided call by call (`Backend`):

- ``"torch"``: `sparse_torch`, on any device. The choice on the CPU even where spconv is installed: it is exact on any
  number of threads, which spconv's CPU kernels are not (`spconv_cpu`), so that those get one,
  and then neither is clearly faster.
- ``"spconv"``: `sparse_spconv`. The choice on CUDA, where its kernels are much faster, if a build for CUDA is there.

Where there is none a process logs so once: a warning on CUDA, where it costs time, else for information only.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from monotakd.models.sparse_spconv import spconv_convolve
from monotakd.models.sparse_torch import Taps, Triple, build_rulebook, gather_multiply_add
from monotakd.models.spconv_cpu import load_spconv, spconv_is_installed, spconv_knows_cuda

Backend = Literal["torch", "spconv"]
CUDA_BUILD = "pip uninstall spconv, then install the wheel of your CUDA version, such as spconv-cu126"
_forced: ContextVar[Backend | None] = ContextVar("sparse_backend", default=None)
_log = logging.getLogger(__name__)


@contextmanager
def use_backend(backend: Backend | None) -> Iterator[None]:
    """Has all sparse convolutions inside the block computed by one backend; None leaves the choice to each call.

    Raises:
        ValueError: an unknown name, or spconv where it is not installed.
    """
    if backend not in ("torch", "spconv", None):
        raise ValueError(f"backend is {backend!r}, expected 'torch', 'spconv' or None")
    if backend == "spconv" and load_spconv() is None:
        raise ValueError("spconv is not installed here; leave the backend open and the plain-torch one is used")
    token = _forced.set(backend)
    try:
        yield
    finally:
        _forced.reset(token)


def choose_backend(device: torch.device) -> Backend:
    """Who computes sparse convolutions on a device, unless `use_backend` says otherwise."""
    forced = _forced.get()
    if forced is not None:
        return forced
    on_cuda = device.type == "cuda"
    if not has_spconv(device):
        _say_once(logging.WARNING if on_cuda else logging.INFO, f"sparse convolutions: {told_of_backend(device)}")
        return "torch"
    return "spconv" if on_cuda else "torch"


def told_of_backend(device: torch.device) -> str:
    """Who computes sparse convolutions on a device and why, in one line."""
    on_cuda = device.type == "cuda"
    if has_spconv(device):
        return "spconv" if on_cuda else "plain torch, our choice on the CPU although spconv is installed"
    if on_cuda:
        return f"plain torch, for want of an spconv built for CUDA; right but slower. {CUDA_BUILD}"
    return "plain torch, for want of spconv; on the CPU nothing is lost"


def has_spconv(device: torch.device) -> bool:
    """Whether spconv could be taken on a device; where it is not needed it is not imported to find out."""
    return spconv_knows_cuda() if device.type == "cuda" else spconv_is_installed()


@cache
def _say_once(level: int, line: str) -> None:
    _log.log(level, line)


@dataclass(frozen=True, eq=False)
class SparseTensor:
    """Features at the occupied voxels of a batch.

    Attributes:
        features: (N, C).
        coordinates: (N, 4) sample, z, y, x; no two equal.
        shape: (Z, Y, X) of the grid.
        batch_size: number of samples, empty ones included.
        kept: what the backends found out about these coordinates; shared by all tensors that have them.
    """

    features: Float[Tensor, "N C"]
    coordinates: Int[Tensor, "N 4"]
    shape: Triple
    batch_size: int
    kept: dict = field(default_factory=dict, repr=False)

    def with_features(self, features: Float[Tensor, "N D"]) -> SparseTensor:
        """Other features at the same voxels."""
        return replace(self, features=features)

    def dense(self) -> Float[Tensor, "B C Z Y X"]:
        """All voxels; the unoccupied ones are 0."""
        rows = self.features.new_zeros(self.batch_size, *self.shape, self.features.shape[1])
        return rows.index_put(self.coordinates.unbind(1), self.features).permute(0, 4, 1, 2, 3)


def to_bev(tensor: SparseTensor) -> Float[Tensor, "B CZ Y X"]:
    """Height compression: the voxels above a ground cell side by side as channels, channel ``c * Z + z``."""
    return tensor.dense().flatten(1, 2)


class SparseConv3d(nn.Module):
    """A sparse 3D convolution; each size is one number, or three along z, y, x.

    Args:
        in_channels: C.
        out_channels: O.
        kernel: taps along each axis.
        stride: input voxels per output voxel.
        padding: empty voxels added on every side; left out, half a kernel.
        submanifold: keep the set of occupied voxels (otherwise it grows by the kernel).
        bias: add one number per output channel.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int | Triple = 3,
        *,
        stride: int | Triple = 1,
        padding: int | Triple | None = None,
        submanifold: bool = False,
        bias: bool = False,
    ):
        super().__init__()
        kernel = _triple(kernel)
        padding = tuple(k // 2 for k in kernel) if padding is None else _triple(padding)
        self.taps = Taps(kernel, _triple(stride), padding, submanifold)
        self.weight = nn.Parameter(torch.empty(out_channels, *kernel, in_channels))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        # As torch's Conv3d starts: uniform within 1 / sqrt(fan-in).
        bound = 1 / math.sqrt(in_channels * math.prod(kernel))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        """What printing the layer shows."""
        return f"{self.weight.shape[-1]}, {len(self.weight)}, {self.taps}, bias={self.bias is not None}"

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Computed in float32 (or 64) also under autocast.

        Raises:
            ValueError: features of another width, or a grid too small for the kernel.
        """
        if tensor.features.shape[1] != self.weight.shape[-1]:
            raise ValueError(
                f"got {tensor.features.shape[1]} channels, this layer takes {self.weight.shape[-1]}: it was built for "
                "other features (points have 4: x, y, z, intensity)"
            )
        with torch.autocast(tensor.features.device.type, enabled=False):
            features = tensor.features.to(self.weight.dtype)
            # spconv refuses a cloud without points, and a batch of empty clouds must not stop a training.
            spconv = len(features) > 0 and choose_backend(features.device) == "spconv"
            output = self._by_spconv(tensor, features) if spconv else self._by_torch(tensor, features)
            return output if self.bias is None else output.with_features(output.features + self.bias)

    def _by_torch(self, tensor: SparseTensor, features: Tensor) -> SparseTensor:
        if self.taps not in tensor.kept:
            tensor.kept[self.taps] = build_rulebook(tensor.coordinates, tensor.shape, self.taps)
        rulebook = tensor.kept[self.taps]
        return self._result(tensor, gather_multiply_add(features, self.weight, rulebook), rulebook.coordinates)

    def _by_spconv(self, tensor: SparseTensor, features: Tensor) -> SparseTensor:
        sites = (tensor.coordinates, tensor.shape, tensor.batch_size, tensor.kept.setdefault("spconv", {}))
        rows, coordinates = spconv_convolve(features, self.weight, self.taps, *sites)
        return self._result(tensor, rows, coordinates)

    def _result(self, tensor: SparseTensor, features: Tensor, coordinates: Tensor) -> SparseTensor:
        if self.taps.submanifold:
            return tensor.with_features(features)
        return SparseTensor(features, coordinates, self.taps.output_shape(tensor.shape), tensor.batch_size)


def _triple(value: int | Triple) -> Triple:
    return (value,) * 3 if isinstance(value, int) else tuple(value)


class SparseBatchNorm(nn.BatchNorm1d):
    """Batch norm over the occupied voxels of a batch.

    Fewer than two voxels have no variance: they are normalised by the running statistics, so that an empty or nearly
    empty cloud does not stop a training.
    """

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Other features at the same voxels."""
        x = tensor.features
        if len(x) >= 2 or not self.training:
            return tensor.with_features(super().forward(x))
        return tensor.with_features(
            F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        )


class SparseReLU(nn.Module):
    """ReLU on the features."""

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        """Other features at the same voxels."""
        return tensor.with_features(tensor.features.relu())
