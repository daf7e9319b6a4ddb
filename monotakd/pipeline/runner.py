"""Runs the stages of a job in processes beside each other, shows how far they are, and goes on where it was stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path

from monotakd.engine.log import NAME as LOG
from monotakd.engine.processes import end_with_parent
from monotakd.engine.progress import duration
from monotakd.errors import DataError, StoppedError
from monotakd.pipeline.plan import Stage
from monotakd.pipeline.report import StageState

POLL_SECONDS = 2.0
LINE_SECONDS = 30.0
"""Between two lines of progress where the output is no terminal."""


class StageFailedError(StoppedError):
    """A stage did not end well; its message has been shown."""


@dataclass
class Progress:
    """What the runner knows of its stages."""

    stages: Sequence[Stage]
    states: dict[str, StageState]
    _shown: float = field(default=0.0, repr=False)

    @classmethod
    def of(cls, stages: Sequence[Stage]) -> Progress:
        """Before anything ran: stages that are done already are skipped."""
        states = {
            stage.name: StageState(stage.name, stage.title, "skipped" if stage.done else "waiting", None, "")
            for stage in stages
        }
        return cls(stages, states)

    def set(self, name: str, **changes) -> None:
        """Changes the state of a stage."""
        self.states[name] = replace(self.states[name], **changes)

    def show(self, running: Sequence[tuple[Stage, float]], *, at_once: bool = False) -> None:
        """One line: how many stages are done, and how far the running ones are."""
        terminal = sys.stdout.isatty()
        now = time.monotonic()
        if not at_once and not terminal and now - self._shown < LINE_SECONDS:
            return
        self._shown = now
        done = sum(state.status in ("done", "skipped") for state in self.states.values())
        parts = [_how_far(stage, now - begun) for stage, begun in running]
        line = f"[{done}/{len(self.stages)} stages] " + "; ".join(parts)
        print(f"\r\033[K{line[:160]}" if terminal else line, end="" if terminal else "\n", flush=True)


def run(stages: Sequence[Stage], *, jobs: int, after: Callable[[Progress], None] | None = None) -> Progress:
    """Runs every stage that is not done.

    Args:
        stages: see `plan`.
        jobs: stages at the same time.
        after: called with the progress after every change.

    Raises:
        StageFailedError: a process was ended from outside; or a stage failed, then those that need it were not run, all
            others were.
        KeyboardInterrupt: Ctrl-C; ``after`` was told which stages it stopped.
    """
    progress = Progress.of(stages)
    after = after or (lambda *_: None)
    done = {stage.name for stage in stages if stage.done}
    waiting = [stage for stage in stages if stage.name not in done]
    running: dict[Future, tuple[Stage, float]] = {}
    failed: dict[str, str] = {}
    after(progress)
    if not waiting:
        return progress
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker)
    try:
        while waiting or running:
            for stage in _ready(waiting, done, running, jobs):
                waiting.remove(stage)
                progress.set(stage.name, status="running")
                running[pool.submit(_work, stage)] = (stage, time.monotonic())
                after(progress)
                if stage.alone:
                    break
            if not running:
                break  # What is left waits for a stage that failed.
            progress.show(list(running.values()))
            ended, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                stage, begun = running[future]
                seconds = time.monotonic() - begun
                error = _error(future)
                del running[future]
                if error is None:
                    done.add(stage.name)
                    progress.set(stage.name, status="done", seconds=seconds)
                else:
                    failed[stage.name] = error
                    progress.set(stage.name, status="failed", seconds=seconds, detail=error.splitlines()[-1])
                    print(f"\n{stage.title} failed:\n{error}", file=sys.stderr, flush=True)
                progress.show(list(running.values()), at_once=True)
                after(progress)
    except BaseException as error:
        # Ctrl-C or a broken pool: whatever runs has its own checkpoints.
        for process in list((pool._processes or {}).values()):
            process.terminate()
        for stage, begun in running.values():
            progress.set(stage.name, status="stopped", seconds=time.monotonic() - begun)
        after(progress)
        if isinstance(error, BrokenProcessPool):
            raise StageFailedError(
                "the process of a stage was ended from outside; memory may have run out. Run the same command again, "
                "with fewer --jobs: what is done is kept"
            ) from None
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if sys.stdout.isatty():
        print()
    if failed:
        raise StageFailedError(
            f"{len(failed)} of {len(stages)} stages failed: {', '.join(failed)}; run the same command to try again"
        )
    return progress


def _ready(waiting: Sequence[Stage], done: set[str], running: dict, jobs: int) -> list[Stage]:
    if any(stage.alone for stage, _ in running.values()):
        return []
    found = [stage for stage in waiting if set(stage.needs) <= done]
    if found and found[0].alone:
        return found[:1] if not running else []
    return [stage for stage in found if not stage.alone][: max(jobs - len(running), 0)]


def _work(stage: Stage) -> None:
    try:
        stage.work()
    except DataError:
        raise
    except StoppedError as error:
        raise StoppedError(str(error)) from None  # Subclasses may not survive the way to the parent.
    except Exception as error:
        # Exceptions of libraries may not survive the way to the parent; their text does.
        raise RuntimeError(traceback.format_exc()) from error


def _error(future: Future) -> str | None:
    try:
        future.result()
    except BrokenProcessPool:
        raise
    except (DataError, StoppedError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return None


def _how_far(stage: Stage, seconds: float) -> str:
    title = stage.title
    if stage.folder is None or stage.steps is None:
        return f"{title} ({seconds:.0f} s)"
    last = _last_step(stage.folder / LOG)
    if last is None:
        return f"{title}: starting"
    step, spent = last
    if step >= stage.steps:
        return f"{title}: scoring"
    left = spent / step * (stage.steps - step)
    return f"{title}: step {step}/{stage.steps}, {duration(left)} left"


def _last_step(log: Path) -> tuple[int, float] | None:
    """Steps done and seconds spent, read from the end of a log that is being written."""
    try:
        with open(log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - 8192, 0))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and "seconds" in record and record.get("step"):
            return record["step"], record["seconds"]
    return None


def _begin_worker() -> None:
    """Ctrl-C reaches the workers too: they end at once, and leave it to the parent to say so."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    end_with_parent()
