"""The anchor head: the release's predictions, codes there and back, detections, and everything mirrored."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from monotakd.geometry.anchors import KITTI_ANCHORS
from monotakd.geometry.box_coder import direction_bin, encode_boxes
from monotakd.geometry.boxes import flip_boxes, wrap_angle
from monotakd.models.heads.anchor_head import AnchorHead
from monotakd.models.heads.anchor_targets import BACKGROUND
from monotakd.models.heads.decode import Suppression
from monotakd.models.heads.predictions import DensePredictions
from monotakd.scene import BevGrid, Boxes3D

GRID = BevGrid((0.0, -6.4), (12.8, 6.4), (0.64, 0.64))
BOXES = Boxes3D(
    np.array(
        [
            [4.1, 2.3, -0.9, 3.9, 1.6, 1.5, 0.3],
            [9.0, -5.2, 0.2, 0.8, 0.6, 1.7, -3.0],
            [9.3, 0.4, -0.9, 4.1, 1.7, 1.6, 1.7],
            [40.0, 0.0, -0.7, 4.4, 1.8, 1.6, 1.6],  # off the grid
            [5.0, -3.0, 0.2, 10.0, 2.5, 3.0, 0.0],  # of no class of ours
        ]
    ),
    ("Car", "Pedestrian", "Car", "Car", "Van"),
)


def perfect(head, boxes):
    """Sure of every positive, silent elsewhere, with the exact codes."""
    targets = head.targets([boxes])
    logits = torch.full((*targets.labels.shape, len(head.classes)), -9.0)
    sample, anchor = (targets.labels > BACKGROUND).nonzero(as_tuple=True)
    logits[sample, anchor, targets.labels[sample, anchor] - 1] = 4.0
    directions = torch.nn.functional.one_hot(targets.directions, 2).float()
    return DensePredictions(logits, targets.codes, directions)


def by_position(values):
    return values[np.lexsort(values[:, :2].T.round(2))]


def test_one_multiplication_says_what_the_three_convolutions_say():
    torch.manual_seed(0)
    head = AnchorHead(8, GRID)
    for conv in (head.conv_cls, head.conv_box, head.conv_dir_cls):
        torch.nn.init.normal_(conv.weight)
        torch.nn.init.normal_(conv.bias)
    features = torch.randn(2, 8, *GRID.shape)
    found = head(features)
    for mine, conv in (
        (found.class_logits, head.conv_cls),
        (found.codes, head.conv_box),
        (found.direction_logits, head.conv_dir_cls),
    ):
        expected = conv(features).permute(0, 2, 3, 1).reshape(2, -1, mine.shape[2])
        torch.testing.assert_close(mine, expected)


def test_predictions_equal_the_release(shared):
    reference = np.load(shared / "reference" / "released_code" / "anchor_head_losses.npz")
    grid = BevGrid((2.0, -30.08), (46.8, 30.08), (44.8 / 20, 60.16 / 24))
    head = AnchorHead(16, grid)
    head.load_state_dict(
        {k.removeprefix("param/"): torch.from_numpy(reference[k]) for k in reference if k[:6] == "param/"}
    )
    head.anchors = torch.from_numpy(reference["target/anchors"][0])
    with torch.no_grad():
        predictions = head(torch.from_numpy(reference["in/spatial_features_2d"]))
    for mine, name in zip(
        (predictions.class_logits, predictions.codes, predictions.direction_logits),
        ("cls", "box", "dir_cls"),
        strict=True,
    ):
        expected = torch.from_numpy(reference[f"pred/{name}_preds"]).reshape(mine.shape)
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        head.boxes(predictions), torch.from_numpy(reference["decoded/boxes"]), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        predictions.class_logits, torch.from_numpy(reference["decoded/cls_logits"]), rtol=1e-4, atol=1e-5
    )


def test_released_placement_gives_the_released_anchors(shared):
    reference = np.load(shared / "reference" / "released_code" / "anchors.npz")
    grid = BevGrid((2.0, -30.08), (46.8, 30.08), (0.32, 0.32))
    head = AnchorHead(1, grid, placement="range_limits")
    for k, name in enumerate(("car", "pedestrian", "cyclist")):
        np.testing.assert_allclose(head.anchors[:, :, k].numpy(), reference[name][0, :, :, 0], atol=1e-5)


def test_perfect_predictions_give_the_objects_back():
    head = AnchorHead(4, GRID)
    (found,) = head.decode(perfect(head, BOXES))
    wanted = BOXES[np.arange(3)]
    assert sorted(found.boxes.names) == sorted(wanted.names)
    np.testing.assert_allclose(by_position(found.boxes.values), by_position(wanted.values), atol=1e-4)


def test_an_untrained_head_is_nearly_silent_and_says_its_anchors():
    torch.manual_seed(0)
    head = AnchorHead(4, GRID)
    with torch.no_grad():
        head.conv_cls.weight.zero_()
        predictions = head(torch.zeros(1, 4, 20, 20))
    torch.testing.assert_close(predictions.class_logits.sigmoid(), torch.full((1, 2400, 3), 0.01))
    torch.testing.assert_close(head.boxes(predictions)[0, :, :6], head.anchors.reshape(-1, 7)[:, :6])
    assert len(head.decode(predictions)[0]) == 0


def test_everything_commutes_with_a_flip():
    torch.manual_seed(0)
    head = AnchorHead(4, GRID, suppression=Suppression(score=0.8))
    anchors = head.anchors.reshape(-1, 7)
    mirror = torch.arange(2400).reshape(20, 20, 3, 2).flip(0).flatten()
    flipped = Boxes3D(flip_boxes(BOXES.values), BOXES.names)
    plain, mirrored = head.targets([BOXES]), head.targets([flipped])
    assert (plain.labels > 0).sum() >= 3
    assert torch.equal(mirrored.labels, plain.labels[:, mirror])

    # Any predicted boxes, and the codes by which the mirrored anchors say the mirrored boxes.
    boxes = anchors + 0.2 * torch.randn_like(anchors)
    logits = torch.randn(1, 2400, 3)
    turned = torch.from_numpy(flip_boxes(boxes.double().numpy())).float()[mirror]

    def say(values, scores):
        directions = torch.nn.functional.one_hot(direction_bin(values[:, 6]), 2).float()
        return DensePredictions(scores, encode_boxes(values, anchors)[None], directions[None])

    (one,), (two,) = head.decode(say(boxes, logits)), head.decode(say(turned, logits[:, mirror]))
    assert len(one) > 5
    expected, found = flip_boxes(one.boxes.values), two.boxes.values
    np.testing.assert_allclose(found[:, :6], expected[:, :6], atol=1e-4)
    np.testing.assert_allclose(wrap_angle(found[:, 6] - expected[:, 6]), 0, atol=1e-4)


def test_suppression_knows_classes_only_if_asked():
    twice = Boxes3D(np.repeat(BOXES.values[:1], 2, axis=0), ("Car", "Pedestrian"))
    classes = (KITTI_ANCHORS[0], replace(KITTI_ANCHORS[0], name="Pedestrian"))
    for per_class, expected in ((False, ("Car",)), (True, ("Car", "Pedestrian"))):
        head = AnchorHead(4, GRID, classes, suppression=Suppression(per_class=per_class))
        (found,) = head.decode(perfect(head, twice))
        assert found.boxes.names == expected


def test_class_lists_are_open():
    van = replace(KITTI_ANCHORS[0], name="Van", size=(5.1, 1.9, 2.2))
    head = AnchorHead(4, GRID, (van,))
    assert head(torch.zeros(2, 4, 20, 20)).class_logits.shape == (2, 800, 1)
    assert set(head.targets([BOXES]).labels.unique().tolist()) >= {BACKGROUND, 1}


@pytest.mark.parametrize("code", [500.0, -500.0])
def test_wild_codes_are_still_boxes(code):
    head = AnchorHead(4, GRID)
    predictions = DensePredictions(torch.zeros(1, 2400, 3), torch.full((1, 2400, 7), code), torch.zeros(1, 2400, 2))
    boxes = head.boxes(predictions)
    assert torch.isfinite(boxes).all()
    assert (boxes[..., 3:6] > 0).all()


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="anchors lie on"):
        AnchorHead(4, GRID)(torch.zeros(1, 4, 5, 5))
