"""Batches are the same whoever reads them, and errors arrive as they were raised."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from tiny_training import SETTINGS, TinyFrames

from monotakd.datasets.collate import collate
from monotakd.engine.loader import batches
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
