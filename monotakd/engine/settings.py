"""What decides the result of a training, and, apart from it, how the run is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monotakd.engine.config_file import added_later
from monotakd.errors import require

Precision = Literal["auto", "bf16", "float32"]
"""Of a training; ``"auto"`` takes bfloat16 where the device computes in it, and float32 for teachers."""

MORE_ROOM = (
    "work through each batch in more parts (--parts), in bfloat16 where it pays (--precision), or take fewer frames"
)
"""What to do where a step does not fit into the memory."""


@dataclass(frozen=True)
class TrainSettings:
    """What decides the result. A run can only be resumed with the very same values.

    AdamW with one cycle of learning rate and momentum, see `schedule.one_cycle`.

    Attributes:
        steps: optimiser steps.
        batch_size: frames of a step, over all processes.
        learning_rate: the largest of the cycle.
        weight_decay: AdamW's, on every parameter.
        warmup_share: share of the steps in which the learning rate rises.
        start_divisor: the cycle starts at ``learning_rate / start_divisor``.
        end_divisor: it ends at its start divided by this.
        momentum: AdamW's beta1 at low and at high learning rate.
        beta2: AdamW's second beta.
        clip: largest norm of the whole gradient.
        bf16: forward passes run under bfloat16 autocast; weights and optimiser stay float32.
        seed: of data order, augmentation and everything random within a step.
        parts: the batch is worked through in so many parts, whose gradients are averaged before the step: memory for
            one part only. Batch norms see one part at a time, and a loss that is divided by a count of objects is
            divided by that of its part.
    """

    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    warmup_share: float = 0.4
    start_divisor: float = 10.0
    end_divisor: float = 1e4
    momentum: tuple[float, float] = (0.95, 0.85)
    beta2: float = 0.99
    clip: float = 10.0
    bf16: bool = False
    seed: int = 0
    parts: int = added_later(1)

    def __post_init__(self):
        for name in ("steps", "batch_size", "learning_rate", "start_divisor", "end_divisor", "clip", "parts"):
            value = getattr(self, name)
            require(value > 0, f"TrainSettings.{name} is {value}, expected a positive number")
        require(
            0 < self.warmup_share < 1,
            f"TrainSettings.warmup_share is {self.warmup_share}, expected a share of the steps between 0 and 1",
        )
        require(self.seed >= 0, f"TrainSettings.seed is {self.seed}, expected 0 or more")
        require(
            self.batch_size % self.parts == 0,
            f"a batch of {self.batch_size} frames has no {self.parts} equal parts: choose parts that divide it",
        )


@dataclass(frozen=True)
class RunSettings:
    """How a run is carried out. May change when it is resumed.

    Attributes:
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; None takes CUDA where there is one, else the CPU.
        threads: of torch on the CPU; None leaves them alone. Other counts round sums differently, so that bytes are
            equal for equal counts only.
        workers: processes that read and augment frames, for training, stored outputs and evaluation; 0 reads in the
            process that computes.
        checkpoint_seconds: wall time between checkpoints, what a kill costs at most; 0 writes one after every step.
        gradient_norms_every: log the gradient norm of each loss term every so many steps, from the first, at the price
            of one more backward pass per term; 0 never. For a toy student with five terms that is the time of 1.7
            steps, so that every 100 it costs 2 % (one thread). No weight changes.
        snapshot_every: let the watch of `train.fit` look at the network every so many steps, before the first and after
            the last, see `snapshots`; 0 never.
        progress: show a bar.
        compile: the dense parts of all networks, see `compiled`. Compiled code rounds differently, so that bytes are
            equal for equal choices only.
    """

    device: str | None = None
    threads: int | None = None
    workers: int = 0
    checkpoint_seconds: float = 60.0
    gradient_norms_every: int = 100
    snapshot_every: int = 0
    progress: bool = True
    compile: bool = False

    def __post_init__(self):
        for name in ("workers", "checkpoint_seconds", "gradient_norms_every", "snapshot_every"):
            value = getattr(self, name)
            require(value >= 0, f"RunSettings.{name} is {value}, expected 0 or more")
        require(self.threads is None or self.threads > 0, f"RunSettings.threads is {self.threads}, expected 1 or more")


@dataclass(frozen=True)
class Process:
    """This process among those that train together, one per device. Only rank 0 writes files.

    Attributes:
        rank: 0 .. world - 1.
        world: number of processes.
    """

    rank: int = 0
    world: int = 1

    def __post_init__(self):
        require(0 <= self.rank < self.world, f"rank {self.rank} of {self.world} processes does not exist")

    @property
    def writes(self) -> bool:
        """Whether this process writes files and shows the bar."""
        return self.rank == 0
