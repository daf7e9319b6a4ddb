"""A camera of one's own, described by six numbers, as the rest of the package knows cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from monotakd.datasets.street.camera import tilt
from monotakd.errors import DataError
from monotakd.scene import Calibration

LIDAR_HEIGHT = 1.73
"""Height above the ground, metres, of the frame in which every network here thinks: KITTI's LiDAR on its roof."""

LIDAR_TO_CAMERA = 0.27
"""How far KITTI's camera stands in front of its LiDAR, metres."""

# Camera axes (x right, y down, z forward) in the axes of the LiDAR (x forward, y left, z up).
_AXES = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
FOCAL_RANGE = (0.15, 4.0)
"""Focal lengths that a camera for streets can have, in image widths; KITTI's is 0.58."""

_HEIGHTS = (0.2, 5.0)


@dataclass(frozen=True)
class OwnCamera:
    """A pinhole camera over level ground. An image must be free of distortion; wide-angle photographs are not.

    The LiDAR frame that the networks think in does not exist here, so it is put where KITTI's would be: 1.73 m above
    the ground, 0.27 m behind the camera. A network then finds the ground at the height where it learnt it.

    Attributes:
        fx: focal length along the rows, pixels of the upright image.
        fy: focal length along the columns, pixels; None for square pixels, ``fx``.
        cx: column of the principal point, pixels (the centre of the first pixel is 0); None for the middle.
        cy: row of the principal point, pixels; None for the middle.
        height: of the camera above the ground, metres.
        pitch: nose-up tilt of the camera against the ground, radians.
    """

    fx: float | int
    fy: float | int | None = None
    cx: float | int | None = None
    cy: float | int | None = None
    height: float | int = 1.65
    pitch: float | int = 0.0

    def __post_init__(self):
        for name in ("fx", "fy", "cx", "cy", "height", "pitch"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise DataError(f"camera {name}", f"{value}", "a finite number")
        for name in ("fx", "fy"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise DataError(
                    f"camera {name}",
                    f"{value:g}",
                    "a positive focal length in pixels",
                    fix="Of a lens: focal length in mm / width of the sensor in mm * width of the image in pixels.",
                )
        if not _HEIGHTS[0] <= self.height <= _HEIGHTS[1]:
            raise DataError(
                "camera height",
                f"{self.height:g} m",
                f"{_HEIGHTS[0]:g} to {_HEIGHTS[1]:g} metres above the ground",
                fix="KITTI's camera stands at 1.65 m",
            )
        if abs(self.pitch) > math.radians(30):
            raise DataError(
                "camera pitch",
                f"{math.degrees(self.pitch):.1f} degrees",
                "at most 30 degrees up or down: a camera that looks along the street",
            )

    def calibration(self, image_size: tuple[int, int]) -> Calibration:
        """The calibration of an image of (height, width) pixels.

        Raises:
            DataError: the principal point lies outside the image.
        """
        height, width = image_size
        cx = (width - 1) / 2 if self.cx is None else self.cx
        cy = (height - 1) / 2 if self.cy is None else self.cy
        fy = self.fx if self.fy is None else self.fy
        rotation = _AXES @ tilt(self.pitch, 0.0).T
        cam_from_lidar = np.eye(4)
        cam_from_lidar[:3, :3] = rotation
        cam_from_lidar[:3, 3] = -rotation @ (LIDAR_TO_CAMERA, 0.0, self.height - LIDAR_HEIGHT)
        img_from_cam = np.array([[self.fx, 0, cx, 0], [0, fy, cy, 0], [0, 0, 1, 0]], dtype=np.float64)
        return require_principal_point(Calibration(img_from_cam, cam_from_lidar, image_size), "camera cx, cy")


def require_principal_point(calibration: Calibration, source: str) -> Calibration:
    """The same calibration, if its principal point lies in the image.

    Raises:
        DataError: it does not, so that the numbers most probably belong to an image of another size.
    """
    (cx, cy), (height, width) = calibration.principal_point, calibration.image_size
    if not (-0.5 <= cx <= width - 0.5 and -0.5 <= cy <= height - 0.5):
        raise DataError(
            source,
            f"a principal point at column {cx:g}, row {cy:g}",
            f"one inside the image of {width} x {height} pixels (width x height)",
            fix="The calibration belongs to an image of another size, or to the image before it was turned: scale or "
            "turn it with the image.",
        )
    return calibration
