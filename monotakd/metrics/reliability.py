"""Whether stated probabilities come true: of all things said to be 70 % sure, do 70 % happen?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from monotakd.errors import require


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """Statements grouped by their confidence.

    Attributes:
        edges: (G + 1,) ends of the groups, 0..1.
        confidence: (G,) mean confidence of each group; NaN where it is empty.
        share: (G,) how many of them happened, 0..1; NaN where it is empty.
        count: (G,) statements in each group.
        error: expected calibration error, the mean distance of share and confidence, each group by its count.
    """

    edges: Float[np.ndarray, " edges"]
    confidence: Float[np.ndarray, " G"]
    share: Float[np.ndarray, " G"]
    count: Int[np.ndarray, " G"]
    error: float


def reliability_curve(
    confidence: Float[np.ndarray, " N"], happened: Bool[np.ndarray, " M"], groups: int = 10
) -> ReliabilityCurve:
    """Groups statements by confidence, in groups of equal width.

    Args:
        confidence: stated probability, 0..1.
        happened: whether it came true.
        groups: how many.

    Raises:
        ValueError: no statements, a probability outside 0..1, or not one outcome each.
    """
    confidence, happened = np.asarray(confidence, dtype=np.float64), np.asarray(happened, dtype=bool)
    require(
        confidence.ndim == 1 and confidence.shape == happened.shape and len(confidence) > 0,
        f"{confidence.shape} probabilities and {happened.shape} outcomes, expected (N,) of both, at least one",
    )
    require(
        bool(((confidence >= 0) & (confidence <= 1 + 1e-6)).all()),
        f"probabilities from {confidence.min():.4g} to {confidence.max():.4g}, expected 0..1: were these logits? "
        "Apply softmax or sigmoid first",
    )
    group = np.minimum((confidence * groups).astype(int), groups - 1)
    count = np.bincount(group, minlength=groups)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(group, weights=confidence, minlength=groups) / count
        share = np.bincount(group, weights=happened, minlength=groups) / count
    error = float(np.nansum(np.abs(share - mean) * count) / len(confidence))
    return ReliabilityCurve(np.linspace(0, 1, groups + 1), mean, share, count, error)
