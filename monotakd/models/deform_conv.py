"""Deformable convolution (version 1): a convolution whose taps look where learnt offsets point.

An ordinary 3x3 convolution reads, for the output at (row, column), the nine inputs at ``row + {-1, 0, 1}``,
``column + {-1, 0, 1}`` and multiplies each by its own C x O matrix. Here tap k reads at
``(row + dy_k + offset_y, column + dx_k + offset_x)`` instead, between pixels if need be (bilinear, zero outside).

So there are two steps: write what its taps read side by side, 9 C numbers per output, and multiply this row by the
nine matrices stacked on each other. `_convolve_anywhere` says this in tensor operations. On the CPU compiled loops
(`deform_kernels`) do the same for a cacheful of outputs at a time: three times as fast, and the rows are never kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from monotakd.models.deform_kernels import read_taps, return_gradient
from monotakd.models.precision import computed_in
from monotakd.models.weighted_rows import sum_weighted_rows

# Of the columns that are read, multiplied and forgotten together: 1 MB in float32, about a core's own cache.
_BLOCK_NUMBERS = 2**18


def deform_conv2d(
    x: Float[Tensor, "B C H W"],
    offset: Float[Tensor, "B taps2 Hout Wout"],
    weight: Float[Tensor, "O C kh kw"],
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Float[Tensor, "B O Hout Wout"]:
    """Convolves ``x`` with taps moved by ``offset``.

    Half-precision input is computed in float32, under autocast too; the output has the type of ``x``.

    Args:
        x: input.
        offset: pixels; channel ``2k`` moves tap k down, channel ``2k + 1`` moves it right. Taps count row by row. An
            output with an offset that is not finite is NaN.
        weight: one C x O matrix per tap.
        stride: of the output, pixels.
        padding: zeros on every side, pixels.
        dilation: spacing of the taps, pixels.

    Raises:
        ValueError: the offset has not two channels per tap, or not the size of the output.
    """
    kernel = tuple(weight.shape[2:])
    taps = kernel[0] * kernel[1]
    size = tuple(
        (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)
    )
    if tuple(offset.shape[1:]) != (2 * taps, *size):
        raise ValueError(
            f"offset has shape {tuple(offset.shape[1:])} per sample, expected {(2 * taps, *size)}: (down, right) for "
            f"each of {taps} taps at every output; the layer that predicts offsets needs the same stride and padding"
        )
    dtype = computed_in(x)
    pixels = x.to(dtype).permute(0, 2, 3, 1)
    offset = offset.to(dtype).flatten(2)
    matrices = weight.to(dtype).permute(2, 3, 1, 0).flatten(0, 2)
    conv = (kernel[1], size[1], stride, padding, dilation)
    with torch.autocast(x.device.type, enabled=False):
        # An exported network must run without this package and its compiled loops.
        compiled = x.device.type == "cpu" and not torch.compiler.is_exporting()
        convolve = _convolve_on_cpu if compiled else _convolve_anywhere
        out = convolve(pixels, offset, matrices, conv)
    return out.transpose(1, 2).unflatten(2, size).to(x.dtype)


def _convolve_anywhere(
    pixels: Float[Tensor, "B H W C"],
    offset: Float[Tensor, "B taps2 outputs"],
    matrices: Float[Tensor, "columns O"],
    conv: tuple[int, int, int, int, int],
) -> Float[Tensor, "B outputs O"]:
    """Every tap reads a weighted sum of 4 pixels; ``conv`` is (kernel width, Wout, stride, padding, dilation)."""
    kernel_width, out_width, stride, padding, dilation = conv
    batch, height, width, _ = pixels.shape
    moved = offset.unflatten(1, (-1, 2)).permute(2, 0, 3, 1)  # (2, B, outputs, taps)
    output = torch.arange(offset.shape[2], device=offset.device)[:, None]
    tap = torch.arange(moved.shape[3], device=offset.device)
    row = output // out_width * stride - padding + tap // kernel_width * dilation + moved[0]
    column = output % out_width * stride - padding + tap % kernel_width * dilation + moved[1]
    (up_down, row_shares), (left_right, column_shares) = _neighbours(row, height), _neighbours(column, width)
    sample = torch.arange(batch, device=offset.device, dtype=torch.int32).view(-1, 1, 1, 1, 1)
    rows = (sample * height + up_down[..., :, None]) * width + left_right[..., None, :]
    shares = row_shares[..., :, None] * column_shares[..., None, :]
    read = sum_weighted_rows(pixels.flatten(0, 2), rows.view(-1, 4), shares.view(-1, 4))
    return read.view(batch, offset.shape[2], -1) @ matrices


def _neighbours(
    position: Float[Tensor, "B outputs taps"], size: int
) -> tuple[Int[Tensor, "B outputs taps 2"], Float[Tensor, "B outputs taps 2"]]:
    """The two cells of one axis around each position, with linear shares; a cell outside has share 0."""
    cell = position.detach().floor()[..., None] + torch.arange(2, device=position.device)
    fraction = position - position.detach().floor()
    inside = (cell >= 0) & (cell < size)
    # A tap may point anywhere, even to NaN: the address must be legal, the share of such a cell is 0 (or NaN) already.
    return cell.clamp(0, size - 1).nan_to_num().int(), torch.stack([1 - fraction, fraction], dim=-1) * inside


def _convolve_on_cpu(
    pixels: Float[Tensor, "B H W C"],
    offset: Float[Tensor, "B taps2 outputs"],
    matrices: Float[Tensor, "columns O"],
    conv: tuple[int, int, int, int, int],
) -> Float[Tensor, "B outputs O"]:
    """`_convolve_anywhere` with compiled loops."""
    framed = F.pad(pixels, (0, 0, 1, 1, 1, 1))
    return _CompiledLoops.apply(framed.contiguous(), offset.contiguous(), matrices.contiguous(), conv)


class _CompiledLoops(torch.autograd.Function):
    """Reads what the taps see (columns) and multiplies it, block by block, so that a block never leaves the cache.

    The way back reads it again: a tenth of the time, and 9 times the memory of the input need not be kept.
    """

    @staticmethod
    def forward(
        ctx,
        framed: Float[Tensor, "B framed_H framed_W C"],
        offset: Float[Tensor, "B taps2 outputs"],
        matrices: Float[Tensor, "columns O"],
        conv: tuple[int, int, int, int, int],
    ) -> Float[Tensor, "B outputs O"]:
        ctx.save_for_backward(framed, offset, matrices)
        ctx.conv = conv
        out = framed.new_empty(len(offset), offset.shape[2], matrices.shape[1])
        for sample, block, columns in _blocks(framed, offset):
            read_taps(framed[sample].numpy(), offset[sample].numpy(), block.start, conv, columns.numpy())
            torch.mm(columns.flatten(1), matrices, out=out[sample, block])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out: Float[Tensor, "B outputs O"]) -> tuple[Tensor, Tensor, Tensor, None]:
        framed, offset, matrices = ctx.saved_tensors
        grads = tuple(torch.zeros_like(tensor) for tensor in ctx.saved_tensors)
        grad_framed, grad_offset, grad_matrices = grads
        grad_out = grad_out.contiguous()
        for sample, block, columns in _blocks(framed, offset):
            at = framed[sample].numpy(), offset[sample].numpy(), block.start, ctx.conv
            read_taps(*at, columns.numpy())
            grad_matrices.addmm_(columns.flatten(1).T, grad_out[sample, block])
            torch.mm(grad_out[sample, block], matrices.T, out=columns.flatten(1))
            return_gradient(*at, columns.numpy(), grad_framed[sample].numpy(), grad_offset[sample].numpy())
        return *grads, None


def _blocks(framed: Tensor, offset: Tensor) -> Iterator[tuple[int, slice, Tensor]]:
    """(sample, its outputs from a to b, room for their columns (b - a, taps, C)) until all outputs are done."""
    taps, outputs, channels = offset.shape[1] // 2, offset.shape[2], framed.shape[3]
    step = max(_BLOCK_NUMBERS // (taps * channels), 1)
    room = framed.new_empty(min(step, outputs), taps, channels)
    for sample in range(len(framed)):
        for first in range(0, outputs, step):
            block = slice(first, min(first + step, outputs))
            yield sample, block, room[: block.stop - first]


class DeformConv(nn.Module):
    """An offset-predicting 3x3 convolution followed by the deformable 3x3 convolution it steers.

    Args:
        in_channels: C.
        out_channels: O.
        zero_offsets: start with offsets of zero, so that training begins at an ordinary convolution, and let the
            offset layer have a bias. The release does neither: ``zero_offsets=False`` is its layer, with its
            parameter names (``conv1`` predicts the offsets, ``conv2`` holds the taps).
    """

    def __init__(self, in_channels: int, out_channels: int, *, zero_offsets: bool = True):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 18, 3, padding=1, bias=zero_offsets)
        self.conv2 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        if zero_offsets:
            nn.init.zeros_(self.conv1.weight)
            nn.init.zeros_(self.conv1.bias)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B O H W"]:
        """Predicts the offsets from ``x`` and convolves ``x`` with the moved taps."""
        return deform_conv2d(x, self.conv1(x), self.conv2.weight, padding=1)
