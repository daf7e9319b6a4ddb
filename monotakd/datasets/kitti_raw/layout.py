"""Where KITTI raw keeps what: ``ROOT/DATE/DRIVE/{image_02/data,velodyne_points/data,oxts/data}`` beside calibrations.

A frame is named by its drive and its number, such as ``2011_09_26_drive_0052_sync/0000000005``; the drive's name begins
with the date, so that this says where every file lies.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from monotakd.errors import DataError, require

IMAGES, POINTS, OXTS = "image_02", "velodyne_points", "oxts"
SUFFIX = {IMAGES: ".png", POINTS: ".bin", OXTS: ".txt"}
TRACKLETS = "tracklet_labels.xml"
CAMERAS, VELO_TO_CAM, IMU_TO_VELO = "calib_cam_to_cam.txt", "calib_velo_to_cam.txt", "calib_imu_to_velo.txt"
TIMESTAMPS = "timestamps.txt"
LISTS = "ImageSets"

_PAGE = "the raw data page of KITTI (cvlibs.net, registration needed)"
_DRIVE_ZIP = f"The archive DRIVE_sync.zip of {_PAGE} holds images, sweeps and oxts of a drive; unpack it in the root."
ORIGIN = {
    IMAGES: _DRIVE_ZIP,
    POINTS: f"{_DRIVE_ZIP} A few frames of KITTI have no sweep: leave them out, or read them with points=False.",
    OXTS: _DRIVE_ZIP,
    TRACKLETS: f"Drives with labelled objects have an archive DRIVE_tracklets.zip on {_PAGE}.",
    CAMERAS: f"The archive DATE_calib.zip of {_PAGE} holds the calibration of all drives of a day.",
}
ORIGIN[VELO_TO_CAM] = ORIGIN[IMU_TO_VELO] = ORIGIN[CAMERAS]

_DATE, _DRIVE = re.compile(r"\d{4}_\d\d_\d\d"), re.compile(r"(\d{4}_\d\d_\d\d)_drive_\d{4}_sync")
_FRAME_ID = re.compile(rf"{_DRIVE.pattern}/\d{{10}}")


def is_raw_id(text: str) -> bool:
    """Whether the text names a frame of a raw drive, such as ``2011_09_26_drive_0052_sync/0000000005``."""
    return _FRAME_ID.fullmatch(text) is not None


def raw_id(drive: str, number: int) -> str:
    """The name of a frame."""
    return f"{drive}/{number:010d}"


def drive_and_number(frame_id: str) -> tuple[str, int]:
    """The drive and the number in it.

    Raises:
        ValueError: this is no name of a raw frame.
    """
    require(
        is_raw_id(frame_id),
        f"frame_id is {frame_id!r}, expected a drive and ten digits, such as '2011_09_26_drive_0052_sync/0000000005'",
    )
    drive, number = frame_id.split("/")
    return drive, int(number)


def is_raw_root(root: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a day such as ``2011_09_26``."""
    root = Path(root)
    return root.is_dir() and any(_DATE.fullmatch(path.name) and path.is_dir() for path in root.iterdir())


def looks_raw(root: str | os.PathLike[str]) -> bool:
    """Whether someone who names this folder means KITTI raw: it is a raw root, or a day of one by mistake."""
    return is_raw_root(root) or _DATE.fullmatch(Path(root).name) is not None


@dataclass(frozen=True)
class RawLayout:
    """The paths of a raw root.

    Attributes:
        root: the folder that holds the days (``2011_09_26``, ...).

    Raises:
        DataError: the root holds no day.
    """

    root: Path

    def __post_init__(self):
        object.__setattr__(self, "root", Path(self.root))
        if not is_raw_root(self.root):
            found = "no folder of a day" if self.root.is_dir() else "no such folder"
            fix = "Unpack KITTI raw there, or make drives with: monotakd data synthesize --layout raw --out DIR"
            if _DATE.fullmatch(self.root.name):
                fix = f"This is a day itself; the root is the folder above: {self.root.parent}"
            raise DataError(self.root, found, "a KITTI raw root with days such as 2011_09_26", fix=fix)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The root, see `sources.FrameSource`."""
        return (self.root,)

    def day(self, drive: str) -> Path:
        """The folder with the calibration files of a drive."""
        match = _DRIVE.fullmatch(drive)
        require(match is not None, f"drive is {drive!r}, expected a name such as '2011_09_26_drive_0052_sync'")
        return self.root / match[1]

    def drive(self, drive: str) -> Path:
        """The folder of a drive."""
        return self.day(drive) / drive

    def path(self, folder: str, frame_id: str) -> Path:
        """The file of a frame, such as ``path("image_02", "2011_09_26_drive_0052_sync/0000000005")``."""
        drive, number = drive_and_number(frame_id)
        return self.drive(drive) / folder / "data" / f"{number:010d}{SUFFIX[folder]}"

    def tracklets_path(self, drive: str) -> Path:
        """The file with the labelled objects of a drive, which many drives do not have."""
        return self.drive(drive) / TRACKLETS

    def list_path(self, name: str) -> Path:
        """The file of a list of frames."""
        return self.root / LISTS / f"{name}.txt"

    def drives(self) -> tuple[str, ...]:
        """The synchronised drives, sorted.

        Raises:
            DataError: there are only unsynchronised ones, whose images are not rectified.
        """
        days = sorted(path for path in self.root.iterdir() if _DATE.fullmatch(path.name) and path.is_dir())
        names = sorted(path.name for day in days for path in day.iterdir() if path.is_dir())
        drives = tuple(name for name in names if _DRIVE.fullmatch(name))
        if not drives and any(name.endswith("_extract") for name in names):
            fix = (
                "Get the archives 'synced+rectified data': images of 'unsynced+unrectified data' do not fit P_rect_02."
            )
            raise DataError(self.root, "drives ending in _extract only", "drives ending in _sync", fix=fix)
        return drives

    def numbers_in(self, folder: str, drive: str) -> frozenset[int]:
        """The numbers of a drive's frames that have a file in this folder.

        Raises:
            DataError: the folder may not be read.
        """
        path, suffix = self.drive(drive) / folder / "data", SUFFIX[folder]
        try:
            stems = [name.removesuffix(suffix) for name in os.listdir(path) if name.endswith(suffix)]
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise DataError(path, f"a folder that cannot be read ({error.strerror})", "a folder of frames") from None
        return frozenset(int(stem) for stem in stems if len(stem) == 10 and stem.isdecimal())

    def present_ids(self) -> tuple[str, ...]:
        """The frames that have an image or a sweep, drive by drive."""
        return tuple(
            raw_id(drive, number)
            for drive in self.drives()
            for number in sorted(self.numbers_in(IMAGES, drive) | self.numbers_in(POINTS, drive))
        )

    def complete_ids(self) -> tuple[str, ...]:
        """The frames that have an image and a sweep, drive by drive: what teacher, assistant and student need."""
        return tuple(
            raw_id(drive, number)
            for drive in self.drives()
            for number in sorted(self.numbers_in(IMAGES, drive) & self.numbers_in(POINTS, drive))
        )
