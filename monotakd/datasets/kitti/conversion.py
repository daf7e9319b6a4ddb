"""From label rows (camera frame) to scene values (LiDAR frame) and back."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.kitti.labels import DONT_CARE, KittiLabels
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.boxes import alpha_from_boxes, camera_from_lidar_boxes, lidar_from_camera_boxes
from monotakd.geometry.frames import lidar_from_cam
from monotakd.scene import Annotations, Boxes3D, Calibration, Detections

# A nanometre. Label files have two to six decimals; rounding here takes back the last-digit noise of going
# from one frame to the other, so that labels survive the round trip exactly.
_DECIMALS = 9


def boxes_from_labels(labels: KittiLabels, calibration: Calibration) -> Boxes3D:
    """The objects of a label file as boxes in the LiDAR frame; DontCare rows must be taken out before."""
    camera_boxes = np.concatenate([labels.locations, labels.dimensions, labels.rotation_y[:, None]], axis=1)
    return Boxes3D(lidar_from_camera_boxes(camera_boxes, lidar_from_cam(calibration)), labels.names)


def annotations_from_labels(labels: KittiLabels, calibration: Calibration) -> Annotations:
    """Ground truth of one frame; DontCare rows become ``ignore_regions``."""
    dont_care = np.array([name == DONT_CARE for name in labels.names], dtype=bool)
    objects = labels[~dont_care]
    return Annotations(
        boxes=boxes_from_labels(objects, calibration),
        boxes_2d=objects.boxes_2d,
        truncated=objects.truncated,
        occluded=objects.occluded,
        alpha=objects.alpha,
        ignore_regions=labels.boxes_2d[dont_care],
    )


def labels_from_annotations(annotations: Annotations, calibration: Calibration) -> KittiLabels:
    """Label rows of one frame, the inverse of `annotations_from_labels`.

    Exact for numbers of up to nine decimals. DontCare rows come last, as in KITTI.
    """
    locations, dimensions, rotation_y = _camera_columns(annotations.boxes, calibration)
    count = len(annotations.ignore_regions)
    return KittiLabels(
        names=annotations.boxes.names + (DONT_CARE,) * count,
        truncated=np.append(annotations.truncated, np.full(count, -1.0)),
        occluded=np.append(annotations.occluded, np.full(count, -1)).astype(np.int64),
        alpha=np.append(annotations.alpha, np.full(count, -10.0)),
        boxes_2d=np.concatenate([annotations.boxes_2d, annotations.ignore_regions]),
        dimensions=np.concatenate([dimensions, np.full((count, 3), -1.0)]),
        locations=np.concatenate([locations, np.full((count, 3), -1000.0)]),
        rotation_y=np.append(rotation_y, np.full(count, -10.0)),
    )


def detections_from_labels(labels: KittiLabels, calibration: Calibration) -> Detections:
    """A prediction file's rows as detections.

    Raises:
        ValueError: the rows carry no scores.
    """
    if labels.scores is None:
        raise ValueError("these rows have no scores: they were read from a label file, not from a prediction file")
    return Detections(boxes_from_labels(labels, calibration), labels.scores, labels.boxes_2d)


def labels_from_detections(detections: Detections, calibration: Calibration) -> KittiLabels:
    """Prediction rows of one frame, the inverse of `detections_from_labels`.

    Where the detector gives no image boxes, they are the 3D boxes projected and cut to the image; a box that misses
    the image gets 0 0 0 0, which the metric ignores as too small. Truncation and occlusion are -1 (not predicted).
    """
    locations, dimensions, rotation_y = _camera_columns(detections.boxes, calibration)
    boxes_2d = detections.boxes_2d
    if boxes_2d is None:
        projected = project_boxes(detections.boxes.values.astype(np.float64), calibration)
        boxes_2d = np.nan_to_num(projected, nan=0.0).round(2)
    count = len(detections)
    camera_boxes = np.concatenate([locations, dimensions, rotation_y[:, None]], axis=1)
    return KittiLabels(
        names=detections.boxes.names,
        truncated=np.full(count, -1.0),
        occluded=np.full(count, -1),
        alpha=alpha_from_boxes(camera_boxes).round(_DECIMALS),
        boxes_2d=boxes_2d.astype(np.float64),
        dimensions=dimensions,
        locations=locations,
        rotation_y=rotation_y,
        scores=detections.scores.astype(np.float64),
    )


def _camera_columns(boxes: Boxes3D, calibration: Calibration) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = camera_from_lidar_boxes(boxes.values.astype(np.float64), calibration.cam_from_lidar).round(_DECIMALS)
    return rows[:, :3], rows[:, 3:6], rows[:, 6]
