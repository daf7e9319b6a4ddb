"""One moment: calibration, boxes, labels, detections and what the sensors saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from monotakd.errors import require

RIGID_TOLERANCE = 1e-3


def rigid_error(matrix: np.ndarray) -> float:
    """How far the rotation part of a (3+, 3+) matrix is from a proper rotation.

    Returns the largest entry of ``|R R^T - I|`` or ``|det R - 1|``, whichever is larger; 0 for a rotation.
    """
    rotation = np.asarray(matrix, dtype=np.float64)[:3, :3]
    orthogonality = np.abs(rotation @ rotation.T - np.eye(3)).max()
    return float(max(orthogonality, abs(np.linalg.det(rotation) - 1.0)))


@dataclass(frozen=True, eq=False)
class Calibration:
    """How one camera sees the LiDAR frame.

    Attributes:
        img_from_cam: (3, 4) projection from the rectified camera frame (x right, y down, z forward, metres)
            to homogeneous pixels; KITTI's P2, with the baseline in its last column.
        cam_from_lidar: (4, 4) rigid transform from the LiDAR frame; KITTI's ``R0_rect @ Tr_velo_to_cam``.
        image_size: (height, width) of the image in pixels.
    """

    img_from_cam: Float[np.ndarray, "3 4"]
    cam_from_lidar: Float[np.ndarray, "4 4"]
    image_size: tuple[int, int]

    def __post_init__(self):
        for name, shape in (("img_from_cam", (3, 4)), ("cam_from_lidar", (4, 4))):
            matrix = np.asarray(getattr(self, name))
            require(matrix.shape == shape, f"Calibration.{name} has shape {matrix.shape}, expected {shape}")
            require(bool(np.isfinite(matrix).all()), f"Calibration.{name} has NaN or infinite entries")
        error = rigid_error(self.cam_from_lidar)
        require(
            error < RIGID_TOLERANCE,
            f"Calibration.cam_from_lidar is not rigid: its rotation is off by {error:.3g} "
            f"(limit {RIGID_TOLERANCE}); check that rows were not mixed up or the matrix transposed",
        )
        fx, fy = self.focal
        require(fx > 0 and fy > 0, f"focal lengths must be positive, got fx={fx:.6g}, fy={fy:.6g}")
        height, width = self.image_size
        require(height > 0 and width > 0, f"image_size must be positive (height, width), got {self.image_size}")

    @property
    def img_from_lidar(self) -> Float[np.ndarray, "3 4"]:
        """(3, 4) projection from the LiDAR frame to homogeneous pixels."""
        return self.img_from_cam @ self.cam_from_lidar

    @property
    def focal(self) -> tuple[float, float]:
        """(fx, fy) in pixels."""
        return float(self.img_from_cam[0, 0]), float(self.img_from_cam[1, 1])

    @property
    def principal_point(self) -> tuple[float, float]:
        """(cx, cy) in pixels."""
        return float(self.img_from_cam[0, 2]), float(self.img_from_cam[1, 2])


@dataclass(frozen=True, eq=False)
class Boxes3D:
    """N named boxes in the LiDAR frame.

    Attributes:
        values: (N, 7) rows ``x y z l w h yaw`` (metres, radians); x y z is the geometric centre.
        names: N class names, such as ``"Car"``.
    """

    values: Float[np.ndarray, "N 7"]
    names: tuple[str, ...]

    def __post_init__(self):
        require(
            self.values.ndim == 2 and self.values.shape[1] == 7,
            f"Boxes3D.values has shape {self.values.shape}, expected (N, 7): x y z l w h yaw",
        )
        require(
            len(self.names) == len(self.values),
            f"Boxes3D has {len(self.values)} boxes and {len(self.names)} names",
        )

    @classmethod
    def empty(cls) -> Boxes3D:
        """No boxes at all: values of shape (0, 7)."""
        return cls(np.zeros((0, 7)), ())

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Bool[np.ndarray, " N"] | Int[np.ndarray, " M"] | slice) -> Boxes3D:
        rows = np.arange(len(self))[index]
        return Boxes3D(self.values[rows], tuple(self.names[i] for i in rows))

    def named(self, *names: str) -> Boxes3D:
        """Only the boxes of these classes, in their order."""
        return self[np.array([n in names for n in self.names], dtype=bool)]

    @property
    def centres(self) -> Float[np.ndarray, "N 3"]:
        """(N, 3) geometric centres, metres."""
        return self.values[:, :3]

    @property
    def sizes(self) -> Float[np.ndarray, "N 3"]:
        """(N, 3) length, width, height, metres."""
        return self.values[:, 3:6]

    @property
    def yaws(self) -> Float[np.ndarray, " N"]:
        """(N,) headings about +z, radians."""
        return self.values[:, 6]


@dataclass(frozen=True, eq=False)
class Annotations:
    """What a label file says of one frame.

    Attributes:
        boxes: the labelled objects, without DontCare.
        boxes_2d: (N, 4) left, top, right, bottom of the visible part, pixels.
        truncated: (N,) share of the object outside the image, 0..1.
        occluded: (N,) 0 fully visible, 1 partly, 2 largely occluded, 3 unknown.
        alpha: (N,) observation angle, radians.
        ignore_regions: (M, 4) image boxes in which nothing counts (KITTI's DontCare), pixels.
    """

    boxes: Boxes3D
    boxes_2d: Float[np.ndarray, "N 4"]
    truncated: Float[np.ndarray, " N"]
    occluded: Int[np.ndarray, " N"]
    alpha: Float[np.ndarray, " N"]
    ignore_regions: Float[np.ndarray, "M 4"]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector says of one frame.

    Attributes:
        boxes: the detected objects.
        scores: (N,) confidence; larger is surer.
        boxes_2d: (N, 4) image boxes in pixels, or None where the detector gives none.
    """

    boxes: Boxes3D
    scores: Float[np.ndarray, " N"]
    boxes_2d: Float[np.ndarray, "N 4"] | None = None

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment: what the sensors saw and, where there is any, the truth.

    A student needs ``image`` and ``calibration`` only. ``points``, ``depth`` and ``instances`` are
    privileged: they exist in training and are absent when the student runs.

    Attributes:
        frame_id: its name in the data set, such as ``"000008"``.
        image: (H, W, 3) RGB, 0..255.
        calibration: camera geometry for this very image size.
        points: (N, 4) x, y, z in the LiDAR frame (metres) and reflected intensity 0..1.
        depth: (H, W) metres along the camera's z axis; 0 where nothing is known.
        annotations: labels, or None for an unlabelled frame.
        instances: (H, W) row of the object in ``annotations`` seen at each pixel, -1 elsewhere.
    """

    frame_id: str
    image: UInt8[np.ndarray, "H W 3"]
    calibration: Calibration
    points: Float[np.ndarray, "N 4"] | None = None
    depth: Float[np.ndarray, "_ _"] | None = None
    annotations: Annotations | None = None
    instances: Int[np.ndarray, "H W"] | None = None

    def __post_init__(self):
        size = self.image.shape[:2]
        require(
            size == tuple(self.calibration.image_size),
            f"frame {self.frame_id}: the image is {size[0]}x{size[1]} (height x width) but its calibration is "
            f"for {self.calibration.image_size[0]}x{self.calibration.image_size[1]}",
        )
        for name in ("depth", "instances"):
            value = getattr(self, name)
            require(
                value is None or value.shape == size,
                f"frame {self.frame_id}: {name} has shape {None if value is None else value.shape}, "
                f"expected the image's {size}",
            )
