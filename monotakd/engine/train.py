"""The loop that trains teacher, assistant and student, and can be killed at any moment."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from monotakd.datasets.collate import collate
from monotakd.engine.checkpoint import Checkpoint, save_checkpoint
from monotakd.engine.config_file import RECORD, to_json
from monotakd.engine.device import choose_device, torch_threads
from monotakd.engine.divergence import DivergenceError
from monotakd.engine.loader import batches, in_parts, with_waiting
from monotakd.engine.log import TrainingLog
from monotakd.engine.processes import current_process, on_rank_0, share_weights, wait_for_all
from monotakd.engine.progress import step_bar
from monotakd.engine.run_folder import RunFolder, exclusive
from monotakd.engine.sampler import BatchStream
from monotakd.engine.settings import MORE_ROOM, RunSettings, TrainSettings
from monotakd.engine.snapshots import Watch, take_snapshot
from monotakd.engine.task import FrameSource, Task
from monotakd.engine.trainer import Trainer
from monotakd.engine.weights import weights_hash
from monotakd.errors import StoppedError, require


@dataclass(frozen=True)
class Training:
    """What a finished training left behind.

    Attributes:
        final: the weights.
        config: what was trained.
        log: one JSON object per step; `log.read_steps` reads it. ``seconds`` is the time so far, ``waited`` the part of
            this step's that went by until its frames were there.
        steps_now: steps that this call did; fewer than in all for a resumed run, 0 for a finished one.
    """

    final: Path
    config: Path
    log: Path
    steps_now: int


def fit(
    task: Task,
    frames: FrameSource,
    settings: TrainSettings,
    out: str | os.PathLike[str],
    *,
    run: RunSettings | None = None,
    resume: bool = False,
    collate: Callable[[list], Any] = collate,
    on_step: Callable[[dict[str, Any]], None] | None = None,
    watch: Watch | None = None,
) -> Training:
    """Trains ``task.module`` and leaves it trained, on the device.

    Killed at any moment, the same call with ``resume=True`` goes on from the last checkpoint and ends with the very
    bytes of an undisturbed run, on the CPU with the same number of threads (and of processes), compiled or not.

    Within `processes.joined` the processes share every batch and average their gradients; rank 0 writes.

    Args:
        task: module, losses, frozen networks.
        frames: what to train on.
        settings: what decides the result.
        out: folder for ``config.json``, ``log.jsonl``, checkpoints and ``final.safetensors``.
        run: device, threads, workers, how often to write.
        resume: go on with the run in ``out``; nothing there starts anew, a finished run is only loaded.
        collate: makes a batch of a list of samples.
        on_step: called with each record of the log, for live plots.
        watch: looks at ``task.module`` as often as ``run.snapshot_every`` says; what it saw is stored in the folder,
            see `snapshots`.

    Raises:
        DataError: the folder holds another run, or its files are damaged; a frame cannot be read.
        DivergenceError: a loss or a gradient is not finite.
        ValueError: task and settings do not fit together.
    """
    run, process = run or RunSettings(), current_process()
    require(watch is not None or not run.snapshot_every, "run.snapshot_every without a watch: pass what looks, watch=")
    with ExitStack() as stack:
        stack.enter_context(torch_threads(run.threads))
        trainer = Trainer(task, settings, device=choose_device(run.device), compiled=run.compile)
        folder = RunFolder(out, _config(trainer, frames))

        def opened() -> tuple[bool, Checkpoint | None]:
            stack.enter_context(exclusive(folder.path))
            found = folder.open(resume=resume)
            return folder.final.exists(), found

        finished, saved = on_rank_0(opened)
        if finished:
            folder.load_final(task.module)
            return Training(folder.final, folder.config_path, folder.log, 0)
        if task.prepare is not None:
            task.prepare(folder.path, saved is not None)
        if saved is None:
            share_weights(task.module)
        else:
            trainer.restore(folder.path, steps_done=saved.step, model=saved.model, optimiser=saved.optimiser)
        first = trainer.steps_done
        clock = _Clock(saved.seconds if saved else 0.0)
        stream = BatchStream(len(frames.frame_ids), settings, start=first, process=process)
        writer = stack.enter_context(_Writer(folder, trainer, clock, saved)) if process.writes else None
        if writer is not None and first == 0:
            writer.look(watch, run.snapshot_every)
        bar = stack.enter_context(
            step_bar(task.name, steps=settings.steps, start=first, shown=run.progress and process.writes)
        )

        every = run.gradient_norms_every
        read = batches(frames, stream, partial(in_parts, settings.parts, collate), run.workers)
        for parts, waited in with_waiting(read):
            measured = every > 0 and trainer.steps_done % every == 0
            try:
                record = trainer.step(*parts, with_gradient_norms=measured)
            except DivergenceError as error:
                if writer is not None:
                    writer.log.write({"event": "diverged", **vars(error)})
                raise
            except torch.OutOfMemoryError:
                raise StoppedError(
                    f"{task.name}: no memory left on {trainer.device} for step {trainer.steps_done + 1}, batches of "
                    f"{settings.batch_size} in {settings.parts} parts: {MORE_ROOM}"
                ) from None
            record |= {"seconds": round(clock.total(), 3), "waited": round(waited, 4)}
            if writer is not None:
                writer.log.write(record)
                writer.look(watch, run.snapshot_every)
                if trainer.steps_done < settings.steps and clock.since_mark() >= run.checkpoint_seconds:
                    writer.checkpoint()
            bar.set_postfix(loss=f"{record['total']:.4g}", lr=f"{record['learning_rate']:.2g}", refresh=False)
            bar.update()
            if on_step is not None:
                on_step(record)

        trainer.require_frozen_unchanged()
        if writer is not None:
            writer.log.sync()
            folder.finish(task.module, settings.steps)
        wait_for_all()
    return Training(folder.final, folder.config_path, folder.log, settings.steps - first)


class _Clock:
    """Wall time over all resumptions, and since the last checkpoint."""

    def __init__(self, before: float):
        self._started = self._marked = time.monotonic()
        self._before = before

    def total(self) -> float:
        return self._before + time.monotonic() - self._started

    def since_mark(self) -> float:
        return time.monotonic() - self._marked

    def mark(self) -> None:
        self._marked = time.monotonic()


class _Writer:
    """Log and checkpoints of the one process that writes."""

    def __init__(self, folder: RunFolder, trainer: Trainer, clock: _Clock, saved: Checkpoint | None):
        self.folder = folder
        self.trainer = trainer
        self.clock = clock
        self.log = TrainingLog(folder.log, saved.log_bytes if saved else 0)
        event = "resumed" if saved else "started"
        self.log.write({"event": event, "step": trainer.steps_done, **_machine(trainer)})
        if saved is None:
            self.checkpoint()  # The first weights: resuming must not depend on building them alike again.

    def look(self, watch: Watch | None, every: int) -> None:
        trainer = self.trainer
        due = every > 0 and (trainer.steps_done % every == 0 or trainer.steps_done == trainer.settings.steps)
        if watch is not None and due:
            take_snapshot(self.folder.path, trainer.steps_done, trainer.task.module, watch)

    def checkpoint(self) -> None:
        trainer = self.trainer
        trainer.require_frozen_unchanged()
        save_checkpoint(
            self.folder.path,
            Checkpoint(
                step=trainer.steps_done,
                seconds=self.clock.total(),
                log_bytes=self.log.sync(),
                config=self.folder.config,
                model=trainer.task.module.state_dict(),
                optimiser=trainer.optimiser_tensors(),
            ),
        )
        self.clock.mark()

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.log.close()


def _config(trainer: Trainer, frames: FrameSource) -> dict[str, Any]:
    task, names = trainer.task, tuple(frames.frame_ids)
    return {
        "task": task.name,
        "train": to_json(trainer.settings),
        "settings": to_json(task.config),
        "weights": to_json(task.weights),
        "frozen": trainer.frozen_hashes,
        "frames": {"count": len(names), "sha256": hashlib.sha256("\n".join(names).encode()).hexdigest()},
        RECORD: {"first_weights": weights_hash(task.module), **_machine(trainer), **task.record},
    }


def _machine(trainer: Trainer) -> dict[str, Any]:
    return {
        "device": str(trainer.device),
        "compiled": trainer.compiled,
        **({"tf32": torch.backends.cudnn.allow_tf32} if trainer.device.type == "cuda" else {}),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
