"""The surest mistakes, on boxes whose places say what they are."""

import numpy as np
import pytest

from monotakd.metrics.confident_errors import confident_errors
from monotakd.scene import Annotations, Boxes3D, Calibration, Detections, Frame

CAMERA = Calibration(
    np.array([[100.0, 0, 79.5, 0], [0, 100, 47.5, 0], [0, 0, 1, 0]]),
    np.array([[0, -1.0, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    (96, 160),
)


def boxes(*places: tuple[float, float], kind: str = "Car") -> Boxes3D:
    values = np.array([[x, y, 0.0, 4.0, 2.0, 1.5, 0.0] for x, y in places]).reshape(-1, 7)
    return Boxes3D(values, (kind,) * len(places))


def frame(truth: Boxes3D | None) -> Frame:
    labels = None
    if truth is not None:
        nothing = np.zeros(len(truth))
        labels = Annotations(truth, np.zeros((len(truth), 4)), nothing, nothing.astype(int), nothing, np.zeros((0, 4)))
    return Frame("000000", np.zeros((96, 160, 3), dtype=np.uint8), CAMERA, annotations=labels)


def test_the_surest_wrong_boxes_come_first_and_right_ones_never():
    streets = [frame(boxes((20.0, 0.0), (30.0, 6.0))), frame(boxes((10.0, 0.0)))]
    found = [
        Detections(boxes((20.2, 0.0), (23.0, 0.0), (25.0, -9.0)), np.array([0.99, 0.7, 0.8])),
        Detections(boxes((8.0, 0.0)), np.array([0.9])),
    ]
    errors = confident_errors(streets, found)
    assert [(e.frame, e.row) for e in errors] == [(1, 0), (0, 2), (0, 1)]
    assert errors[0].words == "score 0.90, 8.0 m: 2.0 m too near"
    assert errors[1].words == "score 0.80, 25.0 m: no car in this direction"
    assert errors[2].words == "score 0.70, 23.0 m: 3.0 m too far"
    assert errors[2].overlap == pytest.approx(1.0 / 7.0)
    assert len(confident_errors(streets, found, count=2)) == 2


def test_only_cars_make_a_box_right():
    found = [Detections(boxes((20.0, 0.0)), np.array([0.6]))]
    assert confident_errors([frame(boxes((20.0, 0.0)))], found) == []
    (error,) = confident_errors([frame(boxes((20.0, 0.0), kind="Van"))], found)
    assert error.true_depth is None


def test_a_frame_without_labels_is_refused():
    with pytest.raises(ValueError, match="000000 has no labels"):
        confident_errors([frame(None)], [Detections(boxes(), np.zeros(0))])
