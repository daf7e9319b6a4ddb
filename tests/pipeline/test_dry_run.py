"""A dry run writes nothing, does real steps, and says what stands in the way."""

from dataclasses import replace

import pytest
import torch
from test_single import QUIET, order

from monotakd import paths
from monotakd.engine import trainer
from monotakd.engine.progress import duration
from monotakd.pipeline import dry_run
from monotakd.pipeline.dry_run import rehearse
from monotakd.pipeline.order import Order


@pytest.mark.parametrize("what", ["depth_network", "teacher", "assistant", "student"])
def test_every_kind_is_timed_without_a_trace(tmp_path, monkeypatch, what):
    monkeypatch.setattr(dry_run, "_available_bytes", lambda _: 2**40)  # The peak counts all tests of this process.
    asked = order(what, tmp_path / "out", steps=1000)
    found = rehearse(asked, steps=3)
    assert found.ok, found
    assert not asked.out.exists()
    # 1,000 steps, and before them what is done once.
    assert found.hours * 3600 >= 1000 * found.step_seconds > 0
    assert found.hours * 3600 < 1000 * found.step_seconds + 600
    assert duration(found.hours * 3600) in str(found)
    said = str(found)
    for word in ("data", "disk", "memory", "step", "time", "6 frames to train on"):
        assert word in said
    assert ("fresh weights stand in" in said) == (what == "student")


def test_stored_outputs_are_counted_in_time_and_room(tmp_path):
    asked = Order("student", tmp_path / "out", paths.toy_set(), preset="smoke", run=QUIET)
    kept, running = rehearse(asked, steps=2), rehearse(replace(asked, keep_outputs=False), steps=2)
    assert "outputs of teacher and assistant" in str(kept)
    assert "outputs of teacher and assistant" not in str(running)
    assert not asked.out.exists()


def test_what_stands_in_the_way_is_said(tmp_path, monkeypatch):
    asked = order("teacher", tmp_path / "out")
    asked.out.mkdir()
    (asked.out / "config.json").write_text("{}")
    monkeypatch.setattr(dry_run.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    monkeypatch.setattr(dry_run, "_available_bytes", lambda _: 10)
    found = rehearse(asked, steps=2)
    assert not found.ok
    assert {finding.what for finding in found.findings if not finding.good} == {"folder", "disk", "memory"}
    assert "--resume" in str(found)
    assert rehearse(replace(asked, resume=True), steps=2).findings[1].good


def test_too_little_memory_is_a_finding(tmp_path, monkeypatch):
    def no_room(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(trainer.Trainer, "step", no_room)
    found = rehearse(order("teacher", tmp_path / "out", batch_size=4), steps=2)
    assert not found.ok
    assert "too little for 4 frames in 1 part, float32" in str(found)
    assert "--parts" in str(found)


def test_damaged_frames_are_named(tmp_path):
    import shutil

    root = tmp_path / "root"
    shutil.copytree(paths.tiny_set(), root)
    label = root / "training" / "label_2" / "000000.txt"
    label.write_text(label.read_text() + "Car 5.00 0 0 1 1 5 5 1.5 1.6 3.9 0 1.6 10 0\n")
    found = rehearse(replace(order("depth_network", tmp_path / "out"), data=root), steps=2)
    assert not found.findings[0].good
    assert "000000.txt" in found.findings[0].found


def test_one_of_several_devices_takes_its_share(tmp_path, monkeypatch):
    monkeypatch.setattr(dry_run, "peak_bytes", lambda: 3_000_000_000)
    monkeypatch.setattr(dry_run, "_available_bytes", lambda _: 5_000_000_000)
    asked = order("teacher", tmp_path / "out", batch_size=4)
    found = rehearse(replace(asked, run=replace(asked.run, workers=2)), steps=2, devices=2)
    assert "2 frames in 1 part, float32, one of 2 devices" in str(found)
    # On a CPU both processes live in the same memory.
    assert "3.00 GB at the peak of each of 2 processes, 5.0 GB were free on cpu; 4 that read" in str(found)
    assert [finding.what for finding in found.findings if not finding.good] == ["memory"]
    assert rehearse(asked, steps=2).ok


def test_a_compiled_training_is_rehearsed_compiled(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(trainer, "require_compiler", compiled.append)
    monkeypatch.setattr(trainer, "compile_dense", compiled.extend)
    asked = order("depth_network", tmp_path / "out", batch_size=1, precision="float32")
    found = rehearse(replace(asked, run=replace(QUIET, compile=True)), steps=2)
    assert len(compiled) == 2  # the device and the network
    assert "float32, compiled" in str(found)


def test_the_command_says_with_its_status_whether_it_may_begin(call, tmp_path, monkeypatch):
    monkeypatch.setattr(dry_run, "_available_bytes", lambda _: 2**40)  # The peak counts all tests of this process.
    options = ("--preset", "kitti_small", "--dry-run", "--dry-run-steps", 2, "--threads", 1, "--batch-size", 1)
    out = tmp_path / "out"
    status, said, err = call("train", "depth-network", "--data", paths.tiny_set(), "--out", out, *options)
    assert status == 0, err
    assert " for 300 steps: " in said
    assert "1 frame in 1 part" in said
    out.mkdir()
    (out / "config.json").write_text("{}")
    assert call("train", "depth-network", "--data", paths.tiny_set(), "--out", out, *options)[0] == 1
