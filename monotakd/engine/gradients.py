"""Which loss term pushes which part of a network, and how hard."""

from __future__ import annotations

import math
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
        # Not kept in a name: the gradients of one term would otherwise stay beside those of the next.
        found = _norms(torch.autograd.grad(term, everything, retain_graph=True, allow_unused=True))
        norms = dict(zip(everything, found, strict=True))
        row[:] = [math.hypot(*(norms[p] for p in parameters)) for parameters in trainable.values()]
    return GradientNorms(tuple(terms), tuple(groups), values)


def parameters_by_part(module: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The parameters of a module's children by their names, and its own by the name of its class; no empty parts."""
    parts = {name: list(child.parameters()) for name, child in module.named_children()}
    own = {type(module).__name__: list(module.parameters(recurse=False))}
    return {name: parameters for name, parameters in (parts | own).items() if parameters}


def _norms(gradients: Sequence[Tensor | None]) -> list[float]:
    """Of each gradient, summed up in double precision where the device has it; 0 where there is none."""
    found = [torch.linalg.vector_norm(g, dtype=_widest(g.device)) for g in gradients if g is not None]
    told = iter(torch.stack(found).tolist() if found else ())  # One wait for the device, not one per parameter.
    return [0.0 if gradient is None else next(told) for gradient in gradients]


def _widest(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "mps" else torch.float64
