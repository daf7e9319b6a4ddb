"""The files of one run: config.json, log.jsonl, two checkpoints, and in the end final.safetensors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from monotakd.datasets.kitti.files import remove_leftovers
from monotakd.engine import config_file, log
from monotakd.engine.checkpoint import Checkpoint, checkpoints, newest_checkpoint
from monotakd.engine.durable import make_folder
from monotakd.engine.weights import load_weights, save_weights
from monotakd.errors import DataError

FINAL = "final.safetensors"


class RunFolder:
    """Where a run keeps its state.

    Args:
        path: the folder; made when the run is opened.
        config: what the run is, plain JSON; everything outside ``record`` must agree when the run is resumed.
    """

    def __init__(self, path: str | os.PathLike[str], config: Mapping[str, Any]):
        self.path = Path(path)
        self.config = {name: value for name, value in config.items() if name != config_file.RECORD}
        self.record = config.get(config_file.RECORD, {})

    @property
    def final(self) -> Path:
        """The trained weights."""
        return self.path / FINAL

    @property
    def log(self) -> Path:
        """One JSON object per step."""
        return self.path / log.NAME

    @property
    def config_path(self) -> Path:
        """What the run is."""
        return self.path / config_file.NAME

    def open(self, *, resume: bool) -> Checkpoint | None:
        """Starts the run, or finds where it stopped.

        Args:
            resume: go on with what is in the folder; an empty folder starts anew all the same.

        Returns:
            The newest usable checkpoint; None for a new or a finished run.

        Raises:
            DataError: the folder holds a run and ``resume`` is False, or it holds another run, or damaged files.
        """
        states = [path for path in (self.config_path, self.final, *checkpoints(self.path)) if path.exists()]
        if not states:
            config_file.write_config(self.path, {**self.config, config_file.RECORD: self.record})
            return None
        if not resume:
            raise DataError(
                self.path,
                f"a run that was started before ({', '.join(path.name for path in states[:3])})",
                "an empty or new folder",
                fix="Resume it (--resume), or train into another folder",
            )
        config_file.require_same_config(self.config_path, config_file.read_config(self.path), self.config)
        if self.final.exists():
            return None
        found = newest_checkpoint(self.path)
        if found is None:
            return None
        path, checkpoint = found
        config_file.require_same_config(path, checkpoint.config, self.config)
        return checkpoint

    def finish(self, module: nn.Module, step: int) -> None:
        """Writes the trained weights, then removes the checkpoints, which nobody needs any more."""
        save_weights(self.final, module, {"step": step, "config": self.config})
        self._remove_checkpoints()

    def load_final(self, module: nn.Module) -> None:
        """Loads the weights of a finished run.

        Raises:
            DataError: they are damaged, or of another run.
        """
        facts = load_weights(self.final, module)
        config_file.require_same_config(self.final, facts.get("config", {}), self.config)
        self._remove_checkpoints()

    def _remove_checkpoints(self) -> None:
        for path in checkpoints(self.path):
            path.unlink(missing_ok=True)  # Another process may have done so.


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keeps a second process out of a run's folder, and removes what a killed one has left half written.

    The lock goes with the process, however that ends.

    Raises:
        DataError: the folder cannot be made, or another process trains into it right now.
    """
    make_folder(folder)
    with open(folder / ".lock", "a+b") as file:
        try:
            _lock(file.fileno())
        except OSError:
            raise DataError(
                folder, "another process that trains into this folder", "a folder of its own for each run"
            ) from None
        remove_leftovers(folder)
        yield


if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # lockf, not flock: data workers must not inherit the lock, they may outlive a killed parent by seconds.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
