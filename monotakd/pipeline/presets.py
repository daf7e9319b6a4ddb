"""Sizes and budgets of the whole job. A preset says what it costs; what it gave is in ``results/``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from monotakd.datasets.kitti.reader import DepthSource
from monotakd.datasets.street.settings import STREETS, StreetSettings, streets_named
from monotakd.engine.settings import TrainSettings
from monotakd.errors import DataError, require
from monotakd.pipeline.networks import Networks
from monotakd.pipeline.rows import HEADLINE, IN_BOTH_SETTINGS, TABLE_ROWS

LabelSetting = Literal["all", "200"]
LABELLED = {"all": None, "200": 200}
"""How many of the training frames show their labels, to teacher, assistant and student alike."""

TRAINED = ("depth", "teacher", "assistant", "student")
"""The trainings of a preset, by the field that holds their budget."""

_NAME = re.compile(
    rf"(?P<preset>\w+?)(_(?P<steps>\d+)_steps)?(_batch_(?P<batch_size>\d+))?(_(?P<street>{'|'.join(STREETS)}))?"
)


def require_label_setting(name: str) -> None:
    """Raises DataError unless there is such a label setting."""
    if name not in LABELLED:
        raise DataError("--labels", repr(name), f"one of {', '.join(LABELLED)}")


@dataclass(frozen=True)
class WorldSizes:
    """Frames of the street world, by split; all from different seeds.

    Attributes:
        train: to learn from.
        tune: KITTI's ``val``: to choose thresholds and weights on.
        test: to report on, once.
        seed: of the world.
    """

    train: int
    tune: int
    test: int
    seed: int = 0


@dataclass(frozen=True)
class Schedule:
    """A budget in epochs.

    Attributes:
        epochs: passes over the training frames.
        learning_rate: the largest of the cycle.
        source: whose epochs and rate they are; the batch size is ours.
        batch_size: frames of a step, over all processes.
    """

    epochs: int
    learning_rate: float
    source: Literal["paper", "release", "ours"]
    batch_size: int = 4

    def settings(self, frames: int) -> TrainSettings:
        """The same in steps; AdamW, weight decay 0.01, one cycle rising for 40 %, gradients cut at 10, as released.

        Args:
            frames: of the training split, unlabelled ones included where they teach.
        """
        require(frames > 0, f"{frames} training frames; expected at least one")
        steps = max(1, round(self.epochs * frames / self.batch_size))
        return TrainSettings(steps=steps, batch_size=self.batch_size, learning_rate=self.learning_rate)


@dataclass(frozen=True)
class Preset:
    """One size of the job.

    Attributes:
        name: for the command line, and for what came of it: where `changed` made a difference the name says so, so that
            results of other steps, batches or streets never pass for the preset's.
        world: the streets, where no data is given.
        depth: training of the depth network that assistant and students start from.
        teacher: its training.
        assistant: its training.
        student: the same training for every row; the seed is replaced.
        rows: the students.
        labels: how many frames show their labels.
        seeds: students per row, each with its own first weights and data order, the same for all rows.
        report: the split that is reported on.
        street: what kind of streets.
        true_depth: what the assistant is told.
        networks: what is trained.
        schedules: budgets by name, where they count in epochs.
        resize: bring images to the size of the streets; False leaves them as they are.
        keep_frames: hold frames in memory once they were read.
        keep_outputs: teach students with outputs of teacher and assistant that are stored on disk; False has the two
            run in every step.
    """

    name: str
    world: WorldSizes
    depth: TrainSettings
    teacher: TrainSettings
    assistant: TrainSettings
    student: TrainSettings
    rows: tuple[str, ...]
    labels: tuple[LabelSetting, ...] = ("all",)
    seeds: int = 1
    report: Literal["val", "test"] = "val"
    street: StreetSettings = field(default_factory=lambda: StreetSettings(width=320, camera_view_only=True))
    true_depth: DepthSource = "sparse"
    networks: Networks = field(default_factory=Networks.toy)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    resize: bool = True
    keep_frames: bool = True
    keep_outputs: bool = True

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) that images are brought to; None where they stay as they are."""
        return (self.street.height, self.street.width) if self.resize else None

    def on(self, frames: int) -> Preset:
        """The same for another number of training frames: budgets in epochs follow it, those in steps do not."""
        return replace(self, **{name: schedule.settings(frames) for name, schedule in self.schedules.items()})

    def changed(self, *, steps: int = 0, batch_size: int = 0, street: str = "") -> Preset:
        """The same with other budgets or streets, under a name that says what differs, such as ``"toy_5_steps_flat"``.

        Args:
            steps: of every training; 0 leaves them.
            batch_size: frames of a step of every training; 0 leaves them.
            street: kind of streets, see `STREETS`; empty leaves it.

        Raises:
            DataError: no such kind of streets.
        """
        size = {"batch_size": batch_size} if batch_size else {}
        sizes = {**size, "steps": steps} if steps else size
        budgets = {name: getattr(self, name) for name in TRAINED}
        streets = streets_named(street, self.street) if street else self.street
        differs = {
            f"_{steps}_steps": steps and (self.schedules or any(one.steps != steps for one in budgets.values())),
            f"_batch_{batch_size}": batch_size and any(one.batch_size != batch_size for one in budgets.values()),
            f"_{street}": streets != self.street,
        }
        return replace(
            self,
            name=self.name + "".join(said for said, true in differs.items() if true),
            street=streets,
            schedules={} if steps else {name: replace(one, **size) for name, one in self.schedules.items()},
            **{name: replace(one, **sizes) for name, one in budgets.items()},
        )

    @classmethod
    def smoke(cls) -> Preset:
        """Shows that every part works, trains nothing worth looking at: under two minutes on two cores."""
        short = TrainSettings(steps=30, batch_size=4, learning_rate=2e-3)
        return cls(
            name="smoke",
            world=WorldSizes(train=24, tune=8, test=8),
            depth=short,
            teacher=short,
            assistant=short,
            student=short,
            rows=("ground_truth_only", "direct", "monotakd"),
        )

    @classmethod
    def quick(cls) -> Preset:
        """Three students on 800 streets: 15 minutes on two idle cores, from nothing to the report."""
        toy = cls.toy()
        return replace(
            toy,
            name="quick",
            world=WorldSizes(train=800, tune=200, test=0),
            depth=replace(toy.depth, steps=1000),
            teacher=replace(toy.teacher, steps=300),
            assistant=replace(toy.assistant, steps=350),
            student=replace(toy.student, steps=340),
            rows=("ground_truth_only", "direct", "monotakd"),
            labels=("all",),
            seeds=1,
            report="val",
        )

    @classmethod
    def toy(cls) -> Preset:
        """The results table: 1,600 streets, all labels and 200 labels, up to five seeds, 1,000 test frames.

        About 70 CPU minutes for world, depth networks, teachers, assistants and stored outputs, then 7 per student.
        """
        return cls(
            name="toy",
            world=WorldSizes(train=1600, tune=200, test=1000),
            depth=TrainSettings(steps=4000, batch_size=8, learning_rate=2e-3, warmup_share=0.2),
            teacher=TrainSettings(steps=900, batch_size=8, learning_rate=3e-3),
            assistant=TrainSettings(steps=800, batch_size=8, learning_rate=2e-3),
            student=TrainSettings(steps=800, batch_size=8, learning_rate=1e-3, warmup_share=0.2),
            rows=TABLE_ROWS,
            labels=("all", "200"),
            seeds=5,
            report="test",
        )

    def seeds_of(self, row: str) -> int:
        """Seeds of a row: in the toy preset the headline rows get all, the others three."""
        return self.seeds if row in HEADLINE else min(self.seeds, 3)

    def labels_of(self, row: str) -> tuple[LabelSetting, ...]:
        """Label settings of a row: where there are two, most rows that are not headline rows run in the last only."""
        return self.labels if row in IN_BOTH_SETTINGS else self.labels[-1:]


def preset_named(name: str) -> Preset:
    """Looks a preset up; a name that `Preset.changed` made gives the changed preset.

    Raises:
        DataError: no such preset.
    """
    from monotakd.pipeline import kitti_r50  # Made of this module's classes.

    known = {preset.__name__: preset for preset in (Preset.smoke, Preset.quick, Preset.toy)}
    known |= {"kitti_small": kitti_r50.small, "kitti_r50": kitti_r50.preset}
    said = said_by_name(name)
    if said.get("preset") not in known:
        raise DataError("--preset", repr(name), f"one of {', '.join(known)}")
    sizes = {size: int(said.get(size, 0)) for size in ("steps", "batch_size")}
    return known[said["preset"]]().changed(**sizes, street=said.get("street", ""))


def said_by_name(name: str) -> dict[str, str]:
    """What a preset's name says, by option: ``{"preset": "toy", "steps": "5"}`` of ``"toy_5_steps"``."""
    parts = _NAME.fullmatch(name)
    return {} if parts is None else {option: value for option, value in parts.groupdict().items() if value}
