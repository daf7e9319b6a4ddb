import numpy as np
import pytest
from tiny_kitti import SIZE, tiny_frame

from monotakd.datasets.depth_maps import sparse_depth
from monotakd.geometry.frames import lift_to_lidar, pixel_centres, project_lidar
from monotakd.scene import Calibration

# The LiDAR sits in the camera; 10 m ahead a pixel is 1 m wide.
CAMERA = Calibration(
    img_from_cam=np.array([[10.0, 0, 4, 0], [0, 10, 2, 0], [0, 0, 1, 0]]),
    cam_from_lidar=np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    image_size=(5, 9),
)


def test_points_land_on_the_nearest_pixel():
    points = np.array([[10, 0, 0], [10, -1.4, 0], [10, -2.6, 1], [10, 4.4, 2.4], [10, 4.6, 0], [-10, 0, 0]])
    expected = np.zeros((5, 9))
    expected[2, 4] = expected[2, 5] = expected[1, 7] = expected[0, 0] = 10
    np.testing.assert_array_equal(sparse_depth(points, CAMERA), expected)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_the_nearest_point_wins(order):
    points = np.array([[20.0, 0, 0], [10, 0, 0], [30, 0, 0]])
    assert sparse_depth(points[order], CAMERA)[2, 4] == 10


def test_no_points_in_view():
    assert not sparse_depth(np.zeros((0, 4), np.float32), CAMERA).any()


def test_depth_is_the_camera_z_of_a_point_on_that_pixel():
    frame = tiny_frame("000000")
    depth = sparse_depth(frame.points, frame.calibration)
    known = depth > 0
    assert known.sum() > 50
    lifted = lift_to_lidar(frame.calibration, pixel_centres(SIZE)[known], depth[known].astype(float))
    uv, z = project_lidar(frame.calibration, frame.points[:, :3].astype(float))
    for pixel, metres, point in zip(pixel_centres(SIZE)[known], depth[known], lifted, strict=True):
        candidates = np.abs(uv - pixel).max(axis=1) <= 0.5
        assert metres == z[candidates & (z > 0)].min().astype(np.float32)
        np.testing.assert_allclose(project_lidar(frame.calibration, point)[0], pixel, atol=1e-6)
