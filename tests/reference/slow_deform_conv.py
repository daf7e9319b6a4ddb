"""Deformable convolution with plain loops over samples, outputs, taps and the four pixels around a tap."""

import math

import torch


def slow_deform_conv2d(x, offset, weight, stride=1, padding=0, dilation=1):
    batch, _, height, width = x.shape
    out_channels, _, kernel_height, kernel_width = weight.shape
    out = torch.zeros(batch, out_channels, *offset.shape[2:], dtype=x.dtype)
    for b in range(batch):
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                for k in range(kernel_height * kernel_width):
                    ky, kx = divmod(k, kernel_width)
                    row = i * stride - padding + ky * dilation + float(offset[b, 2 * k, i, j])
                    column = j * stride - padding + kx * dilation + float(offset[b, 2 * k + 1, i, j])
                    for r in (math.floor(row), math.floor(row) + 1):
                        for c in (math.floor(column), math.floor(column) + 1):
                            if 0 <= r < height and 0 <= c < width:
                                share = (1 - abs(row - r)) * (1 - abs(column - c))
                                out[b, :, i, j] += share * weight[:, :, ky, kx] @ x[b, :, r, c]
    return out
