import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_kitti import SIZE, kitti_calibration, tiny_labels

from monotakd.datasets.kitti.conversion import (
    annotations_from_labels,
    detections_from_labels,
    labels_from_annotations,
    labels_from_detections,
)
from monotakd.datasets.kitti.labels import KittiLabels, format_labels, parse_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.scene import Boxes3D, Calibration, Detections

KITTI_LIKE = Calibration(
    img_from_cam=np.array([[700.0, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0]]),
    cam_from_lidar=np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    image_size=(375, 1242),
)


def assert_equal(a: KittiLabels, b: KittiLabels):
    assert a.names == b.names
    np.testing.assert_array_equal(b.matrix(), a.matrix())


def test_a_car_ahead_by_hand():
    # 10 m ahead, 1.7 m below the camera, facing away: the camera looks along x, so y and z change sign and place.
    text = "Car 0 0 0 1 2 3 4 1.5 1.6 3.9 0.5 1.7 10 -1.5707963267948966"
    boxes = annotations_from_labels(parse_labels(text, "text"), KITTI_LIKE).boxes
    np.testing.assert_allclose(boxes.values, [[10, -0.5, -0.95, 3.9, 1.6, 1.5, 0]], atol=1e-12)


def test_dont_care_rows_become_ignored_regions():
    annotations = annotations_from_labels(tiny_labels(), kitti_calibration(np.random.default_rng(0)).calibration(SIZE))
    assert annotations.boxes.names == ("Car", "Person_sitting", "Cyclist")
    assert annotations.ignore_regions.tolist() == [[70, 8, 79, 12]]
    assert len(annotations.boxes_2d) == len(annotations) == 3


def test_real_labels_survive_the_way_to_the_lidar_frame_and_back(real_kitti):
    root = KittiRoot(real_kitti)
    for frame_id in root.present_ids():
        labels, calibration = root.labels(frame_id), root.calibration(frame_id).calibration((375, 1242))
        assert_equal(labels, labels_from_annotations(annotations_from_labels(labels, calibration), calibration))


six = st.integers(-60_000_000, 60_000_000).map(lambda value: value / 1e6)
angle = st.integers(-3_141_592, 3_141_592).map(lambda value: value / 1e6)
length = st.integers(1, 20_000_000).map(lambda value: value / 1e6)
row = st.tuples(six, six, six, six, length, length, length, six, six, six, angle, st.floats(0, 1))


@given(st.lists(row, max_size=4), st.integers(0, 2**32 - 1))
def test_predictions_with_six_decimals_survive_exactly(rows, seed):
    calibration = kitti_calibration(np.random.default_rng(seed)).calibration(SIZE)
    text = "".join(f"Car -1 -1 0 {' '.join(map(repr, values))}\n" for values in rows)
    labels = parse_labels(text, "text", scores=True)
    again = labels_from_detections(detections_from_labels(labels, calibration), calibration)
    np.testing.assert_array_equal(np.delete(again.matrix(), 2, axis=1), np.delete(labels.matrix(), 2, axis=1))
    expected = labels.rotation_y - np.arctan2(labels.locations[:, 0], labels.locations[:, 2])
    np.testing.assert_allclose(np.exp(1j * again.alpha), np.exp(1j * expected), atol=1e-8)


def test_image_boxes_are_projected_where_the_detector_gives_none():
    boxes = Boxes3D(np.array([[10, 0, -1, 4, 2, 1.5, 0], [-10, 0, -1, 4, 2, 1.5, 0]]), ("Car", "Car"))
    labels = labels_from_detections(Detections(boxes, np.array([0.9, 0.8], dtype=np.float32)), KITTI_LIKE)
    # The near end stands 8 m off, the far end 12 m; 2 m wide, from 0.25 to 1.75 m below the camera.
    np.testing.assert_allclose(labels.boxes_2d[0], [600 - 87.5, 180 + 14.58, 600 + 87.5, 180 + 153.12], atol=0.01)
    assert labels.boxes_2d[1].tolist() == [0, 0, 0, 0], "a box behind the camera has no image box"
    assert labels.scores.tolist() == np.array([0.9, 0.8], dtype=np.float32).tolist()
    parse_labels(format_labels(labels), "text", scores=True)


def test_nothing_detected_is_an_empty_prediction_file():
    labels = labels_from_detections(Detections(Boxes3D.empty(), np.zeros(0)), KITTI_LIKE)
    assert format_labels(labels) == ""
    assert labels.scores is not None


def test_labels_are_no_detections():
    with pytest.raises(ValueError, match="no scores"):
        detections_from_labels(tiny_labels(), KITTI_LIKE)
