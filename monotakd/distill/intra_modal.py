"""Intra-modal distillation: the student's visual features imitate the assistant's, which saw the true depth (L_IMD).

Both maps come from the same image, so what separates them is the depth alone: the gap is small enough to learn.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from monotakd.distill.features import Map, Normalisation, normalise, weighted_mse


def intra_modal_loss(
    visual: Map,
    assistant: Map,
    *,
    normalisation: Normalisation = "target_rms",
    weights: Float[Tensor, "B 1 Y X"] | None = None,
) -> Float[Tensor, ""]:
    """MSE(F_vis, F_A).

    Args:
        visual: the student's F_vis.
        assistant: F_A; its gradient is cut.
        normalisation: the paper names none. ``"target_rms"`` is our default: the loss of a student that knows nothing
            is then near 1 for every assistant. ``"minmax_detached"`` is the release's arithmetic: the value falls when
            the maps approach each other by other means, but no gradient reaches the student.
        weights: how much each cell counts; None: all alike, as in the paper.
    """
    return weighted_mse(*normalise(visual, assistant, normalisation), weights)
