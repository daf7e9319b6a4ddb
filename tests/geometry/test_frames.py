import numpy as np
import pytest
from geometry_strategies import EXAMPLES, boxes, calibrations, points
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry import frames
from monotakd.geometry.boxes import box_corners, flip_boxes
from monotakd.scene import Calibration


@pytest.fixture
def kitti() -> Calibration:
    """Round numbers in KITTI's pattern: camera 0.3 m behind the LiDAR and 0.1 m below, baseline column, 3 mm offset."""
    img_from_cam = np.array([[700.0, 0, 600, 42], [0, 700, 170, 0.21], [0, 0, 1, 0.003]])
    cam_from_lidar = np.array([[0.0, -1, 0, 0], [0, 0, -1, -0.1], [1, 0, 0, -0.3], [0, 0, 0, 1]])
    return Calibration(img_from_cam, cam_from_lidar, (370, 1240))


def test_projection_worked_out_by_hand(kitti):
    # In the camera frame (-1, 0.4, 10): third coordinate 10.003, u = (-700 + 6000 + 42) / 10.003.
    point = np.array([[10.3, 1.0, -0.5]])
    uv, depth = frames.project_to_image(kitti.img_from_lidar, point)
    np.testing.assert_allclose(depth, [10.003], rtol=1e-14)
    np.testing.assert_allclose(uv, [[5342 / 10.003, (280 + 1700 + 0.21) / 10.003]], rtol=1e-14)
    same_uv, camera_depth = frames.project_lidar(kitti, point)
    np.testing.assert_allclose(camera_depth, [10.0], rtol=1e-14)
    np.testing.assert_allclose(same_uv, uv, rtol=1e-14)


def test_points_behind_the_camera_have_a_depth_and_no_pixel(kitti):
    behind = np.array([[-5.0, 1, 0], [0.297, 0, 0], [5.0, 0, 0]])
    uv, depth = frames.project_to_image(kitti.img_from_lidar, behind)
    assert np.isnan(uv).all(axis=1).tolist() == [True, depth[1] <= 0, False]
    np.testing.assert_allclose(depth, [-5.297, 0.0, 4.703], atol=1e-12)


@EXAMPLES
@given(calibrations(), points())
def test_lifting_undoes_projecting(calibration, cloud):
    uv, depth = frames.project_lidar(calibration, cloud)
    np.testing.assert_allclose(frames.lift_to_lidar(calibration, uv, depth), cloud, atol=1e-9)


@EXAMPLES
@given(calibrations(), points())
def test_rays_pass_through_the_points_they_see(calibration, cloud):
    uv, depth = frames.project_to_image(calibration.img_from_lidar, cloud)
    origin, directions = frames.camera_rays(calibration, uv)
    np.testing.assert_allclose(origin + depth[:, None] * directions, cloud, atol=1e-9)
    np.testing.assert_allclose(calibration.img_from_lidar @ [*origin, 1], 0, atol=1e-9)


@EXAMPLES
@given(calibrations(), points())
def test_transforming_back(calibration, cloud):
    there = frames.transform_points(calibration.cam_from_lidar, cloud)
    np.testing.assert_allclose(frames.transform_points(frames.lidar_from_cam(calibration), there), cloud, atol=1e-12)


def test_the_inverse_is_exact_for_matrices_printed_with_few_digits(kitti):
    printed = kitti.cam_from_lidar.copy()
    cos, sin = np.cos(0.1), np.sin(0.1)
    printed[:3, :3] = np.round(printed[:3, :3] @ [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], 4)
    assert np.abs(printed[:3, :3] @ printed[:3, :3].T - np.eye(3)).max() > 1e-5
    identity = frames.invert_rigid(printed) @ printed
    np.testing.assert_allclose(identity, np.eye(4), atol=1e-15)


def test_only_rigid_transforms_are_inverted():
    with pytest.raises(ValueError, match="not a rigid transform"):
        frames.invert_rigid(np.diag([2.0, 1, 1, 1]))
    with pytest.raises(ValueError, match="last row"):
        frames.invert_rigid(np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]))


@EXAMPLES
@given(calibrations(), points(), st.integers(10, 400), st.integers(10, 1500))
def test_resizing_moves_pixels_like_a_resized_image(calibration, cloud, height, width):
    uv, _ = frames.project_lidar(calibration, cloud)
    resized = frames.resize_calibration(calibration, (height, width))
    scale = np.array([width / calibration.image_size[1], height / calibration.image_size[0]])
    new_uv, _ = frames.project_lidar(resized, cloud)
    np.testing.assert_allclose(new_uv, (uv + 0.5) * scale - 0.5, atol=1e-8)
    assert resized.image_size == (height, width)


def test_halving_puts_the_middle_of_two_pixels_on_one(kitti):
    uv = np.array([[0.5, 0.5], [2.5, 4.5]])
    cloud = frames.lift_to_lidar(kitti, uv, np.array([8.0, 9.0]))
    halved, _ = frames.project_lidar(frames.resize_calibration(kitti, (185, 620)), cloud)
    np.testing.assert_allclose(halved, [[0, 0], [1, 2]], atol=1e-10)


@EXAMPLES
@given(calibrations(), points(), st.integers(-50, 50), st.integers(-50, 50))
def test_cropping_shifts_pixels(calibration, cloud, left, top):
    cropped = frames.crop_calibration(calibration, left, top, (32, 64))
    uv, depth = frames.project_lidar(calibration, cloud)
    new_uv, new_depth = frames.project_lidar(cropped, cloud)
    np.testing.assert_allclose(new_uv, uv - [left, top], atol=1e-8)
    np.testing.assert_array_equal(new_depth, depth)
    assert cropped.image_size == (32, 64)


@EXAMPLES
@given(calibrations(), points(), boxes())
def test_flipping_the_world_flips_the_picture(calibration, cloud, box):
    flipped = frames.flip_calibration(calibration)
    uv, depth = frames.project_lidar(calibration, cloud)
    new_uv, new_depth = frames.project_lidar(flipped, cloud * [1, -1, 1])
    np.testing.assert_allclose(new_uv, [calibration.image_size[1] - 1, 0] + uv * [-1, 1], atol=1e-8)
    np.testing.assert_allclose(new_depth, depth, atol=1e-12)
    # A flipped box has the flipped corners, left and right exchanged.
    corners = box_corners(flip_boxes(box))[:, [1, 0, 3, 2, 5, 4, 7, 6]]
    np.testing.assert_allclose(corners, box_corners(box) * [1, -1, 1], atol=1e-12)


@EXAMPLES
@given(calibrations())
def test_flipping_twice_changes_nothing(calibration):
    twice = frames.flip_calibration(frames.flip_calibration(calibration))
    np.testing.assert_allclose(twice.img_from_cam, calibration.img_from_cam, atol=1e-10)
    np.testing.assert_array_equal(twice.cam_from_lidar, calibration.cam_from_lidar)


@EXAMPLES
@given(calibrations(), st.integers(20, 300), st.integers(20, 900))
def test_flipping_and_resizing_commute(calibration, height, width):
    one = frames.resize_calibration(frames.flip_calibration(calibration), (height, width))
    other = frames.flip_calibration(frames.resize_calibration(calibration, (height, width)))
    np.testing.assert_allclose(one.img_from_cam, other.img_from_cam, atol=1e-9)


def test_pixel_centres():
    uv = frames.pixel_centres((2, 3))
    assert uv.shape == (2, 3, 2)
    assert uv[1, 2].tolist() == [2.0, 1.0]


def test_voxel_centres_project_like_the_reference(shared):
    data = np.load(shared / "reference" / "released_code" / "frustum_to_voxel.npz")
    for sample in range(2):
        img_from_cam = data["cam_to_img"][sample].astype(float)
        size = tuple(int(n) for n in data["image_shape"][sample])
        calibration = Calibration(img_from_cam, data["lidar_to_cam"][sample].astype(float), size)
        in_camera = data["voxel_centres_camera"][sample].astype(float)
        lidar = frames.transform_points(frames.lidar_from_cam(calibration), in_camera)
        uv, depth = frames.project_lidar(calibration, lidar)
        np.testing.assert_allclose(depth, data["voxel_depth"][sample], atol=1e-4)
        # Beside and behind the camera single precision loses the pixel.
        ahead = depth > 1.0
        np.testing.assert_allclose(uv[ahead], data["voxel_uv"][sample][ahead], rtol=1e-4, atol=1e-2)
