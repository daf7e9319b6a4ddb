"""Six numbers make a camera over level ground; impossible ones are refused."""

import math

import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.geometry.frames import project_lidar
from monotakd.predict.own_camera import LIDAR_HEIGHT, OwnCamera, require_principal_point


def test_by_hand():
    """1.5 m above the ground, level: the ground 15 m ahead of the camera is a tenth of fy below the middle."""
    calibration = OwnCamera(fx=1000.0, fy=800.0, height=1.5).calibration((601, 801))
    uv, depth = project_lidar(calibration, np.array([[15.27, 0.0, -LIDAR_HEIGHT], [15.27, 3.0, -LIDAR_HEIGHT]]))
    np.testing.assert_allclose(uv, [[400.0, 300.0 + 80.0], [400.0 - 200.0, 300.0 + 80.0]], atol=1e-9)
    np.testing.assert_allclose(depth, 15.0)


def test_pitch_up_moves_the_horizon_down():
    calibration = OwnCamera(fx=1000.0, height=1.5, pitch=math.radians(3.0)).calibration((601, 801))
    far = np.array([[1e7, 0.0, 0.0]])
    uv, _ = project_lidar(calibration, far)
    np.testing.assert_allclose(uv, [[400.0, 300.0 + 1000.0 * math.tan(math.radians(3.0))]], rtol=1e-5)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"fx": math.nan}, "camera fx: found nan"),
        ({"fx": 700.0, "cy": math.inf}, "camera cy"),
        ({"fx": -700.0}, "positive focal length"),
        ({"fx": 700.0, "fy": 0.0}, "camera fy"),
        ({"fx": 700.0, "height": 165.0}, "metres above the ground"),
        ({"fx": 700.0, "pitch": 3.0}, "171.9 degrees"),
    ],
)
def test_impossible_numbers(numbers, words):
    with pytest.raises(DataError, match=words):
        OwnCamera(**numbers)


@pytest.mark.parametrize(("cx", "cy", "fine"), [(-0.5, 0, True), (799.5, 599.5, True), (800, 0, False), (0, -1, False)])
def test_principal_point_belongs_into_the_image(cx, cy, fine):
    camera = OwnCamera(fx=700.0, cx=cx, cy=cy)
    if fine:
        calibration = camera.calibration((600, 800))
        assert require_principal_point(calibration, "here") is calibration
    else:
        with pytest.raises(DataError, match="another size"):
            camera.calibration((600, 800))
