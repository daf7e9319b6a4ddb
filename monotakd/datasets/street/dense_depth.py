"""Dense true depth of a street world that was written without it: its streets are drawn again from their seeds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from tqdm.auto import tqdm

from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.depth import MAX_DEPTH, write_depth
from monotakd.datasets.kitti.layout import DEPTHS, SUFFIX
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street.generate import run_jobs, scene_of
from monotakd.datasets.street.manifest import Job, Manifest
from monotakd.datasets.street.render import render_depth
from monotakd.errors import DataError

TOLERANCE = 0.02
"""Largest median difference to the frame's own LiDAR, as a share of the depth. The shipped 320-pixel streets have 0.003
to 0.007, the depth of another street 0.05 to 0.5."""


def depth_path(folder: Path, frame_id: str) -> Path:
    """Where `render_depth_maps` puts the map of a frame; `kitti.depth.read_depth` reads it."""
    return folder / f"{frame_id}{SUFFIX[DEPTHS]}"


def render_depth_maps(
    root: Path, frame_ids: Iterable[str], folder: Path, *, workers: int = 1, progress: bool = True
) -> int:
    """Writes the dense depth of frames of a street world; maps that are there are kept.

    Each map is compared with the frame's LiDAR sweep before it is written, so that a world made by another version of
    the generator is refused and not paired with the depth of other streets.

    Args:
        root: a street world, with ``world.json``.
        frame_ids: of any of its splits.
        folder: where to write; made if it is missing.
        workers: processes.
        progress: show a bar.

    Returns:
        How many maps were written.

    Raises:
        DataError: the root is no street world or has no such frame, the depth does not fit the sweep, open3d is
            missing, or a worker was ended from outside.
    """
    manifest = Manifest.read(root)
    jobs, todo = {job.frame_id: job for job in manifest.jobs()}, []
    for frame_id in frame_ids:
        if frame_id not in jobs:
            raise DataError(root, f"no frame {frame_id}", f"one of its {len(jobs)} frames")
        if not depth_path(folder, frame_id).exists():
            todo.append(jobs[frame_id])
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(_write, root, manifest, folder)
    with tqdm(total=len(todo), desc="depth", unit="frame", disable=not progress) as bar:
        for _ in run_jobs(write, todo, workers, root):
            bar.update()
    return len(todo)


def _write(root: Path, manifest: Manifest, folder: Path, job: Job) -> None:
    depth = render_depth(scene_of(manifest.seed, job.split, job.index, manifest.settings), threads=1)
    _require_same_street(KittiRoot(root, job.subset), job.frame_id, depth)
    storable = np.where(depth <= MAX_DEPTH, depth, np.float32(0))
    write_depth(depth_path(folder, job.frame_id), storable)


def _require_same_street(root: KittiRoot, frame_id: str, depth: Float32[np.ndarray, "H W"]) -> None:
    seen = sparse_depth(root.points(frame_id), root.calibration(frame_id).calibration(depth.shape))
    both = (seen > 0) & (depth > 0)
    off = float(np.median(np.abs(seen[both] / depth[both] - 1))) if both.any() else 0.0
    if off > TOLERANCE:
        raise DataError(
            root.root / root.subset,
            f"LiDAR that is {100 * off:.0f} % off the depth of the street drawn again from its seed",
            f"at most {100 * TOLERANCE:.0f} % (median)",
            place=f"frame {frame_id}",
            fix="Another version of the generator made this world: synthesise it anew.",
        )
