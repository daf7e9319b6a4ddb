"""``monotakd train``: one network on a KITTI root, without the rest of the job."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from torch import nn

from monotakd import checkpoints
from monotakd.engine.compiled import require_compiler
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import require_same_config, to_json
from monotakd.engine.device import bf16_is_fast, choose_device
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.log import told_of
from monotakd.engine.processes import current_process, joined, launch
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.engine.train import Training, fit
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.student import Wiring
from monotakd.models.teacher import Teacher
from monotakd.pipeline import training
from monotakd.pipeline.frame_sets import FrameSet
from monotakd.pipeline.networks import TOY, load, settings_told, with_image_weights
from monotakd.pipeline.presets import Preset, preset_named
from monotakd.pipeline.rows import Row, row_named
from monotakd.pipeline.training_data import TrainingData

What = Literal["depth_network", "teacher", "assistant", "student"]
ROW_OF_WIRING = {"published": "monotakd", "released": "released", "lite": "lite"}
WIRINGS = {"published": Wiring.published, "released": Wiring.released, "lite": Wiring.lite}


@dataclass(frozen=True)
class Order:
    """What one call of ``monotakd train`` asks for.

    Attributes:
        what: which network; an assistant is aligned if a teacher is given.
        out: the training's folder.
        data: KITTI root, or raw drives with tracklets.
        preset: networks, budget and image size, see `presets.preset_named`.
        row: of a student, see `rows.ROWS`; empty for the row of its wiring.
        wiring: of a student, one of `WIRINGS`; empty for the wiring of its row.
        labels: how many training frames show their labels; None for all.
        unlabelled: root of frames that take part without labels, see `frame_sets.FrameSet`.
        unlabelled_list: which of its frames.
        tracklets: take its tracklets for labels.
        seed: first weights and data order.
        teacher: folder of a trained teacher; None takes the stored one where a student of the toy networks needs it.
        assistant: folder of a trained assistant; None takes the stored one likewise.
        depth_network: folder of a trained or converted depth network that an assistant or a student starts from.
        image_weights: file of published image weights to start from, see `load_image_weights`.
        keep_outputs: teach a student with stored outputs of teacher and assistant; None as the preset has it.
        steps: optimiser steps; 0 for the preset's.
        batch_size: frames of a step; 0 for the preset's.
        parts: see `TrainSettings.parts`.
        precision: bfloat16 where the device computes in it and float32 for teachers; or one of the two.
        present_only: use the listed frames that exist.
        resume: go on with the training in ``out``.
        run: threads, workers.
    """

    what: What
    out: Path
    data: Path
    preset: str = "toy"
    row: str = ""
    wiring: str = ""
    labels: int | None = None
    unlabelled: Path | None = None
    unlabelled_list: Path | None = None
    tracklets: bool = False
    seed: int = 0
    teacher: Path | None = None
    assistant: Path | None = None
    depth_network: Path | None = None
    image_weights: Path | None = None
    keep_outputs: bool | None = None
    steps: int = 0
    batch_size: int = 0
    parts: int = 1
    precision: Literal["auto", "bf16", "float32"] = "auto"
    present_only: bool = False
    resume: bool = False
    run: RunSettings = field(default_factory=RunSettings)

    def training_data(self) -> TrainingData:
        """The training frames.

        Raises:
            DataError: no such root, or frames of the split are missing; see `frame_sets.FrameSet.read`.
        """
        preset = preset_named(self.preset)
        chosen = FrameSet(
            self.data, self.labels, self.unlabelled, self.unlabelled_list, self.tracklets, self.present_only
        )
        return replace(chosen.read(), size=preset.image_size, true_depth=preset.true_depth, keep=preset.keep_frames)

    def preset_on(self, data: TrainingData) -> Preset:
        """The preset for as many frames as teach this network, and with the teacher that is given.

        Raises:
            DataError: there are none; or the teacher's ``config.json`` is damaged.
        """
        frames = data.frame_ids if self.uses_unlabelled else data.labelled_ids
        if not frames:
            raise DataError(self.data, "no frame with labels", f"some to train the {self.what} on")
        preset = preset_named(self.preset).on(len(frames))
        if self.what in ("student", "assistant") and self.teacher is not None:
            preset = replace(preset, networks=preset.networks.taught_by(self.teacher))
        return preset if self.keep_outputs is None else replace(preset, keep_outputs=self.keep_outputs)

    def budget(self, preset: Preset, devices: int | None = None) -> TrainSettings:
        """How long the network is trained, and with what.

        Args:
            preset: of `preset_on`.
            devices: that share a batch; None for the processes that have joined.

        Raises:
            DataError: the batch cannot be shared out to the processes and their parts.
        """
        budget = getattr(preset, self.what.removesuffix("_network"))
        size, processes = self.batch_size or budget.batch_size, devices or current_process().world
        if size % (processes * self.parts):
            found = f"{processes}, {self.parts} parts" if self.parts > 1 else str(processes)
            raise DataError("--devices", found, f"numbers that the batch of {size} frames can be shared out to")
        choices = {"auto": self.what != "teacher" and bf16_is_fast(self.run.device), "bf16": True, "float32": False}
        return replace(
            budget,
            steps=self.steps or budget.steps,
            batch_size=size,
            seed=self.seed,
            bf16=choices[self.precision],
            parts=self.parts,
        )

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a frame without labels teaches this network anything."""
        if self.what == "student":
            return self.student_row().uses_unlabelled
        return self.what == "depth_network" or (self.what == "assistant" and self.teacher is not None)

    def student_row(self) -> Row:
        """Recipe and wiring of a student."""
        if not self.wiring:
            return row_named(self.row or "monotakd")
        if self.wiring not in WIRINGS:
            raise DataError("--wiring", repr(self.wiring), f"one of {', '.join(WIRINGS)}")
        row = row_named(self.row or ROW_OF_WIRING[self.wiring])
        return replace(row, wiring=WIRINGS[self.wiring]())


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
    path = folder / FINAL
    if not path.exists():
        found = f"a folder without {FINAL}" if os.path.isdir(folder) else "no such folder"
        raise DataError(folder, found, f"a finished training of the {name.replace('_', ', ')}", fix=_FIX)
    network = load(name, path, preset.networks)
    if (folder / CONFIG).exists():
        # Weights of the same shapes may belong to other settings, such as voxels or depth bins of another range.
        saved, given = {"network": settings_told(folder)}, {"network": to_json(network.settings)}
        require_same_config(folder / CONFIG, saved, given, fix=_FIX_OTHER)
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
            name="assistant" if teacher is None else "assistant_aligned",
            teacher=teacher,
            depth_network=start,
            **common,
        )
    row, taught = order.student_row(), {"teacher": None, "assistant": None}
    if row.recipe.needs_teacher:
        taught["teacher"] = trained("teacher", order.teacher, preset)
    if row.assistant is not None:
        taught["assistant"] = trained(row.assistant, order.assistant, preset)
    first = taught["assistant"]
    if preset.keep_outputs:
        taught = _stored(order, data, budget.batch_size, **taught)
    return training.train_student(
        row, data, budget, order.out, order.run, **taught, depth_network=start, first_assistant=first, **common
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
    if order.image_weights is not None and order.depth_network is not None:
        raise DataError("--image-weights", "also --depth-network", "one thing to start from")
    if order.image_weights is not None:
        return with_image_weights(order.image_weights, preset.networks, order.seed)
    return None if order.depth_network is None else trained("depth_network", order.depth_network, preset)


def _stored(
    order: Order, data: TrainingData, batch_size: int, teacher: Teacher | None, assistant: Assistant | None
) -> dict[str, FeatureCache | None]:
    """Caches of what the frozen networks say, filled."""
    if order.run.compile:
        require_compiler(choose_device(order.run.device))  # Before hours of storing, not after.
    folder, taught, told = order.out / "cache", None, None
    if teacher is not None:
        taught = training.teacher_cache(folder, teacher, data)
        training.fill_teacher(taught, teacher, data, order.run, batch_size)
    if assistant is not None:
        told = training.assistant_cache(folder, assistant, data)
        training.fill_assistant(told, assistant, data, order.run, batch_size)
    return {"teacher": taught, "assistant": told}


def _shipped(name: str, preset: Preset) -> Teacher | Assistant:
    if preset.networks != TOY:
        option = name.split("_")[0]
        raise DataError(
            f"--{option}", "nothing", f"the folder of a finished training: none comes with {preset.name}", fix=_FIX
        )
    return checkpoints.teacher() if name == "teacher" else checkpoints.assistant(aligned=name == "assistant_aligned")


_FIX_OTHER = "It would teach something else than it learnt: train one with this preset"
_FIX = "Train it first (monotakd train teacher ...), or, with the toy networks, leave the option out"
