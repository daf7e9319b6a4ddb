"""The job with every training done by two processes that share its batches, on the CPU."""

from dataclasses import replace

import pytest
from test_job import reproduce

from monotakd.engine.config_file import read_config
from monotakd.engine.log import read_steps
from monotakd.errors import DataError
from monotakd.pipeline.plan import on_devices, plan
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.reproduce import reproduce as do
from monotakd.pipeline.results import read_results
from monotakd.pipeline.workplace import RUN, Workplace


@pytest.mark.slow
def test_two_processes_do_the_job(tmp_path):
    out = tmp_path / "out"
    asked = ("--runs", "direct", "--devices", "2", "--parts", "2", "--precision", "float32")
    done = reproduce(out, *asked)
    assert done.returncode == 0, done.stderr
    assert {run.row for run in read_results(out)} == {"teacher", "direct"}
    student = out / "labels_all/direct/seed0"
    assert [step["step"] for step in read_steps(student / "log.jsonl")] == [1, 2, 3, 4]
    # Both processes were there: each takes two of a batch's four frames, and the config knows nothing of it.
    budget = read_config(student)["train"]
    assert (budget["batch_size"], budget["parts"], budget["bf16"]) == (4, 2, False)
    assert (student / "predictions").is_dir()
    assert (out / "labels_all/teacher/stored.txt").read_text().strip() in {p.name for p in (out / "cache").iterdir()}
    before = {path: path.stat().st_mtime_ns for path in out.rglob("final.safetensors")}
    again = reproduce(out, *asked)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("final.safetensors")} == before


def test_batches_that_cannot_be_shared_out_are_refused_before_anything_begins(tmp_path):
    with pytest.raises(DataError, match="the batch of 4 frames"):
        do(Preset.smoke(), tmp_path, devices=3)
    with pytest.raises(DataError, match="--devices, --parts: found 2, 4; expected"):
        do(Preset.smoke(), tmp_path, devices=2, parts=4)
    assert not (tmp_path / "world").exists()


def test_only_what_trains_is_shared_out(tmp_path):
    alone = plan(Workplace(tmp_path, Preset.smoke()), 1)
    shared = plan(Workplace(tmp_path, Preset.smoke(), devices=2), 1)
    same = [one.name for one, two in zip(alone, shared, strict=True) if one.work.func is two.work.func]
    assert same == ["world"]
    assert on_devices(alone[1], 1) is alone[1]
    asked = plan(Workplace(tmp_path, Preset.smoke(), devices=2, run=replace(RUN, device="cpu")), 1)
    assert {one.work.args[:2] for one in asked[1:]} == {(2, "cpu")}
