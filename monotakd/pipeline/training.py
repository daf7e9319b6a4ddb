"""Trains one network of the job: the frames, the losses and the loop put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from monotakd.datasets.augment import LidarAugmentation
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import DepthSource, KittiRoot
from monotakd.datasets.training_frames import CameraFrames, LidarFrames
from monotakd.distill.depth import depth_loss
from monotakd.distill.detector_training import AssistantTraining, teacher_losses
from monotakd.distill.distiller import Distiller
from monotakd.distill.settings import TRUTH
from monotakd.engine.config_file import to_json
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.taught import TaughtFrames, assistant_outputs, collate_on, teacher_outputs
from monotakd.engine.train import Training, fit
from monotakd.engine.weights import weights_hash
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.teacher import Teacher
from monotakd.pipeline.networks import TOY, build
from monotakd.pipeline.rows import Row
from monotakd.scene import Batch

LABELLED_SEED = 200
"""Draws the frames that keep their labels when only some do; the same for every row and seed."""

STARTED_RATE = 0.2
"""Factor of the learning rate of what begins trained. At the full rate, 600 steps on boxes alone undid the depth
network: the true bin's probability on cars 10 to 20 m away fell from 0.18 to 0.10."""


@dataclass(frozen=True)
class TrainingData:
    """What there is to learn from.

    Attributes:
        root: a KITTI root.
        frame_ids: of the training split.
        labelled: how many of them show their labels; None for all.
        size: (height, width) that images are brought to.
        true_depth: what the assistant is told.
    """

    root: KittiRoot
    frame_ids: tuple[str, ...]
    labelled: int | None = None
    size: tuple[int, int] | None = None
    true_depth: DepthSource = "sparse"

    @property
    def labelled_ids(self) -> tuple[str, ...]:
        """The frames that show their labels, in the order of ``frame_ids``."""
        if self.labelled is None or self.labelled >= len(self.frame_ids):
            return self.frame_ids
        drawn = np.random.default_rng(LABELLED_SEED).permutation(len(self.frame_ids))[: self.labelled]
        return tuple(self.frame_ids[index] for index in sorted(drawn))

    def camera(self, *, points: bool = False, depth: bool = False, all_frames: bool = True) -> CameraFrames:
        """Frames for a camera network.

        Args:
            points: with LiDAR points.
            depth: with true depth.
            all_frames: the unlabelled ones too.
        """
        return CameraFrames(
            self.root,
            self.frame_ids if all_frames else self.labelled_ids,
            points=points,
            depth=self.true_depth if depth else None,
            labelled=frozenset(self.labelled_ids),
            size=self.size,
            keep=not points,
        )


def train_depth_network(
    data: TrainingData, settings: TrainSettings, out: Path, run: RunSettings, *, resume: bool = True
) -> Training:
    """Trains what assistant and students start from, on the LiDAR depth of all frames.

    Boxes only say which cells are foreground, and only where a frame shows its labels.
    """
    network = build("depth_network", settings.seed)
    scale = network.settings

    def losses(batch: Batch) -> dict[str, Tensor]:
        logits = network(batch.sensors.images).float()
        return {"depth": depth_loss(logits, batch.privileged.depth, batch.labels, scale.bins, scale.image.stride)}

    task = Task("depth_network", network, losses, weights={"depth": 1.0}, config={"network": scale, "size": data.size})
    return fit(task, data.camera(depth=True), settings, out, run=run, resume=resume)


def train_teacher(
    data: TrainingData, settings: TrainSettings, out: Path, run: RunSettings, *, resume: bool = True
) -> Training:
    """Trains the LiDAR teacher on the labelled frames."""
    teacher = build("teacher", settings.seed)
    classes = tuple(anchor.name for anchor in TOY.teacher.classes)
    augmentation = LidarAugmentation(totals={name: 8 for name in classes}, rotation=np.pi / 16)
    frames = LidarFrames(data.root, data.labelled_ids, augmentation, classes, keep=True)
    task = Task(
        "teacher",
        teacher,
        lambda batch: teacher_losses(teacher, batch).computed(),
        weights=TRUTH.active(),
        config={"network": teacher.settings, "augmentation": augmentation},
    )
    return fit(task, frames, settings, out, run=run, resume=resume)


def train_assistant(
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    teacher: Teacher | None = None,
    depth_network: DepthNetwork | None = None,
    resume: bool = True,
) -> Training:
    """Trains an assistant; an aligned one, towards the teacher's map, if a teacher is given.

    Its image network starts as the depth network's, if one is given.
    """
    assistant = build("assistant" if teacher is None else "assistant_aligned", settings.seed)
    if depth_network is not None:
        assistant.start_from(depth_network, ("image_backbone",))
    training = AssistantTraining(assistant, teacher)
    # Unlabelled frames teach only what alignment needs: the teacher's map.
    frames = data.camera(points=teacher is not None, depth=True, all_frames=teacher is not None)
    task = Task(
        "assistant",
        assistant,
        lambda batch: training(batch).computed(),
        weights=training.weights.active(),
        frozen=training.frozen(),
        config={
            "network": assistant.settings,
            "true_depth": data.true_depth,
            "depth_network": None if depth_network is None else weights_hash(depth_network)[:16],
            "size": data.size,
        },
    )
    return fit(task, frames, settings, out, run=run, resume=resume)


def train_student(
    row: Row,
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    teacher: FeatureCache | None = None,
    assistant: FeatureCache | None = None,
    depth_network: DepthNetwork | None = None,
    first_assistant: Assistant | None = None,
    resume: bool = True,
    on_step: Callable[[dict[str, Any]], None] | None = None,
) -> Training:
    """Trains one student of the table, with stored outputs of the frozen networks.

    Args:
        row: recipe and wiring.
        data: what to learn from.
        settings: the budget; its seed gives first weights and data order.
        out: the run's folder.
        run: how to run.
        teacher: filled cache of the teacher's outputs; see `fill_teacher`.
        assistant: filled cache of the assistant's maps.
        depth_network: whose weights the student begins with; None for fresh ones.
        first_assistant: whose weights it begins with besides, where the row asks for it.
        resume: go on with a run in ``out``.
        on_step: called with each record of the log.
    """
    student = build(row.name, settings.seed)
    if depth_network is not None:
        student.start_from(depth_network, ("image_backbone", "depth_head"))
    if row.start_from:
        student.start_from(first_assistant, row.start_from)
    distiller = Distiller(student, None, None, row.recipe)
    needs_depth = bool(row.recipe.weights.depth) or (row.recipe.needs_assistant and row.assistant is None)
    frames = TaughtFrames(
        data.camera(depth=needs_depth, all_frames=row.uses_unlabelled),
        teacher if row.recipe.needs_teacher else None,
        assistant if row.recipe.needs_assistant else None,
    )
    task = Task(
        row.name,
        student,
        lambda taught: distiller(taught.batch, taught.targets).computed(),
        weights=row.recipe.weights.active(),
        rates={} if depth_network is None else dict.fromkeys(("image_backbone", "depth_head"), STARTED_RATE),
        config={
            "network": student.settings,
            "recipe": row.recipe,
            "start_from": row.start_from,
            "depth_network": None if depth_network is None else weights_hash(depth_network)[:16],
            "started_rate": None if depth_network is None else STARTED_RATE,
            "teacher": None if frames.teacher is None else frames.teacher.key,
            "assistant": None if frames.assistant is None else frames.assistant.key,
            "labelled": len(data.labelled_ids),
            "size": data.size,
        },
    )
    return fit(
        task, frames, settings, out, run=run, resume=resume, collate=collate_on(TOY.teacher.bev_grid), on_step=on_step
    )


def teacher_cache(root: Path, teacher: Teacher, data: TrainingData) -> FeatureCache:
    """The cache of a teacher's outputs on these frames; its key changes with weights and data."""
    return FeatureCache(root, _key(weights_hash(teacher), data, "points"))


def assistant_cache(root: Path, assistant: Assistant, data: TrainingData) -> FeatureCache:
    """The same for an assistant's maps."""
    return FeatureCache(root, _key(weights_hash(assistant), data, data.true_depth))


def fill_teacher(cache: FeatureCache, teacher: Teacher, data: TrainingData, run: RunSettings, batch_size: int) -> None:
    """Computes what is missing of the teacher's outputs, for the frames and their mirror images."""
    frames = data.camera(points=True)
    _fill(cache, frames, lambda batch: teacher_outputs(teacher, batch), run, batch_size)


def fill_assistant(
    cache: FeatureCache, assistant: Assistant, data: TrainingData, run: RunSettings, batch_size: int
) -> None:
    """The same for the assistant's maps."""
    frames = replace(data.camera(depth=True), keep=False)
    _fill(cache, frames, lambda batch: assistant_outputs(assistant, batch), run, batch_size)


def _fill(cache: FeatureCache, frames: CameraFrames, outputs: Callable, run: RunSettings, batch_size: int) -> None:
    cache.fill(
        frames.frame_ids, frames.mirrored, outputs, batch_size=batch_size, collate=collate, progress=run.progress
    )


def _key(weights: str, data: TrainingData, told: str) -> str:
    """Letters and digits that change with whatever the stored outputs depend on."""
    import hashlib
    import json

    seen = json.dumps([str(data.root.root.resolve()), to_json(data.size), told])
    return weights[:16] + hashlib.sha256(seen.encode()).hexdigest()[:8]
