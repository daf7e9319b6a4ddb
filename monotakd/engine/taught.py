"""Frames with what teacher and assistant say of them, computed once and read beside each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from monotakd.datasets.collate import collate
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.distiller import Targets
from monotakd.engine.feature_cache import FeatureCache
from monotakd.models.heads.predictions import DensePredictions
from monotakd.scene import Batch, BevGrid, BevMap, Frame


@dataclass(frozen=True, eq=False)
class TaughtFrame:
    """A frame and the stored outputs of the frozen networks for it, by name and without batch axis."""

    frame: Frame
    teacher: dict[str, Tensor] | None
    assistant: dict[str, Tensor] | None


@dataclass(frozen=True, eq=False)
class TaughtBatch:
    """A batch and the targets of its frames.

    Attributes:
        batch: the frames.
        targets: what `Distiller.forward` takes.
    """

    batch: Batch
    targets: Targets

    @property
    def frame_ids(self) -> tuple[str, ...]:
        """Names of the frames."""
        return self.batch.frame_ids


@dataclass(eq=False)
class TaughtFrames:
    """Camera frames, each with stored outputs of its mirrored or unmirrored self.

    Attributes:
        frames: the frames.
        teacher: filled cache of teacher outputs; None where no loss needs any.
        assistant: the same for the assistant.
    """

    frames: CameraFrames
    teacher: FeatureCache | None = None
    assistant: FeatureCache | None = None

    @property
    def frame_ids(self) -> Sequence[str]:
        """Names of the frames, in the order of their indices."""
        return self.frames.frame_ids

    def sample(self, index: int, rng: np.random.Generator) -> TaughtFrame:
        """Frame ``index`` and what is stored of it, mirrored if ``rng`` says so."""
        flipped = bool(rng.random() < self.frames.flip)
        name = self.frame_ids[index]
        teacher, assistant = (
            None if cache is None else cache.read_one(name, flipped) for cache in (self.teacher, self.assistant)
        )
        return TaughtFrame(self.frames.mirrored(index, flipped), teacher, assistant)


def collate_taught(samples: Sequence[TaughtFrame], grid: BevGrid) -> TaughtBatch:
    """Stacks frames and their targets.

    Args:
        samples: all or none with teacher, and likewise assistant.
        grid: of the stored maps.
    """
    teacher, assistant = (_stack([getattr(s, name) for s in samples]) for name in ("teacher", "assistant"))
    targets = Targets(
        teacher_bev=None if teacher is None else BevMap(teacher["bev"], grid),
        teacher_head=None
        if teacher is None
        else DensePredictions(teacher["class_logits"], teacher["codes"], teacher.get("direction_logits")),
        assistant_bev=None if assistant is None else BevMap(assistant["bev"], grid),
    )
    return TaughtBatch(collate([sample.frame for sample in samples]), targets)


def collate_on(grid: BevGrid):
    """`collate_taught` for maps on this grid, as the training loop wants it."""
    return partial(collate_taught, grid=grid)


def _stack(stored: Sequence[dict[str, Tensor] | None]) -> dict[str, Tensor] | None:
    if stored[0] is None:
        return None
    return {name: torch.stack([sample[name] for sample in stored]).float() for name in stored[0]}


def teacher_outputs(teacher, batch: Batch) -> dict[str, Tensor]:
    """What of a teacher is stored: F_T and raw predictions."""
    output = teacher(batch.privileged.points)
    stored = {"bev": output.bev.features, **vars(output.head)}
    return {name: value for name, value in stored.items() if value is not None}


def assistant_outputs(assistant, batch: Batch) -> dict[str, Tensor]:
    """What of an assistant is stored: F_A."""
    return {"bev": assistant.bev_map(batch.sensors, batch.privileged.depth).features}
