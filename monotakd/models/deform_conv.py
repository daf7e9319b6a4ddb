"""Deformable convolution (version 1): a convolution whose taps look where learnt offsets point.

An ordinary 3x3 convolution reads, for the output at (row, column), the nine inputs at ``row + {-1, 0, 1}``,
``column + {-1, 0, 1}`` and multiplies each by its own C x O matrix. Here tap k reads at
``(row + dy_k + offset_y, column + dx_k + offset_x)`` instead, between pixels if need be (bilinear, zero outside).

Sampling and the tap's matrix are both linear and act on different axes, so they may trade places: first multiply
*every* pixel by all nine matrices (one large matrix product: a table with a row per pixel and tap), then each
output is a weighted sum of 9 taps x 4 pixels = 36 rows of that table. The same idea carries the lift.
With offsets of zero, 27 of the 36 weights vanish and the ordinary convolution remains.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from monotakd.models.weighted_rows import sum_weighted_rows


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

    Args:
        x: input.
        offset: pixels; channel ``2k`` moves tap k down, channel ``2k + 1`` moves it right. Taps count row by row.
        weight: one C x O matrix per tap.
        stride: of the output, pixels.
        padding: zeros on every side, pixels.
        dilation: spacing of the taps, pixels.

    Raises:
        ValueError: the offset has not two channels per tap, or not the size of the output.
    """
    height, width = x.shape[2:]
    kernel = tuple(weight.shape[2:])
    taps = kernel[0] * kernel[1]
    size = tuple(
        (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip((height, width), kernel, strict=True)
    )
    if tuple(offset.shape[1:]) != (2 * taps, *size):
        raise ValueError(
            f"offset has shape {tuple(offset.shape[1:])} per sample, expected {(2 * taps, *size)}: (down, right) for "
            f"each of {taps} taps at every output; the layer that predicts offsets needs the same stride and padding"
        )
    # Row ``pixel * taps + tap`` of a sample's table holds that pixel multiplied by that tap's matrix.
    matrices = weight.permute(1, 2, 3, 0).flatten(1)
    outputs = []
    for sample, sample_offset in zip(x, offset, strict=True):
        table = (sample.flatten(1).T @ matrices).view(-1, len(weight))
        rows, shares = _table_rows(sample_offset, kernel, (height, width), stride, padding, dilation)
        summed = sum_weighted_rows(table, rows, shares.to(table.dtype))
        outputs.append(summed.T.unflatten(1, size))
    return torch.stack(outputs)


def _table_rows(
    offset: Float[Tensor, "taps2 Hout Wout"],
    kernel: tuple[int, int],
    input_size: tuple[int, int],
    stride: int,
    padding: int,
    dilation: int,
) -> tuple[Int[Tensor, "outputs terms"], Float[Tensor, "outputs terms"]]:
    """The rows each output sums up, and each one's bilinear share; terms = taps x 4 pixels."""
    out_width = offset.shape[2]
    output = torch.arange(offset[0].numel(), device=offset.device)[:, None]
    tap = torch.arange(kernel[0] * kernel[1], device=offset.device, dtype=torch.int32)
    moved = offset.unflatten(0, (-1, 2)).permute(1, 2, 3, 0).flatten(1, 2)  # (2, outputs, taps)
    row = output // out_width * stride - padding + tap // kernel[1] * dilation + moved[0]
    column = output % out_width * stride - padding + tap % kernel[1] * dilation + moved[1]
    (up_down, row_shares), (left_right, column_shares) = (
        _neighbours(position, size) for position, size in zip((row, column), input_size, strict=True)
    )
    pixels = up_down[..., :, None] * input_size[1] + left_right[..., None, :]  # (outputs, taps, 2, 2)
    shares = row_shares[..., :, None] * column_shares[..., None, :]
    rows = pixels * len(tap) + tap[:, None, None]
    return rows.flatten(1), shares.flatten(1)


def _neighbours(
    position: Float[Tensor, "outputs taps"], size: int
) -> tuple[Int[Tensor, "outputs taps 2"], Float[Tensor, "outputs taps 2"]]:
    """The two cells of one axis around each position, with linear shares; a cell outside has share 0."""
    cell = position.detach().floor()[..., None] + torch.arange(2, device=position.device)
    fraction = position - position.detach().floor()
    inside = (cell >= 0) & (cell < size)
    # A tap may point anywhere, even to NaN: the address must be legal, the share of such a cell is 0 (or NaN) already.
    return cell.clamp(0, size - 1).nan_to_num().int(), torch.stack([1 - fraction, fraction], dim=-1) * inside


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
