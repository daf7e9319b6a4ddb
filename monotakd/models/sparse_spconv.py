"""Sparse 3D convolution by spconv, exact on the CPU too: its kernels run on one thread there, forward and backward."""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.func import functional_call

from monotakd.models.sparse_torch import Taps, Triple
from monotakd.models.spconv_cpu import exact_on_cpu, load_spconv


@cache
def _layer(taps: Taps, in_channels: int, out_channels: int, device_type: str):
    """A spconv layer that lends its code; the weight is handed in at every call and its own is never used.

    On CUDA spconv picks its algorithm (implicit GEMM); its CPU kernels know one only.
    """
    spconv = load_spconv()
    algorithm = {"algo": spconv.ConvAlgo.Native} if device_type == "cpu" else {}
    sizes = (in_channels, out_channels, taps.kernel, taps.stride, taps.padding)
    if taps.submanifold:
        layer = spconv.SubMConv3d(*sizes, bias=False, indice_key=repr(taps), **algorithm)
    else:
        layer = spconv.SparseConv3d(*sizes, bias=False, **algorithm)
    return layer.to(device_type).requires_grad_(False)


class _OneThread(torch.autograd.Function):
    """Runs ``call`` on one thread, and later its backward pass too, whoever starts it and in whatever thread."""

    @staticmethod
    def forward(ctx, features, weight, call):
        needs = ctx.needs_input_grad[:2]
        inputs = [tensor.detach().requires_grad_(n) for tensor, n in zip((features, weight), needs, strict=True)]
        with exact_on_cpu(), torch.enable_grad():
            output = call(*inputs)
        ctx.inputs, ctx.output = [tensor for tensor in inputs if tensor.requires_grad], output
        return output.detach()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        with exact_on_cpu():
            gradients = iter(torch.autograd.grad(ctx.output, ctx.inputs, grad_output.contiguous(), retain_graph=True))
        return *(next(gradients) if need else None for need in ctx.needs_input_grad[:2]), None


def spconv_convolve(
    features: Float[Tensor, "N C"],
    weight: Float[Tensor, "O kz ky kx C"],
    taps: Taps,
    coordinates: Int[Tensor, "N 4"],
    shape: Triple,
    batch_size: int,
    kept_pairs: dict,
) -> tuple[Float[Tensor, "M O"], Int[Tensor, "M 4"]]:
    """One convolution.

    Args:
        features: rows of the inputs, at least one.
        weight: in spconv 2's layout.
        taps: kernel, stride, padding.
        coordinates: sample, z, y, x of the inputs.
        shape: (Z, Y, X) of the input grid.
        batch_size: number of samples.
        kept_pairs: spconv's own store of the pairs found at these coordinates, so that a stack of submanifold
            convolutions searches once; filled here.

    Returns:
        features and coordinates of the outputs.
    """
    spconv = load_spconv()
    layer = _layer(taps, features.shape[1], len(weight), features.device.type)
    found = {}

    def call(rows, kernel):
        tensor = spconv.SparseConvTensor(rows, coordinates.int(), list(shape), batch_size, indice_dict=kept_pairs)
        output = functional_call(layer, {"weight": kernel}, (tensor,))
        kept_pairs.update(output.indice_dict)
        found["coordinates"] = output.indices.long()
        return output.features

    rows = call(features, weight) if features.is_cuda else _OneThread.apply(features, weight, call)
    return rows, found["coordinates"]
