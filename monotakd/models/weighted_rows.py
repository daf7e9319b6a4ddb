"""Weighted sums of table rows, the one operation behind the lift and the deformable convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from monotakd.models.weighted_rows_kernels import add_to_rows, row_products


def sum_weighted_rows(
    table: Float[Tensor, "rows O"],
    rows: Int[Tensor, "*K"],
    weights: Float[Tensor, "*K"],
    starts: Int[Tensor, " targets"] | None = None,
) -> Float[Tensor, "targets_ O"]:
    """``out[i] = sum of weights[k] * table[rows[k]]`` over the terms k of target i; no (terms, O) tensor is made.

    Args:
        table: the rows to choose from; float32 or float64 on the CPU.
        rows: (K,) with ``starts``, or (targets, terms).
        weights: one per row chosen.
        starts: where the terms of each target begin, from 0 upwards; None where every target has the same number.

    Returns:
        (targets, O), with gradients to the table and to the weights.

    Raises:
        RuntimeError: a row that the table does not have (CPU).
    """
    if starts is None:
        starts = torch.arange(len(rows), device=rows.device, dtype=rows.dtype) * rows.shape[1]
        rows, weights = rows.flatten(), weights.flatten()
    if table.device.type == "cpu" and not torch.compiler.is_exporting():
        return _CompiledWayBack.apply(table, rows, weights, starts)
    return _sum(table, rows, weights, starts)


def _sum(table: Tensor, rows: Tensor, weights: Tensor, starts: Tensor) -> Tensor:
    return F.embedding_bag(rows, table, starts, mode="sum", per_sample_weights=weights)


class _CompiledWayBack(torch.autograd.Function):
    """`_sum` without the sorting of all terms that the way back of `embedding_bag` begins with on the CPU."""

    @staticmethod
    def forward(ctx, table: Tensor, rows: Tensor, weights: Tensor, starts: Tensor) -> Tensor:
        ctx.save_for_backward(table, rows, weights, starts)
        return _sum(table, rows, weights, starts)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_out: Tensor) -> tuple[Tensor | None, None, Tensor | None, None]:
        table, rows, weights, starts = (tensor.contiguous() for tensor in ctx.saved_tensors)
        bounds = torch.cat([starts, starts.new_tensor([len(rows)])]).numpy()
        # Maps have channels first, so the gradient comes back transposed; the loops read whole rows of it.
        grad_out = grad_out.contiguous().numpy()
        grad_table = grad_weights = None
        if ctx.needs_input_grad[0]:
            grad_table = torch.zeros_like(table)
            add_to_rows(grad_out, rows.numpy(), weights.numpy(), bounds, grad_table.numpy())
        if ctx.needs_input_grad[2]:
            grad_weights = torch.zeros_like(weights)
            row_products(table.numpy(), rows.numpy(), bounds, grad_out, grad_weights.numpy())
        return grad_table, None, grad_weights, None
