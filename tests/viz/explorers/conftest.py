"""A made-up frame with made-up maps, in which every cell knows its place."""

import dataclasses

import numpy as np
import pytest
import torch

from monotakd.scene import BevGrid, BevMap, DepthBins
from monotakd.viz.explorers import explore_feature_gap

GRID = BevGrid((2.0, -8.0), (34.0, 8.0), (1.0, 2.0))
BINS = DepthBins("UD", 20, 2.0, 42.0)


def bev(seed: int, batch: int = 3, channels: int = 6) -> BevMap:
    values = np.random.default_rng(seed).normal(size=(batch, channels, *GRID.shape))
    return BevMap(torch.from_numpy(values).float(), GRID)


@pytest.fixture
def maps():
    found = {name: bev(seed) for seed, name in enumerate(("teacher", "assistant", "visual", "spatial", "fused"))}
    found["teacher"].features[:, :, :, 25:] = 0.0
    found["residual"] = BevMap(found["teacher"].features - found["assistant"].features, GRID)
    return found


@pytest.fixture
def before():
    return {name: bev(seed) for seed, name in enumerate(("visual", "fused"), start=15)}


@pytest.fixture
def depth():
    """Two peaks everywhere: 0.6 at 10-12 m, 0.3 at 30-32 m, 0.1 beyond."""
    values = np.zeros((21, 24, 80))
    values[4], values[14], values[20] = 0.6, 0.3, 0.1
    return values


@pytest.fixture
def known(frame):
    """The frame, with one known depth: 20 m at pixel (201, 61)."""
    sparse = np.zeros(frame.image.shape[:2])
    sparse[61, 201] = 20.0
    return dataclasses.replace(frame, depth=sparse)


@pytest.fixture
def explorer(known, maps, before, depth):
    return explore_feature_gap(known, maps, before=before, depth=depth, bins=BINS, matched={"fused"})
