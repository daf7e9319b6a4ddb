"""Looking at a network while it trains: numbers and small arrays, in a file of their own every so many steps.

A look changes nothing: the network is in evaluation mode meanwhile, without gradients, and global random numbers are
afterwards as before, so that a watched training ends with the very bytes of an unwatched one. A resumed run repeats the
looks since its last checkpoint and writes the same files again.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from monotakd.engine.durable import write_durably
from monotakd.engine.seeds import preserved_randomness
from monotakd.errors import DataError

FOLDER = "snapshots"
_NUMBER = "number "


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was seen of a network at one moment.

    Attributes:
        numbers: by name.
        arrays: by name; keep them small, there is one set per look.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


Watch = Callable[[nn.Module], Snapshot]
"""Looks at the network that is trained; called in evaluation mode without gradients."""


@contextmanager
def looking_at(network: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every module's mode and all random numbers are as before."""
    modes = {module: module.training for module in network.modules()}
    with preserved_randomness(), torch.no_grad():
        network.eval()
        try:
            yield
        finally:
            for module, training in modes.items():
                module.training = training


def take_snapshot(run: Path, step: int, network: nn.Module, watch: Watch) -> Path:
    """Looks at a network and stores what was seen.

    Args:
        run: the run's folder.
        step: how many steps are done.
        network: what is trained.
        watch: what looks at it.
    """
    with looking_at(network):
        seen = watch(network)
    path = run / FOLDER / f"{step:08d}.npz"
    numbers = {_NUMBER + name: np.array(value, dtype=np.float64) for name, value in seen.numbers.items()}
    write_durably(path, lambda temporary: _write(temporary, {**numbers, **seen.arrays}))
    return path


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with open(path, "wb") as file:  # given a name, numpy would add an ending to it
        np.savez_compressed(file, **arrays)


def read_snapshots(run: Path) -> dict[int, Snapshot]:
    """All looks at a run by step, in order; also of a run that is still going. Empty where nobody looked.

    Raises:
        DataError: a file is damaged.
    """
    return {int(path.stem): _read(path) for path in sorted((Path(run) / FOLDER).glob("[0-9]*.npz"))}


def _read(path: Path) -> Snapshot:
    try:
        with np.load(path, allow_pickle=False) as stored:
            values = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        fix = "Delete it; the others are still shown"
        raise DataError(path, f"nothing that can be read ({error})", "a snapshot of a training", fix=fix) from None
    numbers = {name.removeprefix(_NUMBER): float(v) for name, v in values.items() if name.startswith(_NUMBER)}
    return Snapshot(numbers, {name: v for name, v in values.items() if not name.startswith(_NUMBER)})
