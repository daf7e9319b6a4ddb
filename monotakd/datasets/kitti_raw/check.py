"""Validates a KITTI raw root: calibrations, lists, tracklets, then every file of every frame, in parallel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tqdm.auto import tqdm

from monotakd.datasets.camera_view import in_camera_view
from monotakd.datasets.kitti.layout import Split
from monotakd.datasets.kitti.report import Report
from monotakd.datasets.kitti_raw.layout import (
    CAMERAS,
    IMAGES,
    ORIGIN,
    OXTS,
    POINTS,
    TIMESTAMPS,
    VELO_TO_CAM,
    drive_and_number,
    raw_id,
)
from monotakd.datasets.kitti_raw.reader import EVERY, LABELLED, KittiRawRoot
from monotakd.errors import DataError


def check_raw_root(
    root: str | os.PathLike[str],
    *,
    present_only: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> Report:
    """Reads every frame of a raw root and collects all that is wrong; never stops at a damaged file.

    A frame without image or sweep is a problem unless ``present_only``. Oxts, tracklets and timestamps may be missing:
    the report tells which of them each drive has.

    Args:
        root: the folder with the days.
        present_only: frames without image or sweep, listed or not, are no problem.
        workers: threads; None takes every core.
        progress: show a progress bar on stderr.

    Returns:
        The report, with the lists of the root and the frames of its labelled drives as splits, and a line per drive.
    """
    try:
        raw = KittiRawRoot(root)
        drives = raw.drives()
    except DataError as error:
        return Report(str(root), 0, (), (error,))
    if not drives:
        problem = DataError(
            root, "no drives", "folders such as 2011_09_26/2011_09_26_drive_0052_sync", fix=ORIGIN[IMAGES]
        )
        return Report(str(root), 0, (), (problem,))
    problems = [problem for drive in drives for problem in _drive_problems(raw, drive, present_only)]
    splits: list[Split] = []
    for name in raw.split_names():
        try:
            splits.append(raw.split(name, present_only=present_only))
        except DataError as error:
            # A root without a labelled drive or a complete frame is no problem of its own.
            if name not in (EVERY, LABELLED):
                problems.append(error)
    readable = [drive for drive in drives if not _calibration_problems(raw, drive)]
    ids = [i for i in raw.present_ids() if drive_and_number(i)[0] in readable]
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        results = pool.map(lambda frame_id: list(frame_problems(raw, frame_id)), ids)
        for found in tqdm(results, total=len(ids), desc="check", unit="frame", disable=not progress):
            problems += found
    different = {str(problem): problem for problem in problems}
    parts = tuple(_parts(raw, drive) for drive in drives)
    return Report(str(root), len(ids), tuple(splits), tuple(different.values()), parts)


def _parts(raw: KittiRawRoot, drive: str) -> str:
    """A drive's frames, and the parts of it that may be missing."""
    frames, packets = raw.numbers_in(IMAGES, drive) | raw.numbers_in(POINTS, drive), raw.numbers_in(OXTS, drive)
    timed = [folder for folder in (IMAGES, POINTS, OXTS) if (raw.drive(drive) / folder / TIMESTAMPS).exists()]
    tracklets = "tracklets" if raw.tracklets_path(drive).exists() else "no tracklets"
    timestamps = f"timestamps of {', '.join(timed)}" if timed else "no timestamps"
    return f"{drive}: oxts of {len(frames & packets)} of {len(frames)} frames, {tracklets}, {timestamps}"


def _calibration_problems(raw: KittiRawRoot, drive: str) -> list[DataError]:
    try:
        raw.calibration(raw_id(drive, 0))
    except DataError as error:
        return [error]
    return []


def _drive_problems(raw: KittiRawRoot, drive: str, present_only: bool) -> Iterator[DataError]:
    """What is wrong with a drive as a whole."""
    yield from _calibration_problems(raw, drive)
    images, sweeps = raw.numbers_in(IMAGES, drive), raw.numbers_in(POINTS, drive)
    for folder, numbers in ((IMAGES, sweeps - images), (POINTS, images - sweeps)):
        if numbers and not present_only:
            found = f"{len(numbers)} frames without a file ({min(numbers):010d}, ...)"
            fix = f"{ORIGIN[folder]} Or use those that are complete with --present-only."
            yield DataError(raw.drive(drive) / folder, found, "one for each frame", fix=fix)
    try:
        raw.tracklets(drive)
    except DataError as error:
        yield error


def frame_problems(raw: KittiRawRoot, frame_id: str) -> Iterator[DataError]:
    """Everything wrong with the files of one frame that are there.

    Args:
        raw: the root that holds it.
        frame_id: such as ``"2011_09_26_drive_0052_sync/0000000005"``.
    """
    drive, _ = drive_and_number(frame_id)
    parts = {IMAGES: raw.image, POINTS: raw.points, OXTS: raw.oxts}
    values = {}
    for folder, read in parts.items():
        if raw.path(folder, frame_id).exists():
            try:
                values[folder] = read(frame_id)
            except DataError as error:
                yield error
    if IMAGES in values:
        try:
            calibration = raw.calibrated(frame_id, values[IMAGES])
        except DataError as error:
            yield error
            return
        if POINTS in values and not in_camera_view(values[POINTS], calibration).any():
            found, expected = f"none of {len(values[POINTS])} LiDAR points of {frame_id} in the image", "some of them"
            yield DataError(raw.day(drive) / VELO_TO_CAM, found, expected, place=f"R, T (or P_rect_02 in {CAMERAS})")
