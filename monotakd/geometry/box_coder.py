"""Boxes as residuals to anchors, the two-bin direction, and the axis-aligned IoU that assigns anchors.

Sources: the residual code is VoxelNet's and SECOND's (Sensors 2018, section 3.2), with sizes ordered l, w, h.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int

DIRECTION_OFFSET = 0.78539
"""Where the first direction bin begins, radians: close to pi / 4, so that boxes along either road axis lie mid-bin."""

SMALLEST_SIZE = 1e-5
SMALLEST_UNION = 1e-6


def encode_boxes(
    boxes: Float[torch.Tensor, "*B 7"], anchors: Float[torch.Tensor, "*B 7"], sincos: bool = False
) -> Float[torch.Tensor, "*B code"]:
    """Boxes as residuals to their anchors.

    x and y are divided by the anchor's ground diagonal and z by its height; sizes become log ratios (sizes below
    0.01 mm count as that); the heading is the plain difference, not wrapped.

    Args:
        boxes: (..., 7) rows ``x y z l w h yaw``.
        anchors: (..., 7) of the same shape.
        sincos: give the heading as ``cos yaw - cos yaw_a, sin yaw - sin yaw_a`` instead.

    Returns:
        (..., 7) codes, or (..., 8) with ``sincos``. A box equal to its anchor has the code 0.
    """
    diagonal = anchors[..., 3:5].norm(dim=-1, keepdim=True)
    sizes, anchor_sizes = boxes[..., 3:6].clamp_min(SMALLEST_SIZE), anchors[..., 3:6].clamp_min(SMALLEST_SIZE)
    ground = (boxes[..., :2] - anchors[..., :2]) / diagonal
    height = (boxes[..., 2:3] - anchors[..., 2:3]) / anchor_sizes[..., 2:3]
    yaw, anchor_yaw = boxes[..., 6:7], anchors[..., 6:7]
    heading = [yaw.cos() - anchor_yaw.cos(), yaw.sin() - anchor_yaw.sin()] if sincos else [yaw - anchor_yaw]
    return torch.cat([ground, height, torch.log(sizes / anchor_sizes), *heading], dim=-1)


def decode_boxes(
    codes: Float[torch.Tensor, "*B code"], anchors: Float[torch.Tensor, "*B 7"]
) -> Float[torch.Tensor, "*B 7"]:
    """The inverse of `encode_boxes`; eight code channels mean the sine-cosine heading.

    Returns:
        (..., 7) rows ``x y z l w h yaw``; the yaw is not wrapped (with eight channels it comes from atan2).

    Raises:
        ValueError: neither seven nor eight channels.
    """
    if codes.shape[-1] not in (7, 8):
        raise ValueError(f"codes have {codes.shape[-1]} channels, expected 7 (yaw difference) or 8 (cos and sin)")
    diagonal = anchors[..., 3:5].norm(dim=-1, keepdim=True)
    ground = codes[..., :2] * diagonal + anchors[..., :2]
    height = codes[..., 2:3] * anchors[..., 5:6] + anchors[..., 2:3]
    sizes = codes[..., 3:6].exp() * anchors[..., 3:6]
    yaw = anchors[..., 6:7]
    if codes.shape[-1] == 7:
        yaw = yaw + codes[..., 6:7]
    else:
        yaw = torch.atan2(codes[..., 7:8] + yaw.sin(), codes[..., 6:7] + yaw.cos())
    return torch.cat([ground, height, sizes, yaw], dim=-1)


def direction_bin(yaw: Float[torch.Tensor, "*B"], offset: float = DIRECTION_OFFSET) -> Int[torch.Tensor, "*B"]:
    """Which half of the circle a yaw lies in: 0 within [offset, offset + pi), 1 in the other half.

    The residual code is trained through the sine of the difference, which cannot tell a car from the same car turned
    round; this bin can.
    """
    turned = torch.remainder(yaw - offset, 2 * math.pi)
    return (turned / math.pi).floor().long().clamp(0, 1)


def yaw_in_direction(
    yaw: Float[torch.Tensor, "*B"], direction: Int[torch.Tensor, "*B"], offset: float = DIRECTION_OFFSET
) -> Float[torch.Tensor, "*B"]:
    """The yaw, known up to a half turn, turned into the half circle that `direction_bin` names.

    Returns:
        (...) in [offset, offset + 2 pi), radians.
    """
    return torch.remainder(yaw - offset, math.pi) + offset + math.pi * direction.to(yaw.dtype)


def nearest_bev_iou(a: Float[torch.Tensor, "N 7"], b: Float[torch.Tensor, "M 7"]) -> Float[torch.Tensor, "N M"]:
    """IoU of BEV rectangles after turning each to the nearer axis, the cheap overlap that anchors are assigned by.

    A box keeps (l, w) along (x, y) if its heading is within 45 degrees of the x axis, forwards or backwards, and swaps
    them otherwise. `rotated_iou` has the exact overlap.
    """
    (low_a, high_a), (low_b, high_b) = _nearest_rectangle(a), _nearest_rectangle(b)
    sides = torch.minimum(high_a[:, None], high_b) - torch.maximum(low_a[:, None], low_b)
    shared = sides.clamp_min(0).prod(dim=-1)
    union = (high_a - low_a).prod(dim=-1)[:, None] + (high_b - low_b).prod(dim=-1) - shared
    return shared / union.clamp_min(SMALLEST_UNION)


def _nearest_rectangle(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lowest and highest corners (N, 2) of the axis-aligned rectangle of each box."""
    tilt = boxes[:, 6] - torch.floor(boxes[:, 6] / math.pi + 0.5) * math.pi
    along_x = (tilt.abs() < math.pi / 4)[:, None]
    half = torch.where(along_x, boxes[:, 3:5], boxes[:, [4, 3]]) / 2
    return boxes[:, :2] - half, boxes[:, :2] + half
