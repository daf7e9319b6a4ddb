"""Depth supervision: the student's depth distribution against the true depth (CaDDN, CVPR 2021, section 3.4).

No part of MonoTAKD's objective; an option, and a row of the ablation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from monotakd.distill.over_processes import count_share
from monotakd.geometry.depth_bins import bin_target
from monotakd.models.depth_distribution import Pooling, pool_depth
from monotakd.models.precision import at_least_float32
from monotakd.scene import Annotations, DepthBins

CADDN_WEIGHT = 3.0
"""What CaDDN multiplies the loss with."""

Unknown = Literal["ignored", "beyond"]


def depth_loss(
    logits: Float[Tensor, "B D1 h w"],
    depth: Float[Tensor, "B H W"],
    labels: Sequence[Annotations | None],
    bins: DepthBins,
    stride: int,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    foreground: float = 13.0,
    background: float = 1.0,
    unknown: Unknown = "ignored",
    pooling: Pooling = "nearest",
) -> Float[Tensor, ""]:
    """Focal loss over the bins, averaged over the cells that count.

    Args:
        logits: of each bin, and of "beyond" last.
        depth: metres, 0 where unknown.
        labels: whose 2D boxes make up the foreground; a frame without labels is all background.
        bins: depth bins.
        stride: pixels per feature cell.
        alpha: factor of the whole.
        gamma: how fast the loss of easy cells fades.
        foreground: weight of cells in a 2D box.
        background: weight of all others.
        unknown: what a cell without a depth teaches. ``"ignored"``: nothing, our default, as LiDAR misses more than
            half of the cells. ``"beyond"``: the last class, as CaDDN does with its completed depth maps.
        pooling: see `depth_distribution.pool_depth`; the release's assistant uses ``"mean"``.

    Raises:
        ValueError: the number of logits is not that of the bins and "beyond".
    """
    if logits.shape[1] != bins.num + 1:
        raise ValueError(
            f"{logits.shape[1]} depth logits for {bins.num} bins, expected {bins.num + 1}: one more, for 'beyond'"
        )
    pooled = pool_depth(depth, stride, pooling)
    target = bin_target(bins, torch.where(pooled > 0, pooled, torch.nan))
    log_p = F.log_softmax(at_least_float32(logits), dim=1).gather(1, target[:, None])[:, 0]
    loss = -alpha * (1 - log_p.exp()) ** gamma * log_p
    inside = foreground_cells(labels, tuple(target.shape[1:]), stride).to(loss.device)
    weight = torch.where(inside, foreground, background)
    if unknown == "beyond":
        return (loss * weight).mean()
    known = pooled > 0
    count = known.sum()
    return (loss * weight * known).sum() / count.clamp_min(1) * count_share(count, loss)


def foreground_cells(labels: Sequence[Annotations | None], size: tuple[int, int], stride: int) -> Bool[Tensor, "B h w"]:
    """Feature cells that a 2D box touches.

    Args:
        labels: per sample.
        size: (h, w) of the feature map.
        stride: pixels per cell.
    """
    inside = torch.zeros(len(labels), *size, dtype=torch.bool)
    for cells, sample in zip(inside, labels, strict=True):
        if sample is None:
            continue
        first = np.floor(sample.boxes_2d[:, :2] / stride).clip(0).astype(int)
        last = np.ceil(sample.boxes_2d[:, 2:] / stride).clip(0).astype(int)
        for (left, top), (right, bottom) in zip(first, last, strict=True):
            cells[top:bottom, left:right] = True
    return inside
