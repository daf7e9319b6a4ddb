"""Outputs of frozen networks, computed once per frame and flip and kept on disk in half precision.

Teacher and assistant say the same of the same frame in every epoch. With the flip as the only augmentation, their
outputs fit into two files per frame.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.files import remove_leftovers
from monotakd.engine.durable import make_folder
from monotakd.engine.loader import read_ahead
from monotakd.engine.processes import current_process, wait_for_all
from monotakd.engine.tensor_file import read_tensors, write_tensors
from monotakd.errors import DataError, require

_KIND = "features"
_HOUR = 3600.0


class FeatureCache:
    """A folder of outputs.

    Args:
        root: folder for caches; each key has one of its own in it.
        key: what the outputs depend on besides the frame, such as the hash of a network's weights (`weights_hash`);
            outputs under another key are never seen.
    """

    def __init__(self, root: str | PathLike[str], key: str):
        require(key.isalnum(), f"cache key {key!r}: expected letters and digits, such as weights_hash(teacher)")
        self.key = key
        self.folder = Path(root) / key

    def path(self, frame_id: str, flipped: bool) -> Path:
        """The file of a frame."""
        return self.folder / f"{frame_id}{'.flipped' if flipped else ''}.safetensors"

    def missing(self, frame_ids: Sequence[str], flips: Sequence[bool] = (False, True)) -> list[tuple[str, bool]]:
        """Frames and flips that are not there yet."""
        return [(name, flip) for flip in flips for name in frame_ids if not self.path(name, flip).exists()]

    def read(self, frame_ids: Iterable[str], flipped: Iterable[bool]) -> dict[str, Tensor]:
        """Outputs of a batch.

        Returns:
            Name to tensor (B, ...), float32.

        Raises:
            DataError: one is missing or damaged.
        """
        stored = [self.read_one(name, flip) for name, flip in zip(frame_ids, flipped, strict=True)]
        return {name: torch.stack([sample[name] for sample in stored]).float() for name in stored[0]}

    def read_one(self, frame_id: str, flipped: bool) -> dict[str, Tensor]:
        """Outputs of one frame, without batch axis and in half precision; errors as for `read`."""
        path = self.path(frame_id, flipped)
        tensors, facts = read_tensors(path, _KIND)
        if (facts["key"], facts["frame_id"], facts["flipped"]) != (self.key, frame_id, flipped):
            raise DataError(
                path,
                f"outputs of frame {facts['frame_id']}, flipped: {facts['flipped']}, key {facts['key']}",
                "what its name says",
                fix="Somebody renamed it: remove it, and fill the cache again",
            )
        return tensors

    def bytes_missing(
        self,
        frame_ids: Sequence[str],
        sample: Callable[[int, bool], Any],
        outputs: Callable[[Any], Mapping[str, Tensor]],
        *,
        flips: Sequence[bool] = (False, True),
        collate: Callable[[list], Any] = collate,
    ) -> int:
        """Size of what `fill` would write; computes one missing frame for it. Arguments as there."""
        missing = self.missing(frame_ids, flips)
        if not missing:
            return 0
        name, flip = missing[0]
        with torch.no_grad():
            computed = outputs(collate([sample(list(frame_ids).index(name), flip)]))
        return len(missing) * sum(value[0].numel() for value in computed.values()) * torch.float16.itemsize

    def fill(
        self,
        frame_ids: Sequence[str],
        sample: Callable[[int, bool], Any],
        outputs: Callable[[Any], Mapping[str, Tensor]],
        *,
        flips: Sequence[bool] = (False, True),
        batch_size: int = 8,
        collate: Callable[[list], Any] = collate,
        workers: int = 0,
        say: Callable[[str], None] = print,
        progress: bool = True,
    ) -> int:
        """Computes what is missing. Tells the size before; killed at any time, another call goes on.

        Batches are cut the same way whatever is there already, so that a resumed cache has the same bytes. Several
        processes share the batches out among themselves, and all return when everything is there.

        Args:
            frame_ids: names.
            sample: frame by index and flip, not augmented otherwise.
            outputs: takes a batch to tensors (B, ...) by name; the networks in it must be in evaluation mode.
            flips: which of the two.
            batch_size: frames at once.
            collate: makes a batch of samples.
            workers: processes that read frames; 0 reads in this one.
            say: takes the message about the size.
            progress: show a bar.

        Returns:
            The number of files that were missing.

        Raises:
            DataError: the disk has not enough room, or cannot be written.
            ValueError: an output is not finite in half precision.
        """
        process = current_process()
        remove_leftovers(self.folder, older=_HOUR)
        missing = set(self.missing(frame_ids, flips))
        work = [
            [(i, flip) for i in range(start, min(start + batch_size, len(frame_ids)))]
            for flip in flips
            for start in range(0, len(frame_ids), batch_size)
        ]
        # Shared out before looking what is there: processes that come later must not share it out otherwise.
        work = work[process.rank :: process.world]
        work = [keys for keys in work if any((frame_ids[i], flip) in missing for i, flip in keys)]
        if missing and process.writes:
            size = self.bytes_missing(frame_ids, sample, outputs, flips=flips, collate=collate)
            require_room(self.folder, size, len(missing), say)
        read = read_ahead(partial(_unpacked, sample), work, collate, workers)
        bar = tqdm(work, desc="cache", unit="batch", disable=not (progress and process.writes))
        for keys, batch in zip(bar, read, strict=True):
            with torch.no_grad():
                computed = outputs(batch)
            half = {name: value.to("cpu", torch.float16) for name, value in computed.items()}
            for row, (i, flip) in enumerate(keys):
                if (frame_ids[i], flip) in missing:
                    self._write(frame_ids[i], flip, {name: value[row] for name, value in half.items()})
        wait_for_all()
        return len(missing)

    def _write(self, frame_id: str, flipped: bool, tensors: Mapping[str, Tensor]) -> None:
        broken = [name for name, value in tensors.items() if not bool(torch.isfinite(value).all())]
        require(
            not broken,
            f"outputs {', '.join(broken)} of frame {frame_id} are not finite in half precision (largest 65504): "
            "broken input of this frame, or features too large to be cached",
        )
        facts = {"key": self.key, "frame_id": frame_id, "flipped": flipped}
        write_tensors(self.path(frame_id, flipped), _KIND, tensors, facts)


def _unpacked(sample: Callable[[int, bool], Any], key: tuple[int, bool]) -> Any:
    return sample(*key)


def require_room(folder: Path, size: int, files: int, say: Callable[[str], None] = print) -> None:
    """Tells how much is going to be stored, and whether there is room.

    Args:
        folder: made if it is missing.
        size: bytes.
        files: how many.
        say: takes the message.

    Raises:
        DataError: the disk has not enough room.
    """
    make_folder(folder)
    free = shutil.disk_usage(folder).free
    say(f"cache: {files} files, {size / 1e6:.0f} MB, in {folder} ({free / 1e9:.1f} GB free)")
    if size > free:
        raise DataError(
            folder,
            f"{free / 1e6:.0f} MB of free disk",
            f"room for {size / 1e6:.0f} MB of cached outputs",
            fix="Free disk space, choose another folder, or train without the cache",
        )
