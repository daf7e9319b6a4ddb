"""Writes worlds of short drives as KITTI raw roots: in parallel, resumable, the same bytes with any workers."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from monotakd.datasets.kitti_raw.calibration import write_raw_calibration
from monotakd.datasets.kitti_raw.layout import IMAGES, LISTS, TIMESTAMPS, is_raw_root, raw_id
from monotakd.datasets.kitti_raw.lists import write_frame_list
from monotakd.datasets.street import camera
from monotakd.datasets.street.drive import sample_drive
from monotakd.datasets.street.drive_files import LIDAR_FROM_IMU, write_drive
from monotakd.datasets.street.generate import Synthesis, require_disk, run_jobs
from monotakd.datasets.street.manifest import SPLITS, require_same_values, write_values
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.world import Camera
from monotakd.errors import DataError

FILE = "drives.json"
VERSION = 1
"""Raised whenever the same seed gives other bytes than before."""
DAY = "2026_01_01"
"""A day on which KITTI did not drive, so that no made drive is taken for a real one."""


@dataclass(frozen=True)
class DriveJob:
    """One drive to make.

    Attributes:
        index: its number; with the seed it fixes the street and all that moves.
        labelled: whether it gets tracklets.
    """

    index: int
    labelled: bool

    @property
    def name(self) -> str:
        """Name of the drive."""
        return f"{DAY}_drive_{self.index + 1:04d}_sync"

    def folder(self, root: Path) -> Path:
        """Folder of the drive."""
        return root / DAY / self.name

    def is_done(self, root: Path) -> bool:
        """Whether the file that is written last is there."""
        return (self.folder(root) / IMAGES / TIMESTAMPS).exists()


def synthesize_drives(
    out: str | os.PathLike[str],
    *,
    drives: int,
    frames: int,
    unlabelled: int = 0,
    width: int | None = None,
    seed: int = 0,
    workers: int = 1,
    settings: StreetSettings | None = None,
    progress: bool = True,
) -> Synthesis:
    """Writes drives through streets of their own as a KITTI raw root.

    Layout: ``2026_01_01/`` with calibration files and drives of ``image_02``, ``velodyne_points``, ``oxts`` and
    ``tracklet_labels.xml``; ``ImageSets/train.txt`` lists the frames of drives with tracklets, ``unlabelled.txt`` the
    others; ``drives.json`` says what it was made from. A run that was stopped goes on when called again with the same
    arguments; it repeats the drives that were being made.

    >>> synthesize_drives("data/drives", drives=2, frames=10, unlabelled=4, width=320)
    >>> raw = KittiRawRoot("data/drives")
    >>> raw.split("unlabelled").ids[0]
    '2026_01_01_drive_0003_sync/0000000000'

    Args:
        out: the root; made if it is missing.
        drives: drives with tracklets.
        frames: moments of each drive, ten a second.
        unlabelled: drives without tracklets.
        width: image width in pixels; the height follows. None takes that of ``settings``.
        seed: of the whole world; its streets differ from those of `synthesize` with the same seed.
        workers: processes; each makes whole drives.
        settings: what kind of streets; a varied focal length is not for drives, which share one calibration.
        progress: show a bar.

    Returns:
        How many drives were made and how many were there.

    Raises:
        DataError: the folder holds another world (names the field), the disk is too small, or open3d is missing.
        ValueError: a count is not as it should be, or the settings vary the focal length.
    """
    settings = settings or StreetSettings()
    settings = settings if width is None else replace(settings, width=width)
    if min(drives, unlabelled) < 0 or drives + unlabelled == 0 or frames < 1 or workers < 1 or settings.varied_focal:
        raise ValueError(
            f"drives = {drives}, unlabelled = {unlabelled}, frames = {frames}, workers = {workers}, varied_focal = "
            f"{settings.varied_focal}; expected counts of 0 or more, not both 0, at least one frame and one worker, "
            "and one focal length"
        )
    root = Path(out)
    values = {"generator": "monotakd street drives", "version": VERSION, "seed": seed, "drives": drives}
    values |= {
        "unlabelled": unlabelled,
        "frames": frames,
        "settings": json.loads(json.dumps(dataclasses.asdict(settings))),
    }
    if (root / FILE).exists():
        require_same_values(root / FILE, values)
    elif is_raw_root(root) or (root / LISTS).exists():
        fix = "Choose another folder; nothing here was touched."
        raise DataError(root, "frames that were not made here", f"an empty folder or one with a {FILE}", fix=fix)
    jobs = [DriveJob(index, index < drives) for index in range(drives + unlabelled)]
    todo = [job for job in jobs if not job.is_done(root)]
    require_disk(root, len(todo) * frames, settings, False)
    write_values(root / FILE, values)
    calibration = camera.calibration(Camera(width=settings.width, height=settings.height))
    write_raw_calibration(root / DAY, calibration, LIDAR_FROM_IMU, time="01-Jan-2026 12:00:00")
    write = partial(_write_job, root=root, seed=seed, frames=frames, settings=settings)
    with tqdm(total=len(jobs), initial=len(jobs) - len(todo), desc="drives", unit="drive", disable=not progress) as bar:
        for _ in run_jobs(write, todo, workers, root):
            bar.update()
    for name, labelled in (("train", True), ("unlabelled", False)):
        ids = [raw_id(job.name, number) for job in jobs if job.labelled == labelled for number in range(frames)]
        if ids:
            write_frame_list(root / LISTS / f"{name}.txt", ids)
    return Synthesis(root, len(todo), len(jobs) - len(todo))


def _write_job(job: DriveJob, *, root: Path, seed: int, frames: int, settings: StreetSettings) -> None:
    # A number after those of the splits, so that no drive goes through a street of `synthesize`.
    own = np.random.SeedSequence([seed, len(SPLITS)]).generate_state(1, np.uint64)[0]
    scenes = sample_drive(int(own >> np.uint64(1)), job.index, frames, settings)
    write_drive(job.folder(root), scenes, labelled=job.labelled)
