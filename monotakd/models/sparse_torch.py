"""Sparse 3D convolution in plain torch: for each tap of the kernel gather rows, multiply, add to the outputs.

A tap meets every input and every output at most once. The rows that one tap adds to are therefore all different, so
nothing is ever added twice to one place at a time: results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.models.sparse_kernels import add_rows

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Taps:
    """Where the taps of a convolution lie, each value along z, y, x.

    Attributes:
        kernel: number of taps.
        stride: input voxels per output voxel.
        padding: empty voxels added on every side.
        submanifold: outputs exist exactly where inputs do (needs an odd kernel, stride 1, padding of half a kernel);
            otherwise wherever any tap meets an input.
    """

    kernel: Triple
    stride: Triple
    padding: Triple
    submanifold: bool

    def __post_init__(self):
        half = tuple(k // 2 for k in self.kernel)
        if self.submanifold and not (all(k % 2 for k in self.kernel) and self.stride == (1, 1, 1)):
            raise ValueError(
                f"a submanifold convolution needs an odd kernel and stride 1, got kernel {self.kernel} and stride "
                f"{self.stride}; use a regular sparse convolution to change the resolution"
            )
        if self.submanifold and self.padding != half:
            raise ValueError(f"a submanifold convolution of kernel {self.kernel} needs padding {half}: {self.padding}")

    def output_shape(self, shape: Triple) -> Triple:
        """Size of the output grid, (Z, Y, X).

        Raises:
            ValueError: the kernel does not fit into the grid.
        """
        zipped = zip(shape, self.kernel, self.stride, self.padding, strict=True)
        result = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zipped)
        if min(result) < 1:
            raise ValueError(
                f"a kernel of {self.kernel} with padding {self.padding} does not fit into a grid of {shape} voxels "
                "(z, y, x): fewer strided stages, or a larger or finer grid"
            )
        return result


@dataclass(frozen=True, eq=False)
class Rulebook:
    """Which input meets which output at each tap.

    Attributes:
        pairs: per tap (in the order z, y, x) the rows of the inputs and of the outputs they are added to.
        coordinates: (M, 4) of the outputs: sample, z, y, x.
        shape: (Z, Y, X) of the output grid.
    """

    pairs: Sequence[tuple[Int[Tensor, " _"], Int[Tensor, " _"]]]
    coordinates: Int[Tensor, "M 4"]
    shape: Triple


def build_rulebook(coordinates: Int[Tensor, "N 4"], shape: Triple, taps: Taps) -> Rulebook:
    """Finds the pairs by sorting and searching voxel numbers.

    Args:
        coordinates: (N, 4) sample, z, y, x of the inputs; no two equal.
        shape: (Z, Y, X) of the input grid.
        taps: the convolution.
    """
    if taps.submanifold:
        return Rulebook(_neighbour_pairs(coordinates, shape, taps.kernel), coordinates, shape)
    return _strided_rulebook(coordinates, taps.output_shape(shape), taps)


def _neighbour_pairs(coordinates: Tensor, shape: Triple, kernel: Triple) -> list[tuple[Tensor, Tensor]]:
    """Pairs of occupied voxels, per offset between them.

    Sorted voxel numbers make this cheap: the voxels of one row along x stand side by side, so one search per row finds
    all its taps; and whoever has a neighbour on one side is that neighbour's neighbour on the other.
    """
    half = tuple(k // 2 for k in kernel)
    # Empty margins between rows, layers and samples: across them no number is a neighbour's by accident.
    _, Y, X = margins = tuple(n + h for n, h in zip(shape, half, strict=True))
    known, order = _number(coordinates, margins).sort()
    pairs = [(order, order)] * (kernel[0] * kernel[1] * kernel[2])
    for row in range(kernel[0] * kernel[1] // 2 + 1):
        dz, dy = row // kernel[1] - half[0], row % kernel[1] - half[1]
        own_row = (dz, dy) == (0, 0)
        wanted = known + ((dz * Y + dy) * X - half[2])
        place = torch.searchsorted(known, wanted)
        for column in range(half[2] if own_row else kernel[2]):
            hit = known[place] == wanted + column
            outputs, inputs = order[hit], order[place[hit]]
            tap = row * kernel[2] + column
            pairs[tap], pairs[-1 - tap] = (inputs, outputs), (outputs, inputs)
            place = place + hit
    return pairs


def _strided_rulebook(coordinates: Tensor, out_shape: Triple, taps: Taps) -> Rulebook:
    """Output o reads input o * stride - padding + tap, so input i serves output (i + padding - tap) / stride."""
    targets, serves = [], []
    for axis, (kernel, stride, padding, size) in enumerate(
        zip(taps.kernel, taps.stride, taps.padding, out_shape, strict=True)
    ):
        position = coordinates[:, 1 + axis] + padding - torch.arange(kernel, device=coordinates.device)[:, None]
        target = position.div(stride, rounding_mode="floor")
        targets.append(target)
        serves.append((target * stride == position) & (target >= 0) & (target < size))
    every = serves[0][:, None, None] & serves[1][:, None] & serves[2]
    tap, inputs = every.flatten(0, 2).nonzero(as_tuple=True)
    (_, ky, kx), (Z, Y, X) = taps.kernel, out_shape
    z, y, x = (t[i, inputs] for t, i in zip(targets, (tap // (ky * kx), tap // kx % ky, tap % kx), strict=True))
    known, outputs = _number(torch.stack([coordinates[inputs, 0], z, y, x], dim=1), out_shape).unique(
        return_inverse=True
    )
    found = torch.stack([known // (Z * Y * X), known // (Y * X) % Z, known // X % Y, known % X], dim=1)
    counts = every.flatten(0, 2).sum(dim=1).tolist()
    return Rulebook(list(zip(inputs.split(counts), outputs.split(counts), strict=True)), found, out_shape)


def _number(coordinates: Tensor, shape: Triple) -> Tensor:
    """One integer per voxel of a batch; sorts like (sample, z, y, x)."""
    sample, z, y, x = coordinates.unbind(1)
    return ((sample * shape[0] + z) * shape[1] + y) * shape[2] + x


class _GatherMultiplyAdd(torch.autograd.Function):
    """Written out because autograd would keep every gathered copy and fill a whole tensor per tap."""

    @staticmethod
    def forward(ctx, features, weight, rulebook: Rulebook):
        ctx.save_for_backward(features, weight)
        ctx.rulebook = rulebook
        output = features.new_zeros(len(rulebook.coordinates), weight.shape[2])
        for (source, target), matrix in zip(rulebook.pairs, weight, strict=True):
            _add_rows(features.index_select(0, source) @ matrix, target, output)
        return output

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        features, weight = ctx.saved_tensors
        grad_features = torch.zeros_like(features) if ctx.needs_input_grad[0] else None
        grad_weight = torch.empty_like(weight) if ctx.needs_input_grad[1] else None
        with torch.autocast(features.device.type, enabled=False):
            for tap, (source, target) in enumerate(ctx.rulebook.pairs):
                upstream = grad_output.index_select(0, target)
                if grad_features is not None:
                    _add_rows(upstream @ weight[tap].T, source, grad_features)
                if grad_weight is not None:
                    torch.mm(features.index_select(0, source).T, upstream, out=grad_weight[tap])
        return grad_features, grad_weight, None


def _add_rows(rows: Tensor, targets: Tensor, output: Tensor) -> None:
    """``output[targets] += rows``, the targets all different."""
    if output.device.type == "cpu" and output.dtype in (torch.float32, torch.float64):
        # index_add_ takes longer on several threads than on one.
        add_rows(rows.numpy(), targets.numpy(), output.numpy())
    else:
        output.index_add_(0, targets, rows)


def gather_multiply_add(
    features: Float[Tensor, "N C"], weight: Float[Tensor, "O kz ky kx C"], rulebook: Rulebook
) -> Float[Tensor, "M O"]:
    """The convolution itself.

    Args:
        features: rows of the inputs.
        weight: in spconv 2's layout.
        rulebook: of the inputs' coordinates and the weight's kernel.
    """
    return _GatherMultiplyAdd.apply(features, weight.flatten(1, 3).permute(1, 2, 0).contiguous(), rulebook)
