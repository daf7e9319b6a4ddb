"""Results with known answers."""

from collections.abc import Sequence

import numpy as np

from monotakd.pipeline.results import METRICS, RunResult


def made(row: str = "direct", seed: int = 0, ap: float = 40.0, noise: Sequence[float] = (0.0,) * 50, **changes):
    """A run of this AP in every metric, whose replicates are the AP plus the noise."""
    same = {metric: float(ap) for metric in METRICS}
    facts = {
        "row": row,
        "labels": "all",
        "seed": seed,
        "preset": "toy",
        "split": "test",
        "frames": 100,
        "boxes": False,
        "ap": same,
        "easy": same,
        "hard": same,
        "replicates": {metric: tuple(float(ap + one) for one in noise) for metric in METRICS},
        "training": {"steps": 600},
        "record": {"command": "monotakd train student"},
    }
    return RunResult(**facts | changes)


def seeds_of(row: str, values: Sequence[float], noise: Sequence[float] = (0.0,) * 50, **changes) -> list[RunResult]:
    """One run per value."""
    return [made(row, seed, value, noise, **changes) for seed, value in enumerate(values)]


def frame_noise(count: int = 200, size: float = 1.5) -> list[float]:
    """What resampling the frames does to every row alike."""
    return list(size * np.random.default_rng(7).standard_normal(count))
