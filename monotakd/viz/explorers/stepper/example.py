"""A made-up moment with one of everything: a dozen detections, a Van, a DontCare region, a car too small to count."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.kitti.conversion import labels_from_annotations, labels_from_detections
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.boxes import lidar_from_camera_boxes
from monotakd.geometry.frames import lidar_from_cam
from monotakd.scene import Annotations, Boxes3D, Calibration, Detections

IMAGE_SIZE = (375, 1242)
_ROAD = 1.65  # metres from KITTI's camera down to the road
_CAR, _VAN, _PEDESTRIAN = (1.53, 1.63, 3.88), (2.2, 1.9, 5.1), (1.76, 0.66, 0.84)  # height, width, length
_AWAY = -np.pi / 2

# Class, x, z, occlusion: to the right of the camera and ahead, metres.
_TRUTHS = (
    ("Car", 0.6, 9.0, 0), ("Car", 5.2, 13.0, 0), ("Car", -3.4, 21.0, 0), ("Car", -7.0, 25.0, 0),
    ("Van", -8.5, 16.0, 0), ("Car", -1.9, 33.0, 0), ("Car", -5.4, 55.0, 0), ("Car", 10.0, 17.0, 2),
    ("Pedestrian", 7.9, 10.0, 0), ("Car", 8.0, 32.0, 0),
)  # fmt: skip
_DONT_CARE_REGION = (0.0, 150.0, 98.0, 215.0)  # parked cars too far away to label

# Score, class, and what it means: a truth's row with the error in x and z, or a place x, z.
_DETECTIONS = (
    (0.98, "Car", 0, (0.04, 0.35)),
    (0.95, "Car", 1, (0.02, -0.15)),
    (0.91, "Car", 4, (0.10, 0.30)),
    (0.88, "Car", 2, (0.02, 1.00)),
    (0.83, "Car", None, (-28.0, 36.0)),
    (0.79, "Car", 3, (-0.04, 0.20)),
    (0.72, "Car", 0, (0.01, -0.05)),
    (0.66, "Car", 6, (0.03, 0.40)),
    (0.58, "Car", None, (3.1, 23.0)),
    (0.51, "Car", 7, (0.05, 0.10)),
    (0.44, "Car", 5, (0.02, -0.30)),
    (0.36, "Pedestrian", 8, (0.05, 0.10)),
)
_SIZES = {"Car": _CAR, "Van": _VAN, "Pedestrian": _PEDESTRIAN}


def a_dozen() -> tuple[KittiLabels, KittiLabels]:
    """(labels, detections) of one frame before KITTI's camera, in which the benchmark's rules all come up.

    Row 0 is found twice, the second time better and less surely; row 2 is found 1 m too far; row 4 is a Van; row 6 is
    too small and row 7 too hidden for "moderate"; row 9 is missed. One detection lies in the DontCare region, one on an
    empty road, and one is a pedestrian.
    """
    camera = _camera()
    boxes = _boxes([(name, name, x, z) for name, x, z, _ in _TRUTHS], camera)
    count = len(boxes)
    truth = Annotations(
        boxes=boxes,
        boxes_2d=project_boxes(boxes.values, camera).round(2),
        truncated=np.zeros(count),
        occluded=np.array([occlusion for *_, occlusion in _TRUTHS]),
        alpha=np.zeros(count),
        ignore_regions=np.array([_DONT_CARE_REGION]),
    )
    found = Detections(_boxes([_place(row) for row in _DETECTIONS], camera), np.array([row[0] for row in _DETECTIONS]))
    return labels_from_annotations(truth, camera), labels_from_detections(found, camera)


def _place(row: tuple) -> tuple[str, str, float, float]:
    """(class, class whose size it has, x, z) of a detection; who finds the Van takes it for a Car."""
    _, name, truth, (x, z) = row
    if truth is None:
        return name, name, x, z
    shape, x_true, z_true, _ = _TRUTHS[truth]
    return name, shape, x_true + x, z_true + z


def _boxes(places: list[tuple[str, str, float, float]], camera: Calibration) -> Boxes3D:
    rows = [(x, _ROAD, z, *_SIZES[shape], _AWAY) for _, shape, x, z in places]
    return Boxes3D(lidar_from_camera_boxes(np.array(rows), lidar_from_cam(camera)), tuple(name for name, *_ in places))


def _camera() -> Calibration:
    img_from_cam = np.array([[721.5, 0, 609.6, 0], [0, 721.5, 172.9, 0], [0, 0, 1.0, 0]])
    cam_from_lidar = np.array([[0, -1.0, 0, 0], [0, 0, -1.0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1.0]])
    return Calibration(img_from_cam, cam_from_lidar, IMAGE_SIZE)
