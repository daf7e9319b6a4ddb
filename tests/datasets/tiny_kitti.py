"""Small made-up frames that hold together: points on the cars, labels inside the image, a rigid calibration."""

import numpy as np

from monotakd.datasets.kitti.calibration import KittiCalibration
from monotakd.datasets.kitti.labels import KittiLabels, parse_labels
from monotakd.datasets.kitti.writer import write_frame, write_split
from monotakd.scene import Calibration, Frame

SIZE = (24, 80)
LABELS = """\
Car 0.00 0 -1.58 30.50 8.25 52.00 20.75 1.52 1.63 3.88 0.31 1.65 9.75 -1.55
Person_sitting 0.25 1 0.21 0.00 9.00 9.50 23.00 1.20 0.60 0.80 -4.00 1.60 8.00 -0.25
Cyclist 0.00 3 -1.65 60.00 8.00 63.00 13.00 1.73 0.60 1.76 6.59 1.32 25.84 -1.40
DontCare -1 -1 -10 70.00 8.00 79.00 12.00 -1 -1 -1 -1000 -1000 -1000 -10
"""


def rotation(axis: int, angle: float) -> np.ndarray:
    """(3, 3) rotation about one axis, radians."""
    i, j = [k for k in range(3) if k != axis]
    matrix = np.eye(3)
    matrix[[i, i, j, j], [i, j, i, j]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
    return matrix


def kitti_calibration(rng: np.random.Generator) -> KittiCalibration:
    """A camera like KITTI's for images of SIZE, a little tilted, all matrices in file precision."""
    axes = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
    tilts = rng.uniform(-0.02, 0.02, 6)
    velo = np.concatenate([rotation(0, tilts[0]) @ rotation(1, tilts[1]) @ axes, [[0.02], [-0.08], [-0.27]]], axis=1)
    imu = np.concatenate([rotation(2, tilts[2]) @ rotation(1, tilts[3]), [[-0.81], [0.32], [-0.8]]], axis=1)
    projections = [
        np.array([[48.5, 0, 39.2, offset], [0, 48.5, 11.1, 0.02], [0, 0, 1, 0.0027]]) for offset in (0, -26, 3, -23)
    ]
    written = KittiCalibration(
        p0=projections[0],
        p1=projections[1],
        p2=projections[2],
        p3=projections[3],
        r0_rect=rotation(0, tilts[4]) @ rotation(2, tilts[5]),
        tr_velo_to_cam=velo,
        tr_imu_to_velo=imu,
    )
    return KittiCalibration(**{name: np.round(matrix, 13) for name, matrix in vars(written).items()})


def tiny_labels() -> KittiLabels:
    """Three objects and a DontCare region."""
    return parse_labels(LABELS, "LABELS", scores=False)


def tiny_frame(frame_id: str, seed: int = 0) -> Frame:
    """A frame without annotations (pass `tiny_labels` to the writer): noise for an image, points all around."""
    rng = np.random.default_rng([seed, int(frame_id)])
    calibration: Calibration = kitti_calibration(rng).calibration(SIZE)
    points = rng.uniform((-30, -20, -2, 0), (60, 20, 1, 1), (500, 4)).astype(np.float32)
    depth = np.where(rng.random(SIZE) < 0.3, rng.integers(300, 20000, SIZE) / 256, 0).astype(np.float32)
    image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    return Frame(frame_id, image, calibration, points=points, depth=depth)


def write_tiny_root(root, *, train: int = 3, val: int = 2, unlabelled: int = 0) -> None:
    """A whole root with depth maps; unlabelled frames come last."""
    ids = [f"{i:06d}" for i in range(train + val + unlabelled)]
    for i, frame_id in enumerate(ids):
        labels = tiny_labels() if i < train + val else None
        write_frame(root, tiny_frame(frame_id), labels=labels, write_depth=True)
    parts = {"train": ids[:train], "val": ids[train : train + val], "unlabelled": ids[train + val :]}
    for name, part in parts.items():
        if part:
            write_split(root, name, part)
