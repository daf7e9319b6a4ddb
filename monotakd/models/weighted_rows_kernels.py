"""Compiled loops of the way back through weighted sums of table rows.

The terms k of target i go from ``bounds[i]`` to ``bounds[i + 1]``; it is their sum of ``weights[k] * table[rows[k]]``.
"""

from numba import njit


@njit(cache=True, nogil=True)
def add_to_rows(grad_out, rows, weights, bounds, grad_table):
    """The gradient of the table: adds ``weights[k] * grad_out[i]`` to ``grad_table[rows[k]]``, in the order of k."""
    for i in range(len(grad_out)):
        for k in range(bounds[i], bounds[i + 1]):
            row, weight = rows[k], weights[k]
            for c in range(grad_out.shape[1]):
                grad_table[row, c] += weight * grad_out[i, c]


# Without leave to add up channels in another order ("reassoc"), a dot product would run one number at a time. The order
# is fixed at compile time, and NaN and infinity keep their meaning.
@njit(cache=True, nogil=True, fastmath={"reassoc"})
def row_products(table, rows, bounds, grad_out, grad_weights):
    """The gradient of the weights: writes the dot product of ``grad_out[i]`` and ``table[rows[k]]``."""
    for i in range(len(grad_out)):
        for k in range(bounds[i], bounds[i + 1]):
            row, product = rows[k], table.dtype.type(0.0)
            for c in range(grad_out.shape[1]):
                product += grad_out[i, c] * table[row, c]
            grad_weights[k] = product
