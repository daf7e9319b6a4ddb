"""Which LiDAR points the camera sees."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from monotakd.geometry.frames import project_lidar
from monotakd.scene import Calibration


def in_camera_view(points: Float[np.ndarray, "N _"], calibration: Calibration) -> Bool[np.ndarray, " N"]:
    """(N,) whether a point projects into the image: positive depth, 0 <= u < width, 0 <= v < height.

    This is the crop used in the literature on KITTI, where labels exist for this part of the sweep only.

    Args:
        points: (N, 3 or more) x y z in the LiDAR frame, metres; further columns are ignored.
        calibration: camera and image size.
    """
    height, width = calibration.image_size
    uv, depth = project_lidar(calibration, points[:, :3])
    return (depth > 0) & ((uv >= 0) & (uv < (width, height))).all(axis=1)
