"""``monotakd unlabelled-table``: what frames without labels bring a student, with fewer and fewer labels.

Three networks are compared at each share of labelled frames, each trained for the same number of steps:

1. ground truth only, on the labelled frames;
2. MonoTAKD (published) on the labelled frames alone;
3. MonoTAKD on the labelled frames and the rest without labels, where teacher and assistant say what there is.

Teacher and assistant see the labels that the students may see and no others, so each share has its own. All students
and assistants start from one depth network that was trained on the LiDAR depth of all frames: LiDAR is no label, and
here not even its foreground weights look at boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from monotakd.engine.durable import write_text_durably
from monotakd.engine.run_folder import FINAL
from monotakd.errors import DataError
from monotakd.pipeline import stages
from monotakd.pipeline.collecting import collect, is_collected
from monotakd.pipeline.plan import Stage
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.results import NAME, read_results
from monotakd.pipeline.runner import run
from monotakd.pipeline.training_data import TrainingData, drawn_labelled
from monotakd.pipeline.unlabelled_table import (
    ALONE,
    BASELINE,
    DISTILLED,
    PAGE,
    PERCENT,
    SETTINGS,
    results_page,
    setting_title,
)
from monotakd.pipeline.workplace import Workplace

UNLABELLED = "none"
"""The label setting of the depth network."""

_ORDER = (12, 100, 25)
"""Of the shares: what an interrupted job should know first."""


@dataclass(frozen=True)
class LabelShares(Workplace):
    """A job whose label settings are shares of the training frames, see `unlabelled_table.SETTINGS`."""

    def model(self, labels: str, name: str) -> Path:
        """Folder of a network: one depth network for all, one teacher and one assistant per share."""
        return super().model(UNLABELLED if name == "depth_network" else labels.removesuffix(ALONE), name)

    def data(self, labels: str) -> TrainingData:
        """What there is to learn from in a label setting; the labels of a share are some of those of a larger one."""
        everything = replace(super().data("all"), labelled=frozenset())
        if labels == UNLABELLED:
            return everything
        count = round(len(self.train_ids) * int(labels.removesuffix(ALONE)) / PERCENT)
        data = replace(everything, labelled=drawn_labelled(self.train_ids, count))
        return data.labelled_alone() if labels.endswith(ALONE) else data


def budget(size: str) -> Preset:
    """Sizes and budgets: ``"quick"`` for the table, ``"smoke"`` to see that it works.

    The streets and networks of the preset quick, for fewer steps: 30 stages with two seeds.

    Raises:
        DataError: no such size.
    """
    rows = (BASELINE, DISTILLED)
    if size == "smoke":
        return replace(Preset.smoke(), name="unlabelled_smoke", rows=rows, seeds=2)
    if size != "quick":
        raise DataError("--preset", repr(size), "quick or smoke")
    quick = Preset.quick()
    return replace(
        quick,
        name="unlabelled",
        depth=replace(quick.depth, steps=1200),
        teacher=replace(quick.teacher, steps=250),
        assistant=replace(quick.assistant, steps=250),
        student=replace(quick.student, steps=240),
        rows=rows,
        seeds=2,
    )


def make_unlabelled_table(
    preset: Preset, out: Path, *, results: Path | None = None, jobs: int = 1, workers: int = 1, command: str = ""
) -> str:
    """Does what is not done yet, and writes the table anew after every stage.

    Args:
        preset: see `budget`.
        out: everything is written below it; the same folder goes on where it was stopped.
        results: folder that collects each run's result and gets the page; a student found there is not trained again.
        jobs: trainings at the same time.
        workers: cores to generate streets with.
        command: for the record.

    Returns:
        The page.

    Raises:
        DataError: a result is damaged.
        StageFailedError: a stage failed.
    """
    out.mkdir(parents=True, exist_ok=True)
    place = LabelShares(out.resolve(), preset, command=command)
    todo = [stage for stage in planned(place, workers) if not is_collected(stage.proof, place, results)]

    def publish(_=None) -> str:
        if results is not None:
            collect(place, results)
        found = [result for result in read_results(results or place.out) if result.preset == preset.name]
        page = results_page(found)
        for folder in filter(None, (place.out, results)):
            write_text_durably(folder / PAGE, page)
        return page

    run(todo, jobs=jobs, after=publish)
    return publish()


def planned(place: LabelShares, workers: int) -> list[Stage]:
    """The stages: the first seed of every setting, then the next one."""
    proof = place.world / "ImageSets" / "complete.txt"
    found = [Stage("world", "street world", partial(_world, place, workers, proof), proof, alone=True)]
    folder = place.model(UNLABELLED, "depth_network")
    found.append(
        Stage(
            "depth_network",
            "depth network to start from, no labels",
            partial(stages.make_depth_network, place, UNLABELLED),
            folder / FINAL,
            ("world",),
            folder,
            place.preset.depth.steps,
        )
    )
    for seed in range(place.preset.seeds):
        for share in _ORDER:
            if seed == 0:
                found += [stage for name in ("teacher", "assistant") for stage in _model(place, str(share), name)]
            found += _students(place, share, seed)
    return found


def _world(place: LabelShares, workers: int, proof: Path) -> None:
    stages.make_world(place, workers)
    proof.write_text("generated and complete\n")


def _model(place: LabelShares, labels: str, name: str) -> Iterator[Stage]:
    folder = place.model(labels, name)
    steps = getattr(place.preset, name).steps
    make = partial(stages.make_model, place, labels, name)
    title = f"{name}, {setting_title(labels)}"
    yield Stage(f"{labels}/{name}", title, make, folder / NAME, ("depth_network",), folder, steps)
    store, marker = partial(stages.store_outputs, place, labels, name), stages.stored_marker(place, labels, name)
    yield Stage(f"{labels}/{name}/stored", f"outputs of the {title}", store, marker, (f"{labels}/{name}",))


def _students(place: LabelShares, share: int, seed: int) -> Iterator[Stage]:
    for labels, row in SETTINGS:
        if int(labels.removesuffix(ALONE)) != share:
            continue
        taught = [f"{share}/{name}/stored" for name in ("teacher", "assistant")] if row == DISTILLED else []
        folder = place.student(labels, row, seed)
        yield Stage(
            f"{labels}/{row}/seed{seed}",
            f"{row.replace('_', ' ')}, {setting_title(labels)}, seed {seed}",
            partial(stages.make_student, place, labels, row, seed),
            folder / NAME,
            ("depth_network", *taught),
            folder,
            place.preset.student.steps,
        )
