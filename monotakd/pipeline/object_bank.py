"""The objects that a teacher's frames are filled with: cut out of all training frames once, and kept beside the run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from monotakd.datasets.augment import CutOut, ObjectBank
from monotakd.datasets.training_frames import LidarFrames
from monotakd.engine.tensor_file import read_tensors, write_tensors

NAME = "objects.safetensors"
_KIND = "objects"


def bank_of(frames: LidarFrames, path: Path | None, *, progress: bool = False) -> ObjectBank:
    """The objects of these frames, read from a file that an earlier start of the same training left.

    Args:
        frames: all of which are read where there is no such file, or one of other frames.
        path: the file, which is written then; None to cut them out at every start.
        progress: show a bar.

    Raises:
        DataError: the file is damaged or cannot be written, or a frame cannot be read.
    """
    if path is None:
        return frames.collect(progress=progress)
    key = _key(frames)
    if path.exists():
        bank = _read(path, key)
        if bank is not None:
            return bank
    bank = frames.collect(progress=progress)
    _write(path, key, bank)
    return bank


def _key(frames: LidarFrames) -> str:
    roots = [str(root.resolve()) for root in frames.root.roots]
    return hashlib.sha256(json.dumps([roots, list(frames.frame_ids), frames.classes]).encode()).hexdigest()


def _write(path: Path, key: str, bank: ObjectBank) -> None:
    cutouts = [cutout for some in bank.cutouts.values() for cutout in some]
    # Joined, since a file of ten thousands of tensors takes long to open.
    tensors = {
        "points": np.concatenate([cutout.points for cutout in cutouts]) if cutouts else np.zeros((0, 4), np.float32),
        "boxes": np.stack([cutout.box for cutout in cutouts]) if cutouts else np.zeros((0, 7)),
        "counts": np.array([len(cutout.points) for cutout in cutouts], dtype=np.int64),
    }
    facts = {"key": key, "classes": [[name, len(some)] for name, some in bank.cutouts.items()]}
    write_tensors(path, _KIND, {name: torch.from_numpy(value) for name, value in tensors.items()}, facts)


def _read(path: Path, key: str) -> ObjectBank | None:
    """None where it holds objects of other frames."""
    tensors, facts = read_tensors(path, _KIND)
    if facts["key"] != key:
        return None
    points, boxes, counts = (tensors[name].numpy() for name in ("points", "boxes", "counts"))
    clouds = np.split(points, np.cumsum(counts)[:-1])
    cutouts = iter([CutOut(cloud, box) for cloud, box in zip(clouds, boxes, strict=True)] if len(counts) else [])
    return ObjectBank({name: tuple(next(cutouts) for _ in range(count)) for name, count in facts["classes"]})
