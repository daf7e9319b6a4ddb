"""The whole job at its smallest, as a user starts it; then again, cut short, and with damaged or foreign folders."""

import html
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from monotakd import paths
from monotakd.errors import DataError
from monotakd.pipeline import learned_table
from monotakd.pipeline.learned_table import make_learned_table, read_learned
from monotakd.pipeline.networks import load
from monotakd.pipeline.presets import preset_named
from monotakd.pipeline.reproduce import narrowed, shown_command
from monotakd.pipeline.results import read_results
from monotakd.pipeline.workplace import RUN


def command_line(out: Path, *arguments: str, steps: int = 4) -> list[str]:
    command = [sys.executable, "-m", "monotakd", "reproduce", "--preset", "smoke", "--out", str(out), "--jobs", "1"]
    return [*command, "--data", str(paths.toy_set()), "--steps", str(steps), *arguments]


def run_job(command: list[str], *, hide: str = "", scratch: Path | None = None) -> subprocess.CompletedProcess:
    """A command as a user types it, on one thread; of a module that is hidden nothing can be imported."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if hide:
        scratch.mkdir(exist_ok=True)
        (scratch / "sitecustomize.py").write_text(f"import sys\nsys.modules[{hide!r}] = None\n")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(scratch), environment.get("PYTHONPATH")]))
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def reproduce(out: Path, *arguments: str, hide: str = "") -> subprocess.CompletedProcess:
    """``monotakd reproduce`` on the toy set, four steps a training."""
    return run_job(command_line(out, *arguments), hide=hide, scratch=out.parent / "hidden")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A finished job, with spconv hidden."""
    out = tmp_path_factory.mktemp("job") / "out"
    done = reproduce(out, "--runs", "ground_truth_only,monotakd", hide="spconv")
    assert done.returncode == 0, done.stderr
    return out, done


def test_everything_is_there(finished):
    out, done = finished
    found = {(result.row, result.labels, result.seed): result for result in read_results(out)}
    assert set(found) == {(row, "all", 0) for row in ("teacher", "assistant", "ground_truth_only", "monotakd")}
    assert all(result.frames == 8 and result.training["steps"] == 4 for result in found.values())
    assert {result.preset for result in found.values()} == {"smoke_4_steps"}, "four steps do not pass for the preset's"
    assert found["monotakd", "all", 0].record["teacher"] is not None
    assert found["ground_truth_only", "all", 0].record["teacher"] is None
    report = (out / "report.html").read_text()
    assert "http-equiv" not in report
    assert 'src="http' not in report
    assert "data:image/png;base64" in report
    assert (out / "feature_gap.png").stat().st_size > 20_000
    assert "| MonoTAKD" in (out / "table.md").read_text()
    assert json.loads((out / "claims.json").read_text())
    assert str(out) not in "".join(path.read_text() for path in out.rglob("results.json"))
    assert done.stdout.count("sparse convolutions: plain torch, for want of spconv; on the CPU nothing is lost") == 1
    assert "for want of spconv" in report
    assert "spconv" not in done.stderr, "on the CPU nobody has to be warned"


def test_a_second_call_repeats_nothing(finished):
    out, _ = finished
    before = {path: path.stat().st_mtime_ns for path in out.rglob("final.safetensors")}
    again = reproduce(out, "--runs", "ground_truth_only,monotakd")
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("final.safetensors")} == before


def test_a_row_is_added_later_and_results_are_collected(finished, tmp_path):
    out, _ = finished
    copy, results = tmp_path / "copy", tmp_path / "results"
    shutil.copytree(out, copy)
    done = reproduce(copy, "--runs", "ground_truth_only,response_only", "--results", str(results))
    assert done.returncode == 0, done.stderr
    assert (results / "smoke_4_steps/labels_all/response_only/seed0.json").exists()
    assert {result.row for result in read_results(results)} >= {"teacher", "ground_truth_only", "response_only"}


def test_a_killed_learned_table_forgets_no_student(finished, tmp_path, monkeypatch):
    out, _ = finished
    assert "MonoTAKD (published)" in make_learned_table(out, tmp_path, frames=4)
    whole = read_learned(tmp_path)
    known = [run for run in whole["runs"] if run["row"] == "monotakd"]
    (tmp_path / learned_table.NAME).write_text(json.dumps({**whole, "runs": known}))

    def killed(row, *given):
        if row == "monotakd":
            raise KeyboardInterrupt
        return load(row, *given)

    monkeypatch.setattr(learned_table, "load", killed)
    with pytest.raises(KeyboardInterrupt):
        make_learned_table(out, tmp_path, frames=4)
    assert {run["row"] for run in read_learned(tmp_path)["runs"]} == {"monotakd", "ground_truth_only"}


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a group of processes")
def test_ctrl_c_leaves_a_report_that_says_how_to_go_on(tmp_path):
    out = tmp_path / "out"
    command = command_line(out, "--runs", "ground_truth_only", steps=100_000)
    with open(tmp_path / "errors", "w+") as errors:
        job = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            # Tests that run in the background ignore SIGINT, and so would their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            while not any('"terms"' in log.read_text() for log in out.rglob("log.jsonl")):
                assert job.poll() is None, errors.seek(0) or errors.read()
                time.sleep(0.2)
            assert 'http-equiv="refresh"' in (out / "report.html").read_text()
            os.killpg(job.pid, signal.SIGINT)  # As a terminal does: to the job and all its trainings.
            assert job.wait(120) == 130
        finally:
            if job.poll() is None:
                os.killpg(job.pid, signal.SIGKILL)
        errors.seek(0)
        said = errors.read()
    assert "monotakd: interrupted; run the same command again to go on" in said
    assert "Traceback" not in said
    report = (out / "report.html").read_text()
    assert "Stopped by hand during: " in report
    assert html.escape(f"monotakd {shlex.join(command[3:])}") in report
    assert "http-equiv" not in report
    assert "<td>running</td>" not in report


def test_another_job_is_refused(finished, call):
    out, _ = finished

    def refused(*changes: object) -> str:
        status, _, error = call("reproduce", "--preset", "smoke", "--out", out, *changes)
        assert status == 2
        return error

    data = ("--data", paths.toy_set())
    assert "job.txt: found a job with --data " in refused()
    assert "expected street world" in refused()
    assert "found a job with --steps 4; expected as in the preset, as asked for now" in refused(*data)
    assert "--batch-size as in the preset; expected 2" in refused(*data, "--steps", 4, "--batch-size", 2)
    assert "--street" in refused(*data, "--street", "flat")


def test_a_damaged_network_fails_by_name(finished, tmp_path):
    out, _ = finished
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    teacher = copy / "labels_all/teacher/final.safetensors"
    teacher.write_bytes(teacher.read_bytes()[:1000])
    done = reproduce(copy, "--runs", "direct")
    assert done.returncode == 1
    assert "final.safetensors" in done.stderr
    assert "1 of" in done.stderr


def test_unknown_names_are_refused():
    with pytest.raises(DataError, match="some of ground_truth_only"):
        narrowed(preset_named("smoke"), rows=("dircet",))
    with pytest.raises(DataError, match="all, 200"):
        narrowed(preset_named("smoke"), labels=("20",))
    with pytest.raises(DataError, match="smoke, quick, toy"):
        preset_named("huge")
    assert narrowed(preset_named("toy"), steps=7).student.steps == 7


@pytest.mark.parametrize("name", ["smoke", "quick", "toy"])
def test_a_preset_makes_the_streets_that_it_reports_on(name):
    preset = preset_named(name)
    assert (preset.world.test if preset.report == "test" else preset.world.tune) > 0


def test_the_record_names_no_folder():
    said = shown_command(["reproduce", "--preset", "toy", "--out", "/home/me/x", "--jobs", "2"])
    assert said == "monotakd reproduce --preset toy --out OUT --jobs 2"
    said = shown_command(["depth-table", "--detected", "/a", "/b", "--out", "/c", "word"])
    assert said == "monotakd depth-table --detected DETECTED --out OUT word"
    assert shown_command(["detect", "--checkpoint", "/home/me/runs/s0"]) == "monotakd detect --checkpoint runs/s0"
    assert shown_command(["detect", "--checkpoint", "teacher"]) == "monotakd detect --checkpoint teacher"


def test_what_is_asked_of_every_training_is_told_to_it(call, tmp_path, monkeypatch):
    class PlannedError(Exception):
        pass

    def plan(place, cores):
        seen.append(place.run)
        raise PlannedError

    seen = []
    monkeypatch.setattr("monotakd.pipeline.reproduce.plan", plan)
    asked = ("--workers", 3, "--device", "cpu", "--gradient-norms-every", 7, "--compile")
    with pytest.raises(PlannedError):
        call("reproduce", "--preset", "smoke", "--data", paths.toy_set(), "--out", tmp_path, *asked)
    assert seen == [replace(RUN, workers=3, device="cpu", gradient_norms_every=7, compile=True)]


def test_streets_are_made_or_given_not_both(call, tmp_path):
    job = ("reproduce", "--preset", "smoke", "--out", tmp_path / "out", "--street", "hilly")
    status, _, error = call(*job, "--data", paths.toy_set())
    assert status == 2
    assert "--street: found hilly; expected no kind of streets" in error
    assert not (tmp_path / "out").exists()
