"""A trained network of any kind, with what its frames have to look like."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import get_args

from monotakd import checkpoints
from monotakd.datasets.sources import DepthSource
from monotakd.engine.weights import put_weights
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.student import Student, StudentSettings
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.pipeline.reproduce import named_briefly
from monotakd.predict.weights_file import WeightsFile, read_weights_file

_EXPECTED = "a teacher, assistant or student: its folder, its final.safetensors, or the name of a stored one"
_WANTED = f"Give the folder of `monotakd train`, a checkpoint in it, or one of {', '.join(checkpoints.NAMES)}"


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network that finds objects.

    Attributes:
        name: where it came from.
        network: in evaluation mode, without gradients, on the CPU.
        image_size: (height, width) that its images are brought to; None where they stay as they come.
        true_depth: what an assistant is told; None for teacher and student.
        step: steps that an unfinished training had done; None for finished or imported weights.
    """

    name: str
    network: Teacher | Assistant | Student
    image_size: tuple[int, int] | None
    true_depth: DepthSource | None = None
    step: int | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """What it looks for."""
        settings = self.network.settings
        scale = settings if isinstance(self.network, Teacher) else settings.scale
        return tuple(anchor.name for anchor in scale.classes)


def load_network(checkpoint: str | os.PathLike[str]) -> TrainedNetwork:
    """Loads a teacher, an assistant or a student.

    Args:
        checkpoint: the folder of a finished run, a file of weights, the state of a run under way
            (``checkpoint-00000400.safetensors``), or the name of a stored model such as ``"teacher"``.

    Raises:
        DataError: nothing of that name, a damaged file, or a depth network, which finds nothing.
    """
    file = read_weights_file(checkpoint, _EXPECTED, _WANTED)
    network = _built(file)
    put_weights(file.path, network, file.tensors)
    depth = _true_depth(file) if isinstance(network, Assistant) else None
    name = named_briefly(os.fspath(checkpoint))
    return TrainedNetwork(name, network.eval().requires_grad_(False), file.image_size, depth, file.step)


def _built(file: WeightsFile) -> Teacher | Assistant | Student:
    """An untrained network of the file's settings, which tell its kind."""
    if "wiring" in file.network:
        return Student(file.network_settings(StudentSettings, "student", _WANTED))
    if "backbone_3d" in file.network:
        return Teacher(file.network_settings(TeacherSettings, "teacher", _WANTED))
    if "depth_form" in file.network:
        return Assistant(file.network_settings(AssistantSettings, "assistant", _WANTED))
    raise DataError(file.path, f"the network {file.what!r}, which finds no objects", _EXPECTED, fix=_WANTED)


def _true_depth(file: WeightsFile) -> DepthSource:
    told = file.settings.get("true_depth", "sparse")
    if told not in get_args(DepthSource):
        expected = f"one of {', '.join(get_args(DepthSource))}"
        raise DataError(file.path, f"true_depth = {told!r}", expected, place="settings")
    return told
