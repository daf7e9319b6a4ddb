"""Where the sensors are and what each pixel sees, with KITTI's calibration matrices."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.world import Camera, Rig, StreetScene
from monotakd.scene import Calibration

KITTI_WIDTH = 1242
# KITTI's principal point in its 1242 x 375 images, pixels, and the optical centre of camera 2 in the rectified
# frame of camera 0, metres: P2 = K [I | -centre] gives the well-known 44.857, 0.2164 and 0.002746.
_PRINCIPAL_POINT = (609.5593, 172.854)
_KITTI_HEIGHT = 375
CAMERA_CENTRE = np.array([-0.059850, 0.000358, -0.002745884])
# Camera axes (x right, y down, z forward) in the axes of the LiDAR (x forward, y left, z up).
_AXES = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


def tilt(pitch: float, roll: float, yaw: float = 0.0) -> Float[np.ndarray, "3 3"]:
    """Rotation of a body that is turned left by yaw, then nose up by pitch, then rolled to the right (radians)."""
    (cp, sp), (cr, sr), (cy, sy) = ((np.cos(a), np.sin(a)) for a in (pitch, roll, yaw))
    turn = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1.0]])
    nose_up = np.array([[cp, 0, -sp], [0, 1, 0], [sp, 0, cp]])
    to_the_right = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    return turn @ nose_up @ to_the_right


def world_from_lidar(rig: Rig) -> Float[np.ndarray, "4 4"]:
    """(4, 4) pose of the LiDAR in the world; the camera moves with it."""
    pose = np.eye(4)
    pose[:3, :3] = tilt(rig.pitch, rig.roll, rig.yaw)
    pose[:3, 3] = rig.x, rig.y, rig.height
    return pose


def intrinsics(camera: Camera) -> Float[np.ndarray, "3 3"]:
    """(3, 3) K with KITTI's principal point, scaled with the width; a taller or flatter image is cut evenly."""
    scale = camera.width / KITTI_WIDTH
    cx = (_PRINCIPAL_POINT[0] + 0.5) * scale - 0.5
    cy = camera.height / 2 + (_PRINCIPAL_POINT[1] + 0.5 - _KITTI_HEIGHT / 2) * scale - 0.5
    focal = camera.focal * camera.width
    return np.array([[focal, 0.0, cx], [0.0, focal, cy], [0.0, 0.0, 1.0]])


def calibration(camera: Camera) -> Calibration:
    """KITTI's P2 and velodyne-to-camera transform for this camera.

    ``camera.offset`` is the optical centre of the camera that takes the picture, KITTI's camera 2. KITTI's "rectified
    camera frame" belongs to camera 0, 6 cm to its right; the fourth column of P2 leads from one to the other.
    """
    K = intrinsics(camera)
    rotation = _AXES @ tilt(camera.pitch, camera.roll, camera.yaw).T
    cam_from_lidar = np.eye(4)
    cam_from_lidar[:3, :3] = rotation
    cam_from_lidar[:3, 3] = CAMERA_CENTRE - rotation @ np.array(camera.offset)
    img_from_cam = K @ np.column_stack([np.eye(3), -CAMERA_CENTRE])
    return Calibration(img_from_cam, cam_from_lidar, (camera.height, camera.width))


def camera_pose(scene: StreetScene) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, "3 3"]]:
    """Optical centre in the world, and the (3, 3) matrix that turns (u, v, 1) into a world direction.

    The directions have camera depth 1, so a ray parameter along them is the depth behind the optical centre.
    """
    pose = world_from_lidar(scene.rig)
    camera = scene.camera
    origin = pose[:3, :3] @ np.array(camera.offset) + pose[:3, 3]
    world_from_cam = pose[:3, :3] @ tilt(camera.pitch, camera.roll, camera.yaw) @ _AXES.T
    return origin, world_from_cam @ np.linalg.inv(intrinsics(camera))
