"""The networks of the job: what a preset trains, with reproducible first weights; and trained ones, loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from torch import nn

from monotakd.datasets.augment import LidarAugmentation
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import read_config
from monotakd.engine.seeds import seeded
from monotakd.engine.weights import load_weights
from monotakd.errors import DataError
from monotakd.geometry.anchors import Placement
from monotakd.models.assistant import Assistant, AssistantSettings
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.lift_plan import Convention
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.pipeline.rows import Row, row_named
from monotakd.pretrained.image_weights import load_image_weights


@dataclass(frozen=True)
class Networks:
    """What is trained, and what is done to its frames and learning rates; independent of the budget.

    Attributes:
        teacher: the LiDAR network.
        assistant: trained as a detector.
        assistant_aligned: trained towards the teacher's map besides.
        augmentation: what the teacher's training frames go through.
        started_rate: factor of the learning rate of a student's image network and depth head where they begin trained.
        save_memory: train students as `Student.save_memory` has it; the result is the same.
        student_lift: how students lift, see `CameraSettings.lift_convention`; None as the assistant does.
    """

    teacher: TeacherSettings
    assistant: AssistantSettings
    assistant_aligned: AssistantSettings
    augmentation: LidarAugmentation
    started_rate: float = 1.0
    save_memory: bool = False
    student_lift: Convention | None = None

    @classmethod
    def toy(cls) -> Networks:
        """Cars in 320x96 images.

        At the full learning rate, 600 steps on boxes alone undid the depth network: the true bin's probability on cars
        10 to 20 m away fell from 0.18 to 0.10. Hence a fifth.
        """
        return cls(
            TeacherSettings.toy(),
            AssistantSettings.toy(),
            AssistantSettings.aligned_toy(),
            LidarAugmentation(totals={"Car": 8}, rotation=math.pi / 16),
            started_rate=0.2,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """What all of them look for."""
        return tuple(anchor.name for anchor in self.teacher.classes)

    @property
    def assistant_shared_head(self) -> AssistantSettings:
        """One that the teacher's head reads, otherwise like the aligned one."""
        scale = replace(self.assistant_aligned.scale, anchor_placement=self.teacher.anchor_placement)
        return replace(self.assistant_aligned, scale=scale, training="shared_head")

    def student(self, wiring: Wiring, bev_convs: int = 0) -> StudentSettings:
        """A student's settings: its sizes are the assistant's, its anchors its teacher's, whose boxes it imitates."""
        scale = replace(
            self.assistant.scale,
            anchor_placement=self.teacher.anchor_placement,
            bev_convs=bev_convs,
            lift_convention=self.student_lift or self.assistant.scale.lift_convention,
        )
        return StudentSettings(scale, wiring)

    def taught_by(self, folder: Path) -> Networks:
        """The same with the teacher of a folder, as far as it may differ: where its anchors are, how many voxels.

        Neither changes a shape or the maps' meaning, so that the release's teacher can teach a student of ours. The
        assistants keep their anchors: no student imitates their boxes.

        Args:
            folder: of a trained or imported teacher; one that tells no settings changes nothing.

        Raises:
            DataError: its ``config.json`` is damaged.
        """
        if not (folder / CONFIG).exists():
            return self
        told = settings_told(folder)
        free = {}
        if told.get("anchor_placement") in get_args(Placement):
            free["anchor_placement"] = told["anchor_placement"]
        if "max_voxels" in told and (told["max_voxels"] is None or type(told["max_voxels"]) is int):
            free["max_voxels"] = told["max_voxels"]
        return replace(self, teacher=replace(self.teacher, **free))

    def going_on_from(self, folder: Path) -> Networks:
        """The same for a student that goes on from a trained or imported one, and lifts as that does.

        The lift changes no shape. Everything else that such a folder tells has to agree; see `single.train_on`.

        Args:
            folder: of a student; one that tells no settings changes nothing.

        Raises:
            DataError: its ``config.json`` is damaged.
        """
        scale = settings_told(folder).get("scale") if (folder / CONFIG).exists() else None
        told = scale.get("lift_convention") if isinstance(scale, dict) else None
        return replace(self, student_lift=told) if told in get_args(Convention) else self


def settings_told(folder: Path) -> dict[str, Any]:
    """A trained network's settings as its ``config.json`` tells them; empty if it tells none.

    Raises:
        DataError: no such file, or a damaged one.
    """
    settings = read_config(folder).get("settings")
    told = settings.get("network") if isinstance(settings, dict) else None
    return told if isinstance(told, dict) else {}


TOY = Networks.toy()
"""Those of the stored models."""


def build(name: str, seed: int = 0, networks: Networks = TOY) -> nn.Module:
    """A network with fresh weights; those of a student depend on seed and wiring alone, not on the recipe.

    Args:
        name: ``"depth_network"``, ``"teacher"``, one of `rows.ASSISTANTS`, or the row of a student.
        seed: of the first weights.
        networks: of the preset.
    """
    with seeded(seed):
        match name:
            case "depth_network":
                return DepthNetwork(networks.assistant.scale)
            case "teacher":
                return Teacher(networks.teacher)
            case "assistant":
                return Assistant(networks.assistant)
            case "assistant_aligned":
                return Assistant(networks.assistant_aligned)
            case "assistant_shared_head":
                return Assistant(networks.assistant_shared_head)
    return build_student(row_named(name), seed, networks)


def build_student(row: Row, seed: int = 0, networks: Networks = TOY) -> Student:
    """A student with fresh weights, for training; arguments as for `build`."""
    with seeded(seed):
        student = Student(networks.student(row.wiring, row.bev_convs))
    return student.save_memory() if networks.save_memory else student


def with_image_weights(path: Path, networks: Networks, seed: int = 0) -> DepthNetwork:
    """A depth network that begins with published image weights; prints what became of every tensor.

    Args:
        path: see `load_image_weights`, which names the errors.
        networks: of a preset with a ResNet.
        seed: of the first weights of what the file lacks.
    """
    network = build("depth_network", seed, networks)
    if not isinstance(networks.assistant.scale.image, ResNetSettings):
        raise DataError(
            "--image-weights", str(path), "no such file: this preset's image network is no ResNet", fix=_LARGER
        )
    print(load_image_weights(path, network), flush=True)
    return network


_LARGER = "Take the preset kitti_r50, or leave the option out"


def load(name: str, path: Path, networks: Networks = TOY) -> nn.Module:
    """A trained network in evaluation mode, without gradients.

    Args:
        name: see `build`.
        path: ``final.safetensors`` of its run.
        networks: of the preset.

    Raises:
        DataError: the file is missing, damaged, or of another network.
    """
    network = build(name, networks=networks)
    load_weights(path, network)
    return network.eval().requires_grad_(False)
