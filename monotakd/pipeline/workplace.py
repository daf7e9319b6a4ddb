"""Where a job works and on what: its folders, its data, its way of running. A plain value that processes can share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from monotakd.datasets.kitti.layout import Split, subset_of_split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.settings import Precision, RunSettings, TrainSettings
from monotakd.pipeline.budgets import takes_bf16
from monotakd.pipeline.presets import LABELLED, Preset
from monotakd.pipeline.training_data import TrainingData, drawn_labelled

RUN = RunSettings(threads=1, progress=False)
"""How a job runs its trainings: several beside each other, one thread each, without bars."""


@dataclass(frozen=True)
class Workplace:
    """One job.

    Attributes:
        out: everything is written below it.
        preset: sizes and budgets.
        given: a KITTI root to work on; None makes a street world.
        present_only: use the listed frames that exist.
        run: device, threads, checkpoints.
        image_weights: published weights that the depth network begins with, see `load_image_weights`.
        command: the command line, for the record.
        devices: processes that share every batch of a training, see `engine.processes`.
        parts: in which every batch is worked through, see `TrainSettings`.
        precision: of every training, see `budgets.takes_bf16`.
    """

    out: Path
    preset: Preset
    given: Path | None = None
    present_only: bool = False
    run: RunSettings = RUN
    command: str = "monotakd reproduce"
    image_weights: Path | None = None
    devices: int = 1
    parts: int = 1
    precision: Precision = "auto"

    @property
    def world(self) -> Path:
        """The data root."""
        return self.given or self.out / "world"

    @property
    def cache(self) -> Path:
        """Stored outputs of teachers and assistants."""
        return self.out / "cache"

    def model(self, labels: str, name: str) -> Path:
        """Folder of a teacher or an assistant."""
        return self.out / f"labels_{labels}" / name

    def student(self, labels: str, row: str, seed: int) -> Path:
        """Folder of a student."""
        return self.out / f"labels_{labels}" / row / f"seed{seed}"

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) that images are brought to, see `Preset.image_size`."""
        return self.preset.image_size

    def budget(self, name: str, seed: int = 0) -> TrainSettings:
        """How a network is trained here.

        Args:
            name: ``"depth_network"``, one of `rows.MODELS`, or ``"student"``: all rows train alike.
            seed: of first weights and data order.
        """
        own = getattr(self.preset, name.partition("_")[0])
        return replace(own, seed=seed, parts=self.parts, bf16=takes_bf16(name, self.precision, self.run.device))

    @cached_property
    def train_split(self) -> Split:
        """The training split."""
        return KittiRoot(self.world).split("train", present_only=self.present_only)

    @property
    def train_ids(self) -> tuple[str, ...]:
        """Its frames."""
        return self.train_split.ids

    @property
    def report_split(self) -> str:
        """The preset's split, or ``val`` where the given data has no labelled test frames."""
        wanted = self.preset.report
        if self.given is not None and not KittiRoot(self.world, subset_of_split(wanted)).has_labels:
            return "val"
        return wanted

    def report_root(self) -> tuple[KittiRoot, tuple[str, ...]]:
        """Root and frames that are reported on."""
        split = self.report_split
        root = KittiRoot(self.world, subset_of_split(split))
        return root, root.split(split, present_only=self.present_only).ids

    def data(self, labels: str) -> TrainingData:
        """What there is to learn from in a label setting."""
        labelled = drawn_labelled(self.train_ids, LABELLED[labels])
        preset = self.preset
        return TrainingData(
            KittiRoot(self.world), self.train_ids, labelled, self.image_size, preset.true_depth, preset.keep_frames
        )
