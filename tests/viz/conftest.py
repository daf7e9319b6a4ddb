"""A made-up street moment whose left and right cannot be confused."""

import numpy as np
import pytest

from monotakd.scene import Annotations, Boxes3D, Calibration, Frame

SIZE = (96, 320)


def make_calibration(size=SIZE, focal=200.0) -> Calibration:
    height, width = size
    img_from_cam = np.array([[focal, 0, (width - 1) / 2, 0], [0, focal, (height - 1) / 2, 0], [0, 0, 1.0, 0]])
    cam_from_lidar = np.array([[0, -1.0, 0, 0], [0, 0, -1.0, -0.1], [1.0, 0, 0, -0.3], [0, 0, 0, 1.0]])
    return Calibration(img_from_cam, cam_from_lidar, size)


def annotate(boxes: Boxes3D) -> Annotations:
    count = len(boxes)
    boxes_2d = np.tile([10.0, 20.0, 60.0, 70.0], (count, 1))
    zeros = np.zeros(count)
    return Annotations(boxes, boxes_2d, zeros, np.zeros(count, dtype=np.int64), zeros, np.zeros((0, 4)))


@pytest.fixture
def frame() -> Frame:
    """A car ahead on the left, one nearer on the right, ground points, and depth and masks."""
    rng = np.random.default_rng(3)
    boxes = Boxes3D(
        np.array([[30.0, 8.0, -0.9, 4.0, 1.7, 1.5, 0.3], [12.0, -3.0, -0.9, 4.2, 1.8, 1.5, 3.0]]), ("Car", "Van")
    )
    points = np.column_stack([rng.uniform(2, 60, 3000), rng.uniform(-25, 25, 3000), rng.normal(-1.6, 0.02, 3000)])
    points = np.column_stack([points, rng.uniform(0, 1, 3000)])
    depth = np.where(rng.random(SIZE) < 0.05, rng.uniform(3, 50, SIZE), 0.0)
    instances = np.full(SIZE, -1)
    instances[40:60, 30:70] = 0
    instances[50:80, 200:260] = 1
    image = rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    return Frame("000001", image, make_calibration(), points, depth, annotate(boxes), instances)
