"""Upright 3D boxes: corners, KITTI camera boxes and back, the observation angle, points inside.

A LiDAR box is a row ``x y z l w h yaw`` with the geometric centre. A KITTI camera box is a row ``x y z h w l ry``:
x y z is the middle of the bottom face in the rectified camera frame (x right, y down, z forward) and ry the heading
about the camera's y axis, 0 along +x. These are a label file's numbers, with the location moved before the size.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from monotakd.geometry.boxes_kernels import fill_box_of_points, fill_inside_mask

# Which half of l, w and h leads from the centre to each corner: the bottom face front-left, front-right, rear-right,
# rear-left (clockwise seen from above), then the top face in the same order.
_CORNER_SIGNS = np.array(
    [[1, 1, -1], [1, -1, -1], [-1, -1, -1], [-1, 1, -1], [1, 1, 1], [1, -1, 1], [-1, -1, 1], [-1, 1, 1]], dtype=float
)

BOX_EDGES: tuple[tuple[int, int], ...] = (
    *((0, 1), (1, 2), (2, 3), (3, 0)),  # bottom
    *((4, 5), (5, 6), (6, 7), (7, 4)),  # top
    *((0, 4), (1, 5), (2, 6), (3, 7)),  # uprights
)
"""The twelve edges as pairs of corners of `box_corners`."""

BOX_FACES: dict[str, tuple[int, int, int, int]] = {
    "front": (0, 4, 5, 1),
    "rear": (2, 6, 7, 3),
    "left": (3, 7, 4, 0),
    "right": (1, 5, 6, 2),
    "top": (4, 7, 6, 5),
    "bottom": (0, 1, 2, 3),
}
"""The six faces, their corners counter-clockwise seen from outside."""


def wrap_angle(angle: Float[np.ndarray, "*N"]) -> Float[np.ndarray, "*N"]:
    """The same angles in [-pi, pi); angles already there come back bit for bit."""
    wrapped = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    # Rounding can lift a value just below -pi to +pi, which is outside.
    wrapped = np.where(wrapped >= np.pi, -np.pi, wrapped)
    return np.where((angle >= -np.pi) & (angle < np.pi), angle, wrapped)


def box_corners(boxes: Float[np.ndarray, "N 7"]) -> Float[np.ndarray, "N 8 3"]:
    """(N, 8, 3) corners of LiDAR boxes, metres.

    Bottom face first: 0 front-left, 1 front-right, 2 rear-right, 3 rear-left; then 4..7 the top face in the same order.
    Front is where the heading points. A 4 x 2 x 1 m box at the origin with yaw 0 has corner 0 at (2, 1, -0.5).
    """
    local = 0.5 * boxes[:, None, 3:6] * _CORNER_SIGNS
    cos, sin = np.cos(boxes[:, 6, None]), np.sin(boxes[:, 6, None])
    x = cos * local[..., 0] - sin * local[..., 1]
    y = sin * local[..., 0] + cos * local[..., 1]
    return np.stack([x, y, local[..., 2]], axis=-1) + boxes[:, None, :3]


def camera_from_lidar_boxes(
    boxes: Float[np.ndarray, "N 7"], cam_from_lidar: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "N 7"]:
    """LiDAR boxes as KITTI camera boxes.

    The middle of the bottom face is carried over exactly; the box is upright in either frame, whatever small tilt lies
    between them (KITTI's own convention), so ``ry = -yaw - pi / 2``. A car straight ahead facing away has yaw 0 and
    ry -pi/2.

    Args:
        boxes: (N, 7) rows ``x y z l w h yaw``.
        cam_from_lidar: (4, 4) rigid transform.

    Returns:
        (N, 7) rows ``x y z h w l ry``, ry in [-pi, pi).
    """
    bottom = boxes[:, :3] - boxes[:, 5:6] * (0.0, 0.0, 0.5)
    bottom = bottom @ cam_from_lidar[:3, :3].T + cam_from_lidar[:3, 3]
    ry = wrap_angle(-boxes[:, 6:7] - np.pi / 2)
    return np.concatenate([bottom, boxes[:, [5, 4, 3]], ry], axis=1)


def lidar_from_camera_boxes(
    camera_boxes: Float[np.ndarray, "N 7"], lidar_from_cam: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "N 7"]:
    """KITTI camera boxes as LiDAR boxes, the inverse of `camera_from_lidar_boxes`.

    Args:
        camera_boxes: (N, 7) rows ``x y z h w l ry``.
        lidar_from_cam: (4, 4) rigid transform; `frames.lidar_from_cam` gives it.

    Returns:
        (N, 7) rows ``x y z l w h yaw``, yaw in [-pi, pi).
    """
    bottom = camera_boxes[:, :3] @ lidar_from_cam[:3, :3].T + lidar_from_cam[:3, 3]
    centre = bottom + camera_boxes[:, 3:4] * (0.0, 0.0, 0.5)
    yaw = wrap_angle(-camera_boxes[:, 6:7] - np.pi / 2)
    return np.concatenate([centre, camera_boxes[:, [5, 4, 3]], yaw], axis=1)


def alpha_from_boxes(camera_boxes: Float[np.ndarray, "N 7"]) -> Float[np.ndarray, " N"]:
    """KITTI's observation angle of camera boxes, radians in [-pi, pi).

    It is the heading relative to the line of sight, ``ry - atan2(x, z)``: what a car looks like in a crop of the image
    depends on alpha and not on ry.
    """
    return wrap_angle(camera_boxes[:, 6] - np.arctan2(camera_boxes[:, 0], camera_boxes[:, 2]))


def flip_boxes(boxes: Float[np.ndarray, "N 7"]) -> Float[np.ndarray, "N 7"]:
    """LiDAR boxes of the world mirrored left to right, to go with `frames.flip_calibration`."""
    flipped = boxes * (1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0)
    flipped[:, 6] = wrap_angle(flipped[:, 6])
    return flipped


def points_in_boxes(points: Float[np.ndarray, "N _"], boxes: Float[np.ndarray, "M 7"]) -> Int[np.ndarray, " N"]:
    """(N,) row of the first box that contains each point, -1 for none; the surface belongs to the box.

    Args:
        points: (N, 3 or more) x y z in the LiDAR frame; further columns are ignored.
        boxes: (M, 7).
    """
    owner = np.full(len(points), -1, dtype=np.int64)
    fill_box_of_points(*_for_kernels(points, boxes), owner)
    return owner


def points_in_boxes_mask(points: Float[np.ndarray, "N _"], boxes: Float[np.ndarray, "M 7"]) -> Bool[np.ndarray, "M N"]:
    """(M, N) whether box m contains point n; overlapping boxes share points."""
    inside = np.empty((len(boxes), len(points)), dtype=bool)
    fill_inside_mask(*_for_kernels(points, boxes), inside)
    return inside


def _for_kernels(points, boxes) -> tuple[np.ndarray, np.ndarray]:
    """Float64 and contiguous, so that one compiled version serves every input."""
    return np.ascontiguousarray(points[:, :3], dtype=np.float64), np.ascontiguousarray(boxes, dtype=np.float64)
