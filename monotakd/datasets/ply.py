"""Coloured point clouds, and PLY files that other programs read."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from monotakd.datasets.kitti.files import write_bytes


@dataclass(frozen=True, eq=False)
class ColouredPoints:
    """A point cloud with colours.

    Attributes:
        points: (N, 3) x y z in the LiDAR frame, metres.
        colours: (N, 3) RGB, 0..255.
    """

    points: Float[np.ndarray, "N 3"]
    colours: UInt8[np.ndarray, "N 3"]

    def __len__(self) -> int:
        return len(self.points)


_PLY = np.dtype([(axis, "<f4") for axis in "xyz"] + [(colour, "u1") for colour in ("red", "green", "blue")])


def write_ply(path: str | os.PathLike[str], cloud: ColouredPoints) -> None:
    """Writes a binary PLY file that MeshLab, CloudCompare, Blender and open3d read."""
    rows = np.empty(len(cloud), dtype=_PLY)
    for number, axis in enumerate("xyz"):
        rows[axis] = cloud.points[:, number]
    for number, colour in enumerate(("red", "green", "blue")):
        rows[colour] = cloud.colours[:, number]
    kinds = {"<f4": "float", "|u1": "uchar"}
    properties = "".join(f"property {kinds[_PLY[name].str]} {name}\n" for name in _PLY.names)
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        "comment LiDAR frame: x forward, y left, z up, metres\n"
        f"element vertex {len(rows)}\n{properties}end_header\n"
    )
    write_bytes(path, header.encode("ascii") + rows.tobytes())
