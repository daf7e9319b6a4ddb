"""The stages of the job, in the order of their worth, and what each one waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from monotakd.engine.run_folder import FINAL
from monotakd.pipeline import stages
from monotakd.pipeline.rows import ASSISTANTS, HEADLINE, MODELS, row_named
from monotakd.pipeline.table import row_title
from monotakd.pipeline.workplace import Workplace


@dataclass(frozen=True)
class Stage:
    """One piece of work.

    Attributes:
        name: unique, such as ``"200/direct/seed0"``.
        title: for people.
        work: does it; can be sent to another process.
        proof: a file that is there when it is done.
        needs: names of stages that must be done before.
        folder: of a training, whose log tells how far it is; None for other stages.
        steps: of that training.
        alone: it uses every core by itself.
    """

    name: str
    title: str
    work: Callable[[], None]
    proof: Path
    needs: tuple[str, ...] = ()
    folder: Path | None = None
    steps: int | None = None
    alone: bool = False

    @property
    def done(self) -> bool:
        """Whether its proof is there."""
        return self.proof.exists()


def plan(place: Workplace, workers: int) -> list[Stage]:
    """Every stage of a job; earlier ones first where several could run.

    Args:
        place: the job.
        workers: processes for the stages that share their work out themselves.
    """
    preset, found = place.preset, []
    world = ()
    if place.given is None:
        proof = place.world / "ImageSets" / "complete.txt"
        found.append(Stage("world", "street world", partial(_world, place, workers, proof), proof, alone=True))
        world = ("world",)
    students = sorted(
        (
            (seed, labels, row)
            for seed in range(preset.seeds)
            for labels in preset.labels
            for row in preset.rows
            if labels in preset.labels_of(row) and seed < preset.seeds_of(row)
        ),
        key=_worth,
    )
    for labels in preset.labels:
        rows = [row_named(row) for _, of, row in students if of == labels]
        if not rows:
            continue
        found.append(_depth_network(place, labels, world))
        wanted = {row.assistant for row in rows if row.assistant} | {"teacher"}
        for name in MODELS:
            if name in wanted:
                found += _model(place, labels, name, world)
    for seed, labels, row in students:
        found.append(_student(place, labels, row, seed))
    return [on_devices(stage, place.devices, place.run.device) for stage in found]


def on_devices(stage: Stage, devices: int, device: str | None = None) -> Stage:
    """The stage done by several processes together; one that uses every core by itself stays as it is.

    Args:
        stage: to be shared out.
        devices: processes.
        device: see `choose_device`.
    """
    if devices == 1 or stage.alone:
        return stage
    return replace(stage, work=partial(stages.do_together, devices, device, stage.work))


def _worth(student: tuple[int, str, str]) -> tuple[bool, int]:
    """Sorts students: three seeds of the headline rows first (the least that a claim needs), then seed after seed."""
    seed, _, row = student
    return not (row in HEADLINE and seed < 3), seed


def _world(place: Workplace, workers: int, proof: Path) -> None:
    stages.make_world(place, workers)
    proof.write_text("generated and complete\n")


def _depth_network(place: Workplace, labels: str, world: tuple[str, ...]) -> Stage:
    folder = place.model(labels, "depth_network")
    return Stage(
        f"{labels}/depth_network",
        f"depth network to start from, {labels} labels",
        partial(stages.make_depth_network, place, labels),
        folder / FINAL,
        world,
        folder,
        place.budget("depth_network").steps,
    )


def _model(place: Workplace, labels: str, name: str, world: tuple[str, ...]) -> list[Stage]:
    folder = place.model(labels, name)
    train = Stage(
        f"{labels}/{name}",
        f"{row_title(name)}, {labels} labels",
        partial(stages.make_model, place, labels, name),
        folder / "results.json",
        (
            *world,
            *([f"{labels}/depth_network"] if name != "teacher" else ()),
            *([f"{labels}/teacher"] if name in ASSISTANTS[1:] else ()),
        ),
        folder,
        place.budget(name).steps,
    )
    store = Stage(
        f"{labels}/{name}/stored",
        f"outputs of the {name.replace('_', ', ')} for every frame, {labels} labels",
        partial(stages.store_outputs, place, labels, name),
        stages.stored_marker(place, labels, name),
        (train.name,),
    )
    return [train, store] if place.preset.keep_outputs else [train]


def _student(place: Workplace, labels: str, row: str, seed: int) -> Stage:
    recipe, folder = row_named(row), place.student(labels, row, seed)
    needs = [f"{labels}/depth_network"]
    taught = "/stored" if place.preset.keep_outputs else ""
    needs += [f"{labels}/teacher{taught}"] if recipe.recipe.needs_teacher else []
    needs += [f"{labels}/{recipe.assistant}{taught}"] if recipe.assistant else []
    return Stage(
        f"{labels}/{row}/seed{seed}",
        f"{row_title(row)}, {labels} labels, seed {seed}",
        partial(stages.make_student, place, labels, row, seed),
        folder / "results.json",
        tuple(needs),
        folder,
        place.budget("student").steps,
    )
