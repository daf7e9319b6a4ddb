"""The state of a training between two steps, on disk: the newest two, each whole or not there.

Data order, schedule and randomness are functions of the step, so besides the step only weights and optimiser remain.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from monotakd.engine.tensor_file import read_tensors, write_tensors
from monotakd.errors import DataError

KEPT = 2
"""The older one is the way back should the newest turn out damaged."""

_KIND = "checkpoint"
_NAME = re.compile(r"checkpoint-(\d{8,})\.safetensors")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training between two steps.

    Attributes:
        step: steps done.
        seconds: wall time spent so far, over all resumptions.
        log_bytes: size of the log at this moment.
        config: what the run is.
        model: state dict of the trained module.
        optimiser: its tensors by name.
    """

    step: int
    seconds: float
    log_bytes: int
    config: Mapping[str, Any]
    model: Mapping[str, Tensor]
    optimiser: Mapping[str, Tensor]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Writes a checkpoint in one step, then removes all but the newest two.

    Raises:
        DataError: it cannot be written; those before are intact.
    """
    path = folder / f"checkpoint-{checkpoint.step:08d}.safetensors"
    tensors = {f"model/{name}": value for name, value in checkpoint.model.items()}
    tensors |= {f"optimiser/{name}": value for name, value in checkpoint.optimiser.items()}
    facts = {name: getattr(checkpoint, name) for name in ("step", "seconds", "log_bytes", "config")}
    write_tensors(path, _KIND, tensors, facts)
    for old in checkpoints(folder)[KEPT:]:
        old.unlink()
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        DataError: missing, cut off, damaged, or written by another version.
    """
    tensors, facts = read_tensors(path, _KIND)
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimiser": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    return Checkpoint(
        step=facts["step"], seconds=facts["seconds"], log_bytes=facts["log_bytes"], config=facts["config"], **parts
    )


def is_checkpoint_name(name: str) -> bool:
    """Whether a file of this name is the state of a training between two steps."""
    return _NAME.fullmatch(name) is not None


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a folder, newest first."""
    found = [(int(match[1]), path) for path in folder.glob("*") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found, reverse=True)]


def newest_checkpoint(folder: Path) -> tuple[Path, Checkpoint] | None:
    """The newest checkpoint that can be used, or None where there is none at all. Warns of damaged ones.

    Raises:
        DataError: there are some, but none can be used.
    """
    first: DataError | None = None
    for path in checkpoints(folder):
        try:
            checkpoint = load_checkpoint(path)
        except DataError as error:
            first = first or error
            continue
        if first is not None:
            warnings.warn(f"{first}. Going on from {path.name}, the one before.", RuntimeWarning, stacklevel=2)
        return path, checkpoint
    if first is not None:
        raise first
    return None
