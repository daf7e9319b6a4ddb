"""``monotakd train``: one network on a KITTI root, without the rest of the job."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from torch import nn

from monotakd import checkpoints
from monotakd.engine.compiled import require_compiler
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import require_same_config, to_json
from monotakd.engine.device import choose_device
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.log import told_of
from monotakd.engine.processes import current_process, joined, launch
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import TrainSettings
from monotakd.engine.train import Training, fit
from monotakd.engine.weights import load_weights
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline import training
from monotakd.pipeline.networks import TOY, build_student, load, settings_told, with_image_weights
from monotakd.pipeline.order import Order
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.rows import Row
from monotakd.pipeline.training_data import TrainingData


def trained(name: str, folder: Path | None, preset: Preset) -> Teacher | Assistant | DepthNetwork:
    """A depth network, teacher or assistant of a finished training.

    Args:
        name: see `networks.build`.
        folder: of the training; None for the one that comes with the project.
        preset: with its networks.

    Raises:
        DataError: it is not there, or of another preset.
    """
    if folder is None:
        return _shipped(name, preset)
    path = _finished(folder, f"a finished training of the {name.replace('_', ', ')}", fix=_FIX)
    _require_kind(name, folder)
    network = load(name, path, preset.networks)
    _require_settings(folder, network, fix=_FIX_OTHER)
    return network


def train_one(order: Order, loop: training.Loop = fit) -> Training | None:
    """Trains a depth network, a teacher, an assistant or a student of any row.

    Several processes that torchrun or `train_on_devices` started share every batch. Where outputs of teacher and
    assistant are stored, they are computed once and kept in ``out/cache``.

    Args:
        order: what to train.
        loop: see `training.train_student`.

    Raises:
        DataError: data, a network or the folder is not as expected.
    """
    data = order.training_data()
    preset = order.preset_on(data)
    with joined(order.run.device):
        budget = order.budget(preset)
        done = train_on(order, preset, data, budget, loop)
        if done is not None and done.steps_now and current_process().writes:
            print(told_of(done.log))
        return done


def train_on(
    order: Order,
    preset: Preset,
    data: TrainingData,
    budget: TrainSettings,
    loop: training.Loop = fit,
    trained: Callable[[str, Path | None, Preset], nn.Module] = trained,
) -> Training | None:
    """`train_one` with frames and budget at hand; ``trained`` gives the networks that teach."""
    networks = preset.networks
    common = {"networks": networks, "resume": order.resume, "loop": loop}
    if order.what == "teacher":
        return training.train_teacher(data, budget, order.out, order.run, **common)
    start = _start(order, preset, trained)
    if order.what == "depth_network":
        return training.train_depth_network(data, budget, order.out, order.run, start=start, **common)
    if order.what == "assistant":
        teacher = None if order.teacher is None else trained("teacher", order.teacher, preset)
        return training.train_assistant(
            data,
            budget,
            order.out,
            order.run,
            name=order.assistant_name,
            teacher=teacher,
            depth_network=start,
            **common,
        )
    row, taught = order.student_row(), {"teacher": None, "assistant": None}
    begun = None if order.student is None else _trained_student(order, row, preset)
    if row.recipe.needs_teacher:
        taught["teacher"] = trained("teacher", order.teacher, preset)
    if row.assistant is not None:
        taught["assistant"] = trained(row.assistant, order.assistant, preset)
    first = taught["assistant"]
    if preset.keep_outputs:
        taught = _stored(order, data, budget.batch_size, **taught)
    return training.train_student(
        row,
        data,
        budget,
        order.out,
        order.run,
        **taught,
        depth_network=start,
        first_assistant=first,
        first_student=begun,
        **common,
    )


def train_on_devices(devices: int, order: Order) -> int:
    """`train_one` in several processes on this machine, one per GPU, or side by side on the CPU.

    Args:
        devices: how many.
        order: what to train.

    Returns:
        The exit status.
    """
    return launch(devices, partial(train_one, order))


def _start(order: Order, preset: Preset, trained: Callable) -> DepthNetwork | None:
    if order.image_weights is not None:
        return with_image_weights(order.image_weights, preset.networks, order.seed)
    return None if order.depth_network is None else trained("depth_network", order.depth_network, preset)


def _trained_student(order: Order, row: Row, preset: Preset) -> Student:
    """The student to go on from: of the settings that this training would give a fresh one."""
    if row.start_from:
        raise DataError("--student", f"row {row.name}, which starts as the assistant", "one thing to start from")
    path = _finished(order.student, "a finished training of a student, or an imported one")
    student = build_student(row, order.seed, preset.networks)
    _require_settings(order.student, student, fix=_FIX_STUDENT)
    load_weights(path, student)
    return student


def _finished(folder: Path, expected: str, fix: str | None = None) -> Path:
    """The weights in a folder of a finished training."""
    path = folder / FINAL
    if not path.exists():
        found = f"a folder without {FINAL}" if os.path.isdir(folder) else "no such folder"
        raise DataError(folder, found, expected, fix=fix)
    return path


def _require_settings(folder: Path, network: nn.Module, fix: str) -> None:
    """Compares settings, where a folder tells them: weights of the same shapes may belong to other ones, such as voxels
    or depth bins of another range."""
    if (folder / CONFIG).exists():
        saved, given = {"network": settings_told(folder)}, {"network": to_json(network.settings)}
        require_same_config(folder / CONFIG, saved, given, fix=fix)


def _stored(
    order: Order, data: TrainingData, batch_size: int, teacher: Teacher | None, assistant: Assistant | None
) -> dict[str, FeatureCache | None]:
    """Caches of what the frozen networks say, filled."""
    if order.run.compile:
        require_compiler(choose_device(order.run.device))  # Before hours of storing, not after.
    folder, given = order.out / "cache", {"teacher": teacher, "assistant": assistant}
    networks = {name: network for name, network in given.items() if network is not None}
    caches = {name: training.cache_of(folder, network, data) for name, network in networks.items()}
    training.require_room_for(caches, networks, data, order.run)
    for name, cache in caches.items():
        training.fill(cache, networks[name], data, order.run, batch_size)
    return {name: caches.get(name) for name in given}


def _require_kind(name: str, folder: Path) -> None:
    """Refuses an assistant that was trained in another way than the recipe asks for, where its folder tells."""
    if not name.startswith("assistant") or not (folder / CONFIG).exists():
        return
    kind, told = (name.removeprefix("assistant_") if "_" in name else "detector"), settings_told(folder).get("training")
    if told not in (None, kind):
        fix = f"Train one: monotakd train assistant --training {kind} ..."
        raise DataError(folder, f"an assistant trained as {told!r}", f"{kind!r}, as the recipe asks for", fix=fix)


def _shipped(name: str, preset: Preset) -> Teacher | Assistant:
    shared = name == "assistant_shared_head"
    if shared or preset.networks != TOY:
        lacking = "the project with the teacher's head" if shared else preset.name
        wanted = f"the folder of a finished training: none comes with {lacking}"
        raise DataError(f"--{name.split('_')[0]}", "nothing", wanted, fix=_FIX_SHARED if shared else _FIX)
    return checkpoints.teacher() if name == "teacher" else checkpoints.assistant(aligned=name == "assistant_aligned")


_FIX_SHARED = "Train it first: monotakd train assistant --training shared_head --teacher DIR ..."
_FIX_OTHER = "It would teach something else than it learnt: train one with this preset"
_FIX_STUDENT = "Go on with the preset and --wiring that it was trained with, and with a teacher that has its anchors"
_FIX = "Train it first (monotakd train teacher ...), or, with the toy networks, leave the option out"
