"""Compiled loop of the sparse convolution in plain torch."""

from numba import njit


@njit(cache=True, nogil=True)
def add_rows(rows, targets, output):
    """Adds ``rows[i]`` to ``output[targets[i]]``, in the order of i."""
    for i in range(len(rows)):
        target = targets[i]
        for c in range(rows.shape[1]):
            output[target, c] += rows[i, c]
