"""Anchors as cells: each in the panel of its rotation, at its place, in the colour of its label."""

import numpy as np
import pytest

from monotakd.geometry.anchors import anchor_boxes
from monotakd.scene import BevGrid
from monotakd.viz.matching import draw_matching

GRID = BevGrid((0.0, -2.0), (4.0, 2.0), (1.0, 1.0))
CAR = np.array([2.0, 0.0, -1.0, 3.9, 1.6, 1.5, 0.2])


@pytest.fixture
def anchors():
    return anchor_boxes(GRID)[:, :, 0]


def cells(axes):
    """Middles (x, y) of the positive, ignored and background anchors."""
    *_, positive, ignored, background = axes.collections
    squares = [{tuple(path.vertices[:4].mean(axis=0)[::-1].round(6).tolist()) for path in kind.get_paths()}
               for kind in (positive, ignored)]  # fmt: skip
    return *squares, {(float(x), float(y)) for y, x in background.get_offsets()}


def test_each_label_is_drawn_at_its_anchor(anchors):
    labels = np.zeros(anchors.shape[:-1], dtype=np.int64)
    labels[3, 1, 0] = 1  # y 1.5, x 1.5
    labels[0, 2, 1] = -1  # y -1.5, x 2.5
    along, crossing = draw_matching(anchors, labels, CAR).axes
    positive, ignored, background = cells(along)
    assert positive == {(1.5, 1.5)}
    assert ignored == set()
    assert len(background) == 15
    positive, ignored, background = cells(crossing)
    assert positive == set()
    assert ignored == {(2.5, -1.5)}


def test_titles_count_per_rotation(anchors):
    labels = np.zeros(anchors.shape[:-1], dtype=np.int64)
    labels[:2, 0, 0], labels[3, :3, 1] = 1, -1
    titles = [axes.get_title(loc="left") for axes in draw_matching(anchors, labels, CAR).axes]
    assert titles == ["anchors at 0°: 2 positive, 0 ignored", "anchors at 90°: 0 positive, 3 ignored"]


def test_the_object_is_in_the_middle(anchors):
    labels = np.zeros(anchors.shape[:-1], dtype=np.int64)
    for axes in draw_matching(anchors, labels, CAR).axes:
        assert axes.get_ylim() == (-1.0, 5.0)
        assert axes.get_xlim() == (3.0, -3.0)


def test_labels_that_do_not_fit_are_refused(anchors):
    with pytest.raises(ValueError, match="reshape"):
        draw_matching(anchors, np.zeros(anchors[..., 0].size, dtype=np.int64), CAR)
