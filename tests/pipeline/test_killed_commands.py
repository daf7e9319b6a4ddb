"""Real commands under kill -9: typed again they repeat what no checkpoint held, and end with the same bytes.

Continuous integration kills a student's training and a job a few times. With ``MONOTAKD_TEN_KILLS=1`` it is ten times,
a teacher too, every life a process of its own as a user types it, the trainings with all steps of the smoke preset.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monotakd import paths
from monotakd.engine.log import read_steps

TEN = os.environ.get("MONOTAKD_TEN_KILLS") == "1"
KILLS, HOW, CHECKPOINT_SECONDS = (10, "process", 1.0) if TEN else (3, "fork", 0.0)
SMALLER = () if TEN else ("--steps", "9", "--batch-size", "2")
JOB_KILLS, MOST_STAGES = (10, 1) if TEN else (2, 2)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def command(what: str, out: Path, checkpoint_seconds: float = 60.0) -> list[str]:
    where = ("--data", paths.toy_set(), "--out", out, "--threads", 1, "--checkpoint-seconds", checkpoint_seconds)
    return [str(word) for word in ("train", what, "--preset", "smoke", *where, "--resume", *SMALLER)]


def run(arguments: list[str]) -> str:
    done = subprocess.run(arguments, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_times(log: Path) -> list[dict]:
    return [{k: v for k, v in record.items() if k not in ("seconds", "waited")} for record in read_steps(log)]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize(("what", "seed"), [("student", 6), *([("teacher", 2)] if TEN else [])])
def test_a_training_killed_at_random_moments_ends_with_the_same_bytes(tmp_path, what, seed):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run([sys.executable, "-m", "monotakd", *command(what, whole)])
    driver = [sys.executable, str(Path(__file__).with_name("kill_a_command.py"))]
    drawn = [str(killed), str(seed), str(KILLS), HOW]
    lives = json.loads(run([*driver, *drawn, *command(what, killed, CHECKPOINT_SECONDS)]))
    assert len(lives) == KILLS
    for life in lives:
        assert life["went_on_from"] in (None, life["found"] or 0), "a life goes on from the newest checkpoint"
    assert any(life["went_on_from"] for life in lives), "at least one life went on from a checkpoint"
    assert (killed / "final.safetensors").read_bytes() == (whole / "final.safetensors").read_bytes()
    assert without_times(killed / "log.jsonl") == without_times(whole / "log.jsonl")
    assert not list(killed.glob("checkpoint-*"))
    if what == "student":
        camera = json.loads((killed / "config.json").read_text())["record"]["camera"]
        assert camera["focal"][0] == pytest.approx(721.5377 * 320 / 1242, rel=1e-3)


def reproduce(out: Path) -> list[str]:
    where = ["--data", str(paths.toy_set()), "--out", str(out), "--jobs", "1", "--steps", "4"]
    return [sys.executable, "-m", "monotakd", "reproduce", "--preset", "smoke", *where, "--runs", "monotakd"]


def live_until_killed(arguments: list[str], out: Path, rng: random.Random) -> bool:
    """Starts a job and kills it and its workers at a drawn moment; whether it was still running then."""

    def finished() -> int:
        return len(list(out.rglob("final.safetensors"))) + len(list(out.rglob("results.json")))

    there, more, delay = finished(), rng.randint(0, MOST_STAGES), rng.uniform(0.0, 2.0)
    job = subprocess.Popen(
        arguments, env={**os.environ, **ONE_THREAD}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    while finished() < there + more and job.poll() is None:
        time.sleep(0.01)
    time.sleep(delay)
    running = job.poll() is None
    if running:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    return running


def made_in(out: Path) -> dict[str, object]:
    """What a job is for, by file: weights, detections, scores without what they cost, the table."""
    made: dict[str, object] = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.name == "results.json":
            result = json.loads(path.read_text())
            made[name] = {key: value for key, value in result.items() if key not in ("training", "record")}
        elif path.name in ("final.safetensors", "table.md", "claims.json") or path.parent.name == "predictions":
            made[name] = path.read_bytes()
    return made


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a group of processes")
def test_a_job_killed_at_random_moments_ends_with_the_same_results(tmp_path):
    rng, kills = random.Random(2), 0
    for _ in range(JOB_KILLS):
        kills += live_until_killed(reproduce(tmp_path / "killed"), tmp_path / "killed", rng)
    assert kills >= JOB_KILLS // 2, "most kills met a job that was at work"
    for out in (tmp_path / "killed", tmp_path / "whole"):
        run(reproduce(out))
    whole = made_in(tmp_path / "whole")
    assert {"labels_all/teacher/final.safetensors", "labels_all/monotakd/seed0/results.json", "table.md"} <= set(whole)
    assert made_in(tmp_path / "killed") == whole
