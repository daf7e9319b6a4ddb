"""A small raw root that is computed with a pencil: one labelled and one unlabelled drive of two frames."""

import numpy as np
from tiny_kitti import SIZE, kitti_calibration

from monotakd.datasets.kitti.images import write_image
from monotakd.datasets.kitti.points import write_points
from monotakd.datasets.kitti_raw.layout import raw_id
from monotakd.datasets.kitti_raw.oxts import OxtsPacket, write_oxts
from monotakd.datasets.kitti_raw.tracklets import Tracklet, write_tracklets

DAY = "2011_09_26"
LABELLED, UNLABELLED = f"{DAY}_drive_0001_sync", f"{DAY}_drive_0002_sync"


def row(values):
    return " ".join(map(repr, np.ravel(values).tolist()))


def write_calibration_files(day, matrices):
    """The files as KITTI has them, with other cameras' rectifications that must not be taken for camera 0's."""
    other = kitti_calibration(np.random.default_rng(99))
    cameras = ["calib_time: 09-Jan-2012 13:57:47", "corner_dist: 9.950000e-02"]
    for camera, p in enumerate((matrices.p0, matrices.p1, matrices.p2, matrices.p3)):
        rect = matrices.r0_rect if camera == 0 else other.r0_rect
        cameras += [
            f"S_0{camera}: 1.392000e+03 5.120000e+02",
            f"R_0{camera}: {row(np.eye(3))}",
            f"S_rect_0{camera}: {SIZE[1]:e} {SIZE[0]:e}",
            f"R_rect_0{camera}: {row(rect)}",
            f"P_rect_0{camera}: {row(p)}",
        ]
    day.mkdir(parents=True, exist_ok=True)
    (day / "calib_cam_to_cam.txt").write_text("\n".join(cameras) + "\n")
    for name, matrix in (("velo_to_cam", matrices.tr_velo_to_cam), ("imu_to_velo", matrices.tr_imu_to_velo)):
        text = f"calib_time: 15-Mar-2012 11:37:16\nR: {row(matrix[:, :3])}\nT: {row(matrix[:, 3])}\n"
        (day / f"calib_{name}.txt").write_text(text)


def tracklet(name="Car", first_frame=0, count=2, **changes):
    """An object ahead that comes nearer by a metre a frame."""
    values = {
        "size": np.array([3.9, 1.6, 1.5]),
        "positions": np.array([(12.0 - k, 0.5, -1.7) for k in range(count)]).reshape(-1, 3),
        "yaws": np.full(count, 0.1),
        "states": np.full(count, 2),
        "occlusions": np.zeros(count, dtype=np.int64),
        "truncations": np.zeros(count, dtype=np.int64),
        **changes,
    }
    return Tracklet(name, first_frame=first_frame, **values)


def write_tiny_raw(root):
    """The root; returns the matrices of its day."""
    rng = np.random.default_rng(0)
    matrices = kitti_calibration(rng)
    write_calibration_files(root / DAY, matrices)
    for drive in (LABELLED, UNLABELLED):
        for number in (0, 1):
            folder, name = root / DAY / drive, raw_id(drive, number).split("/")[1]
            write_image(folder / f"image_02/data/{name}.png", rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
            points = rng.uniform((0, -20, -2, 0), (60, 20, 1, 1), (500, 4))
            write_points(folder / f"velodyne_points/data/{name}.bin", points)
            write_oxts(folder / f"oxts/data/{name}.txt", OxtsPacket(49.0, 8.4, 110.0, 0.01, -0.02, 0.5, vf=9.5))
    write_tracklets(root / DAY / LABELLED / "tracklet_labels.xml", [tracklet()])
    return matrices
