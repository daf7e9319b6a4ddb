"""Writes street worlds as KITTI roots: in parallel, resumable, the same bytes whatever the number of workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm.auto import tqdm

from monotakd.datasets.kitti.depth import MAX_DEPTH
from monotakd.datasets.kitti.files import remove_leftovers
from monotakd.datasets.kitti.layout import CALIBRATIONS, DEPTHS, IMAGES, LABELS, POINTS, SUFFIX, UNLABELLED
from monotakd.datasets.kitti.writer import write_frame, write_split
from monotakd.datasets.street.manifest import SPLITS, Job, Manifest
from monotakd.datasets.street.render import render
from monotakd.datasets.street.sample import sample_scene
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.world import StreetScene
from monotakd.errors import DataError

# Generous bytes per pixel or frame, for the check of the disk: seen 1.2 to 2.1, 0.3 to 0.6 and 1.9 MB.
_IMAGE_BYTES, _DEPTH_BYTES, _SWEEP_BYTES, _OTHER_BYTES = 2.2, 0.9, 2_100_000, 8_000

J = TypeVar("J")

TINY_SEED = 26
TOY_SEED = 27
"""A world whose first frames are varied: town and country, sun and cloud, all common kinds of road users."""


@dataclass(frozen=True)
class Synthesis:
    """What a call of `synthesize` did.

    Attributes:
        root: the KITTI root.
        made: frames rendered by this call.
        kept: frames that were already there.
    """

    root: Path
    made: int
    kept: int


def scene_of(seed: int, split: str, index: int, settings: StreetSettings) -> StreetScene:
    """The street behind a frame: number ``index`` of a split.

    Each split draws from a seed of its own, so its streets stay the same when other splits grow.
    """
    own = np.random.SeedSequence([seed, SPLITS.index(split)]).generate_state(1, np.uint64)[0]
    return sample_scene(int(own >> np.uint64(1)), index, settings)


def scene_of_frame(root: str | os.PathLike[str], frame_id: str) -> StreetScene:
    """The street behind a frame of a synthetic root, to edit and to render again.

    Raises:
        DataError: the root has no ``world.json`` or no such frame.
    """
    manifest = Manifest.read(Path(root))
    for job in manifest.jobs():
        if job.frame_id == frame_id:
            return scene_of(manifest.seed, job.split, job.index, manifest.settings)
    raise DataError("frame_id", repr(frame_id), f"one of the {sum(manifest.frames)} frames of {root}")


def synthesize(
    out: str | os.PathLike[str],
    *,
    train: int,
    val: int,
    test: int = 0,
    unlabelled: int = 0,
    width: int | None = None,
    seed: int = 0,
    workers: int = 1,
    settings: StreetSettings | None = None,
    depth: bool = False,
    progress: bool = True,
    resume: bool = True,
) -> Synthesis:
    """Writes a world of streets as a KITTI root.

    Layout: ``training/{image_2,velodyne,calib,label_2}`` (and ``depth_2``), the same under ``testing`` for the split
    test (with labels, so that it can be scored), ``ImageSets/{train,val,trainval,test,unlabelled}.txt`` and
    ``world.json``.
    Unlabelled frames lie in ``training`` without a label file. Ids count through train, val, test, unlabelled.

    A run that was stopped goes on where it was when called again with the same arguments: files appear in one step,
    and a frame counts as done when all its files are there.

    Args:
        out: the root; made if it is missing.
        train: labelled frames to train on.
        val: labelled frames to validate on.
        test: labelled frames to test on.
        unlabelled: frames without labels.
        width: image width in pixels; the height follows. None takes that of ``settings``.
        seed: of the whole world; the same seed gives the same bytes whatever the number of workers.
        workers: processes; each casts rays with one thread.
        settings: what kind of streets; None takes the defaults.
        depth: also write dense depth maps to ``depth_2`` (0 beyond 255 m and in the sky).
        progress: show a bar.
        resume: keep frames that are there; False renders all of them again.

    Raises:
        DataError: the folder holds another world (names the field), the disk is too small, or open3d is missing.
        ValueError: a count is negative, all are zero, or workers is not positive.
    """
    counts = (train, val, test, unlabelled)
    if min(counts) < 0 or sum(counts) == 0 or workers < 1:
        raise ValueError(
            f"train, val, test, unlabelled = {counts} and workers = {workers}; expected counts of 0 or more, "
            "not all 0, and at least one worker"
        )
    settings = settings or StreetSettings()
    if width is not None:
        settings = replace(settings, width=width)
    root, manifest = Path(out), Manifest(seed, counts, settings, depth)
    known = manifest.require_same(root)
    jobs = manifest.jobs()
    todo = [job for job in jobs if not (known and resume and is_done(root, job, depth))]
    require_disk(root, len(todo), settings, depth)
    manifest.write(root)
    for subset in ("training", "testing"):
        remove_leftovers(root / subset)
    write = partial(write_job, root=root, seed=seed, settings=settings, depth=depth)
    kept = len(jobs) - len(todo)
    with tqdm(total=len(jobs), initial=kept, desc="streets", unit="frame", disable=not progress) as bar:
        for _ in run_jobs(write, todo, workers, root):
            bar.update()
    write_splits(root, jobs)
    return Synthesis(root, len(todo), kept)


def tiny_set(out: str | os.PathLike[str]) -> Synthesis:
    """Writes the eight frames that lie in ``data/tiny``: six to train on and two to validate on, at KITTI's size.

    Their LiDAR holds the camera's view only, which keeps all of it under 10 MB. To make it anew:
    ``python -c "from monotakd.datasets.street.generate import tiny_set; tiny_set('data/tiny')"``.
    """
    settings = StreetSettings(camera_view_only=True)
    return synthesize(out, train=6, val=2, seed=TINY_SEED, settings=settings, progress=False)


def toy_set(out: str | os.PathLike[str]) -> Synthesis:
    """Writes the twelve 320x96 frames in ``data/toy``, the input of the stored models: four to train on, eight val.

    To make it anew: ``python -c "from monotakd.datasets.street.generate import toy_set; toy_set('data/toy')"``.
    """
    settings = StreetSettings(width=320, camera_view_only=True)
    return synthesize(out, train=4, val=8, seed=TOY_SEED, settings=settings, progress=False)


def write_job(job: Job, *, root: Path, seed: int, settings: StreetSettings, depth: bool) -> None:
    """Renders and writes one frame."""
    rendered = render(scene_of(seed, job.split, job.index, settings), frame_id=job.frame_id, threads=1)
    frame, labels = rendered.frame, rendered.labels
    if job.split == UNLABELLED:
        frame, labels = replace(frame, annotations=None, instances=None), None
    if depth:
        near = np.where(frame.depth <= MAX_DEPTH, frame.depth, np.float32(0))
        frame = replace(frame, depth=near)
    write_frame(root, frame, labels=labels, subset=job.subset, write_depth=depth)


def run_jobs(write: Callable[[J], None], jobs: Sequence[J], workers: int, root: Path) -> Iterator[None]:
    """Does the jobs, in this process or in several, and yields after each.

    Raises:
        DataError: a worker was ended from outside; names the root.
    """
    # The first one is done here: it compiles the kernels once, and a missing open3d is said without a worker's trace.
    for job in jobs[: 1 if workers > 1 else len(jobs)]:
        yield write(job)
    if workers > 1 and len(jobs) > 1:
        try:
            with ProcessPoolExecutor(min(workers, len(jobs) - 1), mp_context=get_context("spawn")) as pool:
                yield from pool.map(write, jobs[1:])
        except BrokenProcessPool:
            raise DataError(
                root,
                "a worker process that was ended from outside",
                "workers that finish",
                fix="Memory may have run out: each worker needs about 1 GB. Call again with fewer workers; "
                "frames that are there are kept.",
            ) from None


def frame_files(root: Path, job: Job, depth: bool) -> list[Path]:
    """The files that a finished frame has."""
    folders = [IMAGES, CALIBRATIONS, POINTS]
    folders += [DEPTHS] if depth else []
    folders += [] if job.split == UNLABELLED else [LABELS]
    return [root / job.subset / folder / f"{job.frame_id}{SUFFIX[folder]}" for folder in folders]


def is_done(root: Path, job: Job, depth: bool) -> bool:
    """Whether all files of a frame are there; each was written in one step."""
    return all(path.exists() for path in frame_files(root, job, depth))


def write_splits(root: Path, jobs: Iterable[Job]) -> None:
    """Writes ``ImageSets``; splits without frames get no file."""
    ids = {split: [job.frame_id for job in jobs if job.split == split] for split in SPLITS}
    ids["trainval"] = ids["train"] + ids["val"]
    for name, members in ids.items():
        if members:
            write_split(root, name, members)


def require_disk(root: Path, frames: int, settings: StreetSettings, depth: bool) -> None:
    """Raises DataError if the disk has no room for that many frames."""
    per_pixel = _IMAGE_BYTES + (_DEPTH_BYTES if depth else 0)
    sweep = _SWEEP_BYTES / (4 if settings.camera_view_only else 1)
    need = frames * (settings.width * settings.height * per_pixel + sweep + _OTHER_BYTES)
    place = root.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < need:
        raise DataError(
            root,
            f"{free / 1e9:.1f} GB free",
            f"{need / 1e9:.1f} GB for {frames} frames of {settings.width} x {settings.height}",
            fix="Make room, or ask for fewer frames, a smaller width or the camera's view only.",
        )
