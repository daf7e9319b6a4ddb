"""A KITTI raw root as a source of frames."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from monotakd.datasets.depth_completion import complete_depth
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.calibration import KittiCalibration
from monotakd.datasets.kitti.conversion import labels_from_annotations
from monotakd.datasets.kitti.images import read_image, read_image_size
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.kitti.layout import Split, absent_frames
from monotakd.datasets.kitti.points import read_points
from monotakd.datasets.kitti_raw.calibration import RawCalibration, read_raw_calibration
from monotakd.datasets.kitti_raw.labels import annotations_at
from monotakd.datasets.kitti_raw.layout import CAMERAS, IMAGES, LISTS, ORIGIN, OXTS, POINTS, RawLayout, drive_and_number
from monotakd.datasets.kitti_raw.lists import read_frame_list
from monotakd.datasets.kitti_raw.oxts import OxtsPacket, read_oxts
from monotakd.datasets.kitti_raw.tracklets import Tracklet, read_tracklets
from monotakd.datasets.sources import DepthSource
from monotakd.errors import DataError
from monotakd.scene import Annotations, Calibration, Frame

EVERY, LABELLED = "every", "labelled"
"""Splits that need no list: the frames with an image and a sweep, and those of them in drives with tracklets."""


@dataclass(frozen=True)
class KittiRawRoot(RawLayout):
    """Reads frames of KITTI raw drives: real ones, or anything written in their layout.

    Frames have the same type as those of `KittiRoot`, so that everything that takes frames takes these. A drive without
    tracklets gives frames without annotations, from which teacher and assistant can still teach a student:

    >>> raw = KittiRawRoot("data/kitti_raw")
    >>> raw.frame("2011_09_26_drive_0052_sync/0000000005").annotations is None
    True
    >>> both = JoinedSources((kitti, train), (raw, raw.split("eigen_clean", present_only=True).ids))
    >>> frames = CameraFrames(both, both.frame_ids, depth="sparse", labelled=frozenset(train))
    """

    _days: dict[str, RawCalibration] = field(default_factory=dict, repr=False, compare=False)
    _tracklets: dict[str, tuple[Tracklet, ...]] = field(default_factory=dict, repr=False, compare=False)

    def image(self, frame_id: str) -> np.ndarray:
        """(H, W, 3) RGB image of camera 2; see `images.read_image`."""
        return read_image(self.path(IMAGES, frame_id), fix=ORIGIN[IMAGES])

    def image_size(self, frame_id: str) -> tuple[int, int]:
        """(height, width) of the image, pixels; see `images.read_image_size`."""
        return read_image_size(self.path(IMAGES, frame_id), fix=ORIGIN[IMAGES])

    def points(self, frame_id: str, *, drop_nonfinite: bool = False) -> np.ndarray:
        """(N, 4) LiDAR sweep; see `points.read_points`."""
        return read_points(self.path(POINTS, frame_id), drop_nonfinite=drop_nonfinite, fix=ORIGIN[POINTS])

    def oxts(self, frame_id: str) -> OxtsPacket:
        """Where the vehicle was; see `oxts.mercator_from_imu`."""
        return read_oxts(self.path(OXTS, frame_id))

    def calibration(self, frame_id: str) -> KittiCalibration:
        """The matrices of the frame's day under the names of the object set."""
        return self._day_of(drive_and_number(frame_id)[0]).matrices

    def calibrated(self, frame_id: str, image: np.ndarray) -> Calibration:
        """The calibration of this image.

        Raises:
            DataError: the image has another size than the rectified images of its day.
        """
        day, found = self._day_of(drive_and_number(frame_id)[0]), image.shape[:2]
        if day.image_size not in (None, found):
            height, width = day.image_size
            raise DataError(
                self.path(IMAGES, frame_id),
                f"{found[0]} x {found[1]} pixels (height x width)",
                f"{height} x {width}, the S_rect_02 of {CAMERAS}",
                fix="The image was resized or cropped, or is not of the synced and rectified data.",
            )
        return day.matrices.calibration(found)

    def _day_of(self, drive: str) -> RawCalibration:
        day = self.day(drive)
        if day.name not in self._days:
            self._days[day.name] = read_raw_calibration(day)
        return self._days[day.name]

    def tracklets(self, drive: str) -> tuple[Tracklet, ...] | None:
        """The labelled objects of a drive, or None for an unlabelled drive."""
        path = self.tracklets_path(drive)
        if drive not in self._tracklets and path.exists():
            self._tracklets[drive] = read_tracklets(path)
        return self._tracklets.get(drive)

    def labels(self, frame_id: str) -> KittiLabels | None:
        """The rows that a label file of the object set would have, or None in a drive without tracklets."""
        size = self._day_of(drive_and_number(frame_id)[0]).image_size or self.image_size(frame_id)
        calibration = self.calibration(frame_id).calibration(size)
        annotations = self._annotations(frame_id, calibration)
        return None if annotations is None else labels_from_annotations(annotations, calibration)

    def frame(
        self, frame_id: str, *, points: bool = True, depth: DepthSource | None = None, labels: bool = True
    ) -> Frame:
        """Reads one moment.

        Args:
            frame_id: such as ``"2011_09_26_drive_0052_sync/0000000005"``.
            points: read the LiDAR sweep.
            depth: ``"sparse"`` projects the sweep, ``"completed"`` fills it to a dense map, None leaves depth out.
            labels: take labels from the tracklets; a drive without any gives ``annotations=None``.

        Raises:
            DataError: a part is missing or wrong, an image has another size than its calibration, or ``depth`` is
                ``"file"``: raw drives hold no depth maps.
        """
        if depth == "file":
            drive, _ = drive_and_number(frame_id)
            fix = "Take depth='sparse' or 'completed', which are made from the sweep while reading."
            raise DataError(self.drive(drive), "no folder of depth maps", "depth maps for depth='file'", fix=fix)
        image = self.image(frame_id)
        calibration = self.calibrated(frame_id, image)
        sweep = self.points(frame_id) if points or depth is not None else None
        sparse = None if depth is None else sparse_depth(sweep, calibration)
        return Frame(
            frame_id=frame_id,
            image=image,
            calibration=calibration,
            points=sweep if points else None,
            depth=complete_depth(sparse) if depth == "completed" else sparse,
            annotations=self._annotations(frame_id, calibration) if labels else None,
        )

    def _annotations(self, frame_id: str, calibration: Calibration) -> Annotations | None:
        drive, number = drive_and_number(frame_id)
        tracklets = self.tracklets(drive)
        return None if tracklets is None else annotations_at(tracklets, number, calibration)

    def split_names(self) -> tuple[str, ...]:
        """The splits that the root has: two that need no list, and the lists in ``ROOT/ImageSets``."""
        return EVERY, LABELLED, *sorted(path.stem for path in (self.root / LISTS).glob("*.txt"))

    def split(self, name: str, *, present_only: bool = False) -> Split:
        """The frames of a split.

        Args:
            name: ``"every"``, ``"labelled"`` or the name of a list in ``ROOT/ImageSets``, such as ``"eigen_clean"``.
            present_only: leave out listed frames without image or sweep, instead of refusing the list.

        Raises:
            DataError: the list is missing or wrong, frames are absent (unless ``present_only``), or all are.
        """
        if name in (EVERY, LABELLED):
            complete = self.complete_ids()
            labelled = {drive for drive in self.drives() if self.tracklets_path(drive).exists()}
            ids = tuple(i for i in complete if name == EVERY or drive_and_number(i)[0] in labelled)
            if not ids:
                found, wanted = "no frames", "drives with image_02/data and velodyne_points/data"
                if name == LABELLED:
                    found = f"{len(complete)} frames, none of them in a drive with tracklet_labels.xml"
                    wanted += " and tracklet_labels.xml"
                fix = "Labels of a drive are a download of their own, DRIVE_tracklets.zip" if complete else None
                raise DataError(self.root, found, wanted, fix=fix)
            return Split(name, ids)
        fix = f"This root has the splits {', '.join(self.split_names())}."
        return self.listed(self.list_path(name), present_only=present_only, fix=fix)

    def listed(self, path: str | os.PathLike[str], *, present_only: bool = False, fix: str | None = None) -> Split:
        """The frames that a list names, wherever the list lies; see `lists`.

        Args:
            path: the list.
            present_only: leave out listed frames without image or sweep, instead of refusing the list.
            fix: where the list comes from, for the message when it is missing.

        Raises:
            DataError: the list is missing or wrong, frames are absent (unless ``present_only``), or all are.
        """
        path = Path(path)
        listed = read_frame_list(path, fix=fix)
        present = frozenset(self.complete_ids())
        ids = tuple(frame_id for frame_id in listed if frame_id in present)
        absent = tuple(frame_id for frame_id in listed if frame_id not in present)
        if absent and not (present_only and ids):
            raise absent_frames(path, "the drives", absent, len(listed), present_only=present_only)
        return Split(path.stem, ids, absent)
