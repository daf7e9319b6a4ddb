"""Builds the networks of the job with reproducible first weights, and loads trained ones."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from monotakd.engine.seeds import seeded
from monotakd.engine.weights import load_weights
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline.presets import Networks
from monotakd.pipeline.rows import row_named

TOY = Networks.toy()


def build(name: str, seed: int = 0) -> nn.Module:
    """A network with fresh weights; those of a student depend on seed and wiring alone, not on the recipe.

    Args:
        name: ``"depth_network"``, ``"teacher"``, ``"assistant"``, ``"assistant_aligned"``, or the row of a student.
        seed: of the first weights.
    """
    with seeded(seed):
        match name:
            case "depth_network":
                return DepthNetwork(TOY.assistant.scale)
            case "teacher":
                return Teacher(TOY.teacher)
            case "assistant":
                return Assistant(TOY.assistant)
            case "assistant_aligned":
                return Assistant(TOY.assistant_aligned)
            case _:
                return Student(TOY.student(row_named(name).wiring))


def load(name: str, path: Path) -> nn.Module:
    """A trained network in evaluation mode, without gradients.

    Args:
        name: see `build`.
        path: ``final.safetensors`` of its run.

    Raises:
        DataError: the file is missing, damaged, or of another network.
    """
    network = build(name)
    load_weights(path, network)
    return network.eval().requires_grad_(False)
