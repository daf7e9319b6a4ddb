"""Rigid transforms, projection into the image and back, and calibrations that follow an edited image.

Two depths must not be mixed up. The *projective depth* is the third coordinate of ``img_from_source @ point``, the
number that u and v were divided by. The *camera depth* is z in the rectified camera frame, what depth maps hold.
KITTI's P2 adds 2.7 mm to go from the second to the first (its entry in row 3, column 4).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from monotakd.scene import RIGID_TOLERANCE, Calibration, rigid_error


def transform_points(
    target_from_source: Float[np.ndarray, "4 4"], points: Float[np.ndarray, "*N 3"]
) -> Float[np.ndarray, "*N 3"]:
    """Moves points (..., 3) from the source frame to the target frame."""
    return points @ target_from_source[:3, :3].T + target_from_source[:3, 3]


def invert_rigid(target_from_source: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The transform back, source_from_target.

    The rotation is truly inverted and not only transposed: calibration files print few digits, and with the transpose
    a round trip through KITTI's matrices would miss by micrometres.

    Raises:
        ValueError: the matrix is not rigid.
    """
    error = rigid_error(target_from_source)
    if error > RIGID_TOLERANCE or not np.array_equal(target_from_source[3], (0, 0, 0, 1)):
        raise ValueError(
            f"not a rigid transform: the rotation is off by {error:.3g} (limit {RIGID_TOLERANCE}) and the last row is "
            f"{target_from_source[3].tolist()}, expected [0, 0, 0, 1]; a projection matrix cannot be inverted this way"
        )
    inverse = np.eye(4)
    inverse[:3, :3] = np.linalg.inv(target_from_source[:3, :3])
    inverse[:3, 3] = -inverse[:3, :3] @ target_from_source[:3, 3]
    return inverse


def lidar_from_cam(calibration: Calibration) -> Float[np.ndarray, "4 4"]:
    """(4, 4) transform from the rectified camera frame to the LiDAR frame."""
    return invert_rigid(calibration.cam_from_lidar)


def project_to_image(
    img_from_source: Float[np.ndarray, "3 4"], points: Float[np.ndarray, "*N 3"]
) -> tuple[Float[np.ndarray, "*N 2"], Float[np.ndarray, "*N"]]:
    """Projects points with a 3 x 4 matrix.

    Args:
        img_from_source: (3, 4), for instance ``calibration.img_from_lidar``.
        points: (..., 3) in the source frame, metres.

    Returns:
        uv: (..., 2) pixels, (0, 0) being the centre of the top-left one; NaN for points at or behind the camera plane.
        depth: (...) projective depth in metres (see the module's docstring); zero or negative behind the camera.
    """
    projected = points @ img_from_source[:, :3].T + img_from_source[:, 3]
    depth = projected[..., 2]
    divisor = np.where(depth > 0, depth, np.nan)
    return projected[..., :2] / divisor[..., None], depth


def project_lidar(
    calibration: Calibration, points: Float[np.ndarray, "*N 3"]
) -> tuple[Float[np.ndarray, "*N 2"], Float[np.ndarray, "*N"]]:
    """Projects LiDAR points and gives the depth that belongs into a depth map.

    Returns:
        uv: (..., 2) pixels, NaN for points at or behind the camera plane.
        depth: (...) camera depth, z in the rectified camera frame, metres. `lift_to_lidar` is the exact inverse.
    """
    in_camera = transform_points(calibration.cam_from_lidar, points)
    uv, _ = project_to_image(calibration.img_from_cam, in_camera)
    return uv, in_camera[..., 2]


def lift_to_camera(
    calibration: Calibration, uv: Float[np.ndarray, "*N 2"], depth: Float[np.ndarray, "*N"]
) -> Float[np.ndarray, "*N 3"]:
    """The points in the rectified camera frame that are seen at pixels ``uv``.

    Every entry of the 3 x 4 projection counts, so KITTI's baseline (column 4) is undone too: with P the projection and
    the camera depth z known, ``(P_1 - u P_3) (x, y, z, 1) = 0`` and ``(P_2 - v P_3) (x, y, z, 1) = 0`` give x and y.

    Args:
        calibration: of the image that uv refers to.
        uv: (..., 2) pixels.
        depth: (...) camera depth, metres (not the projective depth that `project_to_image` returns).
    """
    P = calibration.img_from_cam
    rows_u = P[0] - uv[..., 0, None] * P[2]
    rows_v = P[1] - uv[..., 1, None] * P[2]
    right_u = -(rows_u[..., 2] * depth + rows_u[..., 3])
    right_v = -(rows_v[..., 2] * depth + rows_v[..., 3])
    determinant = rows_u[..., 0] * rows_v[..., 1] - rows_u[..., 1] * rows_v[..., 0]
    x = (right_u * rows_v[..., 1] - rows_u[..., 1] * right_v) / determinant
    y = (rows_u[..., 0] * right_v - right_u * rows_v[..., 0]) / determinant
    return np.stack([x, y, np.broadcast_to(depth, x.shape)], axis=-1)


def lift_to_lidar(
    calibration: Calibration, uv: Float[np.ndarray, "*N 2"], depth: Float[np.ndarray, "*N"]
) -> Float[np.ndarray, "*N 3"]:
    """`lift_to_camera`, then into the LiDAR frame."""
    return transform_points(lidar_from_cam(calibration), lift_to_camera(calibration, uv, depth))


def pixel_centres(image_size: tuple[int, int]) -> Float[np.ndarray, "H W 2"]:
    """(H, W, 2) u and v of every pixel centre of a (height, width) image."""
    height, width = image_size
    u, v = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    return np.stack([u, v], axis=-1)


def camera_rays(
    calibration: Calibration, uv: Float[np.ndarray, "*N 2"]
) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, "*N 3"]]:
    """Where pixels look, in the LiDAR frame.

    Args:
        calibration: of the image.
        uv: (..., 2) pixels; `pixel_centres` gives all of them.

    Returns:
        origin: (3,) the optical centre.
        directions: (..., 3), scaled so that ``origin + t * direction`` has projective depth t; not of unit length.
    """
    source_from_img = np.linalg.inv(calibration.img_from_lidar[:, :3])
    origin = -source_from_img @ calibration.img_from_lidar[:, 3]
    homogeneous = np.concatenate([uv, np.ones((*uv.shape[:-1], 1))], axis=-1)
    return origin, homogeneous @ source_from_img.T


def resize_calibration(calibration: Calibration, image_size: tuple[int, int]) -> Calibration:
    """The calibration of the image resized to (height, width).

    Pixel areas are scaled, so centres move as ``u' = (u + 0.5) s - 0.5``: halving a 4-pixel row puts the centre
    between pixels 0 and 1 (u = 0.5) on pixel 0. PIL's resize and torch's interpolate (align_corners=False) do the same.
    """
    (old_height, old_width), (height, width) = calibration.image_size, image_size
    scale_u, scale_v = width / old_width, height / old_height
    new_from_old = np.array([[scale_u, 0, 0.5 * scale_u - 0.5], [0, scale_v, 0.5 * scale_v - 0.5], [0, 0, 1]])
    return replace(calibration, img_from_cam=new_from_old @ calibration.img_from_cam, image_size=(height, width))


def crop_calibration(calibration: Calibration, left: int, top: int, image_size: tuple[int, int]) -> Calibration:
    """The calibration of the window of (height, width) pixels whose first pixel is (left, top).

    The window may reach beyond the image (padding): a negative ``left`` adds columns on the left.
    """
    shift = np.array([[1.0, 0, -left], [0, 1.0, -top], [0, 0, 1.0]])
    return replace(calibration, img_from_cam=shift @ calibration.img_from_cam, image_size=tuple(image_size))


def flip_calibration(calibration: Calibration) -> Calibration:
    """The calibration of the mirrored world, seen in the mirrored image.

    The world is mirrored left to right: y -> -y in the LiDAR frame and with it x -> -x in the camera frame; the image
    is mirrored as u -> width - 1 - u. A mirrored point then projects to the mirrored pixel, at the same depth. Boxes
    follow with y -> -y and yaw -> -yaw. Flipping twice gives the calibration back.
    """
    width = calibration.image_size[1]
    mirrored_image = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    mirrored_camera, mirrored_lidar = np.diag([-1.0, 1, 1, 1]), np.diag([1.0, -1, 1, 1])
    return replace(
        calibration,
        img_from_cam=mirrored_image @ calibration.img_from_cam @ mirrored_camera,
        cam_from_lidar=mirrored_camera @ calibration.cam_from_lidar @ mirrored_lidar,
    )
