"""What one call of ``monotakd train`` asks for, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from monotakd.engine.processes import current_process
from monotakd.engine.settings import Precision, RunSettings, TrainSettings
from monotakd.errors import DataError
from monotakd.models.student import Wiring
from monotakd.pipeline.budgets import require_shares, takes_bf16
from monotakd.pipeline.frame_sets import FrameSet
from monotakd.pipeline.presets import Preset, preset_named
from monotakd.pipeline.recipe_file import read_recipe
from monotakd.pipeline.rows import Row, row_named
from monotakd.pipeline.training_data import TrainingData

What = Literal["depth_network", "teacher", "assistant", "student"]
ROW_OF_WIRING = {"published": "monotakd", "released": "released", "lite": "lite"}
WIRINGS = {"published": Wiring.published, "released": Wiring.released, "lite": Wiring.lite}


@dataclass(frozen=True)
class Order:
    """What one call of ``monotakd train`` asks for.

    Attributes:
        what: which network.
        out: the training's folder.
        data: KITTI root, or raw drives with tracklets.
        preset: networks, budget and image size, see `presets.preset_named`.
        row: of a student, see `rows.ROWS`; empty for the row of its wiring.
        wiring: of a student, one of `WIRINGS`; empty for the wiring of its row or recipe.
        recipe: of a student, a file that takes the place of a row, see `recipe_file.read_recipe`.
        training: of an assistant, see `AssistantSettings`; all but ``"detector"`` need ``teacher``. Empty for an
            aligned one where a teacher is given, else a detector.
        labels: how many training frames show their labels; None for all.
        unlabelled: root of frames that take part without labels, see `frame_sets.FrameSet`.
        unlabelled_list: which of its frames.
        tracklets: take its tracklets for labels.
        seed: first weights and data order.
        teacher: folder of a trained teacher; None takes the stored one where a student of the toy networks needs it.
        assistant: folder of a trained assistant; None takes the stored one likewise.
        depth_network: folder of a trained or converted depth network that an assistant or a student starts from.
        student: folder of a trained or imported student, all of whose weights a student starts from.
        image_weights: file of published image weights to start from, see `load_image_weights`.
        keep_outputs: teach a student with stored outputs of teacher and assistant; None as the preset has it.
        steps: optimiser steps; 0 for the preset's.
        batch_size: frames of a step; 0 for the preset's.
        parts: see `TrainSettings.parts`.
        precision: see `budgets.takes_bf16`.
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
    recipe: Path | None = None
    training: Literal["", "detector", "aligned", "shared_head"] = ""
    labels: int | None = None
    unlabelled: Path | None = None
    unlabelled_list: Path | None = None
    tracklets: bool = False
    seed: int = 0
    teacher: Path | None = None
    assistant: Path | None = None
    depth_network: Path | None = None
    student: Path | None = None
    image_weights: Path | None = None
    keep_outputs: bool | None = None
    steps: int = 0
    batch_size: int = 0
    parts: int = 1
    precision: Precision = "auto"
    present_only: bool = False
    resume: bool = False
    run: RunSettings = field(default_factory=RunSettings)

    def __post_init__(self):
        if self.recipe is not None and self.what != "student":
            raise DataError("--recipe", f"beside {self._asked}", "train student: a recipe says what teaches one")
        if self.recipe is not None and self.row:
            raise DataError("--recipe", f"also --row {self.row}", "one of the two")
        starts = {"student": self.student, "depth-network": self.depth_network, "image-weights": self.image_weights}
        first, *others = [f"--{option}" for option, path in starts.items() if path is not None] or [""]
        if others:
            raise DataError(first, f"also {', '.join(others)}", "one thing to start from")
        if self.student is not None and self.what != "student":
            raise DataError("--student", f"beside {self._asked}", "train student: one that goes on from it")
        if self.training and self.what != "assistant":
            raise DataError("--training", f"{self.training} beside {self._asked}", "train assistant")
        if self.training in ("aligned", "shared_head") and self.teacher is None:
            expected = f"the folder of a trained teacher, which --training {self.training} needs"
            raise DataError("--teacher", "nothing", expected, fix="Train it first: monotakd train teacher ...")
        if self.training == "detector" and self.teacher is not None:
            fix = "Leave --teacher out, or write --training aligned or shared_head"
            raise DataError("--teacher", "a folder", "none beside --training detector, which is independent", fix=fix)

    @property
    def _asked(self) -> str:
        return f"train {self.what.replace('_', '-')}"

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
        if self.student is not None:
            preset = replace(preset, networks=preset.networks.going_on_from(self.student))
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
        size = self.batch_size or budget.batch_size
        require_shares(size, devices or current_process().world, self.parts, self.what)
        return replace(
            budget,
            steps=self.steps or budget.steps,
            batch_size=size,
            seed=self.seed,
            bf16=takes_bf16(self.what, self.precision, self.run.device),
            parts=self.parts,
        )

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a frame without labels teaches this network anything."""
        if self.what == "student":
            return self.student_row().uses_unlabelled
        return self.what == "depth_network" or (self.what == "assistant" and self.assistant_name == "assistant_aligned")

    @property
    def assistant_name(self) -> str:
        """Which assistant is trained, one of `rows.ASSISTANTS`."""
        training = self.training or ("detector" if self.teacher is None else "aligned")
        return "assistant" if training == "detector" else f"assistant_{training}"

    def student_row(self) -> Row:
        """Recipe and wiring of a student.

        Raises:
            DataError: no such row or wiring; or the recipe cannot be read.
        """
        if self.wiring and self.wiring not in WIRINGS:
            raise DataError("--wiring", repr(self.wiring), f"one of {', '.join(WIRINGS)}")
        if self.recipe is not None:
            row = read_recipe(self.recipe).row()
        else:
            row = row_named(self.row or ROW_OF_WIRING.get(self.wiring, "monotakd"))
        if not self.wiring:
            return row
        row = replace(row, wiring=WIRINGS[self.wiring]())
        if row.borrows_in_vain:
            raise DataError(
                "--wiring", self.wiring, "released: the assistant of this recipe borrows the student's parts"
            )
        return row
