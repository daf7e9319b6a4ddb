import numpy as np
import pytest
from geometry_strategies import EXAMPLES, boxes, calibrations, yaws
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry.boxes import (
    BOX_EDGES,
    BOX_FACES,
    alpha_from_boxes,
    box_corners,
    camera_from_lidar_boxes,
    flip_boxes,
    lidar_from_camera_boxes,
    points_in_boxes,
    points_in_boxes_mask,
    wrap_angle,
)
from monotakd.geometry.frames import lidar_from_cam

CAM_FROM_LIDAR = np.array([[0.0, -1, 0, 0], [0, 0, -1, -0.1], [1, 0, 0, -0.3], [0, 0, 0, 1]])


def test_corners_worked_out_by_hand():
    # 4 x 2 x 1 m, heading turned a quarter to the left: the front points along +y.
    straight, left = box_corners(np.array([[0.0, 0, 0, 4, 2, 1, 0], [10, 20, 30, 4, 2, 1, np.pi / 2]]))
    np.testing.assert_array_equal(straight[:4], [[2, 1, -0.5], [2, -1, -0.5], [-2, -1, -0.5], [-2, 1, -0.5]])
    np.testing.assert_array_equal(straight[4:], straight[:4] + np.array([0, 0, 1]))
    np.testing.assert_allclose(left[0], [10 - 1, 20 + 2, 29.5], atol=1e-12)
    np.testing.assert_allclose(left[1], [10 + 1, 20 + 2, 29.5], atol=1e-12)


@EXAMPLES
@given(boxes())
def test_edges_are_the_sides(box):
    corners = box_corners(box)[0]
    lengths = sorted(np.linalg.norm(corners[i] - corners[j]) for i, j in BOX_EDGES)
    np.testing.assert_allclose(lengths, np.sort(np.repeat(box[0, 3:6], 4)), atol=1e-12)
    assert len({frozenset(edge) for edge in BOX_EDGES}) == 12


@pytest.mark.parametrize(
    ("name", "outwards"),
    [
        ("front", [1, 0, 0]),
        ("rear", [-1, 0, 0]),
        ("left", [0, 1, 0]),
        ("right", [0, -1, 0]),
        ("top", [0, 0, 1]),
        ("bottom", [0, 0, -1]),
    ],
)
def test_faces_look_outwards_and_follow_edges(name, outwards):
    face = BOX_FACES[name]
    quad = box_corners(np.array([[0.0, 0, 0, 4, 2, 1, 0]]))[0][list(face)]
    normal = np.cross(quad[1] - quad[0], quad[2] - quad[1])
    np.testing.assert_allclose(normal / np.linalg.norm(normal), outwards, atol=1e-12)
    edges = {frozenset(edge) for edge in BOX_EDGES}
    assert all(frozenset((face[i - 1], face[i])) in edges for i in range(4))


@EXAMPLES
@given(st.floats(-1e4, 1e4))
def test_wrapped_angles_are_the_same_angle_in_range(angle):
    wrapped = wrap_angle(np.array([angle]))[0]
    assert -np.pi <= wrapped < np.pi
    assert np.cos(wrapped - angle) == pytest.approx(1, abs=1e-12)
    if -np.pi <= angle < np.pi:
        assert wrapped == angle


def test_wrapping_at_the_ends():
    below = np.nextafter(-np.pi, -4)
    angles = np.array([np.pi, -np.pi, 3 * np.pi, below, -1e-300, 1e-17])
    wrapped = wrap_angle(angles)
    np.testing.assert_allclose(wrapped[:3], -np.pi, atol=1e-15)
    assert ((wrapped >= -np.pi) & (wrapped < np.pi)).all()
    assert wrapped[4:].tolist() == [-1e-300, 1e-17]


def test_camera_boxes_worked_out_by_hand():
    # A car 20 m ahead of the camera, 2 m to the left, facing away; its bottom lies 1.65 m below the camera.
    lidar = np.array([[20.3, 2.0, -1.75 + 0.75, 4.0, 1.8, 1.5, 0.0]])
    camera = camera_from_lidar_boxes(lidar, CAM_FROM_LIDAR)
    np.testing.assert_allclose(camera, [[-2.0, 1.65, 20.0, 1.5, 1.8, 4.0, -np.pi / 2]], atol=1e-14)
    # Facing left (yaw pi/2) is the camera's -x, so ry is -pi; facing right is +x, ry 0.
    turned = np.repeat(lidar, 2, axis=0)
    turned[:, 6] = np.pi / 2, -np.pi / 2
    np.testing.assert_allclose(camera_from_lidar_boxes(turned, CAM_FROM_LIDAR)[:, 6], [-np.pi, 0.0], atol=1e-15)


@EXAMPLES
@given(boxes(40.0), calibrations())
def test_camera_boxes_and_back(box, calibration):
    camera = camera_from_lidar_boxes(box, calibration.cam_from_lidar)
    back = lidar_from_camera_boxes(camera, lidar_from_cam(calibration))
    np.testing.assert_allclose(back[:, :6], box[:, :6], atol=1e-12)
    np.testing.assert_allclose(wrap_angle(back[:, 6] - box[:, 6]), 0, atol=1e-12)
    again = camera_from_lidar_boxes(back, calibration.cam_from_lidar)
    np.testing.assert_allclose(again[:, :6], camera[:, :6], atol=1e-12)
    assert -np.pi <= camera[0, 6] < np.pi


@EXAMPLES
@given(boxes(40.0))
def test_camera_box_has_the_lidar_boxs_corners_where_the_frames_are_not_tilted(box):
    x, y, z, h, w, length, ry = camera_from_lidar_boxes(box, CAM_FROM_LIDAR)[0]
    # KITTI's own corner recipe: the box stands on its location and turns about the camera's y axis.
    local = np.array([[sx * length / 2, -sy * h, sz * w / 2] for sx in (1, -1) for sy in (0, 1) for sz in (1, -1)])
    turn = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    kitti = local @ turn.T + [x, y, z]
    ours = box_corners(box)[0] @ CAM_FROM_LIDAR[:3, :3].T + CAM_FROM_LIDAR[:3, 3]
    distances = np.linalg.norm(kitti[:, None] - ours[None], axis=-1)
    np.testing.assert_allclose(distances.min(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(distances.min(axis=1), 0, atol=1e-9)


def test_alpha_worked_out_by_hand():
    # Straight ahead alpha is ry; 45 degrees to the right (x = z) it is 45 degrees less.
    camera = np.array([[0.0, 1, 10, 1, 1, 1, 0.5], [10, 1, 10, 1, 1, 1, 0.5], [-10, 1, 10, 1, 1, 1, 3.0]])
    expected = [0.5, 0.5 - np.pi / 4, 3.0 + np.pi / 4 - 2 * np.pi]
    np.testing.assert_allclose(alpha_from_boxes(camera), expected, atol=1e-15)


@EXAMPLES
@given(boxes())
def test_flipping_boxes_twice_changes_nothing(box):
    twice = flip_boxes(flip_boxes(box))
    np.testing.assert_allclose(twice[:, :6], box[:, :6], atol=0)
    np.testing.assert_allclose(wrap_angle(twice[:, 6] - box[:, 6]), 0, atol=1e-15)


def test_points_on_the_surface_are_inside_and_the_first_box_wins():
    both = np.array([[0.0, 0, 0, 4, 2, 1, 0], [1.0, 0, 0, 4, 2, 1, 0]])
    cloud = np.array([[2.0, 1, 0.5, 0.9], [2.0000001, 0, 0, 0.1], [0, 0, 0.51, 0.3], [-2, -1, -0.5, 0.2], [3, 0, 0, 0]])
    assert points_in_boxes(cloud, both).tolist() == [0, 1, -1, 0, 1]
    mask = points_in_boxes_mask(cloud, both)
    assert mask.tolist() == [[True, False, False, True, False], [True, True, False, False, True]]


@EXAMPLES
@given(boxes(), yaws, st.integers(0, 1000))
def test_points_inside_are_the_convex_sums_of_the_corners(box, yaw, seed):
    box[0, 6] = yaw
    rng = np.random.default_rng(seed)
    shares = rng.uniform(-1.5, 1.5, (50, 3))
    corners = box_corners(box)[0]
    axes = np.array([corners[1] - corners[2], corners[3] - corners[2], corners[6] - corners[2]]) / 2
    cloud = box[0, :3] + shares @ axes
    clear = (np.abs(np.abs(shares) - 1) > 1e-9).all(axis=1)
    expected = (np.abs(shares) < 1).all(axis=1)
    assert (points_in_boxes(cloud, box) == 0)[clear].tolist() == expected[clear].tolist()


def test_first_box_is_the_first_row_of_the_mask():
    rng = np.random.default_rng(0)
    many = rng.uniform([-9, -9, -1, 2, 1, 1, -4], [9, 9, 1, 5, 3, 2, 4], (12, 7))
    cloud = rng.uniform(-9, 9, (4000, 3)).astype(np.float32) * np.float32([1, 1, 0.2])
    mask = points_in_boxes_mask(cloud, many)
    owner = points_in_boxes(cloud, many)
    np.testing.assert_array_equal(owner, np.where(mask.any(axis=0), mask.argmax(axis=0), -1))
    assert (mask.sum(axis=0) > 1).any()


def test_no_boxes_and_no_points():
    none = np.zeros((0, 7))
    assert box_corners(none).shape == (0, 8, 3)
    assert camera_from_lidar_boxes(none, CAM_FROM_LIDAR).shape == (0, 7)
    assert points_in_boxes(np.zeros((3, 4)), none).tolist() == [-1] * 3
    assert points_in_boxes(np.zeros((0, 4)), np.ones((2, 7))).shape == (0,)
    assert points_in_boxes_mask(np.zeros((3, 4)), none).shape == (0, 3)
