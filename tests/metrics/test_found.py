from dataclasses import replace

import numpy as np
import pytest

from monotakd.metrics.found import Found, cars_found, cars_in_view
from monotakd.scene import Annotations, BevGrid, Boxes3D, Calibration, Detections, Frame

GRID = BevGrid((0.0, -20.0), (40.0, 20.0), (1.0, 1.0))
CAR = [20.0, 0.0, -1.0, 4.0, 2.0, 1.5, 0.0]


def at(x, y=0.0, z=-1.0):
    return [x, y, z, *CAR[3:]]


def frame(boxes, names=None, occluded=None, truncated=None):
    count = len(boxes)
    values = np.array(boxes, dtype=float).reshape(count, 7)
    labels = Annotations(
        boxes=Boxes3D(values, tuple(names or ("Car",) * count)),
        boxes_2d=np.zeros((count, 4)),
        truncated=np.zeros(count) if truncated is None else np.array(truncated, dtype=float),
        occluded=np.zeros(count, dtype=np.int64) if occluded is None else np.array(occluded),
        alpha=np.zeros(count),
        ignore_regions=np.zeros((0, 4)),
    )
    camera = Calibration(np.hstack([np.eye(3) * [[9.0], [9.0], [1.0]], np.zeros((3, 1))]), np.eye(4), (4, 6))
    return Frame("000000", np.zeros((4, 6, 3), dtype=np.uint8), camera, annotations=labels)


def detections(boxes, scores=None):
    values = np.array(boxes, dtype=float).reshape(len(boxes), 7)
    return Detections(Boxes3D(values, ("Car",) * len(boxes)), np.array(scores or [0.9] * len(boxes), dtype=float))


def test_counts_by_hand():
    # Along its length of 4 m a box that is s off has IoU (4 - s) / (4 + s): 0.6 at 1 m, 0.45 at 1.5 m.
    street = frame([at(10), at(20), at(30)])
    seen = detections([at(11), at(21.5), at(10, 8)])
    assert cars_found([street], [seen], GRID) == Found(hits=1, cars=3, false_alarms=1)
    assert cars_found([street], [seen], GRID, overlap=0.4).hits == 2
    assert cars_found([street], [seen], GRID, overlap=0.7).hits == 0


def test_height_does_not_count():
    assert cars_found([frame([at(10)])], [detections([at(10, z=5.0)])], GRID).hits == 1


def test_one_car_counts_once_and_frames_are_kept_apart():
    twice = detections([at(10), at(10.1)])
    assert cars_found([frame([at(10)]), frame([at(20)])], [twice, twice], GRID) == Found(1, 2, 2)


def test_unsure_boxes_are_not_looked_at():
    street, seen = frame([at(10)]), detections([at(10), at(30)], [0.3, 0.2])
    assert cars_found([street], [seen], GRID) == Found(0, 1, 0)
    assert cars_found([street], [seen], GRID, min_score=0.25) == Found(1, 1, 0)


def test_which_cars_count():
    street = frame(
        [at(10), at(20), at(30), at(35), at(41), at(25, 21), at(5)],
        names=("Car", "Van", "Car", "Car", "Car", "Car", "Car"),
        occluded=(1, 0, 2, 0, 0, 0, 0),
        truncated=(0, 0, 0, 0.3, 0, 0, 0.29),
    )
    assert cars_in_view(street.annotations, GRID).tolist() == [True, False, False, False, False, False, True]


def test_a_box_on_another_object_is_no_false_alarm():
    street = frame([at(10), at(20)], names=("Van", "Car"), occluded=(0, 3))
    assert cars_found([street], [detections([at(10), at(20), at(30)])], GRID) == Found(0, 0, 1)


def test_nothing_seen_and_nothing_there():
    assert cars_found([frame([at(10)])], [detections([])], GRID) == Found(0, 1, 0)
    assert cars_found([frame([])], [detections([at(10)])], GRID) == Found(0, 0, 1)


def test_frames_must_have_labels_and_detections():
    street = frame([at(10)])
    with pytest.raises(ValueError, match="000000 has no labels"):
        cars_found([replace(street, annotations=None)], [detections([])], GRID)
    with pytest.raises(ValueError, match="zip"):
        cars_found([street, street], [detections([])], GRID)
