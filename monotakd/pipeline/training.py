"""Trains one network of the job: the frames, the losses and the loop put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from monotakd.datasets.collate import collate
from monotakd.datasets.training_frames import CameraFrames, LidarFrames
from monotakd.distill.depth import depth_loss
from monotakd.distill.detector_training import AssistantTraining, teacher_losses
from monotakd.distill.distiller import Distiller
from monotakd.distill.settings import TRUTH
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import RECORD, read_config, to_json
from monotakd.engine.device import choose_device, to_device
from monotakd.engine.feature_cache import FeatureCache, require_room
from monotakd.engine.processes import current_process
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.taught import TaughtBatch, TaughtFrames, assistant_outputs, collate_on, teacher_outputs
from monotakd.engine.train import Training, fit
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline.networks import TOY, Networks, build, build_student
from monotakd.pipeline.object_bank import fill_bank
from monotakd.pipeline.rows import Row
from monotakd.pipeline.trained_camera import trained_camera
from monotakd.pipeline.training_data import TrainingData
from monotakd.scene import Batch

Loop = Callable[..., Any]
"""`fit`, or something that takes the same arguments and may return nothing."""

STARTED = ("image_backbone", "depth_head")
"""What a student begins with where there is a depth network."""


def train_depth_network(
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    networks: Networks = TOY,
    start: DepthNetwork | None = None,
    resume: bool = True,
    loop: Loop = fit,
) -> Training | None:
    """Trains what assistant and students start from, on the LiDAR depth of all frames.

    Boxes only say which cells are foreground, and only where a frame shows its labels. Arguments as for
    `train_student`; ``start`` is the network that it starts as, such as one with published image weights.
    """
    network = build("depth_network", settings.seed, networks)
    scale = network.settings
    config = {"network": scale, "size": data.size}
    if start is not None:
        network.load_state_dict(start.state_dict())
        config["start"] = weights_hash(start)[:16]

    def losses(batch: Batch) -> dict[str, Tensor]:
        logits = network(batch.sensors.images).float()
        return {"depth": depth_loss(logits, batch.privileged.depth, batch.labels, scale.bins, scale.image.stride)}

    task = Task("depth_network", network, losses, weights={"depth": 1.0}, config=config)
    return loop(task, data.camera(depth=True), settings, out, run=run, resume=resume)


def train_teacher(
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    networks: Networks = TOY,
    resume: bool = True,
    loop: Loop = fit,
) -> Training | None:
    """Trains the LiDAR teacher on the labelled frames, filled with objects of others; see `train_student`.

    Every frame is read before the first step, for its objects; see `fill_bank`.
    """
    teacher = build("teacher", settings.seed, networks)
    frames = LidarFrames(data.root, data.labelled_ids, networks.augmentation, networks.classes, keep=data.keep)
    task = Task(
        "teacher",
        teacher,
        lambda batch: teacher_losses(teacher, batch).computed(),
        weights=TRUTH.active(),
        config={"network": teacher.settings, "augmentation": networks.augmentation},
        prepare=lambda folder, goes_on: fill_bank(frames, folder, goes_on=goes_on, progress=run.progress),
    )
    return loop(task, frames, settings, out, run=run, resume=resume)


def train_assistant(
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    networks: Networks = TOY,
    name: str = "assistant",
    teacher: Teacher | None = None,
    depth_network: DepthNetwork | None = None,
    resume: bool = True,
    loop: Loop = fit,
) -> Training | None:
    """Trains an assistant; ``name`` is one of `rows.ASSISTANTS`, and all but the first need a teacher.

    Its image network starts as the depth network's, if one is given. Other arguments as for `train_student`.
    """
    assistant = fresh_assistant(name, settings.seed, networks, depth_network)
    training = AssistantTraining(assistant, teacher)
    aligns = training.uses_unlabelled
    frames = data.camera(points=aligns, depth=True, all_frames=aligns)
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
    return loop(task, frames, settings, out, run=run, resume=resume)


def fresh_assistant(name: str, seed: int, networks: Networks, depth_network: DepthNetwork | None) -> Assistant:
    """An assistant as its training begins. Of a depth network it takes the image part alone: it is told its depth.

    Arguments as for `build` and `train_assistant`.
    """
    assistant = build(name, seed, networks)
    if depth_network is not None:
        assistant.start_from(depth_network, ("image_backbone",))
    return assistant


def train_student(
    row: Row,
    data: TrainingData,
    settings: TrainSettings,
    out: Path,
    run: RunSettings,
    *,
    networks: Networks = TOY,
    teacher: FeatureCache | Teacher | None = None,
    assistant: FeatureCache | Assistant | None = None,
    depth_network: DepthNetwork | None = None,
    first_assistant: Assistant | None = None,
    first_student: Student | None = None,
    resume: bool = True,
    on_step: Callable[[dict[str, Any]], None] | None = None,
    loop: Loop = fit,
) -> Training | None:
    """Trains one student of the table, with frozen networks that run in every step, or with their stored outputs.

    Args:
        row: recipe and wiring.
        data: what to learn from.
        settings: the budget; its seed gives first weights and data order.
        out: the run's folder.
        run: how to run.
        networks: of the preset.
        teacher: trained; or a filled cache of its outputs, see `fill_teacher`.
        assistant: trained; or a filled cache of its maps. Both networks run, or neither.
        depth_network: whose weights the student begins with; None for fresh ones.
        first_assistant: whose weights it begins with besides, where the row asks for it.
        first_student: a student of the same settings, all of whose weights it begins with instead.
        resume: go on with a run in ``out``.
        on_step: called with each record of the log.
        loop: what is done once everything is ready: `fit`, or something that takes the same arguments.

    Raises:
        DataError: the parts of a batch are too small for the wiring.
    """
    student = build_student(row, settings.seed, networks)
    _require_room_for_norms(student, settings, choose_device(run.device))
    if depth_network is not None:
        student.start_from(depth_network, STARTED)
    if row.start_from:
        student.start_from(first_assistant, row.start_from)
    if first_student is not None:
        student.load_state_dict(first_student.state_dict())
    running = isinstance(teacher, Teacher) or isinstance(assistant, Assistant)
    asks_truth = bool(row.recipe.weights.depth) or (row.recipe.needs_assistant and (running or row.assistant is None))
    frames = data.camera(points=running and row.recipe.needs_teacher, depth=asks_truth, all_frames=row.uses_unlabelled)
    if running:
        distiller, keys, together = Distiller(student, teacher, assistant, row.recipe), (None, None), collate
    else:
        distiller = Distiller(student, None, None, row.recipe)
        frames = TaughtFrames(
            frames,
            teacher if row.recipe.needs_teacher else None,
            assistant if row.recipe.needs_assistant else None,
        )
        keys = [None if cache is None else cache.key for cache in (frames.teacher, frames.assistant)]
        together = collate_on(networks.teacher.bev_grid)

    def losses(given: Batch | TaughtBatch) -> dict[str, Tensor]:
        return (distiller(given) if running else distiller(given.batch, given.targets)).computed()

    task = Task(
        row.name,
        student,
        losses,
        weights=row.recipe.weights.active(),
        rates={} if depth_network is None else dict.fromkeys(STARTED, networks.started_rate),
        frozen=distiller.frozen(),
        config={
            "network": student.settings,
            "recipe": row.recipe,
            "start_from": row.start_from,
            "depth_network": None if depth_network is None else weights_hash(depth_network)[:16],
            "started_rate": None if depth_network is None else networks.started_rate,
            "teacher": keys[0],
            "assistant": keys[1],
            "labelled": len(data.labelled_ids),
            "size": data.size,
            **({} if first_student is None else {"first_student": weights_hash(first_student)[:16]}),
        },
        record={"camera": trained_camera(data.camera())},
    )
    return loop(task, frames, settings, out, run=run, resume=resume, collate=together, on_step=on_step)


def _require_room_for_norms(student: Student, settings: TrainSettings, device: torch.device) -> None:
    """The released alignment normalises one value per frame and channel over the batch, so it needs two frames."""
    sharing = 1 if device.type == "cuda" else current_process().world  # On CUDA norms are synchronised.
    frames = settings.batch_size // (settings.parts * sharing)
    if frames < 2 and student.settings.wiring.alignment == "released":
        raise DataError(
            "--parts and --devices",
            "one frame at a time",
            "at least two frames at a time for the released wiring, whose alignment normalises over them",
        )


def trained_with(folder: Path) -> TrainSettings:
    """The budget of a training in a folder, whatever its preset says today.

    Raises:
        DataError: no training has begun there, or its ``config.json`` is damaged.
    """
    known = read_config(folder)["train"]
    return TrainSettings(**{**known, "momentum": tuple(known["momentum"])})


def require_first_weights(folder: Path, found: str, what: str = "a training") -> None:
    """Raises DataError unless a training in a folder began with the weights of this hash, see `weights_hash`."""
    first = read_config(folder)[RECORD]["first_weights"]
    if found != first:
        raise DataError(
            folder / CONFIG,
            f"{what} that began with the weights {first[:16]}",
            f"{found[:16]}, with which it would begin today",
            fix="Train it again with this version, on this kind of machine and without --image-weights",
        )


def cache_of(root: Path, network: Teacher | Assistant, data: TrainingData) -> FeatureCache:
    """The cache of what a network says of these frames; its key changes with weights, settings and data."""
    return FeatureCache(root, _key(network, data, "points" if isinstance(network, Teacher) else data.true_depth))


def fill(
    cache: FeatureCache, network: Teacher | Assistant, data: TrainingData, run: RunSettings, batch_size: int
) -> None:
    """Computes what is missing of a network's outputs, for the frames and their mirror images."""
    frames, outputs = _seen(network, data, run)
    cache.fill(
        frames.frame_ids,
        frames.mirrored,
        outputs,
        batch_size=batch_size,
        collate=collate,
        workers=run.workers,
        progress=run.progress,
    )


def require_room_for(
    caches: Mapping[str, FeatureCache],
    networks: Mapping[str, Teacher | Assistant],
    data: TrainingData,
    run: RunSettings,
) -> None:
    """Tells what `fill` is going to store for all of these together, before the first of them takes hours.

    Raises:
        DataError: the disk has not enough room.
    """
    size = files = 0
    for name, cache in caches.items():
        frames, outputs = _seen(networks[name], data, run)
        size += cache.bytes_missing(frames.frame_ids, frames.mirrored, outputs, collate=collate)
        files += len(cache.missing(frames.frame_ids))
    if files and current_process().writes:
        require_room(next(iter(caches.values())).folder.parent, size, files)


def _seen(
    network: Teacher | Assistant, data: TrainingData, run: RunSettings
) -> tuple[CameraFrames, Callable[[Batch], dict[str, Tensor]]]:
    """The frames with what a network may see, and what it says of a batch of them."""
    device = choose_device(run.device)
    network.to(device)
    if isinstance(network, Teacher):
        return data.camera(points=True), lambda batch: teacher_outputs(network, to_device(batch, device))
    frames = replace(data.camera(depth=True), keep=False)
    return frames, lambda batch: assistant_outputs(network, to_device(batch, device))


def _key(network: Teacher | Assistant, data: TrainingData, told: str) -> str:
    """Letters and digits that change with whatever the stored outputs depend on.

    Networks of equal weights may differ in settings, such as how many voxels a teacher keeps.
    """
    import hashlib
    import json

    roots = [str(root.resolve()) for root in data.root.roots]
    seen = json.dumps([roots, to_json(data.size), told, to_json(network.settings)])
    return weights_hash(network)[:16] + hashlib.sha256(seen.encode()).hexdigest()[:8]
