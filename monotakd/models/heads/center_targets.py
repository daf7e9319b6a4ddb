"""What a centre head should say: a bump of heat at each object's centre, and its box in the cell under the peak.

Source: CenterPoint (CVPR 2021); the bump's radius follows CornerNet (ECCV 2018).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from monotakd.geometry.grids import axis_centres, cell_of_points
from monotakd.scene import BevGrid

CODE_SIZE = 10
"""Numbers per box: offset x and y from the cell's centre (cells), z (metres), log l, w, h, sin 2 yaw, cos 2 yaw, sin
yaw, cos yaw.

The double angle tells the axis, the single one only which end is the front. CenterPoint has the single angle alone: a
network that sees how a car stands but not which end is its front then hovers near (0, 0), whose angle is anything, and
boxes turn across the street. In an image that is one car in ten."""

MINIMUM_OVERLAP = 0.1
MINIMUM_RADIUS = 2


@dataclass(frozen=True, eq=False)
class CenterTargets:
    """Targets of a centre head over N = Y x X cells, row by row.

    Attributes:
        heat: (B, N, K) 1 at the cell of an object's centre, falling off around it.
        cells: (P,) ``sample * N + cell`` of the P objects.
        codes: (P, 10) their boxes.
    """

    heat: Float[Tensor, "B N K"]
    cells: Int[Tensor, " P"]
    codes: Float[Tensor, "P 10"]


def heat_radius(sizes: Float[np.ndarray, "N 2"], cell: tuple[float, float]) -> Int[np.ndarray, " N"]:
    """(N,) cells over which the heat of an object spreads.

    A rectangle of l x w cells moved by (r, r) shares ``(l - r)(w - r)`` with itself; the radius is the r at which the
    IoU falls to `MINIMUM_OVERLAP`, rounded down, and at least `MINIMUM_RADIUS`. A 3.9 x 1.6 m car on 0.64 m cells has
    6.1 x 2.5 cells and r = 1.85, so the minimum of 2.

    Args:
        sizes: length and width, metres.
        cell: size of a cell along x and y, metres.
    """
    cells = sizes / math.sqrt(cell[0] * cell[1])
    total, area = cells.sum(axis=1), cells.prod(axis=1)
    lost = 1 - 2 * MINIMUM_OVERLAP / (1 + MINIMUM_OVERLAP)
    radius = (total - np.sqrt(total**2 - 4 * area * lost)) / 2
    return np.maximum(radius.astype(np.int64), MINIMUM_RADIUS)


def center_targets(
    grid: BevGrid,
    num_classes: int,
    boxes: Sequence[Float[np.ndarray, "_ 7"]],
    labels: Sequence[Int[np.ndarray, " _"]],
) -> CenterTargets:
    """Draws the heat and writes the codes.

    Args:
        grid: the head's cells.
        num_classes: K.
        boxes: per sample; all centres must lie on the grid.
        labels: per sample, class of each box, 0..K-1.

    Raises:
        ValueError: a centre off the grid.
    """
    rows, columns = grid.shape
    heat = np.zeros((len(boxes), num_classes, rows, columns), dtype=np.float32)
    cells, codes = [], []
    for sample, (values, classes) in enumerate(zip(boxes, labels, strict=True)):
        index, inside = cell_of_points(grid, values)
        if not inside.all():
            raise ValueError(f"box {int(np.flatnonzero(~inside)[0])} of sample {sample} is centred off the grid")
        away_y = np.arange(rows)[None, :, None] - index[:, 0, None, None]
        away_x = np.arange(columns)[None, None, :] - index[:, 1, None, None]
        radius = heat_radius(values[:, 3:5], grid.cell)[:, None, None]
        # The window of 2 r + 1 cells holds three standard deviations to either side.
        bump = np.exp(-(away_x**2 + away_y**2) / (2 * ((2 * radius + 1) / 6) ** 2))
        bump *= (np.abs(away_x) <= radius) & (np.abs(away_y) <= radius)
        np.maximum.at(heat[sample], classes, bump.astype(np.float32))
        cells.append((sample * rows + index[:, 0]) * columns + index[:, 1])
        codes.append(encode_centers(values, index, grid))
    heat = torch.from_numpy(heat).flatten(2).transpose(1, 2).contiguous()
    return CenterTargets(heat, torch.from_numpy(np.concatenate(cells)), torch.from_numpy(np.concatenate(codes)))


def encode_centers(
    boxes: Float[np.ndarray, "N 7"], index: Int[np.ndarray, "N 2"], grid: BevGrid
) -> Float[np.ndarray, "N 10"]:
    """Boxes as codes seen from cells; the offset is 0 at the middle of a cell, so that a flip only changes its sign.

    Args:
        boxes: rows ``x y z l w h yaw``.
        index: row y, column x of the cell that answers for each box.
        grid: the cells.
    """
    x, y = axis_centres(grid)
    centre = np.stack([x[index[:, 1]], y[index[:, 0]]], axis=1)
    offset = (boxes[:, :2] - centre) / grid.cell
    yaw = boxes[:, 6]
    heading = np.stack([np.sin(2 * yaw), np.cos(2 * yaw), np.sin(yaw), np.cos(yaw)], axis=1)
    return np.concatenate([offset, boxes[:, 2:3], np.log(boxes[:, 3:6]), heading], axis=1).astype(np.float32)
