"""How space is cut: voxel and BEV grids, whose shapes follow from range and cell size, and depth bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monotakd.errors import require


def _whole_cells(lower: float, upper: float, size: float, axis: str) -> int:
    require(size > 0 and upper > lower, f"{axis}: range {lower}..{upper} with cell {size} is empty")
    count = (upper - lower) / size
    require(
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
        require(self.mode in ("LID", "UD", "SID"), f"DepthBins.mode is {self.mode!r}, expected LID, UD or SID")
        require(self.num >= 1, f"DepthBins.num is {self.num}, expected at least 1")
        require(
            0 <= self.minimum < self.maximum,
            f"DepthBins range is {self.minimum}..{self.maximum} m, expected 0 <= minimum < maximum",
        )

    @classmethod
    def kitti(cls) -> DepthBins:
        """The paper's bins on KITTI: 120 LID bins over 2.0..46.8 m."""
        return cls("LID", 120, 2.0, 46.8)
