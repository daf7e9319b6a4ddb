"""The outline of a shared area: hand cases, and its area against the exact IoU."""

import numpy as np
import pytest

from monotakd.geometry.overlap_polygon import overlap_polygon
from monotakd.geometry.rotated_iou import paired_iou


def box(x=0.0, y=0.0, l=4.0, w=2.0, yaw=0.0):  # noqa: E741
    return np.array([x, y, 0.0, l, w, 1.5, yaw])


def shoelace(polygon):
    x, y = polygon.T
    return 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)


def test_two_straight_boxes_by_hand():
    polygon = overlap_polygon(box(), box(x=2.0, y=1.0))
    assert {tuple(corner) for corner in polygon.tolist()} == {(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)}
    assert shoelace(polygon) == 2.0  # positive: counter-clockwise


def test_a_box_inside_another_is_the_whole_overlap():
    inner = box(l=1.0, w=0.5, yaw=0.3)
    for polygon in (overlap_polygon(inner, box()), overlap_polygon(box(), inner)):
        assert len(polygon) == 4
        assert shoelace(polygon) == pytest.approx(0.5)


def test_two_crossed_squares_share_an_octagon():
    polygon = overlap_polygon(box(l=2.0, w=2.0), box(l=2.0, w=2.0, yaw=np.pi / 4))
    assert len(polygon) == 8
    assert shoelace(polygon) == pytest.approx(8 * (np.sqrt(2) - 1))  # a regular octagon with inradius 1


@pytest.mark.parametrize("other", [box(x=4.5), box(x=4.0), box(x=4.0, y=2.0), box(y=9.0, yaw=1.0)])
def test_apart_or_only_touching_is_empty(other):
    assert overlap_polygon(box(), other).shape == (0, 2)


def test_identical_and_turned_round_boxes_share_everything():
    for yaw in (0.0, 0.7, -2.1):
        for turned in (yaw, yaw + np.pi):
            assert shoelace(overlap_polygon(box(yaw=yaw), box(yaw=turned))) == pytest.approx(8.0, abs=1e-9)


def test_area_gives_the_exact_iou():
    rng = np.random.default_rng(5)
    count = 300
    pairs = np.zeros((2, count, 7))
    pairs[..., :2] = rng.normal(0, 1.5, (2, count, 2))
    pairs[..., 3:6] = rng.uniform(0.3, 5, (2, count, 3))
    pairs[..., 6] = rng.uniform(-np.pi, np.pi, (2, count))
    bev, _ = paired_iou(*pairs)
    area = np.array([shoelace(overlap_polygon(a, b)) for a, b in zip(*pairs, strict=True)])
    sizes = pairs[..., 3:5].prod(axis=-1)
    assert (bev > 0).sum() > 150
    assert area / (sizes.sum(axis=0) - area) == pytest.approx(bev, abs=1e-9)
