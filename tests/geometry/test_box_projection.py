import numpy as np
import pytest
from geometry_strategies import EXAMPLES, boxes, calibrations
from hypothesis import assume, given
from hypothesis import strategies as st

from monotakd.geometry.box_projection import NEAR, project_box_edges, project_boxes
from monotakd.geometry.boxes import BOX_EDGES, box_corners, lidar_from_camera_boxes
from monotakd.geometry.frames import lidar_from_cam, project_to_image
from monotakd.scene import Calibration

CAMERA = Calibration(
    np.array([[100.0, 0, 150, 0], [0, 100, 50, 0], [0, 0, 1, 0]]),
    np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    (100, 300),
)


def test_rectangle_worked_out_by_hand():
    # The near face of a 2 m cube 10 m ahead is at 9 m: half a face spans 100 / 9 pixels.
    cube = np.array([[10.0, 0, 0, 2, 2, 2, 0]])
    reach = 100 / 9
    np.testing.assert_allclose(project_boxes(cube, CAMERA), [[150 - reach, 50 - reach, 150 + reach, 50 + reach]])


def test_rectangle_of_a_box_beside_and_behind_the_camera():
    # x from -1 to 3, y from 1 to 2 (left of the camera), z from -1 to 1; cut at NEAR it reaches u = 150 - 200 / NEAR.
    beside = np.array([[1.0, 1.5, 0, 4, 1, 2, 0]])
    left, top, right, bottom = project_boxes(beside, CAMERA, clip=False)[0]
    assert left == pytest.approx(150 - 200 / NEAR)
    assert right == pytest.approx(150 - 100 / 3)
    assert (top, bottom) == (pytest.approx(50 - 100 / NEAR), pytest.approx(50 + 100 / NEAR))
    np.testing.assert_allclose(project_boxes(beside, CAMERA), [[0, 0, 150 - 100 / 3, 99]])


def test_boxes_that_are_not_seen_have_no_rectangle():
    unseen = np.array([[-10.0, 0, 0, 2, 2, 2, 0], [10, 40, 0, 2, 2, 2, 0], [10, 0, 0, 2, 2, 2, 0]])
    assert np.isnan(project_boxes(unseen, CAMERA)).all(axis=1).tolist() == [True, True, False]
    assert np.isnan(project_boxes(unseen, CAMERA, clip=False)).all(axis=1).tolist() == [True, False, False]
    assert project_boxes(np.zeros((0, 7)), CAMERA).shape == (0, 4)


def test_an_edge_wholly_behind_is_nan():
    across = np.array([[0.0, 0, 0, 4, 2, 2, 0]])
    edges = project_box_edges(across, CAMERA)[0]
    behind = [all(corner in (2, 3, 6, 7) for corner in edge) for edge in BOX_EDGES]
    assert np.isnan(edges).any(axis=(1, 2)).tolist() == behind
    assert np.isfinite(edges[~np.array(behind)]).all()


def plane_crossings(starts, ends, img_from_lidar, near):
    """Where along each edge the projective depth is ``near``, found by halving intervals; an end if it never is."""

    def in_front(share):
        return project_to_image(img_from_lidar, starts + share * (ends - starts))[1] >= near

    low, high = np.zeros((len(starts), 1)), np.ones((len(starts), 1))
    at_start = in_front(low)
    for _ in range(60):
        middle = (low + high) / 2
        same = (in_front(middle) == at_start)[:, None]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low


@EXAMPLES
@given(boxes(5.0), calibrations(), st.sampled_from([0.1, 0.5]))
def test_rectangle_equals_densely_sampled_edges(box, calibration, near):
    starts, ends = box_corners(box)[0][np.array(BOX_EDGES).T]
    crossings = plane_crossings(starts, ends, calibration.img_from_lidar, near)
    shares = np.concatenate([np.tile(np.linspace(0, 1, 201), (12, 1)), crossings], axis=1).T[..., None]
    uv, depth = project_to_image(calibration.img_from_lidar, starts + shares * (ends - starts))
    seen = depth >= near - 1e-12
    rectangle = project_boxes(box, calibration, clip=False, near=near)[0]
    if not seen.any():
        assert np.isnan(rectangle).all()
        return
    expected = np.concatenate([uv[seen].min(axis=0), uv[seen].max(axis=0)])
    np.testing.assert_allclose(rectangle, expected, rtol=1e-7, atol=1e-5)


@EXAMPLES
@given(boxes(30.0), calibrations())
def test_clipping_is_a_cut_of_the_unclipped_rectangle(box, calibration):
    whole, clipped = project_boxes(box, calibration, clip=False)[0], project_boxes(box, calibration)[0]
    assume(not np.isnan(clipped).any())
    height, width = calibration.image_size
    np.testing.assert_array_equal(clipped, np.clip(whole, 0, [width - 1, height - 1] * 2))
    assert (clipped[:2] <= clipped[2:]).all()


def test_near_must_be_positive():
    with pytest.raises(ValueError, match="near is 0"):
        project_boxes(np.ones((1, 7)), CAMERA, near=0.0)


def test_labelled_cars_fill_their_image_boxes(shared):
    """Real labels: the projected 3D box covers the annotated 2D box of a fully visible car."""
    root = shared / "real" / "kitti" / "training"
    overlaps = []
    for label in sorted((root / "label_2").glob("*.txt")):
        calib = dict(line.split(":") for line in (root / "calib" / label.name).read_text().splitlines() if ":" in line)
        matrices = {name: np.array(text.split(), dtype=float) for name, text in calib.items()}
        cam_from_lidar = np.eye(4)
        cam_from_lidar[:3] = matrices["R0_rect"].reshape(3, 3) @ matrices["Tr_velo_to_cam"].reshape(3, 4)
        calibration = Calibration(matrices["P2"].reshape(3, 4), cam_from_lidar, (375, 1242))
        for line in label.read_text().splitlines():
            name, *fields = line.split()
            values = np.array(fields, dtype=float)
            if name == "Car" and values[0] == 0 and values[1] == 0:
                overlaps.append(_rectangle_iou(values[3:7], _projected(values, calibration)))
    assert len(overlaps) > 20
    assert np.median(overlaps) > 0.9
    assert np.min(overlaps) > 0.7


def _projected(values, calibration):
    camera = values[None, [10, 11, 12, 7, 8, 9, 13]]
    return project_boxes(lidar_from_camera_boxes(camera, lidar_from_cam(calibration)), calibration)[0]


def _rectangle_iou(a, b):
    shared = np.prod(np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0))
    return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)
