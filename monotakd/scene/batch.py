"""Several moments at once, with sensors, privileged input and labels kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float

from monotakd.scene.frames import Annotations, Calibration


@dataclass(frozen=True, eq=False)
class Sensors:
    """What the student may see at test time.

    Attributes:
        images: (B, 3, H, W) RGB, 0..1.
        calibrations: B calibrations, each for H x W.
    """

    images: Float[torch.Tensor, "B 3 H W"]
    calibrations: tuple[Calibration, ...]


@dataclass(frozen=True, eq=False)
class Privileged:
    """What exists in training only: the teacher's points, the assistant's true depth.

    Attributes:
        points: B tensors (N_i, 4) x, y, z, intensity; None where no sample has any.
        depth: (B, H, W) metres, 0 where unknown; None where no sample has any.
    """

    points: tuple[torch.Tensor, ...] | None = None
    depth: Float[torch.Tensor, "B H W"] | None = None


@dataclass(frozen=True, eq=False)
class Batch:
    """B frames, with sensors, privileged input and labels kept apart.

    Attributes:
        frame_ids: B names.
        sensors: the student's input.
        privileged: the teacher's and assistant's input.
        labels: B annotations, None for an unlabelled frame.
    """

    frame_ids: tuple[str, ...]
    sensors: Sensors
    privileged: Privileged
    labels: tuple[Annotations | None, ...]

    def __len__(self) -> int:
        return len(self.frame_ids)
