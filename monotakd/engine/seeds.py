"""Everything random is a function of explicit integers, so a resumed run needs no saved generator.

The order of the frames comes from (seed, epoch), the augmentation of a frame from (seed, epoch, index), and what is
random inside a step, such as dropout, from (seed, step, rank). None depends on the number of worker processes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Int64

_ORDER, _SAMPLE, _STEP = range(3)


def epoch_order(seed: int, epoch: int, frames: int) -> Int64[np.ndarray, " frames"]:
    """The order in which an epoch visits the frames: a permutation of 0 .. frames - 1."""
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(frames)


def sample_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The generator for augmenting frame ``index`` in an epoch."""
    return np.random.default_rng([seed, _SAMPLE, epoch, index])


def seed_step(seed: int, step: int, rank: int) -> None:
    """Sets the global generators of Python, numpy and torch (CUDA too) for one training step."""
    _seed_globals(np.random.SeedSequence([seed, _STEP, step, rank]))


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """Gives the global generators back as they were, so that training inside a notebook changes nothing else."""
    python, legacy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block, the global generators start from ``seed``; afterwards they are as before.

    Build a network inside to get the same first weights every time: ``with seeded(3): student = Student.toy()``.
    """
    with preserved_randomness():
        _seed_globals(np.random.SeedSequence(seed))
        yield


def _seed_globals(sequence: np.random.SeedSequence) -> None:
    state = [int(word) for word in sequence.generate_state(3, np.uint64)]
    random.seed(state[0])
    np.random.seed(state[1] & 0xFFFFFFFF)  # noqa: NPY002
    torch.manual_seed(state[2])
