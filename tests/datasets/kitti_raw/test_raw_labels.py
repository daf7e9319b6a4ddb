import numpy as np
import pytest
from raw_cases import tracklet

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti_raw.labels import annotations_at
from monotakd.datasets.kitti_raw.tracklets import Tracklet
from monotakd.geometry.boxes import points_in_boxes_mask
from monotakd.scene import Calibration

# A camera at the LiDAR's place that looks ahead: 100 pixels of focal length, 200 x 100 pixels.
AHEAD = Calibration(
    np.array([[100.0, 0, 99.5, 0], [0, 100.0, 49.5, 0], [0, 0, 1, 0]]),
    np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    (100, 200),
)


def test_a_box_straight_ahead():
    car = tracklet(size=np.array([4.0, 2.0, 2.0]), positions=np.array([(12.0, 0, -1), (11.0, 0, -1)]), yaws=np.zeros(2))
    there = annotations_at([car], 0, AHEAD)
    np.testing.assert_array_equal(there.boxes.values, [[12, 0, 0, 4, 2, 2, 0]])
    # The nearest face, 10 m away, spans a metre to each side: 10 pixels.
    np.testing.assert_allclose(there.boxes_2d, [[89.5, 39.5, 109.5, 59.5]])
    assert (there.truncated[0], there.occluded[0]) == (0, 0)
    np.testing.assert_allclose(there.alpha, [-np.pi / 2])
    assert annotations_at([car], 1, AHEAD).boxes.values[0, 0] == 11
    assert len(annotations_at([car], 2, AHEAD)) == 0


def test_truncation_is_the_share_of_the_box_outside():
    # Flat and across the line of sight: 10 m ahead it reaches from 8 to 12 m to the left, pixels -20.5 to 19.5.
    positions = np.array([(10.0, 10.0, -1)])
    car = tracklet(count=1, size=np.array([1e-9, 4.0, 2.0]), positions=positions, yaws=np.zeros(1))
    there = annotations_at([car], 0, AHEAD)
    np.testing.assert_allclose(there.boxes_2d, [[0, 39.5, 19.5, 59.5]], atol=1e-6)
    np.testing.assert_allclose(there.truncated, [20.5 / 40], atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "count", "level"),
    [
        ({"occlusions": np.array([1])}, 1, 1),
        ({"occlusions": np.array([2])}, 1, 2),
        ({"occlusions": np.array([-1])}, 1, 3),
        ({"truncations": np.array([2])}, 0, None),
        ({"truncations": np.array([3])}, 0, None),
        ({"truncations": np.array([-1])}, 1, 0),
        ({"states": np.array([0])}, 0, None),
        ({"positions": np.array([(-12.0, 0, -1)])}, 0, None),
        ({"positions": np.array([(10.0, 30.0, -1)])}, 0, None),
    ],
)
def test_what_labellers_said_of_sight(changes, count, level):
    there = annotations_at([tracklet(count=1, **changes)], 0, AHEAD)
    assert there.occluded.tolist() == [level] * count


def test_yaw_is_wrapped():
    there = annotations_at([tracklet(count=1, yaws=np.array([-3.25]))], 0, AHEAD)
    np.testing.assert_allclose(there.boxes.yaws, [-3.25 + 2 * np.pi])


def test_real_objects_told_as_tracklets_are_the_object_sets_labels(real_kitti):
    """Real labelled boxes as tracklets: image boxes, truncation and alpha are computed, and agree with the labels."""
    root, overlaps, off = KittiRoot(real_kitti), [], []
    for frame_id in root.split("trainval", present_only=True).ids:
        frame = root.frame(frame_id)
        labels = frame.annotations
        objects = [
            Tracklet(name, box[3:6], 4, box[None, :3] - (0, 0, box[5] / 2), box[6:], *np.array([[2], [occluded], [0]]))
            for name, box, occluded in zip(labels.boxes.names, labels.boxes.values, labels.occluded, strict=True)
        ]
        there = annotations_at(objects, 4, frame.calibration)
        np.testing.assert_allclose(there.boxes.values, labels.boxes.values, atol=1e-9)
        np.testing.assert_array_equal(there.occluded, labels.occluded)
        np.testing.assert_allclose(np.sin(there.alpha - labels.alpha), 0, atol=0.05)
        cars = np.array([name == "Car" for name in labels.boxes.names])
        overlaps += iou(there.boxes_2d, labels.boxes_2d)[cars].tolist()
        off += np.abs(there.truncated - labels.truncated)[cars].tolist()
        # KITTI labels what the LiDAR saw: every car nearer than 30 m has points in its box.
        near = cars & (labels.boxes.values[:, 0] < 30) & (labels.occluded < 2)
        assert points_in_boxes_mask(frame.points, there.boxes.values[near]).any(axis=1).all()
    assert len(overlaps) > 20
    assert np.median(overlaps) > 0.93
    assert min(overlaps) > 0.8
    assert np.median(off) < 0.02
    assert max(off) < 0.15


def iou(a, b):
    lowest, highest = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    common = np.prod(np.clip(highest - lowest, 0, None), axis=1)
    return common / (np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[:, 2:] - b[:, :2], axis=1) - common)
