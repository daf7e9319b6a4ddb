"""What the property tests draw from."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from monotakd.scene import Calibration

# Compiling a kernel can take seconds, so no deadline; the same examples in every run.
EXAMPLES = settings(deadline=None, derandomize=True, max_examples=200)

yaws = st.one_of(
    st.floats(-np.pi, np.pi),
    st.sampled_from([0.0, np.pi / 2, -np.pi / 2, -np.pi, np.pi / 4, 1e-12, 1e-9, np.pi / 2 + 1e-10]),
)


def boxes(reach: float = 8.0):
    """Rows x y z l w h yaw of boxes close enough together to meet often."""
    place, height = st.floats(-reach, reach), st.floats(-2.0, 2.0)
    size = st.one_of(st.floats(0.05, 12.0), st.sampled_from([1.0, 2.0, 4.0]))
    return st.tuples(place, place, height, size, size, size, yaws).map(lambda row: np.array([row]))


@st.composite
def calibrations(draw):
    """Cameras like KITTI's: forward-looking, slightly tilted, with a baseline column and a third-row offset."""
    small = st.floats(-0.2, 0.2)
    focal = st.floats(200.0, 1500.0)
    height, width = draw(st.integers(60, 500)), draw(st.integers(100, 1500))
    img_from_cam = np.array(
        [
            [draw(focal), draw(small), width * draw(st.floats(0.3, 0.7)), 300 * draw(small)],
            [0.0, draw(focal), height * draw(st.floats(0.3, 0.7)), 10 * draw(small)],
            [0.0, 0.0, 1.0, 0.1 * draw(small)],
        ]
    )
    cam_from_lidar = np.eye(4)
    cam_from_lidar[:3, :3] = _rotation(draw(small), draw(small), draw(small)) @ [[0, -1, 0], [0, 0, -1], [1, 0, 0]]
    cam_from_lidar[:3, 3] = [draw(small), draw(small), draw(small)]
    return Calibration(img_from_cam, cam_from_lidar, (height, width))


def _rotation(roll, pitch, yaw):
    def turn(angle, i, j):
        matrix = np.eye(3)
        matrix[[i, j], [i, j]] = np.cos(angle)
        matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
        return matrix

    return turn(roll, 0, 1) @ turn(pitch, 1, 2) @ turn(yaw, 0, 2)


def points(count: int = 5, near: float = 1.0, far: float = 60.0):
    """(count, 3) LiDAR points in front of the cameras of `calibrations`."""
    row = st.tuples(st.floats(near, far), st.floats(-0.4, 0.4), st.floats(-0.3, 0.3))
    rows = st.lists(row, min_size=count, max_size=count).map(np.array)
    return rows.map(lambda p: np.stack([p[:, 0], p[:, 0] * p[:, 1], p[:, 0] * p[:, 2]], axis=1))
