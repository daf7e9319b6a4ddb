"""One cycle of learning rate and momentum, as a function of the step: nothing to save, nothing to restore."""

from __future__ import annotations

import math
from typing import NamedTuple

from monotakd.engine.settings import TrainSettings


class Rates(NamedTuple):
    """What the optimiser uses for one step.

    Attributes:
        learning_rate: AdamW's.
        beta1: AdamW's first beta.
    """

    learning_rate: float
    beta1: float


def one_cycle(step: int, settings: TrainSettings) -> Rates:
    """Rates of step ``step`` (from 0): up and down again along half cosines, momentum the other way round.

    Smith and Topin, "Super-Convergence", 2018, in the two-phase form of ``torch.optim.lr_scheduler.OneCycleLR``.
    """
    lowest = settings.learning_rate / settings.start_divisor
    high_momentum, low_momentum = settings.momentum
    peak = settings.warmup_share * settings.steps - 1
    if step <= peak:
        share = step / peak if peak else 1.0
        return Rates(
            _cosine(lowest, settings.learning_rate, share),
            _cosine(high_momentum, low_momentum, share),
        )
    share = (step - peak) / (settings.steps - 1 - peak)
    return Rates(
        _cosine(settings.learning_rate, lowest / settings.end_divisor, share),
        _cosine(low_momentum, high_momentum, share),
    )


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
