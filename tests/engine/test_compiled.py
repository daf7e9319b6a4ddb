"""Compiled parts compute the same and bear the same names; a machine that cannot compile says so in a line."""

import copy
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
import torch
from small_world import SCALE, WIRINGS, make_assistant, make_batch, make_distiller, make_teacher
from tiny_training import QUIET, SETTINGS, TinyFrames, tiny_task
from torch import nn
from torch._dynamo import lookup_backend

from monotakd.distill.detector_training import AssistantTraining, teacher_losses
from monotakd.distill.settings import DistillSettings
from monotakd.engine import compiled, trainer
from monotakd.engine.compiled import compile_dense, require_compiler
from monotakd.engine.config_file import RECORD, read_config
from monotakd.engine.log import read_steps
from monotakd.engine.train import fit
from monotakd.errors import DataError
from monotakd.models.depth_network import DepthNetwork


class Counting:
    """A backend that compiles quickly and counts what it is given."""

    def __init__(self):
        self.graphs = 0

    def __call__(self, graph, inputs):
        self.graphs += 1
        return lookup_backend("aot_eager")(graph, inputs)


@pytest.fixture(autouse=True)
def traceable(unchecked_shapes):
    """The compiler cannot trace the tests' own checks of shapes."""


class Teaching(nn.Module):
    """A teacher and its losses."""

    def __init__(self):
        super().__init__()
        self.teacher = make_teacher("anchor").train().requires_grad_(True)

    def forward(self, batch):
        return teacher_losses(self.teacher, batch)


class Depth(nn.Module):
    """A depth network and something to minimise."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.network = DepthNetwork(SCALE)

    def forward(self, batch):
        return self.network(batch.sensors.images).square().mean()


def student(wiring: str, saves_memory: bool) -> nn.Module:
    distiller = make_distiller(getattr(DistillSettings, wiring)(), WIRINGS[wiring])
    if saves_memory:
        distiller.student.save_memory()
    return distiller


TRAININGS = {
    **{f"student, {wiring}": partial(student, wiring, False) for wiring in WIRINGS},
    **{f"student, {wiring}, saving memory": partial(student, wiring, True) for wiring in WIRINGS},
    "assistant": lambda: AssistantTraining(make_assistant().train().requires_grad_(True)),
    "teacher": Teaching,
    "depth network": Depth,
}


def gradients(training: nn.Module) -> list[torch.Tensor]:
    """The sum of the losses of a batch, and its gradients."""
    losses = training(make_batch(2))
    total = losses if isinstance(losses, torch.Tensor) else sum(losses.computed().values())
    trained = [p for p in training.parameters() if p.requires_grad]
    return [
        total.detach(),
        *filter(lambda one: one is not None, torch.autograd.grad(total, trained, allow_unused=True)),
    ]


@pytest.mark.parametrize("name", TRAININGS)
def test_losses_gradients_and_names_are_the_same(name):
    eager = TRAININGS[name]()
    fast = copy.deepcopy(eager)
    counting = Counting()
    torch._dynamo.reset()
    parts = compile_dense(fast.children(), backend=counting)
    for found, expected in zip(gradients(fast), gradients(eager), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5 * float(expected.abs().max()) + 1e-7)
    assert list(fast.state_dict()) == list(eager.state_dict())
    wanted = [part for network in fast.children() for key, part in network.named_children() if key in compiled.DENSE]
    kept = [fast.student.backbone_2d] if "saving memory" in name else []
    assert set(parts) == set(wanted) - set(kept)
    assert len(parts) >= 2
    assert counting.graphs >= len(parts), "parts that were called and not compiled"


def test_a_compiled_training_goes_on_to_the_same_bytes(tmp_path, monkeypatch, stopped):
    monkeypatch.setattr(compiled, "DENSE", ("stem",))  # of the tiny network
    done, counting = [], Counting()
    torch._dynamo.reset()
    monkeypatch.setattr(trainer, "require_compiler", lambda device: None)
    monkeypatch.setattr(
        trainer, "compile_dense", lambda networks: done.extend(compile_dense(networks, backend=counting))
    )
    asked = {"settings": SETTINGS, "run": replace(QUIET, compile=True)}
    whole = fit(tiny_task(), TinyFrames(), out=tmp_path / "whole", **asked)
    folder = stopped(5, **asked)
    resumed = fit(tiny_task(seed=99), TinyFrames(), out=folder, resume=True, **asked)
    assert resumed.steps_now == SETTINGS.steps - 5
    assert resumed.final.read_bytes() == whole.final.read_bytes()
    assert read_config(folder)[RECORD]["compiled"] is True
    assert len(done) == 3
    assert counting.graphs >= 1
    assert read_steps(whole.log)[0]["gradient_norms"]["depth"]["stem"] > 0


def test_a_copy_of_a_compiled_network_has_weights_of_its_own():
    network = Depth()
    compile_dense(network.children(), backend="aot_eager")
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for weight in copied.parameters():
            weight.zero_()
    batch = make_batch(2)
    with torch.no_grad():
        assert float(network(batch)) > 0 == float(copied(batch))


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiles with g++, which is not installed")
def test_a_machine_with_a_compiler_can_compile():
    require_compiler(torch.device("cpu"))


def test_a_missing_compiler_is_told_in_one_line():
    code = "import torch; from monotakd.engine.compiled import require_compiler as r; r(torch.device('cpu'))"
    environment = {**os.environ, "CXX": "/nowhere/g++"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    last = ran.stderr.strip().splitlines()[-1]
    assert "DataError: --compile: found" in last
    assert "/nowhere/g++" in last
    assert "apt install g++" in last
    assert "leave --compile out" in last


def test_what_the_compiler_complained_about_is_told(monkeypatch):
    def fails(function):
        def called(_):
            raise RuntimeError(
                "C++ compile error\n\nCommand:\ng++ ...\n x.cpp:1: fatal error: Python.h: No such file\n"
            )

        return called

    monkeypatch.setattr(torch, "compile", fails)
    with pytest.raises(DataError, match=r"C\+\+ compile error .*Python\.h: No such file; expected a compiler"):
        require_compiler(torch.device("cpu"))
