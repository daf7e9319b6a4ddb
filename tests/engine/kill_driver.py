"""Trains the tiny network in processes that are killed again and again, until one gets to the end.

Run as ``python kill_driver.py OUT SEED WORKERS``. Prints JSON: where each process was killed, and the newest checkpoint
it left.

Children are forked from this process, which has imported torch but not used it, so that a life costs milliseconds.
Every other child is killed from outside, at a random time after it began to write. The rest die at an exact place:
before or after a call of fsync, rename or unlink, or having written half a record of the log.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch._dynamo  # noqa: F401 - the optimiser would import it in every life, for a second
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task

from monotakd.engine.checkpoint import checkpoints
from monotakd.engine.log import TrainingLog
from monotakd.engine.train import fit

MOST_LIVES = 300
MANY_STEPS = replace(SETTINGS, steps=60)
CALLS = {"fsync": (os, "fsync"), "rename": (os, "replace"), "unlink": (Path, "unlink")}
PLACES = ["half a record", *(f"{when} {call}" for call in CALLS for when in ("before", "after"))]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(original: Callable, when: str, count: int) -> Callable:
    """A function that kills the process at its call number ``count``."""
    calls = iter(range(1, 1_000_000))

    def call(*args, **kwargs):
        last = next(calls) == count
        if last and when == "before":
            die()
        result = original(*args, **kwargs)
        if last:
            die()
        return result

    return call


def half_record(log: TrainingLog, record: dict) -> None:
    log._file.write(json.dumps(record).encode()[:20])
    log._file.flush()


def arrange_death(place: str, count: int) -> None:
    if place == "half a record":
        write, last = TrainingLog.write, dying(half_record, "after", 1)
        numbers = iter(range(1, 1_000_000))
        TrainingLog.write = lambda log, record: (last if next(numbers) == count else write)(log, record)
    else:
        when, call = place.split()
        owner, name = CALLS[call]
        setattr(owner, name, dying(getattr(owner, name), when, count))


def last_write(out: Path) -> int:
    log = out / "log.jsonl"
    return log.stat().st_mtime_ns if log.exists() else 0


def one_life(out: Path, place: str | None, rng: random.Random, workers: int) -> bool:
    """Trains in a child process. Returns whether it was killed; ends this process if it failed by itself."""
    count, delay = rng.randint(2, 10), rng.uniform(0.0, 0.04)
    before = last_write(out)
    child = os.fork()
    if child == 0:
        if place is not None:
            arrange_death(place, count)
        fit(tiny_task(), TinyFrames(), MANY_STEPS, out, run=replace(QUIET, workers=workers), resume=True)
        os._exit(0)
    if place is None:
        # A child that finds a finished run writes nothing: it is left in peace.
        while last_write(out) == before and not (out / "final.safetensors").exists():
            time.sleep(0.001)
        if last_write(out) != before:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if status not in (0, signal.SIGKILL):
        sys.exit(f"a training that was resumed after a kill failed with status {status}")
    return status == signal.SIGKILL


def main(out: Path, seed: int, workers: int) -> None:
    rng = random.Random(seed)
    deaths = []
    for number in range(MOST_LIVES):
        place = rng.choice(PLACES) if number % 2 else None
        if not one_life(out, place, rng, workers):
            break
        newest = checkpoints(out)
        deaths.append({"place": place or "any time", "step": int(newest[0].stem[-8:]) if newest else None})
    print(json.dumps(deaths))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
