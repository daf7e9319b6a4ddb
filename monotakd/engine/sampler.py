"""Which frames make up which step: one endless stream of shuffled epochs, cut into equal batches."""

from __future__ import annotations

from collections.abc import Iterator

from monotakd.engine.seeds import epoch_order
from monotakd.engine.settings import Process, TrainSettings
from monotakd.errors import require

Key = tuple[int, int]
"""(epoch, index of the frame)."""


class BatchStream:
    """Keys of the frames of each step, for one process.

    Epoch e holds every frame once and takes places ``e * frames`` to ``(e + 1) * frames`` of the stream; step s takes
    the next ``batch_size`` places. A batch may span the border of two epochs, so none is short and no frame is left
    out. A step's batch is a function of the step alone; the processes share it out among themselves.

    Args:
        frames: number of frames.
        settings: batch size, steps and seed are used.
        start: first step, for a resumed run.
        process: this one among those that share each batch.

    Raises:
        ValueError: no frames, or the batch cannot be shared out evenly.
    """

    def __init__(self, frames: int, settings: TrainSettings, *, start: int = 0, process: Process | None = None):
        process = process or Process()
        require(frames > 0, "no frames to train on: the split is empty")
        require(
            settings.batch_size % (process.world * settings.parts) == 0,
            f"a batch of {settings.batch_size} frames cannot be shared out evenly among {process.world} processes"
            + (f" of {settings.parts} parts each" if settings.parts > 1 else "")
            + ": choose a batch_size that is a multiple of their number",
        )
        self.frames = frames
        self.settings = settings
        self.start = start
        self.process = process

    def __len__(self) -> int:
        return self.settings.steps - self.start

    def __iter__(self) -> Iterator[list[Key]]:
        size = self.settings.batch_size
        epoch, order = -1, None
        for step in range(self.start, self.settings.steps):
            keys = []
            for place in range(step * size + self.process.rank, (step + 1) * size, self.process.world):
                if place // self.frames != epoch:
                    epoch = place // self.frames
                    order = epoch_order(self.settings.seed, epoch, self.frames)
                keys.append((epoch, int(order[place % self.frames])))
            yield keys
