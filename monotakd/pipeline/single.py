"""``monotakd train``: one network on a KITTI root, without the rest of the job."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from monotakd import checkpoints
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.device import bf16_is_fast
from monotakd.engine.processes import current_process, joined, launch
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.engine.train import Training
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.teacher import Teacher
from monotakd.pipeline import training
from monotakd.pipeline.networks import load
from monotakd.pipeline.presets import preset_named
from monotakd.pipeline.rows import row_named
from monotakd.pipeline.training_data import TrainingData, drawn_labelled


def train_one(
    what: Literal["depth_network", "teacher", "assistant", "student"],
    out: Path,
    data: Path,
    *,
    preset: str = "toy",
    row: str = "monotakd",
    labels: int | None = None,
    seed: int = 0,
    teacher: Path | None = None,
    assistant: Path | None = None,
    depth_network: Path | None = None,
    present_only: bool = False,
    resume: bool = False,
    threads: int | None = None,
) -> Training:
    """Trains a depth network, a teacher, an assistant (aligned if a teacher is given) or a student of any row.

    What teacher and assistant say of a frame does not change, so a student's targets are computed once and kept in
    ``out/cache``. Several processes that torchrun or `train_on_devices` started share every batch.

    Args:
        what: which network.
        out: the training's folder.
        data: KITTI root.
        preset: budget and image size.
        row: of a student, see `rows.ROWS`.
        labels: how many training frames show their labels; None for all.
        seed: first weights and data order.
        teacher: folder of a trained teacher; None takes the stored one where a student needs it.
        assistant: folder of a trained assistant; None takes the stored one.
        depth_network: folder of a trained depth network that an assistant or a student starts from; None begins with
            fresh weights.
        present_only: use the listed frames that exist.
        resume: go on with the training in ``out``.
        threads: of torch on the CPU.

    Raises:
        DataError: data, a network or the folder is not as expected.
    """
    sizes = preset_named(preset)
    root = KittiRoot(data)
    train = root.split("train", present_only=present_only).ids
    frames = TrainingData(
        root,
        train,
        drawn_labelled(train, labels),
        (sizes.street.height, sizes.street.width),
        sizes.true_depth,
    )
    run = RunSettings(threads=threads)
    start = None if depth_network is None else _trained("depth_network", depth_network)
    with joined():
        match what:
            case "depth_network":
                return training.train_depth_network(frames, _seeded(sizes.depth, seed), out, run, resume=resume)
            case "teacher":
                return training.train_teacher(frames, _seeded(sizes.teacher, seed, bf16=False), out, run, resume=resume)
            case "assistant":
                aligned_to = None if teacher is None else _trained("teacher", teacher)
                budget = _seeded(sizes.assistant, seed)
                return training.train_assistant(
                    frames, budget, out, run, teacher=aligned_to, depth_network=start, resume=resume
                )
        return _student(frames, _seeded(sizes.student, seed), out, run, row, teacher, assistant, start, resume)


def train_on_devices(devices: int, what: str, out: Path, data: Path, **options) -> int:
    """`train_one` in several processes on this machine, one per GPU, or side by side on the CPU.

    Args:
        devices: how many.
        what: which network.
        out: the training's folder.
        data: KITTI root.
        options: the others of `train_one`.

    Returns:
        The exit status.
    """
    return launch(devices, partial(train_one, what, out, data, **options))


def _student(
    frames: TrainingData,
    budget: TrainSettings,
    out: Path,
    run: RunSettings,
    row: str,
    teacher: Path | None,
    assistant: Path | None,
    start: DepthNetwork | None,
    resume: bool,
) -> Training:
    recipe, taught, told, first = row_named(row), None, None, None
    if recipe.recipe.needs_teacher:
        network: Teacher = checkpoints.teacher() if teacher is None else _trained("teacher", teacher)
        taught = training.teacher_cache(out / "cache", network, frames)
        training.fill_teacher(taught, network, frames, run, budget.batch_size)
    if recipe.assistant is not None:
        first = _assistant(recipe.assistant, assistant)
        told = training.assistant_cache(out / "cache", first, frames)
        training.fill_assistant(told, first, frames, run, budget.batch_size)
    return training.train_student(
        recipe,
        frames,
        budget,
        out,
        run,
        teacher=taught,
        assistant=told,
        depth_network=start,
        first_assistant=first,
        resume=resume,
    )


def _assistant(name: str, folder: Path | None) -> Assistant:
    if folder is None:
        return checkpoints.assistant(aligned=name == "assistant_aligned")
    return _trained(name, folder)


def _trained(name: str, folder: Path) -> Teacher | Assistant | DepthNetwork:
    path = folder / FINAL
    if not path.exists():
        found = f"a folder without {FINAL}" if os.path.isdir(folder) else "no such folder"
        raise DataError(folder, found, f"a finished training of the {name.replace('_', ', ')}", fix=_FIX)
    return load(name, path)


_FIX = "Train it first (monotakd train teacher ...), or leave the option out to take the stored one"


def _seeded(budget: TrainSettings, seed: int, *, bf16: bool | None = None) -> TrainSettings:
    processes = current_process().world
    if budget.batch_size % processes:
        raise DataError(
            "--devices", str(processes), f"a number that the batch of {budget.batch_size} frames can be shared out to"
        )
    return replace(budget, seed=seed, bf16=bf16_is_fast() if bf16 is None else bf16)
