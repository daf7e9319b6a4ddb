"""The nouns: frozen, typed values that every other module takes and returns.

One internal frame is used everywhere: the LiDAR frame, x forward, y left, z up, metres. Transforms are named
``target_from_source``, so that a chain reads from right to left: ``img_from_cam @ cam_from_lidar``.
Boxes are rows ``x y z l w h yaw``: the centre, length along the heading, width across, height, and the yaw
about +z in [-pi, pi), 0 along +x and growing towards +y. Pixel (0, 0) is the centre of the top-left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

RIGID_TOLERANCE = 1e-3


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


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
            _require(matrix.shape == shape, f"Calibration.{name} has shape {matrix.shape}, expected {shape}")
            _require(bool(np.isfinite(matrix).all()), f"Calibration.{name} has NaN or infinite entries")
        error = rigid_error(self.cam_from_lidar)
        _require(
            error < RIGID_TOLERANCE,
            f"Calibration.cam_from_lidar is not rigid: its rotation is off by {error:.3g} "
            f"(limit {RIGID_TOLERANCE}); check that rows were not mixed up or the matrix transposed",
        )
        fx, fy = self.focal
        _require(fx > 0 and fy > 0, f"focal lengths must be positive, got fx={fx:.6g}, fy={fy:.6g}")
        height, width = self.image_size
        _require(height > 0 and width > 0, f"image_size must be positive (height, width), got {self.image_size}")

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
        _require(
            self.values.ndim == 2 and self.values.shape[1] == 7,
            f"Boxes3D.values has shape {self.values.shape}, expected (N, 7): x y z l w h yaw",
        )
        _require(
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
    depth: Float[np.ndarray, "H W"] | None = None
    annotations: Annotations | None = None
    instances: Int[np.ndarray, "H W"] | None = None

    def __post_init__(self):
        size = self.image.shape[:2]
        _require(
            size == tuple(self.calibration.image_size),
            f"frame {self.frame_id}: the image is {size[0]}x{size[1]} (height x width) but its calibration is "
            f"for {self.calibration.image_size[0]}x{self.calibration.image_size[1]}",
        )
        for name in ("depth", "instances"):
            value = getattr(self, name)
            _require(
                value is None or value.shape == size,
                f"frame {self.frame_id}: {name} has shape {None if value is None else value.shape}, "
                f"expected the image's {size}",
            )


def _whole_cells(lower: float, upper: float, size: float, axis: str) -> int:
    count = (upper - lower) / size
    _require(size > 0 and upper > lower, f"{axis}: range {lower}..{upper} with cell {size} is empty")
    _require(
        abs(count - round(count)) < 1e-4,
        f"{axis}: range {lower}..{upper} is not a whole number of cells of {size} m ({count:.4f})",
    )
    return round(count)


@dataclass(frozen=True)
class BevGrid:
    """A bird's-eye grid on the ground plane: rows grow with y (right to left), columns with x (near to far).

    Attributes:
        lower: (x, y) of the outer corner of cell (0, 0), metres.
        upper: (x, y) of the opposite outer corner, metres.
        cell: (x, y) size of a cell, metres.
    """

    lower: tuple[float, float]
    upper: tuple[float, float]
    cell: tuple[float, float]

    def __post_init__(self):
        _ = self.shape

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) number of cells, derived from range and cell size."""
        x, y = (_whole_cells(*args) for args in zip(self.lower, self.upper, self.cell, "xy", strict=True))
        return y, x


@dataclass(frozen=True)
class VoxelGrid:
    """A box of space cut into voxels.

    Attributes:
        lower: (x, y, z) of the lowest corner, metres.
        upper: (x, y, z) of the highest corner, metres.
        voxel: (x, y, z) size of a voxel, metres.
    """

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    voxel: tuple[float, float, float]

    def __post_init__(self):
        _ = self.shape

    @classmethod
    def kitti_camera(cls) -> VoxelGrid:
        """The camera branch's grid on KITTI: 10 x 188 x 140 voxels of 0.4 x 0.32 x 0.32 m (z, y, x)."""
        return cls((2.0, -30.08, -3.0), (46.8, 30.08, 1.0), (0.32, 0.32, 0.4))

    @classmethod
    def kitti_lidar(cls) -> VoxelGrid:
        """The teacher's grid on KITTI: 40 x 1504 x 1120 voxels of 0.1 x 0.04 x 0.04 m (z, y, x)."""
        return cls((2.0, -30.08, -3.0), (46.8, 30.08, 1.0), (0.04, 0.04, 0.1))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X) number of voxels, derived from range and voxel size."""
        x, y, z = (_whole_cells(*args) for args in zip(self.lower, self.upper, self.voxel, "xyz", strict=True))
        return z, y, x

    def bev(self, stride: int = 1) -> BevGrid:
        """The grid seen from above, with cells of ``stride`` voxels."""
        (x0, y0, _), (x1, y1, _), (dx, dy, _) = self.lower, self.upper, self.voxel
        return BevGrid((x0, y0), (x1, y1), (dx * stride, dy * stride))


@dataclass(frozen=True)
class DepthBins:
    """How depth is cut into bins: linearly increasing (LID), uniform (UD) or spaced increasing (SID).

    Bin ``num`` (one past the last) is the class "beyond": nearer than ``minimum``, farther than
    ``maximum``, or unknown.

    Attributes:
        mode: ``"LID"`` (CaDDN, the paper's choice), ``"UD"`` or ``"SID"``.
        num: number of bins, without the "beyond" class.
        minimum: near end of the first bin, metres.
        maximum: far end of the last bin, metres.
    """

    mode: Literal["LID", "UD", "SID"]
    num: int
    minimum: float
    maximum: float

    def __post_init__(self):
        _require(self.mode in ("LID", "UD", "SID"), f"DepthBins.mode is {self.mode!r}, expected LID, UD or SID")
        _require(self.num >= 1, f"DepthBins.num is {self.num}, expected at least 1")
        _require(
            0 <= self.minimum < self.maximum,
            f"DepthBins range is {self.minimum}..{self.maximum} m, expected 0 <= minimum < maximum",
        )

    @classmethod
    def kitti(cls) -> DepthBins:
        """The paper's bins on KITTI: 120 LID bins over 2.0..46.8 m."""
        return cls("LID", 120, 2.0, 46.8)


@dataclass(frozen=True, eq=False)
class BevMap:
    """BEV features that know where they lie.

    Attributes:
        features: (B, C, Y, X) tensor; row = y from right to left, column = x from near to far.
        grid: the grid of its cells.
    """

    features: Float[torch.Tensor, "B C Y X"]
    grid: BevGrid

    def __post_init__(self):
        _require(
            self.features.ndim == 4,
            f"BevMap.features has shape {tuple(self.features.shape)}, expected (B, C, Y, X)",
        )
        _require(
            tuple(self.features.shape[2:]) == self.grid.shape,
            f"BevMap.features covers {tuple(self.features.shape[2:])} cells (Y, X) but its grid has {self.grid.shape}; "
            "if the map comes from elsewhere, check its axis order (BevMap.from_array takes order='CXY')",
        )

    @classmethod
    def from_array(
        cls,
        array: np.ndarray | torch.Tensor,
        grid: BevGrid,
        *,
        order: str = "CYX",
        flip_x: bool = False,
        flip_y: bool = False,
    ) -> BevMap:
        """Takes features dumped from any codebase.

        Args:
            array: a numpy array or tensor whose axes are named by ``order``.
            grid: where its cells lie, in our LiDAR frame.
            order: a permutation of ``"CYX"`` or ``"BCYX"``, such as ``"XYC"``; B may be left out.
            flip_x: the array's x axis runs from far to near.
            flip_y: the array's y axis runs from left to right.

        Raises:
            ValueError: the order does not name the array's axes, or the cells do not fit the grid.
        """
        tensor = torch.as_tensor(array)
        full = order.upper()
        _require(
            sorted(full) in (sorted("CYX"), sorted("BCYX")) and len(full) == tensor.ndim,
            f"order={order!r} does not name the axes of an array of shape {tuple(tensor.shape)}; "
            "use a permutation of 'CYX' or 'BCYX'",
        )
        if "B" not in full:
            tensor, full = tensor[None], "B" + full
        features = tensor.permute(*(full.index(axis) for axis in "BCYX"))
        flipped = [axis for axis, flip in ((2, flip_y), (3, flip_x)) if flip]
        return cls(features.flip(flipped).float().contiguous(), grid)

    def require_same_grid(self, other: BevMap) -> None:
        """Raises ValueError unless the other map has the same cells in the same place."""
        _require(
            self.grid == other.grid,
            f"the two BEV maps lie on different grids, so comparing them cell by cell means nothing: "
            f"{self.grid} and {other.grid}",
        )


@dataclass(frozen=True, eq=False)
class Sensors:
    """What the student may see at test time.

    Attributes:
        images: (B, 3, H, W) RGB, 0..1.
        calibrations: B calibrations, each for H x W.
    """

    images: Float[torch.Tensor, "B 3 H W"]
    calibrations: tuple[Calibration, ...]


@dataclass(frozen=True, eq=False)
class Privileged:
    """What exists in training only: the teacher's points, the assistant's true depth.

    Attributes:
        points: B tensors (N_i, 4) x, y, z, intensity; None where no sample has any.
        depth: (B, H, W) metres, 0 where unknown; None where no sample has any.
    """

    points: tuple[torch.Tensor, ...] | None = None
    depth: Float[torch.Tensor, "B H W"] | None = None


@dataclass(frozen=True, eq=False)
class Batch:
    """B frames, with sensors, privileged input and labels kept apart.

    Attributes:
        frame_ids: B names.
        sensors: the student's input.
        privileged: the teacher's and assistant's input.
        labels: B annotations, None for an unlabelled frame.
    """

    frame_ids: tuple[str, ...]
    sensors: Sensors
    privileged: Privileged
    labels: tuple[Annotations | None, ...]

    def __len__(self) -> int:
        return len(self.frame_ids)
