"""Two checkpoints, the newest usable one is taken, half a file never."""

from dataclasses import replace

import pytest
import torch

from monotakd.engine import checkpoint as module
from monotakd.engine import durable
from monotakd.engine.checkpoint import Checkpoint, checkpoints, load_checkpoint, newest_checkpoint, save_checkpoint
from monotakd.errors import DataError


def at(step: int) -> Checkpoint:
    return Checkpoint(
        step=step,
        seconds=1.5,
        log_bytes=10 * step,
        config={"train": {"steps": 9}},
        model={"a.weight": torch.full((2, 2), float(step))},
        optimiser={"a.weight/exp_avg": torch.ones(2, 2), "a.weight/step": torch.tensor(float(step))},
    )


def test_a_checkpoint_comes_back(tmp_path):
    found = load_checkpoint(save_checkpoint(tmp_path, at(3)))
    assert (found.step, found.seconds, found.log_bytes, found.config) == (3, 1.5, 30, {"train": {"steps": 9}})
    for name in ("model", "optimiser"):
        ours, theirs = getattr(at(3), name), getattr(found, name)
        assert {k: v.tolist() for k, v in ours.items()} == {k: v.tolist() for k, v in theirs.items()}


def test_the_newest_two_are_kept_by_step_not_by_name(tmp_path):
    for step in (99_999_999, 100_000_000, 100_000_001):
        save_checkpoint(tmp_path, at(step))
    assert [path.name for path in checkpoints(tmp_path)] == [
        "checkpoint-100000001.safetensors",
        "checkpoint-100000000.safetensors",
    ]


def test_half_a_file_is_never_taken(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, at(1))

    class Killed(BaseException):
        pass

    def replace_killed(source, target):
        source.write_bytes(source.read_bytes()[:50])
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(durable.os, "replace", replace_killed)
        patched.setattr(durable.Path, "unlink", lambda self, missing_ok: None)
        with pytest.raises(Killed):
            save_checkpoint(tmp_path, at(2))
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")], "the kill left its half"
    assert newest_checkpoint(tmp_path)[1].step == 1
    save_checkpoint(tmp_path, at(2))
    assert newest_checkpoint(tmp_path)[1].step == 2
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + bytes([data[-1] ^ 1])]
)
def test_a_damaged_newest_is_skipped_aloud(tmp_path, damage):
    save_checkpoint(tmp_path, at(1))
    newest = save_checkpoint(tmp_path, at(2))
    newest.write_bytes(damage(newest.read_bytes()))
    with pytest.warns(RuntimeWarning, match=newest.name):
        path, found = newest_checkpoint(tmp_path)
    assert (path.name, found.step) == ("checkpoint-00000001.safetensors", 1)


def test_only_damaged_ones_are_an_error_that_names_the_newest(tmp_path):
    for step in (1, 2):
        save_checkpoint(tmp_path, at(step)).write_bytes(b"")
    with pytest.raises(DataError, match="checkpoint-00000002"):
        newest_checkpoint(tmp_path)


def test_no_checkpoint_is_none(tmp_path):
    (tmp_path / "checkpoint-abc.safetensors").touch()
    (tmp_path / ".checkpoint-00000001.safetensors.part").touch()
    assert newest_checkpoint(tmp_path) is None


def test_the_old_ones_stay_until_the_new_one_is_there(tmp_path, monkeypatch):
    for step in (1, 2):
        save_checkpoint(tmp_path, at(step))
    monkeypatch.setattr(module, "write_tensors", lambda *_: (_ for _ in ()).throw(DataError("x", "full", "room")))
    with pytest.raises(DataError):
        save_checkpoint(tmp_path, replace(at(3), seconds=2.0))
    assert len(checkpoints(tmp_path)) == 2
