"""The table of gradient norms, against gradients worked out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from monotakd.engine.gradients import gradient_norms


def test_norms_by_hand():
    a, b, idle = (nn.Parameter(torch.tensor(values)) for values in ([3.0, 4.0], [2.0], [1.0]))
    fixed = nn.Parameter(torch.ones(1), requires_grad=False)
    terms = {
        "square": (a * a).sum() / 2,  # gradient a: norm 5
        "product": 10 * b.sum() * fixed.sum(),  # gradient 10 on b
        "both": a.sum() + b.sum(),  # 1, 1 and 1
        "constant": torch.ones(()),
    }
    table = gradient_norms(terms, {"a": [a], "b": [b], "all": [a, b, idle, fixed], "idle": [idle], "empty": []})
    assert (table.terms, table.groups) == (tuple(terms), ("a", "b", "all", "idle", "empty"))
    expected = [[5, 0, 5, 0, 0], [0, 10, 10, 0, 0], [2**0.5, 1, 3**0.5, 0, 0], [0, 0, 0, 0, 0]]
    assert table.values.tolist() == [pytest.approx(row) for row in expected]
    assert table.of("product", "b") == 10
    assert table.to_json()["square"] == {"a": 5.0, "b": 0.0, "all": 5.0, "idle": 0.0, "empty": 0.0}


def test_the_graph_and_the_gradients_stay():
    a = nn.Parameter(torch.tensor([2.0]))
    a.grad = torch.tensor([7.0])
    term = (a**3).sum()
    gradient_norms({"cube": term}, {"a": [a]})
    assert a.grad.item() == 7
    term.backward()
    assert a.grad.item() == 7 + 12


def test_a_broken_gradient_stays_visible():
    a = nn.Parameter(torch.zeros(1))
    table = gradient_norms({"root": a.abs().sqrt().sum(), "sum": a.sum()}, {"a": [a]})
    assert np.isnan(table.of("root", "a"))
    assert table.of("sum", "a") == 1
