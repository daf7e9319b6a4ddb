"""Weighted sums of table rows against one sum written out per target."""

import pytest
import torch

from monotakd.models import weighted_rows
from monotakd.models.weighted_rows import sum_weighted_rows


def random_terms(dtype=torch.float64):
    """A table of 7 rows; 5 targets with 0, 4, 0, 3 and 1 terms, one row chosen twice by the same target."""
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(7, 3, generator=generator, dtype=dtype, requires_grad=True)
    weights = torch.randn(8, generator=generator, dtype=dtype, requires_grad=True)
    rows = torch.tensor([6, 0, 2, 2, 5, 0, 3, 6], dtype=torch.int32)
    return table, rows, weights, torch.tensor([0, 0, 4, 4, 7], dtype=torch.int32)


def written_out(table, rows, weights, starts):
    ends = [*starts.tolist()[1:], len(rows)]
    terms = weights[:, None] * table[rows.long()]
    return torch.stack([terms[a:b].sum(dim=0) for a, b in zip(starts.tolist(), ends, strict=True)])


@pytest.mark.parametrize("implementation", [sum_weighted_rows, weighted_rows._sum])
def test_sums_and_gradients_equal_sums_written_out(implementation):
    table, rows, weights, starts = random_terms()
    ours, expected = implementation(table, rows, weights, starts), written_out(table, rows, weights, starts)
    torch.testing.assert_close(ours, expected)
    upstream = torch.randn(3, 5, dtype=table.dtype, generator=torch.Generator().manual_seed(1)).T  # not contiguous
    for grad, wanted in zip(
        *(torch.autograd.grad(o, (table, weights), upstream) for o in (ours, expected)), strict=True
    ):
        torch.testing.assert_close(grad, wanted)


def test_gradients_match_finite_differences():
    table, rows, weights, starts = random_terms()
    assert torch.autograd.gradcheck(lambda t, w: sum_weighted_rows(t, rows, w, starts), (table, weights))


def test_one_gradient_alone_may_be_asked_for():
    table, rows, weights, starts = random_terms(torch.float32)
    both = torch.autograd.grad(sum_weighted_rows(table, rows, weights, starts).sum(), (table, weights))
    (alone,) = torch.autograd.grad(sum_weighted_rows(table, rows, weights.detach(), starts).sum(), table)
    assert torch.equal(alone, both[0])
    (alone,) = torch.autograd.grad(sum_weighted_rows(table.detach(), rows, weights, starts).sum(), weights)
    assert torch.equal(alone, both[1])


def test_without_starts_every_target_has_the_same_number_of_terms():
    table, rows, weights, _ = random_terms()
    expected = written_out(table, rows, weights, torch.arange(0, 8, 2))
    torch.testing.assert_close(sum_weighted_rows(table, rows.view(4, 2), weights.view(4, 2)), expected)
    spread = table.T.contiguous().T
    torch.testing.assert_close(sum_weighted_rows(spread, rows.view(4, 2), weights.view(4, 2)), expected)


def test_without_terms_the_sums_are_zero():
    table, rows, weights, _ = random_terms()
    nothing = sum_weighted_rows(table, rows[:0], weights[:0], torch.zeros(3, dtype=torch.int32))
    assert torch.equal(nothing, torch.zeros(3, 3, dtype=table.dtype))


@pytest.mark.parametrize("row", [-1, 7])
def test_a_row_beyond_the_table_is_refused(row):
    table, rows, weights, starts = random_terms()
    rows[3] = row
    with pytest.raises(RuntimeError):
        sum_weighted_rows(table, rows, weights, starts)
