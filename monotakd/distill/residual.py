"""Cross-modal residual distillation: the spatial features learn what the teacher knows and the assistant does not.

MonoTAKD's L_CMRD = MSE(SAM(F_spa), F_res), where F_res is made from F_T - F_A. Paper and release disagree about what
is made of it; `ResidualForm` names the ways.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd.distill.features import Map, Normalisation, minmax, normalise, rms, weighted_mse
from monotakd.errors import require

ResidualForm = Literal["signed", "magnitude", "binarised", "ternary", "released"]
ResidualScaling = Literal["none", "own_rms", "minmax"]

RELEASED_FRACTION = 0.6
"""The release keeps differences of at least this fraction of the largest one in the batch."""


def residual_target(
    teacher: Map,
    assistant: Map,
    form: ResidualForm = "binarised",
    threshold: float = 1.0,
    scaling: ResidualScaling = "none",
) -> Map:
    """F_res, without gradient.

    Args:
        teacher: F_T.
        assistant: F_A. The student's own F_vis in its place gives the own-error residual.
        form: ``"binarised"``: 1 where ``|F_T - F_A| > threshold * RMS(F_T)``, else 0. The paper binarises with a fixed
            threshold, but publishes neither its value nor what becomes of the sign. Ours: the sign is dropped, as
            in the release, and the threshold is in units of the teacher's RMS, so that it means the same for every
            teacher.
            ``"ternary"``: binarised with the sign kept, -1, 0 or 1 (ours).
            ``"signed"``: F_T - F_A itself, so that F_A + F_res = F_T (ours).
            ``"magnitude"``: its absolute value (ours).
            ``"released"``: ``|minmax(F_A) - F_T|``, F_T as it is, values below 0.6 of the largest in the batch set to
            0 and not binarised; ``threshold`` is not used.
        threshold: see above. With 1, a quarter of the elements of occupied cells and 9 % of all were 1 for the toy
            teacher and assistant (32 streets of the tune split); with 0.5 it was 46 % of all, empty cells among them,
            where the assistant is not quite 0.
        scaling: of both maps before they are compared; the paper does not give it. ``"none"``, our default: a
            student that imitates F_A in its own units is to add what is missing in those of F_T. An independent
            assistant has units of its own, however (its map was 1.8 times as large), and part of the difference is
            no more than that: ``"own_rms"`` divides each map by its own RMS, ``"minmax"`` stretches each to 0..1.
            The release's form scales in its own way.

    Returns:
        Mixed units: features, scaled or not, for all forms but ``"binarised"`` and ``"ternary"``.

    Raises:
        ValueError: maps of different shapes, an unknown name, or a scaling beside the release's form.
    """
    if teacher.shape != assistant.shape:
        raise ValueError(
            f"teacher and assistant have BEV maps of {tuple(teacher.shape)} and {tuple(assistant.shape)} (B, C, Y, X): "
            "their difference needs the same grid and channels"
        )
    require(form != "released" or scaling == "none", f"scaling {scaling!r} beside the released form, expected 'none'")
    teacher, assistant = _scaled(teacher.detach(), scaling), _scaled(assistant.detach(), scaling)
    match form:
        case "signed":
            return teacher - assistant
        case "magnitude":
            return (teacher - assistant).abs()
        case "binarised":
            return ((teacher - assistant).abs() > threshold * rms(teacher)).to(teacher.dtype)
        case "ternary":
            difference = teacher - assistant
            return torch.where(difference.abs() > threshold * rms(teacher), difference.sign(), 0.0)
        case "released":
            difference = (minmax(assistant) - teacher).abs()
            return torch.where(difference < RELEASED_FRACTION * difference.max(), 0.0, difference)
    raise ValueError(f"form is {form!r}, expected {', '.join(map(repr, get_args(ResidualForm)))}")


def _scaled(features: Map, scaling: ResidualScaling) -> Map:
    match scaling:
        case "none":
            return features
        case "own_rms":
            return features / rms(features)
        case "minmax":
            return minmax(features)
    raise ValueError(f"scaling is {scaling!r}, expected {', '.join(map(repr, get_args(ResidualScaling)))}")


def residual_loss(
    spatial: Map,
    target: Map,
    *,
    normalisation: Normalisation = "none",
    weights: Float[Tensor, "B 1 Y X"] | None = None,
) -> Float[Tensor, ""]:
    """MSE(SAM(F_spa), F_res).

    Args:
        spatial: the student's aligned spatial map.
        target: from `residual_target`.
        normalisation: ``"none"`` is our default, as a binarised target has its unit; ``"target_rms"`` suits the signed
            and magnitude forms: a student that knows nothing then costs 1.
        weights: how much each cell counts; None: all alike.
    """
    return weighted_mse(*normalise(spatial, target, normalisation), weights)
