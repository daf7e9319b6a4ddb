import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.scene import Boxes3D, Detections
from monotakd.viz import palette
from monotakd.viz.boxsets import FIELDS, box_sets

GOOD = [10.0, 2.0, -1.0, 4.0, 1.8, 1.5, 0.1]


def boxes(**changes):
    values = np.array([GOOD, GOOD])
    for column, value in changes.items():
        values[1, FIELDS.index(column)] = value
    return Boxes3D(values, ("Car", "Van"))


def test_none_means_the_labels_of_the_frame(frame):
    (truth,) = box_sets(frame, None)
    assert truth.name == "truth"
    assert truth.colour == palette.ROLES["truth"]
    assert len(truth) == 2
    assert box_sets(frame, {}) == []
    assert box_sets(None, None) == []


def test_roles_keep_their_colours_whatever_the_order(frame):
    sets = box_sets(frame, {"run 7": boxes(), "student": boxes(), "truth": frame.annotations})
    assert [s.colour for s in sets] == [palette.OTHERS[0], palette.ROLES["student"], palette.ROLES["truth"]]


def test_low_scores_are_left_out():
    detections = Detections(boxes(), np.array([0.3, 0.8]), np.arange(8.0).reshape(2, 4))
    (kept,) = box_sets(None, detections, min_score=0.5)
    assert kept.label(0) == "Van 0.80"
    assert kept.boxes_2d.tolist() == [[4, 5, 6, 7]]
    assert len(box_sets(None, detections)[0]) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"yaw": np.nan}, r"boxes 'student', row 1 \(Van\): found yaw = nan; expected finite"),
        ({"x": np.inf}, r"found x = inf"),
        ({"h": -1.0}, r"found h = -1; expected sizes above 0"),
        ({"w": 0.0}, r"found w = 0; "),
    ],
)
def test_impossible_boxes_name_set_row_and_column(changes, message):
    with pytest.raises(DataError, match=message):
        box_sets(None, {"student": boxes(**changes)})


def test_an_array_is_not_boxes(unchecked_shapes):
    with pytest.raises(ValueError, match=r"got ndarray.*wrap an \(N, 7\) array as Boxes3D"):
        box_sets(None, {"student": np.array([GOOD])})
