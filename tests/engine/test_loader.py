"""Batches are the same whoever reads them, and errors arrive as they were raised."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from tiny_training import SETTINGS, TinyFrames

from monotakd.datasets.collate import collate
from monotakd.engine import loader
from monotakd.engine.loader import batches, with_waiting
from monotakd.engine.sampler import BatchStream
from monotakd.errors import DataError


def read(workers: int, frames=None, start: int = 0) -> list:
    return list(batches(frames or TinyFrames(), BatchStream(10, SETTINGS, start=start), collate, workers))


def test_workers_change_neither_order_nor_augmentation():
    alone, spread, resumed = read(0), read(2), read(0, start=5)
    assert len(alone) == SETTINGS.steps
    for ours, theirs in [*zip(alone, spread, strict=True), *zip(alone[5:], resumed, strict=True)]:
        assert ours.frame_ids == theirs.frame_ids
        assert torch.equal(ours.sensors.images, theirs.sensors.images)


def test_a_frame_is_augmented_anew_in_every_epoch():
    images = [
        image
        for batch in read(0)
        for name, image in zip(batch.frame_ids, batch.sensors.images, strict=True)
        if name == "000003"
    ]
    assert len(images) >= 4
    assert len({image.numpy().tobytes() for image in images}) == len(images)


def test_only_the_time_until_a_batch_is_there_counts_as_waiting(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(loader.time, "perf_counter", lambda: clock[0])

    def reader():
        for seconds in (3.0, 0.5):
            clock[0] += seconds
            yield f"read in {seconds} s"

    seen = []
    for batch, waited in with_waiting(reader()):
        seen.append((batch, waited))
        clock[0] += 100.0  # the step
    assert seen == [("read in 3.0 s", 3.0), ("read in 0.5 s", 0.5)]


def test_reading_draws_nothing_from_the_global_generator():
    state = torch.get_rng_state()
    read(0)
    assert torch.equal(torch.get_rng_state(), state)


@dataclass(frozen=True)
class Broken(TinyFrames):
    def sample(self, index: int, rng: np.random.Generator):
        if index == 4:
            raise DataError("000004.png", "nothing", "an image")
        return super().sample(index, rng)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_frame_is_named(workers):
    with pytest.raises(DataError, match=r"^000004\.png: found nothing"):
        read(workers, Broken())
