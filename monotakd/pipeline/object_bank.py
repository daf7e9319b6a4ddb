"""The objects that a teacher's frames are filled with: cut out of all training frames once, and kept beside the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from monotakd.datasets.augment import CutOut, ObjectBank
from monotakd.datasets.training_frames import LidarFrames
from monotakd.engine.processes import current_process, on_rank_0
from monotakd.engine.tensor_file import read_tensors, write_tensors
from monotakd.errors import DataError

NAME = "objects.safetensors"
_KIND = "objects"


def fill_bank(frames: LidarFrames, folder: Path, *, goes_on: bool, progress: bool = False) -> None:
    """Gives frames the objects to paste.

    Frames that are held in memory are read for it by every process, which they would be anyway. Of others one process
    cuts the objects out for all, and keeps them in a file; a run that goes on reads that file, and so trains with the
    objects that it began with.

    Args:
        frames: get their ``bank``.
        folder: of the run, which nobody else trains into.
        goes_on: from a checkpoint; a new run reads all frames, whatever is in the folder.
        progress: show a bar.

    Raises:
        DataError: the file cannot be written, or a frame cannot be read.
    """
    path = folder / NAME
    if frames.keep:
        frames.bank = frames.collect(progress=progress and current_process().writes)
        return

    def known_or_made() -> ObjectBank:
        bank = _known(path) if goes_on else None
        if bank is None:
            bank = frames.collect(progress=progress)
            write_bank(path, bank)
        return bank

    frames.bank = on_rank_0(known_or_made)


def write_bank(path: Path, bank: ObjectBank) -> None:
    """Writes the objects of all classes; see `read_bank`.

    Raises:
        DataError: the file cannot be written.
    """
    cutouts = [cutout for some in bank.cutouts.values() for cutout in some]
    # Joined, since a file of ten thousands of tensors takes long to open.
    tensors = {
        "points": np.concatenate([cutout.points for cutout in cutouts]) if cutouts else np.zeros((0, 4), np.float32),
        "boxes": np.stack([cutout.box for cutout in cutouts]) if cutouts else np.zeros((0, 7)),
        "counts": np.array([len(cutout.points) for cutout in cutouts], dtype=np.int64),
    }
    facts = {"classes": [[name, len(some)] for name, some in bank.cutouts.items()]}
    write_tensors(path, _KIND, {name: torch.from_numpy(value) for name, value in tensors.items()}, facts)


def read_bank(path: Path) -> ObjectBank:
    """What `write_bank` wrote, in the same order.

    Raises:
        DataError: the file is missing or damaged.
    """
    tensors, facts = read_tensors(path, _KIND)
    points, boxes, counts = (tensors[name].numpy() for name in ("points", "boxes", "counts"))
    clouds = np.split(points, np.cumsum(counts)[:-1]) if len(counts) else []
    cutouts = iter([CutOut(cloud, box) for cloud, box in zip(clouds, boxes, strict=True)])
    return ObjectBank({name: tuple(next(cutouts) for _ in range(count)) for name, count in facts["classes"]})


def _known(path: Path) -> ObjectBank | None:
    try:
        return read_bank(path)
    except DataError as error:
        print(f"{error}\nAll frames are read once more for their objects.", flush=True)
        return None
