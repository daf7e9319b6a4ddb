"""The centre head: targets by hand, codes there and back, peaks to detections, and everything mirrored."""

import math

import numpy as np
import pytest
import torch

from monotakd.geometry.boxes import flip_boxes
from monotakd.models.heads.center_head import CenterHead
from monotakd.models.heads.center_losses import center_losses, gaussian_focal_loss
from monotakd.models.heads.center_targets import CODE_SIZE, center_targets, heat_radius
from monotakd.models.heads.predictions import DensePredictions
from monotakd.scene import BevGrid, Boxes3D

GRID = BevGrid((0.0, -8.0), (16.0, 8.0), (0.5, 1.0))  # 16 rows, 32 columns
CLASSES = ("Car", "Pedestrian")
BOXES = Boxes3D(
    np.array(
        [
            [4.1, 2.3, -0.8, 3.9, 1.6, 1.5, 0.3],
            [9.0, -5.2, -0.6, 0.8, 0.6, 1.7, -3.0],
            [12.3, 0.4, -0.7, 4.4, 1.8, 1.6, 1.6],
            [40.0, 0.0, -0.7, 4.4, 1.8, 1.6, 1.6],  # off the grid
            [5.0, -3.0, 0.2, 10.0, 2.5, 3.0, 0.0],  # of no class of ours
        ]
    ),
    ("Car", "Pedestrian", "Car", "Car", "Truck"),
)


def perfect(head, boxes):
    """Predictions that say exactly what the targets ask for."""
    targets = head.targets(boxes)
    logits = torch.logit(targets.heat.clamp(1e-4, 1 - 1e-4))
    codes = torch.zeros(*logits.shape[:2], CODE_SIZE)
    codes.flatten(0, 1)[targets.cells] = targets.codes
    return DensePredictions(logits, codes)


def by_position(boxes):
    return boxes.values[np.lexsort(boxes.values[:, :2].T.round(3))]


def test_targets_by_hand():
    box = np.array([[4.1, 2.3, -0.8, math.e, 1.0, 1.0, np.pi / 2]])
    targets = center_targets(GRID, 2, [box, np.zeros((0, 7))], [np.array([1]), np.zeros(0, dtype=np.int64)])
    assert targets.heat.shape == (2, 16 * 32, 2)
    assert targets.cells.tolist() == [10 * 32 + 8]
    torch.testing.assert_close(
        targets.codes, torch.tensor([[-0.3, -0.2, -0.8, 1, 0, 0, 0, -1, 1, 0]]), atol=1e-6, rtol=0
    )
    heat = targets.heat[0, :, 1].reshape(16, 32)
    assert heat[10, 8] == 1
    torch.testing.assert_close(heat[11, 10], torch.tensor(math.exp(-5 / (2 * (5 / 6) ** 2))))
    assert (heat > 0).sum() == 25
    assert targets.heat[0, :, 0].sum() == targets.heat[1].sum() == 0


def test_heat_spreads_as_far_as_the_overlap_lasts():
    length, width = 20.0, 12.0
    radius = int(heat_radius(np.array([[length, width]]), (1.0, 1.0))[0])

    def iou(r):
        shared = (length - r) * (width - r)
        return shared / (2 * length * width - shared)

    assert iou(radius) >= 0.1 > iou(radius + 1)
    assert heat_radius(np.array([[3.9, 1.6]]), (0.64, 0.64)).tolist() == [2]


def test_overlapping_heat_takes_the_larger():
    boxes = np.array([[4.1, 2.3, 0, 3.9, 1.6, 1.5, 0], [4.6, 2.3, 0, 3.9, 1.6, 1.5, 0]])
    targets = center_targets(GRID, 1, [boxes], [np.zeros(2, dtype=np.int64)])
    assert (targets.heat[0, targets.cells] == 1).all()
    assert (targets.heat == 1).sum() == 2


def test_perfect_predictions_give_the_objects_back():
    head = CenterHead(4, GRID, CLASSES)
    (found,) = head.decode(perfect(head, [BOXES]))
    sure = found.scores > 0.9
    wanted = BOXES[np.arange(3)]
    assert sorted(np.array(found.boxes.names)[sure]) == sorted(wanted.names)
    np.testing.assert_allclose(by_position(found.boxes[sure]), by_position(wanted), atol=1e-4)


def test_everything_commutes_with_a_flip():
    torch.manual_seed(0)
    head = CenterHead(4, GRID, CLASSES)
    flipped = Boxes3D(flip_boxes(BOXES.values), BOXES.names)
    plain, mirrored = head.targets([BOXES]), head.targets([flipped])
    as_map = [t.heat.reshape(16, 32, 2) for t in (plain, mirrored)]
    torch.testing.assert_close(as_map[1], as_map[0].flip(0))
    sign = torch.tensor([1, -1, 1, 1, 1, 1, -1, 1, -1, 1.0])
    torch.testing.assert_close(mirrored.codes, plain.codes * sign)

    predictions = DensePredictions(torch.randn(1, 512, 2), torch.randn(1, 512, CODE_SIZE))
    other = DensePredictions(
        *(v.reshape(1, 16, 32, -1).flip(1).flatten(1, 2) for v in (predictions.class_logits, predictions.codes * sign))
    )
    (one,), (two,) = head.decode(predictions), head.decode(other)
    assert len(one) > 3
    np.testing.assert_allclose(
        by_position(two.boxes), by_position(Boxes3D(flip_boxes(one.boxes.values), one.boxes.names)), atol=1e-5
    )


def test_a_car_whose_front_is_in_doubt_keeps_its_axis():
    head = CenterHead(4, GRID, CLASSES)
    yaws = torch.tensor([-3.0, -1.2, 0.0, 0.4, 1.6, 2.9])
    codes = torch.zeros(1, 512, CODE_SIZE)
    codes[0, : len(yaws), 6:8] = torch.stack([(2 * yaws).sin(), (2 * yaws).cos()], dim=1)
    for doubt in (0.01, -0.01):
        codes[0, : len(yaws), 8:] = doubt * torch.stack([yaws.sin(), yaws.cos()], dim=1)
        found = head.boxes(DensePredictions(torch.zeros(1, 512, 2), codes))[0, : len(yaws), 6]
        turns = (found - yaws) / torch.pi
        expected = torch.zeros(6) if doubt > 0 else torch.ones(6)
        torch.testing.assert_close(turns.round().abs() % 2, expected)
        torch.testing.assert_close(turns, turns.round(), atol=1e-5, rtol=0)


def test_only_hottest_neighbours_above_the_threshold_are_detections():
    head = CenterHead(4, GRID)
    logits = torch.full((1, 512, 1), -9.0)
    logits[0, [100, 101, 300], 0] = torch.tensor([1.0, 2.0, -2.3])  # the third scores 0.091
    (found,) = head.decode(DensePredictions(logits, torch.zeros(1, 512, CODE_SIZE)))
    np.testing.assert_allclose(found.scores, [1 / (1 + math.exp(-2.0))], rtol=1e-6)
    np.testing.assert_allclose(found.boxes.values[0, :2], [0.25 + 0.5 * (101 % 32), -7.5 + 101 // 32])


def test_losses_against_plain_loops():
    torch.manual_seed(0)
    head = CenterHead(4, GRID, CLASSES)
    targets = head.targets([BOXES, Boxes3D.empty()])
    predictions = DensePredictions(torch.randn(2, 512, 2), torch.randn(2, 512, CODE_SIZE))
    expected_heat = expected_box = 0.0
    for logit, heat in zip(predictions.class_logits.flatten().tolist(), targets.heat.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-logit))
        expected_heat -= (1 - p) ** 2 * math.log(p) if heat == 1 else (1 - heat) ** 4 * p**2 * math.log(1 - p)
    for cell, code in zip(targets.cells.tolist(), targets.codes, strict=True):
        expected_box += float((predictions.codes[cell // 512, cell % 512] - code).abs().sum())
    losses = center_losses(predictions, targets)
    assert float(losses.classification) == pytest.approx(expected_heat / 3, rel=1e-5)
    assert float(losses.box) == pytest.approx(expected_box / 3, rel=1e-5)


def test_perfect_predictions_cost_nearly_nothing():
    head = CenterHead(4, GRID, CLASSES)
    targets = head.targets([BOXES])
    sure = DensePredictions(torch.where(targets.heat == 1, 20.0, -20.0), perfect(head, [BOXES]).codes)
    losses = head.loss(sure, targets)
    assert losses.classification < 1e-6
    assert losses.box < 1e-6


def test_focal_loss_survives_extreme_logits():
    logits = torch.tensor([200.0, -200.0, 200.0, -200.0], requires_grad=True)
    loss = gaussian_focal_loss(logits, torch.tensor([1.0, 1.0, 0.0, 0.5]))
    loss.sum().backward()
    torch.testing.assert_close(loss.detach(), torch.tensor([0.0, 200.0, 200.0, 0.0]))
    assert torch.isfinite(logits.grad).all()


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="built for"):
        CenterHead(4, GRID)(torch.zeros(1, 4, 5, 5))
    with pytest.raises(ValueError, match="box 0 of sample 0 is centred off the grid"):
        center_targets(GRID, 1, [np.array([[99.0, 0, 0, 1, 1, 1, 0]])], [np.zeros(1, dtype=np.int64)])
