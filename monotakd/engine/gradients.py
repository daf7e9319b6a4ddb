"""Which loss term pushes which part of a network, and how hard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """A table of gradient norms.

    Attributes:
        terms: names of the rows.
        groups: names of the columns.
        values: (T, G) Euclidean norm of the gradient of a term with respect to all parameters of a group; 0 where the
            term does not reach it.
    """

    terms: tuple[str, ...]
    groups: tuple[str, ...]
    values: Float[np.ndarray, "T G"]

    def of(self, term: str, group: str) -> float:
        """One entry."""
        return float(self.values[self.terms.index(term), self.groups.index(group)])

    def to_json(self) -> dict[str, dict[str, float]]:
        """Term to group to norm."""
        rows = zip(self.terms, self.values.tolist(), strict=True)
        return {term: dict(zip(self.groups, row, strict=True)) for term, row in rows}


def gradient_norms(terms: Mapping[str, Tensor], groups: Mapping[str, Sequence[nn.Parameter]]) -> GradientNorms:
    """Gradient norm of each term with respect to each group of parameters.

    One backward pass per term. Neither ``.grad`` nor the graph is touched, so that training can go on with the same
    terms.

    Args:
        terms: scalars.
        groups: parameters by name; a group may overlap another, and a parameter without gradient counts 0.
    """
    trainable = {name: [p for p in parameters if p.requires_grad] for name, parameters in groups.items()}
    everything = list({p: None for parameters in trainable.values() for p in parameters})
    values = np.zeros((len(terms), len(groups)))
    for row, term in zip(values, terms.values(), strict=True):
        if not term.requires_grad or not everything:
            continue
        gradients = torch.autograd.grad(term, everything, retain_graph=True, allow_unused=True)
        squares = {
            p: torch.zeros(()) if g is None else g.double().square().sum()
            for p, g in zip(everything, gradients, strict=True)
        }
        row[:] = [float(sum(squares[p] for p in parameters)) ** 0.5 for parameters in trainable.values()]
    return GradientNorms(tuple(terms), tuple(groups), values)
