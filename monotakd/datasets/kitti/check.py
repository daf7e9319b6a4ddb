"""Validates a KITTI root: its splits, then every file of every frame, in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm.auto import tqdm

from monotakd.datasets.camera_view import in_camera_view
from monotakd.datasets.kitti.depth import read_depth
from monotakd.datasets.kitti.files import read_text
from monotakd.datasets.kitti.labels import DONT_CARE, KittiLabels
from monotakd.datasets.kitti.layout import (
    CALIBRATIONS,
    DEPTHS,
    IMAGES,
    LABELS,
    ORIGIN,
    POINTS,
    SPLITS,
    UNLABELLED,
    KittiLayout,
    Split,
    absent_frames,
    subset_of_split,
)  # fmt: skip
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti.report import Report
from monotakd.datasets.kitti.splits import scan_split
from monotakd.errors import DataError

T = TypeVar("T")
_BOX_MARGIN = 2.0
"""Pixels by which a labelled box may reach beyond the image before the image counts as wrongly sized."""
_SEPARATE = ("train", "val", "test")


def check_root(
    root: str | os.PathLike[str],
    *,
    splits: Sequence[str] | None = None,
    present_only: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> Report:
    """Reads every frame of a KITTI root and collects all that is wrong; never stops at a damaged file.

    Args:
        root: the folder with ``training`` and ``ImageSets``.
        splits: check these splits and their frames only; None checks every split and every frame there is.
        present_only: frames that are listed in a split but absent are counted and are no problem.
        workers: threads (decoding and reading run outside Python's lock); None takes every core.
        progress: show a progress bar on stderr.

    Returns:
        The report; ``report.ok`` says whether the root can be used.
    """
    try:
        training = KittiRoot(Path(root))
    except DataError as error:
        return Report(str(root), 0, (), (error,))
    subsets = [training]
    if (training.root / "testing").is_dir():
        subsets.append(KittiRoot(training.root, "testing"))
    found_splits, problems = _check_splits(subsets, splits, present_only)
    work = []
    for layout in subsets:
        listed = [s.ids for s in found_splits if subset_of_split(s.name) == layout.subset]
        frame_ids = sorted(set().union(*listed)) if splits is not None else _present(layout)
        folders, missing = _folders(layout, frame_ids)
        problems += missing
        work += [(layout, folders, frame_id) for frame_id in frame_ids]
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        results = pool.map(lambda item: list(frame_problems(*item)), work)
        for found in tqdm(results, total=len(work), desc="check", unit="frame", disable=not progress):
            problems += found
    # A damaged unlabelled.txt is met again by each frame without labels.
    different = {str(problem): problem for problem in problems}
    return Report(str(root), len(work), tuple(found_splits), tuple(different.values()))


def _present(layout: KittiLayout) -> tuple[str, ...]:
    try:
        return layout.present_ids()
    except DataError:
        return ()  # reported by _folders


def _check_splits(
    subsets: list[KittiRoot], names: Sequence[str] | None, present_only: bool
) -> tuple[list[Split], list[DataError]]:
    layout = subsets[0]
    present = {subset.subset: frozenset(_present(subset)) for subset in subsets}
    found, problems = [], []
    names = layout.split_names() if names is None else names
    if not names:
        folder = layout.root / SPLITS
        problems.append(DataError(folder, "no split files", "train.txt, val.txt and so on", fix=ORIGIN[SPLITS]))
    for name in names:
        path, subset = layout.split_path(name), subset_of_split(name)
        try:
            listed, wrong = scan_split(path, fix=ORIGIN[SPLITS])
        except DataError as error:
            problems.append(error)
            continue
        problems += wrong
        there = present.get(subset, frozenset())
        split = Split(
            name,
            tuple(frame_id for frame_id in listed if frame_id in there),
            tuple(frame_id for frame_id in listed if frame_id not in there),
        )
        if split.absent and not present_only:
            problems.append(absent_frames(path, subset, split.absent, len(listed), present_only=False))
        found.append(split)
    problems += _leaks(layout, found)
    return found, problems


def _leaks(layout: KittiLayout, splits: list[Split]) -> Iterator[DataError]:
    """Frames that stand in two splits of the same subset which must be kept apart."""
    for first, second in combinations([s for s in splits if s.name in _SEPARATE], 2):
        shared = set(first.ids + first.absent) & set(second.ids + second.absent)
        if shared and subset_of_split(first.name) == subset_of_split(second.name):
            found = f"{len(shared)} frames that are also in {first.name} ({min(shared)}, ...)"
            yield DataError(layout.split_path(second.name), found, "splits without common frames", place="whole file")


def _folders(layout: KittiRoot, frame_ids: Sequence[str]) -> tuple[frozenset[str], list[DataError]]:
    """The folders that exist; a needed one that does not is one problem, instead of one for every frame."""
    present, problems = [], []
    for folder in (IMAGES, CALIBRATIONS, POINTS, LABELS, DEPTHS):
        path = layout.root / layout.subset / folder
        try:
            layout.ids_in(folder)
        except DataError as error:
            problems.append(error)
            continue
        if path.is_dir():
            present.append(folder)
        elif folder in (IMAGES, CALIBRATIONS, POINTS) or (folder == LABELS and _wants_labels(layout, frame_ids)):
            problems.append(DataError(path, "no such folder", "one file for each frame", fix=ORIGIN[folder]))
    return frozenset(present), problems


def _unlabelled(layout: KittiLayout) -> frozenset[str]:
    """Like ``layout.unlabelled_ids``, but a damaged split file (reported elsewhere) gives what can be read of it."""
    path = layout.split_path(UNLABELLED)
    try:
        return frozenset(scan_split(path)[0]) if path.exists() else frozenset()
    except DataError:
        return frozenset()


def _wants_labels(layout: KittiLayout, frame_ids: Sequence[str]) -> bool:
    return layout.subset == "training" and not _unlabelled(layout).issuperset(frame_ids)


def frame_problems(layout: KittiRoot, folders: frozenset[str], frame_id: str) -> Iterator[DataError]:
    """Everything wrong with one frame.

    Args:
        layout: the subset that holds it.
        folders: the folders to look into.
        frame_id: such as ``"000008"``.
    """
    problems: list[DataError] = []

    def attempt(folder: str, read: Callable[[], T]) -> T | None:
        if folder not in folders:
            return None
        try:
            return read()
        except DataError as error:
            problems.append(error)
            return None

    image = attempt(IMAGES, lambda: layout.image(frame_id))
    matrices = attempt(CALIBRATIONS, lambda: layout.calibration(frame_id))
    points = attempt(POINTS, lambda: layout.points(frame_id))
    labels = attempt(LABELS, lambda: layout.labels(frame_id))
    size = None if image is None else image.shape[:2]
    attempt(DEPTHS, lambda: read_depth(layout.path(DEPTHS, frame_id), size=size, fix=ORIGIN[DEPTHS]))
    yield from problems
    if size is not None and matrices is not None:
        calibration = matrices.calibration(size)
        cx, cy = calibration.principal_point
        path = layout.path(CALIBRATIONS, frame_id)
        if not (0 <= cx < size[1] and 0 <= cy < size[0]):
            yield DataError(
                path,
                f"principal point ({cx:.1f}, {cy:.1f})",
                f"a point inside the image of {size[1]} x {size[0]} pixels",
                place="P2",
                fix="Image and calibration belong to different frames, or one of them was resized or cropped alone.",
            )
        elif points is not None and not in_camera_view(points, calibration).any():
            found, expected = f"none of {len(points)} LiDAR points in the image", "some of them"
            yield DataError(path, found, expected, place="P2, R0_rect, Tr_velo_to_cam")
    if labels is not None:
        yield from _label_problems(layout.path(LABELS, frame_id), labels, size)


def _label_problems(path: Path, labels: KittiLabels, size: tuple[int, int] | None) -> Iterator[DataError]:
    """Values that can be read but cannot be true."""
    left, top, right, bottom = labels.boxes_2d.T
    objects = np.array([name != DONT_CARE for name in labels.names], dtype=bool)
    unlikely = objects & ~((labels.truncated >= 0) & (labels.truncated <= 1))
    rules = [
        ("truncated", labels.truncated, unlikely, "a share of 0 to 1"),
        ("occluded", labels.occluded, objects & ~np.isin(labels.occluded, (0, 1, 2, 3)), "0, 1, 2 or 3"),
        ("2D box", labels.boxes_2d, (right <= left) | (bottom <= top), "left < right and top < bottom"),
    ]
    if size is not None:
        lowest, highest = -_BOX_MARGIN, np.add(size, _BOX_MARGIN)
        outside = (np.minimum(left, top) < lowest) | (right > highest[1]) | (bottom > highest[0])
        expected = f"a box inside the image of {size[1]} x {size[0]} pixels (was the image resized?)"
        rules.append(("2D box", labels.boxes_2d, outside, expected))
    broken = [(row, name, values[row], rule) for name, values, wrong, rule in rules for row in np.flatnonzero(wrong)]
    if broken:
        lines = [number for number, line in enumerate(read_text(path, "labels").split("\n"), 1) if line.strip()]
        for row, name, value, expected in broken:
            found = f"{labels.names[row]} with {name} = {value.tolist()}"
            yield DataError(path, found, expected, place=f"line {lines[row]}")
