"""A training small enough to run hundreds of times: a convolution, batch norm and dropout on tiny images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from monotakd.engine.seeds import seeded
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.engine.task import Task
from monotakd.scene import Batch, Calibration, Frame

SETTINGS = TrainSettings(steps=12, batch_size=4, learning_rate=5e-3, seed=3)
QUIET = RunSettings(device="cpu", threads=1, checkpoint_seconds=0.0, progress=False)
_CAMERA = np.array([[20.0, 0, 5.5, 0], [0, 20, 3.5, 0], [0, 0, 1, 0]])
_AXES = np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])


@dataclass(frozen=True)
class TinyFrames:
    """Noise images with depth; augmentation flips them and shifts their brightness."""

    count: int = 10

    @property
    def frame_ids(self) -> tuple[str, ...]:
        return tuple(f"{i:06d}" for i in range(self.count))

    def plain(self, index: int, flipped: bool = False) -> Frame:
        rng = np.random.default_rng([77, index])
        image = rng.integers(0, 200, (8, 12, 3), dtype=np.uint8)
        depth = image.mean(axis=-1).astype(np.float32)
        if flipped:
            image, depth = image[:, ::-1].copy(), depth[:, ::-1].copy()
        return Frame(self.frame_ids[index], image, Calibration(_CAMERA, _AXES, (8, 12)), depth=depth)

    def sample(self, index: int, rng: np.random.Generator) -> Frame:
        frame = self.plain(index, flipped=bool(rng.random() < 0.5))
        image = frame.image + rng.integers(0, 50, dtype=np.uint8)
        return Frame(frame.frame_id, image, frame.calibration, depth=frame.depth)


class Stem(nn.Sequential):
    """One of our own, as networks have them: torch compiles no bare container."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images)


class TinyNet(nn.Module):
    """Estimates two numbers per pixel."""

    def __init__(self):
        super().__init__()
        self.stem = Stem(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Conv2d(4, 2, 1))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.stem(images))


def tiny_frozen() -> nn.Module:
    with seeded(8):
        return nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1))


def tiny_task(seed: int = 5, **changes) -> Task:
    """Depth against the truth, and against a frozen network."""
    with seeded(seed):
        net = TinyNet()
    frozen = tiny_frozen()

    def losses(batch: Batch) -> dict[str, Tensor]:
        depth, soft = net(batch.sensors.images).unbind(dim=1)
        with torch.no_grad():
            target = frozen(batch.sensors.images)[:, 0]
        return {
            "depth": (depth - batch.privileged.depth / 100).square().mean(),
            "imitation": (soft - target).abs().mean(),
        }

    arguments = {
        "name": "tiny",
        "module": net,
        "losses": losses,
        "weights": {"imitation": 0.1},
        "frozen": {"teacher": frozen},
        "config": {"width": 4},
    }
    return Task(**{**arguments, **changes})
