"""Batches in the order of the stream, read here or by worker processes, the same either way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from monotakd.engine.sampler import BatchStream, Key
from monotakd.engine.seeds import sample_rng
from monotakd.engine.task import FrameSource
from monotakd.errors import DataError

Made = TypeVar("Made")


def batches(frames: FrameSource, stream: BatchStream, collate: Callable[[list], Made], workers: int) -> Iterator[Made]:
    """The stream's batches, one by one.

    Args:
        frames: where they come from.
        stream: which frames, in which order.
        collate: makes a batch of a list of samples.
        workers: processes; 0 reads in this one.

    Raises:
        DataError: a frame cannot be read.
    """
    seed = stream.settings.seed
    return read_ahead(partial(_augmented, frames, seed), stream, collate, workers, seed=seed)


def read_ahead(
    sample: Callable[[Any], Any],
    groups: Iterable[Sequence[Any]],
    collate: Callable[[list], Made],
    workers: int,
    *,
    seed: int = 0,
) -> Iterator[Made]:
    """A batch of each group of keys, in their order; worker processes make it before it is asked for.

    Args:
        sample: of a key; picklable, where processes are not forked.
        groups: with a length.
        collate: makes a batch of a list of samples.
        workers: processes; 0 reads in this one, when asked.
        seed: of the workers' generators.

    Raises:
        DataError: ``sample`` or ``collate`` raised it.
    """
    loader = DataLoader(
        _Batches(sample, collate),
        batch_size=None,
        sampler=groups,
        num_workers=workers,
        collate_fn=_as_it_is,
        worker_init_fn=partial(_leave_unless_child_of, os.getpid()),
        # A generator of its own: otherwise starting the loader would draw from the global one.
        generator=torch.Generator().manual_seed(seed),
    )
    for batch in loader:
        if isinstance(batch, DataError):
            raise batch
        yield batch


class _Batches(Dataset):
    """Makes the batch of a group of keys."""

    def __init__(self, sample: Callable[[Any], Any], collate: Callable[[list], Any]):
        self.sample = sample
        self.collate = collate

    def __getitem__(self, keys: Sequence[Any]) -> Any:
        try:
            return self.collate([self.sample(key) for key in keys])
        except DataError as error:
            # Torch would turn what a worker raises into a RuntimeError around a traceback.
            return error


def _augmented(frames: FrameSource, seed: int, key: Key) -> Any:
    epoch, index = key
    return frames.sample(index, sample_rng(seed, epoch, index))


def with_waiting(batches: Iterator[Any]) -> Iterator[tuple[Any, float]]:
    """Each batch with the seconds that had to be waited for it: what reading costs a training beyond its steps."""
    while True:
        start = time.perf_counter()
        try:
            batch = next(batches)
        except StopIteration:
            return
        yield batch, time.perf_counter() - start


def in_parts(count: int, collate: Callable[[list], Any], samples: list) -> tuple[Any, ...]:
    """Collates samples into ``count`` batches of equal size, in their order; see `TrainSettings.parts`."""
    size = len(samples) // count
    return tuple(collate(samples[start : start + size]) for start in range(0, len(samples), size))


def _leave_unless_child_of(parent: int, worker: int) -> None:
    # Torch's workers end when their parent changes, but one whose parent was killed before it first looked would
    # wait for ever.
    if os.getppid() != parent:
        os._exit(1)


def _as_it_is(batch: Any) -> Any:
    return batch
