"""Writes frames, splits and detections in KITTI's layout, so that any KITTI tool can read them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from monotakd.datasets.kitti import splits
from monotakd.datasets.kitti.calibration import KittiCalibration, write_calibration
from monotakd.datasets.kitti.conversion import labels_from_annotations, labels_from_detections
from monotakd.datasets.kitti.depth import write_depth as write_depth_file
from monotakd.datasets.kitti.images import write_image
from monotakd.datasets.kitti.labels import KittiLabels, write_labels
from monotakd.datasets.kitti.layout import CALIBRATIONS, DEPTHS, IMAGES, LABELS, POINTS, SPLITS, SUFFIX
from monotakd.datasets.kitti.points import write_points
from monotakd.scene import Calibration, Detections, Frame


def write_frame(
    root: str | os.PathLike[str],
    frame: Frame,
    *,
    labels: KittiLabels | None = None,
    subset: str = "training",
    write_depth: bool = False,
) -> None:
    """Writes the files of one frame; each file in one step, folders are made.

    The calibration file holds the camera as P0 to P3, so that tools which count lines find P2 in the third.

    Args:
        root: the KITTI root.
        frame: what to write; without points there is no velodyne file.
        labels: the rows of the label file; None takes them from ``frame.annotations``. With neither there is no
            label file, and the frame belongs into ``ImageSets/unlabelled.txt``.
        subset: ``"training"`` or ``"testing"``.
        write_depth: also write ``frame.depth`` to ``depth_2``.

    Raises:
        ValueError: depth is asked for and the frame has none, or a value does not fit the format.
    """
    if write_depth and frame.depth is None:
        raise ValueError(f"frame {frame.frame_id} has no depth to write; render or read it with depth, or leave it out")
    if labels is None and frame.annotations is not None:
        labels = labels_from_annotations(frame.annotations, frame.calibration)

    def path(folder: str) -> Path:
        return Path(root) / subset / folder / f"{frame.frame_id}{SUFFIX[folder]}"

    write_image(path(IMAGES), frame.image)
    write_calibration(path(CALIBRATIONS), KittiCalibration.from_calibration(frame.calibration))
    if frame.points is not None:
        write_points(path(POINTS), frame.points)
    if write_depth:
        write_depth_file(path(DEPTHS), frame.depth)
    if labels is not None:
        write_labels(path(LABELS), labels)


def write_split(root: str | os.PathLike[str], name: str, ids: Iterable[str]) -> None:
    """Writes ``ROOT/ImageSets/NAME.txt``.

    Raises:
        ValueError: an id is not six digits, or is there twice.
    """
    splits.write_split(Path(root) / SPLITS / f"{name}.txt", ids)


def write_detections(
    folder: str | os.PathLike[str], frame_id: str, detections: Detections, calibration: Calibration
) -> None:
    """Writes ``FOLDER/FRAME_ID.txt`` with 16 columns a line; nothing detected gives an empty file."""
    write_labels(Path(folder) / f"{frame_id}.txt", labels_from_detections(detections, calibration))
