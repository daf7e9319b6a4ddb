"""Rotated non-maximum suppression in bird's-eye view."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int, Shaped

from monotakd.geometry.nms_kernels import suppress
from monotakd.geometry.rotated_iou import checked_boxes


def rotated_nms(
    boxes: Shaped[Any, "N 7"],
    scores: Shaped[Any, " N"],
    threshold: float,
    pre: int = 4096,
    post: int = 500,
) -> Int[Any, " K"]:
    """Keeps the best boxes and drops those that overlap a better kept one.

    The exact rotated BEV IoU decides; height and class play no part, so call it per class where classes may overlap.

    Args:
        boxes: (N, 7) rows ``x y z l w h yaw``, a numpy array or a torch tensor on any device.
        scores: (N,) confidence, the same kind of array.
        threshold: a box goes when its IoU with a kept box is larger than this.
        pre: only so many best-scored boxes are looked at.
        post: at most so many are kept.

    Returns:
        (K,) int64 rows of the kept boxes, best score first, equal scores by lower row; a tensor on the boxes' device
        if the boxes are a tensor. The work itself is done on the CPU.

    Raises:
        ValueError: wrong shapes, NaN or infinite boxes, negative sizes, NaN scores, a threshold outside 0..1.
    """
    if hasattr(boxes, "detach"):
        import torch  # here, so that the metric and the numpy path work without loading torch

        kept = rotated_nms(_to_numpy(boxes), _to_numpy(scores), threshold, pre, post)
        return torch.from_numpy(kept).to(boxes.device)
    boxes, scores = checked_boxes(boxes, "boxes"), _to_numpy(scores)
    if scores.shape != (len(boxes),):
        raise ValueError(f"scores has shape {scores.shape}, expected ({len(boxes)},): one score per box")
    if np.isnan(scores).any():
        row = int(np.flatnonzero(np.isnan(scores))[0])
        raise ValueError(f"scores has {int(np.isnan(scores).sum())} NaN entries, the first is row {row}")
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold is {threshold}, expected an IoU in 0..1")
    if pre < 0 or post < 0:
        raise ValueError(f"pre and post are {pre} and {post}, expected counts >= 0")
    order = np.argsort(-scores, kind="stable")[:pre]
    kept = np.empty(min(post, len(order)), dtype=np.int64)
    count = suppress(boxes[order], float(threshold), kept)
    return order[kept[:count]]


def _to_numpy(values) -> np.ndarray:
    """Float64 on the CPU; bfloat16 has no numpy equal, so tensors are cast before they are handed over."""
    return values.detach().cpu().double().numpy() if hasattr(values, "detach") else np.asarray(values, np.float64)
