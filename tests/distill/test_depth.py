"""Depth supervision: values by hand, foreground cells, unknown depth."""

import math

import numpy as np
import pytest
import torch

from monotakd.distill.depth import depth_loss, foreground_cells
from monotakd.scene import Annotations, Boxes3D, DepthBins

BINS = DepthBins("UD", 4, 2.0, 10.0)


def labels(*boxes_2d) -> Annotations:
    zeros = np.zeros(len(boxes_2d))
    boxes = Boxes3D(np.ones((len(boxes_2d), 7)), ("Car",) * len(boxes_2d))
    return Annotations(
        boxes, np.array(boxes_2d, float).reshape(-1, 4), zeros, zeros.astype(int), zeros, np.zeros((0, 4))
    )


def logits_with(probability: float, target: list[list[int]]) -> torch.Tensor:
    """Logits that give the target bin of each cell a probability, the rest sharing what is left."""
    index = torch.tensor(target)[None, None]
    p = torch.full((1, BINS.num + 1, *index.shape[2:]), (1 - probability) / BINS.num)
    return p.scatter(1, index, probability).log()


def test_value_by_hand():
    """Two cells: one in a box (weight 13), one not (1); 0.25 (1 - p)^2 (-log p) each."""
    depth = torch.zeros(1, 4, 8)
    depth[0, 1, 1], depth[0, 0, 6] = 3.0, 9.5
    cell = 0.25 * (1 - 0.4) ** 2 * -math.log(0.4)
    loss = depth_loss(logits_with(0.4, [[0, 3]]), depth, [labels([0.0, 0, 3, 3])], BINS, 4)
    assert loss.item() == pytest.approx((13 + 1) * cell / 2, rel=1e-5)
    unlabelled = depth_loss(logits_with(0.4, [[0, 3]]), depth, [None], BINS, 4)
    assert unlabelled.item() == pytest.approx(cell, rel=1e-5)


def test_unknown_depth_is_ignored_or_beyond():
    depth = torch.zeros(1, 4, 8)
    depth[0, 1, 1] = 3.0
    logits = logits_with(0.4, [[0, 4]])
    cell = 0.25 * 0.36 * -math.log(0.4)
    assert depth_loss(logits, depth, [None], BINS, 4).item() == pytest.approx(cell, rel=1e-5)
    worse = logits_with(0.4, [[0, 1]])
    assert depth_loss(worse, depth, [None], BINS, 4).item() == pytest.approx(cell, rel=1e-5)
    assert depth_loss(logits, depth, [None], BINS, 4, unknown="beyond").item() == pytest.approx(cell, rel=1e-5)
    assert depth_loss(worse, depth, [None], BINS, 4, unknown="beyond").item() > 1.5 * cell


def test_known_depth_out_of_range_teaches_beyond():
    depth = torch.full((1, 4, 4), 50.0)
    assert depth_loss(logits_with(0.9, [[4]]), depth, [None], BINS, 4) < 0.01
    assert depth_loss(logits_with(0.9, [[3]]), depth, [None], BINS, 4) > 0.3


def test_nothing_known_costs_nothing():
    logits = torch.randn(1, 5, 2, 2, requires_grad=True)
    loss = depth_loss(logits, torch.zeros(1, 8, 8), [None], BINS, 4)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(logits.grad).all()


def test_foreground_is_every_cell_that_a_box_touches():
    inside = foreground_cells([labels([3.0, 4, 9, 8], [-5, -5, 1, 1], [60, 60, 90, 90]), None], (4, 5), 4)
    expected = torch.zeros(2, 4, 5, dtype=torch.bool)
    expected[0, 1, 0:3] = True
    expected[0, 0, 0] = True
    assert torch.equal(inside, expected)


def test_the_class_beyond_must_be_there():
    with pytest.raises(ValueError, match="one more"):
        depth_loss(torch.zeros(1, 4, 2, 2), torch.zeros(1, 8, 8), [None], BINS, 4)
