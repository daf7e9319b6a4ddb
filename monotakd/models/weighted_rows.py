"""Weighted sums of table rows, the one operation behind the lift and the deformable convolution."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def sum_weighted_rows(
    table: Float[Tensor, "rows O"],
    rows: Int[Tensor, "*K"],
    weights: Float[Tensor, "*K"],
    starts: Int[Tensor, " targets"] | None = None,
) -> Float[Tensor, "targets_ O"]:
    """``out[i] = sum of weights[k] * table[rows[k]]`` over the terms k of target i; no (terms, O) tensor is made.

    Args:
        table: the rows to choose from.
        rows: (K,) with ``starts``, or (targets, terms).
        weights: one per row chosen.
        starts: where the terms of each target begin; None where every target has the same number.

    Returns:
        (targets, O), with gradients to the table and to the weights.
    """
    summed = F.embedding_bag(rows, table, starts, mode="sum", per_sample_weights=weights)
    if summed.requires_grad:
        # Maps have channels first, so the gradient comes back transposed; the backward pass reads whole rows of it.
        summed.register_hook(lambda gradient: None if gradient is None else gradient.contiguous())
    return summed
