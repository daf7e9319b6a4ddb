import numpy as np
import pytest

from monotakd.datasets.camera_view import in_camera_view
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.scene import Calibration

CAMERA = Calibration(
    img_from_cam=np.array([[10.0, 0, 4, 0], [0, 10, 2, 0], [0, 0, 1, 0]]),
    cam_from_lidar=np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    image_size=(5, 9),
)


@pytest.mark.parametrize(
    ("point", "seen"),
    [
        ((10, 0, 0), True),
        ((-10, 0, 0), False),
        ((0, 0, 0), False),
        ((10, 4, 0), True),  # u = 0
        ((10, 4.001, 0), False),
        ((10, -4.999, 0), True),  # u just under 9
        ((10, -5, 0), False),
        ((10, 0, 2), True),  # v = 0
        ((10, 0, 2.001), False),
        ((10, 0, -3), False),  # v = 5
    ],
)
def test_the_border_of_the_view(point, seen):
    assert in_camera_view(np.array([[*point, 0.5]], dtype=np.float64), CAMERA).tolist() == [seen]


def test_a_real_sweep_is_mostly_out_of_view(real_kitti):
    frame = KittiRoot(real_kitti).frame("000008")
    share = in_camera_view(frame.points, frame.calibration).mean()
    assert 0.1 < share < 0.2  # the camera sees about 81 of 360 degrees, and the ground near the car is below the image
