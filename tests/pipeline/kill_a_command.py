"""Types a command of ``monotakd`` that is killed at random moments, and types it again, until it comes to its end.

Run as ``python kill_a_command.py OUT SEED KILLS HOW train student --out OUT --resume ...``. Prints JSON: of every life
that was killed, the newest checkpoint it found, the step it went on from as its log says (null if it was killed before
it said so), and the newest checkpoint it left.

HOW is ``fork``: each life is a child of this process, which has imported the package but not used it, so that a life
costs seconds less; or ``process``: each life is ``python -m monotakd``, as a user types it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch._dynamo  # noqa: F401 - the optimiser would import it in every life

from monotakd import cli
from monotakd.engine.checkpoint import newest_checkpoint
from monotakd.engine.log import NAME, read_log
from monotakd.pipeline import single  # noqa: F401 - what the command imports when it runs

MOST_STEPS = 2
"""A life is killed at a random moment after at most so many steps."""


@dataclass(frozen=True)
class Found:
    """What a life finds in its folder.

    Attributes:
        step: of the newest checkpoint; None where there is none.
        starts: how often the log says, up to that checkpoint, that a life began.
        written: when the log was written last.
    """

    step: int | None
    starts: int
    written: int


def found_in(out: Path) -> Found:
    newest = newest_checkpoint(out)
    if newest is None:
        return Found(None, 0, last_write(out))
    kept = out / ".kept.jsonl"
    kept.write_bytes((out / NAME).read_bytes()[: newest[1].log_bytes])
    starts = len(starts_in(kept))
    kept.unlink()
    return Found(newest[1].step, starts, last_write(out))


def last_write(out: Path) -> int:
    return (out / NAME).stat().st_mtime_ns if (out / NAME).exists() else 0


def starts_in(log: Path) -> list[int]:
    """The steps that lives went on from."""
    return [record["step"] for record in read_log(log) if record.get("event") in ("started", "resumed")]


def steps_since(out: Path, found: Found) -> int | None:
    """Steps that this life has done; None until its log says that it began."""
    if last_write(out) == found.written or len(starts_in(out / NAME)) <= found.starts:
        return None
    records = read_log(out / NAME)
    return next(n for n, record in enumerate(reversed(records)) if "event" in record)


def begin(arguments: list[str], how: str) -> int:
    """Starts a life; its process id."""
    if how == "process":
        return subprocess.Popen([sys.executable, "-m", "monotakd", *arguments], stdout=subprocess.DEVNULL).pid
    child = os.fork()
    if child:
        return child
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv = ["monotakd", *arguments]
    status = 1
    try:
        cli.main()
    except SystemExit as end:
        status = end.code
    finally:
        os._exit(status)


def one_life(arguments: list[str], how: str, out: Path, rng: random.Random | None) -> dict | None:
    """Lets a life go on to its end, or until a moment that ``rng`` draws.

    Returns:
        What became of a killed life; None of one that came to its end.
    """
    found = found_in(out)
    steps = None if rng is None else rng.randint(0, MOST_STEPS)
    # With 0 steps it may die before its first word: while it imports, reads frames, or stores what a teacher says.
    delay = 0.0 if rng is None else rng.uniform(0.0, 0.2 if steps else 2.0)
    child = begin(arguments, how)
    done, status = 0, 0
    while not done:
        if steps is not None and (steps == 0 or (steps_since(out, found) or 0) >= steps):
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
            steps = None
        time.sleep(0.01)
        done, status = os.waitpid(child, os.WNOHANG)
    if status == 0:
        return None
    if status != signal.SIGKILL:
        sys.exit(f"a command that was typed again after a kill ended with status {status}")
    said = None if steps_since(out, found) is None else starts_in(out / NAME)[-1]
    return {"found": found.step, "went_on_from": said, "left": found_in(out).step}


def main(out: Path, seed: int, kills: int, how: str, arguments: list[str]) -> None:
    rng, lives = random.Random(seed), []
    for number in range(kills + 1):
        life = one_life(arguments, how, out, rng if number < kills else None)
        if life is None:
            break
        lives.append(life)
    print(json.dumps(lives))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
