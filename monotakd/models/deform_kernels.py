"""Compiled loops of the deformable convolution: what every tap reads, and the way back.

Maps are (H + 2, W + 2, C): channels last, so that the inner loops run along memory, and in a frame of zeros, so that
a tap near the border finds four pixels like any other. Offsets are (2 taps, Hout * Wout), down and right, in pixels;
``conv`` is (kernel width, Wout, stride, padding, dilation). A call handles n outputs in a row, from ``first`` on.
"""

import math

from numba import njit


@njit(cache=True, inline="always")
def _position(offset, output, tap, conv):
    """(row, column) that a tap of an output looks at, in pixels of the map without its frame."""
    kernel_width, out_width, stride, padding, dilation = conv
    row = output // out_width * stride - padding + tap // kernel_width * dilation
    column = output % out_width * stride - padding + tap % kernel_width * dilation
    return row + offset[2 * tap, output], column + offset[2 * tap + 1, output]


@njit(cache=True, inline="always")
def _meets(row, column, framed):
    """Whether one of the four pixels around a position lies in the map. NaN and infinity meet nothing."""
    return -1.0 <= row < framed.shape[0] - 2 and -1.0 <= column < framed.shape[1] - 2


@njit(cache=True, inline="always")
def _between(position):
    """(cell of the frame before a position, cell after it, share of the first, share of the second) along one axis."""
    before = math.floor(position)
    share = position - before
    return int(before) + 1, int(before) + 2, 1.0 - share, share


@njit(cache=True, nogil=True)
def read_taps(framed, offset, first, conv, columns):
    """Fills ``columns`` (n, taps, C) with bilinear samples: zero outside the map, NaN where an offset is not finite."""
    number = framed.dtype.type
    for i in range(columns.shape[0]):
        for k in range(columns.shape[1]):
            row, column = _position(offset, first + i, k, conv)
            if not _meets(row, column, framed):
                nothing = number(0.0 if math.isfinite(row) and math.isfinite(column) else math.nan)
                for c in range(columns.shape[2]):
                    columns[i, k, c] = nothing
                continue
            top, bottom, near_top, near_bottom = _between(row)
            left, right, near_left, near_right = _between(column)
            top_left, top_right = number(near_top * near_left), number(near_top * near_right)
            bottom_left, bottom_right = number(near_bottom * near_left), number(near_bottom * near_right)
            for c in range(columns.shape[2]):
                columns[i, k, c] = (
                    top_left * framed[top, left, c]
                    + top_right * framed[top, right, c]
                    + bottom_left * framed[bottom, left, c]
                    + bottom_right * framed[bottom, right, c]
                )


# Without leave to add up channels in another order ("reassoc"), the dot products would run one number at a time. The
# order is fixed at compile time, and NaN and infinity keep their meaning.
@njit(cache=True, nogil=True, fastmath={"reassoc"})
def return_gradient(framed, offset, first, conv, grad_columns, grad_framed, grad_offset):
    """Takes the gradient of ``columns`` back to what `read_taps` made them from.

    Args:
        framed, offset, first, conv: as given to `read_taps`.
        grad_columns: (n, taps, C).
        grad_framed: as ``framed``; added to.
        grad_offset: as ``offset``; filled for the n outputs. NaN where an offset is not finite.
    """
    number = framed.dtype.type
    for i in range(grad_columns.shape[0]):
        for k in range(grad_columns.shape[1]):
            row, column = _position(offset, first + i, k, conv)
            if not _meets(row, column, framed):
                nothing = number(0.0 if math.isfinite(row) and math.isfinite(column) else math.nan)
                grad_offset[2 * k, first + i] = grad_offset[2 * k + 1, first + i] = nothing
                continue
            top, bottom, near_top, near_bottom = _between(row)
            left, right, near_left, near_right = _between(column)
            # How much the loss gains per unit of each pixel's share.
            top_left = top_right = bottom_left = bottom_right = number(0.0)
            for c in range(grad_columns.shape[2]):
                grad = grad_columns[i, k, c]
                top_left += grad * framed[top, left, c]
                top_right += grad * framed[top, right, c]
                bottom_left += grad * framed[bottom, left, c]
                bottom_right += grad * framed[bottom, right, c]
            grad_offset[2 * k, first + i] = near_left * (bottom_left - top_left) + near_right * (
                bottom_right - top_right
            )
            grad_offset[2 * k + 1, first + i] = near_top * (top_right - top_left) + near_bottom * (
                bottom_right - bottom_left
            )
            for line, near in ((top, near_top), (bottom, near_bottom)):
                to_left, to_right = number(near * near_left), number(near * near_right)
                for c in range(grad_columns.shape[2]):
                    grad_framed[line, left, c] += to_left * grad_columns[i, k, c]
                    grad_framed[line, right, c] += to_right * grad_columns[i, k, c]
