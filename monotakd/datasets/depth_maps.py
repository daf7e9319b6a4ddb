"""Depth maps from LiDAR, and their pooling to the cells of a feature map. 0 means unknown throughout."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from monotakd.geometry.frames import project_lidar
from monotakd.scene import Calibration


def sparse_depth(points: Float[np.ndarray, "N _"], calibration: Calibration) -> Float32[np.ndarray, "H W"]:
    """The sweep seen by the camera: at each pixel the nearest point, at most half a pixel from its centre.

    Args:
        points: (N, 3 or more) x y z in the LiDAR frame, metres; further columns are ignored.
        calibration: camera and image size.

    Returns:
        (H, W) metres along the camera's z axis, 0 where no point falls.
    """
    height, width = calibration.image_size
    uv, z = project_lidar(calibration, points[:, :3].astype(np.float64))
    seen = (z > 0) & ((uv >= -0.5) & (uv < (width - 0.5, height - 0.5))).all(axis=1)
    u, v = np.floor(uv[seen] + 0.5).astype(np.int64).T
    depth = np.full(height * width, np.inf, dtype=np.float32)
    np.minimum.at(depth, v * width + u, z[seen].astype(np.float32))
    depth[np.isinf(depth)] = 0
    return depth.reshape(height, width)
