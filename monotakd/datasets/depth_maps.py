"""Depth maps from LiDAR, and their pooling to the cells of a feature map. 0 means unknown throughout."""

from __future__ import annotations

from typing import Literal

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


def pool_depth(
    depth: Float[np.ndarray, "H W"], factor: int, mode: Literal["mean", "min"] = "mean"
) -> Float[np.ndarray, "h w"]:
    """Pools a depth map over blocks of ``factor`` x ``factor`` pixels, passing over unknown pixels.

    Blocks start at the top-left corner; those at the right and lower edge average what they have. ``"mean"`` is what
    the released code does for the assistant's true depth; ``"min"`` keeps the edges of near objects, which the mean
    smears into the background.

    Args:
        depth: (H, W) metres, 0 where unknown.
        factor: pixels along a block's side.
        mode: ``"mean"`` or ``"min"``.

    Returns:
        (ceil(H / factor), ceil(W / factor)) metres, 0 where the whole block is unknown.
    """
    height, width = depth.shape
    rows, columns = -(-height // factor), -(-width // factor)
    padded = np.pad(depth, ((0, rows * factor - height), (0, columns * factor - width)))
    blocks = padded.reshape(rows, factor, columns, factor)
    if mode == "min":
        nearest = np.where(blocks > 0, blocks, np.inf).min(axis=(1, 3))
        return np.where(np.isinf(nearest), 0, nearest).astype(depth.dtype)
    if mode != "mean":
        raise ValueError(f"mode is {mode!r}, expected 'mean' or 'min'")
    known = np.count_nonzero(blocks > 0, axis=(1, 3))
    total = blocks.sum(axis=(1, 3), dtype=np.float64)
    return (total / np.maximum(known, 1)).astype(depth.dtype)
