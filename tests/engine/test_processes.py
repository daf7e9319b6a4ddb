"""Two processes that share every batch make the steps of one; one writes, all stop together."""

import json
from functools import partial

import pytest
import shared_training
import torch
from shared_training import freeze_norms, steady_task
from tiny_training import QUIET, SETTINGS, TinyFrames, TinyNet
from torch import nn

from monotakd.engine.log import read_steps
from monotakd.engine.processes import current_process, joined, launch, sync_batch_norms
from monotakd.engine.settings import Process
from monotakd.engine.train import fit
from monotakd.engine.weights import load_weights
from monotakd.errors import DataError
from monotakd.models.resnet_backbone import SingleValueNorm
from monotakd.models.sparse import SparseBatchNorm


def run_in_two(work, out, **arguments) -> int:
    return launch(2, partial(work, out, **arguments))


def notes(out) -> list[dict]:
    return [json.loads((out / f"rank{rank}.json").read_text()) for rank in range(2)]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The tiny network, trained by two processes."""
    out = tmp_path_factory.mktemp("together")
    assert run_in_two(shared_training.tiny, out) == 0
    return out


def without_times(log) -> list[dict]:
    return [{k: v for k, v in record.items() if k not in ("seconds", "waited")} for record in read_steps(log)]


def test_two_processes_make_the_steps_of_one(together, tmp_path):
    alone = fit(steady_task(), TinyFrames(), SETTINGS, tmp_path, run=QUIET)
    ours, theirs = TinyNet(), TinyNet()
    load_weights(together / "final.safetensors", ours)
    load_weights(alone.final, theirs)
    for (name, value), expected in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-6, msg=name)
    for one, two in zip(without_times(alone.log), without_times(together / "log.jsonl"), strict=True):
        assert two["terms"] == pytest.approx(one["terms"], rel=1e-5)
        assert two["total"] == pytest.approx(one["total"], rel=1e-5)
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)


def test_all_hold_the_same_weights_though_they_began_with_others(together):
    first, second = notes(together)
    assert first["weights"] == second["weights"]


def test_only_one_writes(together):
    names = sorted(path.name for path in together.iterdir() if path.name != ".lock")
    assert names == ["config.json", "final.safetensors", "log.jsonl", "rank0.json", "rank1.json"]


def test_stopped_and_resumed_they_end_with_the_same_bytes(together, tmp_path):
    assert run_in_two(shared_training.tiny, tmp_path, stop=5) == 0
    assert not (tmp_path / "final.safetensors").exists()
    assert run_in_two(shared_training.tiny, tmp_path, resume=True) == 0
    assert (tmp_path / "final.safetensors").read_bytes() == (together / "final.safetensors").read_bytes()
    assert without_times(tmp_path / "log.jsonl") == without_times(together / "log.jsonl")


def test_one_cuts_the_teachers_objects_out_for_all(tmp_path):
    assert run_in_two(shared_training.objects, tmp_path) == 0
    first, second = notes(tmp_path)
    assert (first["collected"], second["collected"]) == (1, 0)
    assert first["points"] == second["points"]
    assert len(first["points"]) > 3


def test_all_stop_at_what_one_of_them_met(tmp_path):
    assert run_in_two(shared_training.diverging, tmp_path) == 0
    first, second = notes(tmp_path)
    assert first == second
    assert first["terms"] == ["depth"]
    assert len(set(first["frames"])) == SETTINGS.batch_size


def test_a_refusal_ends_all(together, capfd):
    with pytest.raises(DataError, match=r"Resume it \(--resume\)"):
        run_in_two(shared_training.refused, together)
    said = capfd.readouterr().err  # Torch may say something of its own about sockets.
    assert "Traceback" not in said
    assert "DataError" not in said
    assert "terminate called" not in said


def test_one_that_fails_does_not_leave_the_others_waiting(tmp_path):
    with pytest.raises(DataError, match="frame 000003"):
        run_in_two(shared_training.failing, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", shared_training.KINDS)
def test_two_processes_teach_what_one_does(tmp_path, kind):
    """Every loss term, with counts of objects, labels and depths that differ between the shares."""
    assert run_in_two(shared_training.together, tmp_path, kind=kind) == 0
    module, records, gradients = shared_training.two_steps(kind)
    terms = shared_training.EVERY_TERM if kind.endswith("student") else shared_training.TRUTH
    first, second = notes(tmp_path)
    assert first["weights"] == second["weights"]
    for one, two in zip(records, first["records"], strict=True):
        assert set(two["terms"]) == set(terms.active())
        assert two["terms"] == pytest.approx(one["terms"], rel=1e-4)
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-3)
    shared = torch.load(tmp_path / "trained.pt", weights_only=True)
    assert shared["gradients"].keys() == gradients.keys()
    for name, one in gradients.items():
        assert (shared["gradients"][name] - one).norm() <= 1e-3 * one.norm() + 1e-7, name
    ours, theirs = module.state_dict(), shared["weights"]
    for name, first_value in shared_training.network(kind).state_dict().items():
        one, two = ours[name].float(), theirs[name].float()
        moved = (one - first_value).abs().max()
        # Adam divides small gradients by themselves, so rounding shows in single weights: compare with the way gone.
        assert (two - one).abs().max() <= 0.05 * moved + 1e-6, name
        assert (two - one).abs().mean() <= 1e-3 * moved + 1e-7, name


def test_a_process_by_itself_joins_nobody(monkeypatch):
    with joined() as process:
        assert process == current_process() == Process(0, 1)
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("WORLD_SIZE", "4")  # As a cluster's scheduler may leave it, without an address.
    with joined() as process:
        assert process.world == 1


def test_synced_norms_keep_parameters_and_names():
    net = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)), nn.BatchNorm1d(4), SingleValueNorm(4), SparseBatchNorm(4)
    )
    before = dict(net.state_dict(keep_vars=True))
    sync_batch_norms(net)
    assert [type(norm) for norm in (net[0][1], *net[1:])] == [nn.SyncBatchNorm] * 3 + [SparseBatchNorm]
    after = dict(net.state_dict(keep_vars=True))
    assert all(after[name] is value for name, value in before.items())
    assert before.keys() == after.keys()


def test_frozen_norms_stay_frozen():
    net = TinyNet()
    freeze_norms(net)
    assert not net.train().stem[1].training
