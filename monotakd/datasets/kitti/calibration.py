"""KITTI calibration files: named rows of numbers, of which camera 2 needs P2, R0_rect and Tr_velo_to_cam."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.datasets.kitti.matrices import parse_matrix, require_forward, require_projection, require_rigid
from monotakd.errors import DataError
from monotakd.scene import Calibration

_EXPECTED = "a KITTI calibration file"
# Field -> (spellings in the object set, the tracking and the raw set; shape). The first spelling is written.
_KEYS = {
    "p0": (("P0",), (3, 4)),
    "p1": (("P1",), (3, 4)),
    "p2": (("P2",), (3, 4)),
    "p3": (("P3",), (3, 4)),
    "r0_rect": (("R0_rect", "R_rect"), (3, 3)),
    "tr_velo_to_cam": (("Tr_velo_to_cam", "Tr_velo_cam"), (3, 4)),
    "tr_imu_to_velo": (("Tr_imu_to_velo", "Tr_imu_velo"), (3, 4)),
}
_REQUIRED = ("p2", "r0_rect", "tr_velo_to_cam")
_FIELD_OF_KEY = {key: field for field, (keys, _) in _KEYS.items() for key in keys}


@dataclass(frozen=True, eq=False)
class KittiCalibration:
    """The matrices of one calibration file; what the file does not hold is None.

    Attributes:
        p2: (3, 4) projection of the left colour camera, rectified camera frame to homogeneous pixels.
        r0_rect: (3, 3) rotation from the reference camera frame to the rectified one.
        tr_velo_to_cam: (3, 4) rigid transform from the LiDAR frame to the reference camera frame, metres.
        p0: (3, 4) projection of the left grey camera.
        p1: (3, 4) projection of the right grey camera.
        p3: (3, 4) projection of the right colour camera.
        tr_imu_to_velo: (3, 4) rigid transform from the inertial unit to the LiDAR frame, metres.
    """

    p2: Float[np.ndarray, "3 4"]
    r0_rect: Float[np.ndarray, "3 3"]
    tr_velo_to_cam: Float[np.ndarray, "3 4"]
    p0: Float[np.ndarray, "3 4"] | None = None
    p1: Float[np.ndarray, "3 4"] | None = None
    p3: Float[np.ndarray, "3 4"] | None = None
    tr_imu_to_velo: Float[np.ndarray, "3 4"] | None = None

    @classmethod
    def from_calibration(cls, calibration: Calibration) -> KittiCalibration:
        """A file's matrices for one camera: all four projections are its own, R0_rect and the IMU stay the identity.

        Many tools find P2 by its line and not by its name, so no matrix is left out.
        """
        p2 = np.asarray(calibration.img_from_cam, dtype=np.float64)
        velo = np.asarray(calibration.cam_from_lidar, dtype=np.float64)[:3]
        return cls(p2, np.eye(3), velo, p0=p2, p1=p2, p3=p2, tr_imu_to_velo=np.eye(3, 4))

    def calibration(self, image_size: tuple[int, int]) -> Calibration:
        """Camera 2 as the rest of the package knows it.

        Args:
            image_size: (height, width) of the image in pixels.
        """
        cam_from_lidar = np.eye(4)
        cam_from_lidar[:3] = self.r0_rect @ self.tr_velo_to_cam
        return Calibration(self.p2, cam_from_lidar, image_size)


def read_calibration(path: str | os.PathLike[str], *, fix: str | None = None) -> KittiCalibration:
    """Reads a calibration file of the object, tracking or a synthetic set.

    Args:
        path: the text file; keys in any order, unknown keys are passed over.
        fix: where the file comes from, for the message when it is missing.

    Raises:
        DataError: the file is missing or not plain text, a needed key is missing or given twice, a row has the
            wrong count, a value is not a finite number, a rotation is not rigid, a projection has no positive
            focal lengths, or the camera does not look along the LiDAR's x axis. Names the line and the key.
    """
    return parse_calibration(read_text(path, _EXPECTED, fix=fix), path)


def parse_calibration(text: str, source: str | os.PathLike[str]) -> KittiCalibration:
    """Reads the text of a calibration file; ``source`` names it in errors. See :func:`read_calibration`."""
    matrices: dict[str, np.ndarray] = {}
    places: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        key, *words = line.replace(":", " ", 1).split() or [""]
        field = _FIELD_OF_KEY.get(key)
        if field is None:
            continue
        place = f"line {number}, {key}"
        if field in matrices:
            raise DataError(source, f"{key} a second time", f"it once (first at {places[field]})", place=place)
        matrices[field] = parse_matrix(words, _KEYS[field][1], source, place)
        places[field] = place
    for field in _REQUIRED:
        if field not in matrices:
            raise DataError(
                source,
                f"no {_KEYS[field][0][0]}",
                f"a line '{_KEYS[field][0][0]}:' with {int(np.prod(_KEYS[field][1]))} numbers",
                place="end of file",
                fix="The file is cut off, or belongs to another data set; KITTI raw keeps these matrices in "
                "calib_cam_to_cam.txt and calib_velo_to_cam.txt.",
            )
    for field, matrix in matrices.items():
        if field.startswith("p"):
            require_projection(matrix, source, places[field])
        else:
            require_rigid(matrix, source, places[field])
    require_forward(matrices["r0_rect"] @ matrices["tr_velo_to_cam"][:, :3], source, places["tr_velo_to_cam"])
    return KittiCalibration(**matrices)


def format_calibration(calibration: KittiCalibration) -> str:
    """The text of a calibration file, one line for each matrix there is; reading it back gives equal values."""
    lines = []
    for field, (keys, shape) in _KEYS.items():
        matrix = getattr(calibration, field)
        if matrix is not None:
            if matrix.shape != shape or not np.isfinite(matrix).all():
                raise ValueError(f"{keys[0]} must be {shape} and finite, got shape {matrix.shape}:\n{matrix}")
            lines.append(f"{keys[0]}: {' '.join(_number(value) for value in matrix.ravel().tolist())}\n")
    return "".join(lines)


def _number(value: float) -> str:
    text = f"{value:.12e}"  # as KITTI writes it
    return text if float(text) == value else repr(value)


def write_calibration(path: str | os.PathLike[str], calibration: KittiCalibration) -> None:
    """Writes a calibration file in one step.

    Raises:
        ValueError: a matrix has the wrong shape or is not finite.
    """
    write_text(path, format_calibration(calibration))
