"""Element-wise losses of dense detection heads: focal, quality focal and smooth L1, none of them reduced."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

SMOOTH_L1_BETA = 1.0 / 9.0


def focal_loss(
    logits: Float[Tensor, "*N"], target: Float[Tensor, "*N"], alpha: float = 0.25, gamma: float = 2.0
) -> Float[Tensor, "*N"]:
    """Sigmoid focal loss (Lin et al., ICCV 2017) towards 0 or 1: cross-entropy that fades where the answer is right.

    Args:
        logits: predictions.
        target: 0 or 1.
        alpha: weight of targets 1; targets 0 weigh ``1 - alpha``.
        gamma: how fast the loss of easy elements fades.
    """
    error = (torch.sigmoid(logits) - target).abs()
    weight = target * alpha + (1 - target) * (1 - alpha)
    return weight * error**gamma * F.binary_cross_entropy_with_logits(logits, target, reduction="none")


def quality_focal_loss(
    logits: Float[Tensor, "*N"], target: Float[Tensor, "*N"], beta: float = 2.0
) -> Float[Tensor, "*N"]:
    """Quality focal loss (Li et al., NeurIPS 2020): focal loss towards a probability anywhere in 0..1.

    ``BCE(sigmoid(logits), target) * |sigmoid(logits) - target| ** beta``. In distillation the target is the teacher's
    score.
    """
    error = (torch.sigmoid(logits) - target).abs()
    return error**beta * F.binary_cross_entropy_with_logits(logits, target, reduction="none")


def smooth_l1_loss(
    codes: Float[Tensor, "*N"], target: Float[Tensor, "*N"], beta: float = SMOOTH_L1_BETA
) -> Float[Tensor, "*N"]:
    """Quadratic below ``beta``, linear above. An element whose target is NaN is unknown and costs nothing."""
    return F.smooth_l1_loss(codes, torch.where(target.isnan(), codes.detach(), target), beta=beta, reduction="none")


def sine_difference(
    codes: Float[Tensor, "*N code"], target: Float[Tensor, "*N code"], channel: int = 6
) -> tuple[Float[Tensor, "*N code"], Float[Tensor, "*N code"]]:
    """Rewrites the yaw channel so that the difference of the two is the sine of the yaw difference.

    ``sin(a - b) = sin a cos b - cos a sin b``: the first term replaces a, the second b. Yaws half a turn apart cost
    nothing; the direction bins tell them apart (SECOND, Sensors 2018).
    """
    a, b = codes[..., channel : channel + 1], target[..., channel : channel + 1]

    def with_yaw(rows: Tensor, yaw: Tensor) -> Tensor:
        return torch.cat([rows[..., :channel], yaw, rows[..., channel + 1 :]], dim=-1)

    return with_yaw(codes, a.sin() * b.cos()), with_yaw(target, a.cos() * b.sin())
