"""Direct cross-modal distillation: the student's BEV map imitates the LiDAR teacher's, without an assistant.

CMKD's feature loss (ECCV 2022), the baseline MonoTAKD is measured against (the paper's CMD).
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from monotakd.distill.features import Map, Normalisation, normalise, weighted_mse

CMKD_WEIGHT = 32.0
"""What CMKD multiplies the loss with, for ``normalisation="none"``."""


def direct_loss(
    student: Map,
    teacher: Map,
    *,
    normalisation: Normalisation = "target_rms",
    weights: Float[Tensor, "B 1 Y X"] | None = None,
) -> Float[Tensor, ""]:
    """MSE(F_S, F_T).

    Args:
        student: its fused BEV map.
        teacher: F_T; its gradient is cut.
        normalisation: CMKD uses ``"none"``; ``"target_rms"`` is our default, for the reason given in
            `intra_modal_loss`.
        weights: how much each cell counts; None: all alike.
    """
    return weighted_mse(*normalise(student, teacher, normalisation), weights)
