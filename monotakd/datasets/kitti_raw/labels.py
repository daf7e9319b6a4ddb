"""From tracklets to the labels of one frame, with the fields of KITTI's object labels as far as tracklets tell them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monotakd.datasets.kitti_raw.tracklets import BEHIND_IMAGE, OUT_OF_IMAGE, Tracklet
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.boxes import alpha_from_boxes, camera_from_lidar_boxes, wrap_angle
from monotakd.scene import Annotations, Boxes3D, Calibration

_UNKNOWN = 3
"""Occlusion of an object of which nobody said it."""


def annotations_at(tracklets: Sequence[Tracklet], frame: int, calibration: Calibration) -> Annotations:
    """The labels of one frame.

    Boxes are the tracklets' own. What tracklets do not say is computed: the image box is the projected 3D box cut to
    the image, the truncation is the share of the uncut one that lies outside (as real object labels have it), alpha
    follows from the box. Occlusion is the tracklet's: visible 0, partly 1, fully 2, not given 3. Objects out of the
    image or behind it are left out, as in the object set. Tracklets know no DontCare, so that objects that nobody
    labelled count as background.

    Args:
        tracklets: of the drive.
        frame: number of the frame in the drive.
        calibration: of the image.
    """
    there = [t for t in tracklets if frame in t.frames and _is_labelled(t, frame - t.first_frame)]
    boxes = np.array([t.box(frame) for t in there], dtype=np.float64).reshape(-1, 7)
    boxes[:, 6] = wrap_angle(boxes[:, 6])
    whole, cut = project_boxes(boxes, calibration, clip=False), project_boxes(boxes, calibration)
    seen = ~np.isnan(cut).any(axis=1) & (_area(cut) > 0)
    occluded = np.array([t.occlusions[frame - t.first_frame] for t in there], dtype=np.int64)
    camera_boxes = camera_from_lidar_boxes(boxes[seen], calibration.cam_from_lidar)
    return Annotations(
        boxes=Boxes3D(boxes, tuple(t.name for t in there))[seen],
        boxes_2d=cut[seen],
        truncated=np.clip(1.0 - _area(cut[seen]) / _area(whole[seen]), 0.0, 1.0),
        occluded=np.where(occluded < 0, _UNKNOWN, occluded)[seen],
        alpha=alpha_from_boxes(camera_boxes),
        ignore_regions=np.zeros((0, 4)),
    )


def _is_labelled(tracklet: Tracklet, row: int) -> bool:
    return bool(tracklet.states[row] > 0) and tracklet.truncations[row] not in (OUT_OF_IMAGE, BEHIND_IMAGE)


def _area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
