"""The failure gallery: one place and one belief for each error, with the right depths in them."""

import numpy as np
import pytest

from monotakd.metrics.worst_errors import ConfidentError
from monotakd.scene import Boxes3D, DepthBins, Detections
from monotakd.viz import draw_failures
from monotakd.viz.failures import words_of

BINS = DepthBins("UD", 20, 2.0, 42.0)


@pytest.fixture
def found(frame):
    values = np.concatenate([frame.annotations.boxes.values, [[20.0, 0.0, -0.9, 4.0, 1.7, 1.5, 0.0]]])
    return Detections(Boxes3D(values, ("Car", "Van", "Car")), np.array([0.9, 0.8, 0.7]))


@pytest.fixture
def belief():
    return np.random.default_rng(0).dirichlet(np.full(21, 0.3), (1, 24, 80)).transpose(0, 3, 1, 2)


ERRORS = (
    ConfidentError(0, 0, 0.9, "too far", 0, 33.0, 29.7),
    ConfidentError(0, 2, 0.7, "overlaps no Car", None, 19.7, None),
    ConfidentError(0, 1, 0.6, "too short", 1, 11.8, 11.7),
)


def test_words():
    assert [words_of(error) for error in ERRORS] == [
        "3.3 m too far", "no object of its own", "at the right depth"
    ]  # fmt: skip


def test_each_error_has_a_place_and_a_belief(frame, found, belief):
    picture = draw_failures([frame], [found], ERRORS, belief, BINS)
    assert len(picture.axes) == 6
    places, beliefs = picture.axes[0::2], picture.axes[1::2]
    assert [axes.get_title(loc="left").strip() for axes in places] == [
        f"000001: score {score}" for score in ("0.90", "0.70", "0.60")
    ]
    assert beliefs[0].get_title(loc="left").strip() == "3.3 m too far; box at 33.0 m"
    marked = [sorted(float(line.get_xdata()[0]) for line in axes.lines) for axes in beliefs]
    assert 33.0 in marked[0]
    assert 29.7 in marked[0], "the true depth"
    assert 19.7 in marked[1]
    assert len(marked[1]) == len(marked[0]) - 1, "no true depth where nothing is meant"


def test_no_errors_to_draw(frame, found, belief):
    with pytest.raises(ValueError, match="no errors"):
        draw_failures([frame], [found], (), belief, BINS)
