"""The nouns: frozen, typed values that every other module takes and returns.

One internal frame is used everywhere: the LiDAR frame, x forward, y left, z up, metres. Transforms are named
``target_from_source``, so that a chain reads from right to left: ``img_from_cam @ cam_from_lidar``.
Boxes are rows ``x y z l w h yaw``: the centre, length along the heading, width across, height, and the yaw
about +z in [-pi, pi), 0 along +x and growing towards +y. Pixel (0, 0) is the centre of the top-left pixel.
"""

from monotakd.scene.batch import Batch, Privileged, Sensors
from monotakd.scene.features import BevMap
from monotakd.scene.frames import (
    RIGID_TOLERANCE,
    Annotations,
    Boxes3D,
    Calibration,
    Detections,
    Frame,
    rigid_error,
)
from monotakd.scene.grids import BevGrid, DepthBins, VoxelGrid

__all__ = [
    "RIGID_TOLERANCE",
    "Annotations",
    "Batch",
    "BevGrid",
    "BevMap",
    "Boxes3D",
    "Calibration",
    "DepthBins",
    "Detections",
    "Frame",
    "Privileged",
    "Sensors",
    "VoxelGrid",
    "rigid_error",
]
