"""A training's story that nobody trained, for the tests of the monitor and of its page."""

import numpy as np

from monotakd.scene import BevGrid
from monotakd.viz.explorers.training.story import Curve, Look, TrainingStory

GRID = BevGrid((0.0, -4.0), (10.0, 4.0), (1.0, 2.0))


def made_up_story(looks: int = 5) -> TrainingStory:
    rng = np.random.default_rng(0)
    steps = np.arange(1, 41)
    return TrainingStory(
        name="a run",
        panels={
            "total": {"": Curve(steps, 100.0 / steps)},
            "learning rate": {"": Curve(steps, 1e-3 * steps)},
            "AP": {"seen": Curve.of([(0, 0.0), (20, 40.0), (40, 90.0)]), "others": Curve.of([(0, 0.0), (20, 5.0)])},
        },
        gradients={1: {"intra_modal": {"a": 1.0, "b": 0.0}}, 21: {"intra_modal": {"a": 0.5, "b": 0.25}}},
        looks=tuple(
            Look(10 * i, rng.uniform(0, i + 1, GRID.shape), np.array([[5.0, i - 2, 0, 4, 2, 2, 0]]), np.array([0.5]))
            for i in range(looks)
        ),
        grid=GRID,
        truth=np.array([[5.0, 0, 0, 4, 2, 2, 0]]),
    )  # fmt: skip
