"""Stopping at the first number that is none, with the loss term and the frames it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from monotakd.distill.over_processes import mean_over_processes
from monotakd.engine.processes import of_all
from monotakd.errors import StoppedError


class DivergenceError(StoppedError, ArithmeticError):
    """Training met a NaN or an infinity. No weight was changed, but statistics of batch norms have seen the batch.

    Attributes:
        step: steps done before.
        terms: names of the loss terms that are broken.
        frame_ids: names of the frames of the batch.
    """

    def __init__(self, step: int, terms: Sequence[str], frame_ids: Sequence[str], what: str):
        self.step = step
        self.terms = tuple(terms)
        self.frame_ids = tuple(frame_ids)
        super().__init__(
            f"after {step} steps {what} in the batch of frames {', '.join(frame_ids)}. "
            "Likely causes: broken depth or labels in one of these frames, or too large a learning rate"
        )


def finite_values(terms: Mapping[str, Tensor], step: int, frame_ids: Sequence[str]) -> dict[str, float]:
    """The terms as numbers, fetched from the device at once; means over the processes where several train together.

    Raises:
        DivergenceError: one is not finite.
    """
    numbers = torch.stack([term.detach().float().reshape(()) for term in terms.values()])
    numbers = mean_over_processes(numbers).tolist()
    values = dict(zip(terms, numbers, strict=True))
    broken = {name: value for name, value in values.items() if not abs(value) < float("inf")}
    if broken:
        frame_ids = [frame for share in of_all(tuple(frame_ids)) for frame in share]
        listed = ", ".join(f"{name} is {value}" for name, value in broken.items())
        raise DivergenceError(step, tuple(broken), frame_ids, f"the loss term {listed}")
    return values
