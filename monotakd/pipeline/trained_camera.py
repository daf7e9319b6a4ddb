"""Which camera a student has learnt from: a network that judges distance by size in pixels has learnt its focal length.

Written beside the weights (``record.camera`` of config.json), so that `predict` need not assume KITTI's camera.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monotakd.datasets.training_frames import CameraFrames

LOOKED_AT = 16
"""Frames of the training that are looked at, evenly spread; a drive or a day shares one calibration."""


def trained_camera(frames: CameraFrames) -> dict[str, Any]:
    """The camera of the images as the network sees them.

    Args:
        frames: of the training, at the network's size.

    Returns:
        Medians over the frames that were looked at: ``image_size`` (height, width), ``focal`` (fx, fy) and
        ``principal_point`` (cx, cy), pixels; and ``focal_range``, the smallest and the largest fx.
    """
    rows = np.unique(np.linspace(0, len(frames.frame_ids) - 1, LOOKED_AT).round().astype(int))
    seen = [frames.frame(row).calibration for row in rows.tolist()]
    focal, centre = (np.array([getattr(c, name) for c in seen]) for name in ("focal", "principal_point"))
    return {
        "image_size": np.median([c.image_size for c in seen], axis=0).astype(int).tolist(),
        "focal": np.median(focal, axis=0).round(3).tolist(),
        "principal_point": np.median(centre, axis=0).round(3).tolist(),
        "focal_range": [round(float(focal[:, 0].min()), 3), round(float(focal[:, 0].max()), 3)],
    }
