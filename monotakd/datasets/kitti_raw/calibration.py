"""The three calibration files of a day of KITTI raw, read as the matrices of the object set.

The object set's P2 is ``P_rect_02``, its R0_rect is ``R_rect_00`` (the rectifying rotation of the reference camera, not
of camera 2), and its Tr_velo_to_cam is ``R | T`` of the LiDAR: ``pixel = P_rect_02 @ R_rect_00 @ velo_to_cam @ point``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monotakd.datasets.kitti.calibration import KittiCalibration
from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.datasets.kitti.matrices import parse_matrix, require_forward, require_projection, require_rigid
from monotakd.datasets.kitti_raw.layout import CAMERAS, IMU_TO_VELO, ORIGIN, VELO_TO_CAM
from monotakd.errors import DataError
from monotakd.scene import Calibration

_EXPECTED = "a calibration file of KITTI raw"


@dataclass(frozen=True, eq=False)
class RawCalibration:
    """What the files of a day say.

    Attributes:
        matrices: as the object set names them; ``tr_imu_to_velo`` is None where there is no such file.
        image_size: (height, width) of the rectified images of camera 2, or None where it is not given.
    """

    matrices: KittiCalibration
    image_size: tuple[int, int] | None


def read_raw_calibration(day: str | os.PathLike[str]) -> RawCalibration:
    """Reads the calibration files in the folder of a day; ``calib_imu_to_velo.txt`` may be missing.

    Raises:
        DataError: a file or a line is missing, a number is damaged, a rotation is not rigid, a projection has no
            positive focal lengths, or the camera does not look along the LiDAR's x axis; names file, line and key.
    """
    day = Path(day)
    cameras = _Lines(day / CAMERAS)
    p2, r0_rect = cameras.matrix("P_rect_02", (3, 4)), cameras.matrix("R_rect_00", (3, 3))
    require_projection(p2, cameras.path, cameras.place("P_rect_02"))
    require_rigid(r0_rect, cameras.path, cameras.place("R_rect_00"))
    velo = _Lines(day / VELO_TO_CAM)
    tr_velo_to_cam = velo.rigid()
    require_forward(r0_rect @ tr_velo_to_cam[:, :3], velo.path, velo.place("R"))
    imu = _Lines(day / IMU_TO_VELO) if (day / IMU_TO_VELO).exists() else None
    size = cameras.matrix("S_rect_02", (1, 2)) if cameras.has("S_rect_02") else None
    others = {f"p{i}": cameras.matrix(f"P_rect_0{i}", (3, 4)) for i in (0, 1, 3) if cameras.has(f"P_rect_0{i}")}
    return RawCalibration(
        KittiCalibration(p2, r0_rect, tr_velo_to_cam, **others, tr_imu_to_velo=None if imu is None else imu.rigid()),
        None if size is None else (round(size[0, 1]), round(size[0, 0])),
    )


class _Lines:
    """The lines ``KEY: numbers`` of one file."""

    def __init__(self, path: Path):
        self.path = path
        self._words: dict[str, tuple[int, list[str]]] = {}
        for number, line in enumerate(read_text(path, _EXPECTED, fix=ORIGIN[path.name]).split("\n"), 1):
            key, *words = line.replace(":", " ", 1).split() or [""]
            if key in self._words:
                first = self._words[key][0]
                raise DataError(
                    path, f"{key} a second time", f"it once (first in line {first})", place=f"line {number}"
                )
            if key:
                self._words[key] = number, words

    def has(self, key: str) -> bool:
        return key in self._words

    def place(self, key: str) -> str:
        return f"line {self._words[key][0]}, {key}"

    def matrix(self, key: str, shape: tuple[int, int]) -> np.ndarray:
        if key not in self._words:
            expected = f"a line '{key}:' with {shape[0] * shape[1]} numbers"
            fix = "The file is cut off, or belongs to another data set: the object set has one file per frame."
            raise DataError(self.path, f"no {key}", expected, place="end of file", fix=fix)
        return parse_matrix(self._words[key][1], shape, self.path, self.place(key))

    def rigid(self) -> np.ndarray:
        rotation, translation = self.matrix("R", (3, 3)), self.matrix("T", (3, 1))
        require_rigid(rotation, self.path, self.place("R"))
        return np.hstack([rotation, translation])


def write_raw_calibration(
    day: str | os.PathLike[str], calibration: Calibration, imu_to_velo: np.ndarray, *, time: str
) -> None:
    """Writes the calibration files of a day with one camera; reading them back gives equal matrices.

    All four cameras are the same one and nothing is left to rectify, as in our object-layout files.

    Args:
        day: the folder.
        calibration: of the camera.
        imu_to_velo: (3, 4) rigid transform from the inertial unit to the LiDAR.
        time: what to give as ``calib_time``.
    """
    height, width = calibration.image_size
    size, p2, velo = (width, height), calibration.img_from_cam, calibration.cam_from_lidar
    rows: list[tuple[str, np.ndarray | tuple]] = [("corner_dist", (0.0995,))]
    for camera in range(4):
        of_camera = {
            "S": size, "K": p2[:, :3], "D": np.zeros(5), "R": np.eye(3), "T": np.zeros(3),
            "S_rect": size, "R_rect": np.eye(3), "P_rect": p2,
        }  # fmt: skip
        rows += [(f"{key}_0{camera}", value) for key, value in of_camera.items()]
    files = {
        CAMERAS: rows,
        VELO_TO_CAM: [("R", velo[:3, :3]), ("T", velo[:3, 3]), ("delta_f", (0, 0)), ("delta_c", (0, 0))],
        IMU_TO_VELO: [("R", imu_to_velo[:, :3]), ("T", imu_to_velo[:, 3])],
    }
    for name, lines in files.items():
        text = "".join(
            f"{key}: {' '.join(map(_number, np.ravel(value).astype(float).tolist()))}\n" for key, value in lines
        )
        write_text(Path(day) / name, f"calib_time: {time}\n{text}")


def _number(value: float) -> str:
    text = f"{value:e}"  # as KITTI writes it
    return text if float(text) == value else repr(value)
