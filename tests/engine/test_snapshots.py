"""Looking at a training: it changes nothing, it is stored whole, and a resumed run looks again."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task

from monotakd.engine.log import read_steps
from monotakd.engine.snapshots import Snapshot, looking_at, read_snapshots, take_snapshot
from monotakd.engine.train import fit
from monotakd.errors import DataError

WATCHED = replace(QUIET, snapshot_every=5)
IMAGES = torch.linspace(0, 1, 3 * 8 * 12).reshape(1, 3, 8, 12)


def look(network) -> Snapshot:
    """What a careless watcher would do: use random numbers and the network."""
    assert not network.training
    assert not torch.is_grad_enabled()
    torch.rand(3), np.random.rand(3)  # noqa: NPY002
    seen = network(IMAGES)[0].numpy()
    return Snapshot({"mean": float(seen.mean())}, {"map": seen.astype(np.float16)})


def test_a_watched_training_ends_with_the_bytes_of_an_unwatched_one(tmp_path, undisturbed):
    watched = fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path, run=WATCHED, watch=look)
    assert watched.final.read_bytes() == undisturbed.final.read_bytes()
    kept = [
        [{k: v for k, v in r.items() if k not in ("seconds", "waited")} for r in read_steps(t.log)]
        for t in (watched, undisturbed)
    ]
    assert kept[0] == kept[1]
    found = read_snapshots(tmp_path)
    assert list(found) == [0, 5, 10, SETTINGS.steps]
    values = [one.numbers["mean"] for one in found.values()]
    assert len(set(values)) == len(values), "the network changes"
    with looking_at(net := watched_network(watched)):
        assert found[SETTINGS.steps].numbers["mean"] == pytest.approx(float(net(IMAGES).mean()))


def watched_network(training):
    """The trained network."""
    from monotakd.engine.weights import load_weights

    module = tiny_task().module
    load_weights(training.final, module)
    return module


def test_a_resumed_run_looks_again_and_sees_the_same(tmp_path):
    fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path / "whole", run=WATCHED, watch=look)

    def stop(record):
        if record["step"] == 11:
            raise KeyboardInterrupt

    rarely = replace(WATCHED, checkpoint_seconds=1e6)  # so that both looks are made again
    with pytest.raises(KeyboardInterrupt):
        fit(tiny_task(), TinyFrames(), SETTINGS, tmp_path / "halves", run=rarely, watch=look, on_step=stop)
    first = {path.name: path.read_bytes() for path in (tmp_path / "halves" / "snapshots").iterdir()}
    assert sorted(first) == ["00000000.npz", "00000005.npz", "00000010.npz"]
    (tmp_path / "halves" / "snapshots" / "00000005.npz").unlink()
    fit(tiny_task(99), TinyFrames(), SETTINGS, tmp_path / "halves", run=rarely, watch=look, resume=True)
    stored = [{p.name: p.read_bytes() for p in (tmp_path / n / "snapshots").iterdir()} for n in ("whole", "halves")]
    assert stored[0] == stored[1]
    assert len(stored[0]) == 4


def test_nobody_looks_unless_asked(tmp_path):
    def never(_network):
        raise AssertionError("looked")

    fit(tiny_task(), TinyFrames(), replace(SETTINGS, steps=2), tmp_path / "a", run=QUIET, watch=never)
    assert read_snapshots(tmp_path / "a") == {}
    with pytest.raises(ValueError, match="snapshot_every"):
        fit(tiny_task(), TinyFrames(), replace(SETTINGS, steps=2), tmp_path / "b", run=WATCHED)


def test_modes_come_back_module_by_module(tmp_path):
    network = tiny_task().module.train()
    network.stem[1].eval()  # a batch norm that uses what it has learnt
    with looking_at(network):
        assert not any(module.training for module in network.modules())
    assert network.training
    assert network.head.training
    assert not network.stem[1].training


def test_a_damaged_file_is_named(tmp_path):
    take_snapshot(tmp_path, 3, tiny_task().module, look)
    path = tmp_path / "snapshots" / "00000003.npz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"00000003\.npz"):
        read_snapshots(tmp_path)
