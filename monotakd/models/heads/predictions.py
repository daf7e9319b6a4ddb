"""What a dense head says at N places (anchors, or cells of a centre head), and the losses that compare it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class DensePredictions:
    """Raw outputs of a head.

    An anchor head's maps with channels last, ``(B, Y, X, anchors * K)``, become this by ``reshape(B, -1, K)``: the
    released channel order is anchor, then class or code.

    Attributes:
        class_logits: (B, N, K), before the sigmoid.
        codes: (B, N, code) box parameters. Where there are direction logits, channel 6 is a yaw residual known up to a
            half turn.
        direction_logits: (B, N, 2), or None for a head whose codes tell the heading by themselves.
    """

    class_logits: Float[Tensor, "B N K"]
    codes: Float[Tensor, "B N code"]
    direction_logits: Float[Tensor, "B N 2"] | None = None


class HeadLosses(NamedTuple):
    """The terms of a detection loss, each a scalar; also used for their weights."""

    classification: Tensor | float
    box: Tensor | float
    direction: Tensor | float

    def weighted(self, weights: HeadLosses) -> Tensor | float:
        """The weighted sum of the terms."""
        return sum(term * weight for term, weight in zip(self, weights, strict=True))
