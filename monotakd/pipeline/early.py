"""``monotakd early-table``: what trainings look like after a tenth of their steps, where a wrong set-up already shows.

Every kind of network of a job is trained once more, up to that step of the job's own schedule, and scored on ``val``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from torch import nn

from monotakd.benchmarks.timing import commit
from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.config_file import RECORD, read_config
from monotakd.engine.device import torch_threads
from monotakd.engine.durable import write_json_durably, write_text_durably
from monotakd.engine.log import NAME as LOG
from monotakd.engine.log import read_steps
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.train import fit
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.models.depth_network import DepthNetwork
from monotakd.pipeline import markdown, training
from monotakd.pipeline.ledger_run import job_at
from monotakd.pipeline.markdown import DASH
from monotakd.pipeline.networks import load
from monotakd.pipeline.prediction import predict
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import METRIC_TITLES, METRICS
from monotakd.pipeline.rows import MODELS, ROWS, row_named
from monotakd.pipeline.scoring import score_on
from monotakd.pipeline.stages import frames_for, trained_model
from monotakd.pipeline.table import row_title
from monotakd.pipeline.workplace import Workplace

NAME, PAGE = "early.json", "early.md"
STUDENTS = ("ground_truth_only", "direct", "monotakd")
SHARE = 0.1
AVERAGED = 10
"""Steps that a loss is averaged over."""


@dataclass(frozen=True)
class Early:
    """One training, its beginning beside its end.

    Attributes:
        name: row or model.
        step: where it was stopped.
        steps: of the whole training.
        losses: by term, unweighted: mean of the first ten steps, of the ten up to ``step``, and of the job's last ten.
        ap: by metric: cars, moderate, at ``step`` and of the job's trained network, on the same frames; empty for a
            depth network.
    """

    name: str
    step: int
    steps: int
    losses: Mapping[str, tuple[float, float, float]]
    ap: Mapping[str, tuple[float, float]]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Early:
        """What ``early.json`` holds of one network."""
        several = {name: {key: tuple(numbers) for key, numbers in value[name].items()} for name in ("losses", "ap")}
        return cls(**{**value, **several})


class _ReachedError(Exception):
    """The step that was asked for is done."""


def begin(place: Workplace, name: str) -> Early:
    """Trains one network of a job up to `SHARE` of its steps, and compares it with the whole training.

    Args:
        place: a job that has ended; its first label setting, seed 0.
        name: ``"depth_network"``, ``"teacher"``, ``"assistant"``, or the row of a student.

    Raises:
        DataError: the job lacks this training or one that it needs, or its networks would begin otherwise today.
    """
    folder = _folder(place, name)
    whole, budget = read_steps(folder / LOG), training.trained_with(folder)
    step = max(1, round(SHARE * budget.steps))
    trained: list[nn.Module] = []
    records: list[Mapping[str, Any]] = []

    def loop(task: Task, frames: Any, settings: TrainSettings, out: Path, **options: Any) -> None:
        def on_step(record: Mapping[str, Any]) -> None:
            records.append(record)
            if record["step"] == step:
                raise _ReachedError

        try:
            fit(task, frames, settings, out, **{**options, "on_step": on_step})
        except _ReachedError:
            trained.append(task.module)

    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / name
        _train(place, name, budget, out, loop)
        training.require_first_weights(folder, read_config(out)[RECORD]["first_weights"])
    (network,) = trained
    final = load(name, folder / FINAL, place.preset.networks)
    scored = [] if isinstance(network, DepthNetwork) else [_ap(place, one) for one in (network.eval(), final)]
    parts = (records[:AVERAGED], records[-AVERAGED:], whole[-AVERAGED:])
    return Early(
        name,
        step,
        budget.steps,
        {term: tuple(_mean(part, term) for part in parts) for term in records[0]["terms"]},
        {metric: tuple(one[metric] for one in scored) for metric in METRICS} if scored else {},
    )


def begun(place: Workplace, name: str) -> Early:
    """`begin`, or what it found before: kept in the folder of the job, for the same weights and the same commit."""
    path = place.out / "early" / f"{name}.json"
    final = load(name, _folder(place, name) / FINAL, place.preset.networks)
    made_of = {"weights": weights_hash(final), "commit": commit()}
    if path.exists() and not made_of["commit"].endswith(("+", "unknown")):
        known = read_json_object(path, "what monotakd early-table found", fix="Delete it, and it is made anew")
        if known.get("made_of") == made_of:
            return Early.from_json(known["found"])
    found = begin(place, name)
    path.parent.mkdir(exist_ok=True)
    write_json_durably(path, {"made_of": made_of, "found": asdict(found)})
    return found


def _folder(place: Workplace, name: str) -> Path:
    labels = place.preset.labels[0]
    return place.student(labels, name, 0) if name in STUDENTS else place.model(labels, name)


def _train(place: Workplace, name: str, budget: TrainSettings, out: Path, loop: training.Loop) -> None:
    labels = place.preset.labels[0]
    data, known = place.data(labels), partial(trained_model, place, labels)
    common = {"networks": place.preset.networks, "resume": False, "loop": loop}
    match name:
        case "depth_network":
            training.train_depth_network(data, budget, out, place.run, **common)
        case "teacher":
            training.train_teacher(data, budget, out, place.run, **common)
        case "assistant":
            training.train_assistant(data, budget, out, place.run, depth_network=known("depth_network"), **common)
        case _:
            row = row_named(name)
            training.train_student(
                row,
                data,
                budget,
                out,
                place.run,
                teacher=known("teacher") if row.recipe.needs_teacher else None,
                assistant=known(row.assistant) if row.assistant is not None else None,
                depth_network=known("depth_network"),
                **common,
            )


def _ap(place: Workplace, network: nn.Module) -> dict[str, float]:
    root = KittiRoot(place.world)
    ids = root.split("val", present_only=place.present_only).ids
    with torch_threads(place.run.threads):
        frames = frames_for(network, place, root, ids)
        found = predict(network, frames, workers=place.run.workers, progress=False)
    return score_on(root, ids, found, replicates=0)["ap"]


def _mean(steps: Sequence[Mapping[str, Any]], term: str) -> float:
    return mean(step["terms"][term] for step in steps)


def page(found: Sequence[Early], facts: Mapping[str, Any]) -> str:
    """The comparison as Markdown."""
    record = facts["record"]
    head = ("network", "step", "loss terms: first, at that step, last", *(METRIC_TITLES[one] for one in METRICS))
    lines = [
        "# After a tenth of the steps",
        "",
        f"Written by `{record['command']}` with the JSON file beside it. Preset {facts['preset']}, seed 0; "
        f"AP (cars, moderate, R40) on the {facts['frames']} frames of `val`, at that step and at the end. Commit "
        f"{record['commit']}; {record['hardware']}. Loss terms are unweighted means of ten steps.",
        "",
    ]
    rows = []
    for one in found:
        terms = "; ".join(
            f"{term.replace('_', ' ')} {' > '.join(f'{value:.2f}' for value in values)}"
            for term, values in one.losses.items()
            if any(values)
        )
        scores = [" > ".join(f"{value:.1f}" for value in one.ap[metric]) if one.ap else DASH for metric in METRICS]
        title = row_title(one.name) if one.name in (*ROWS, *MODELS) else one.name.replace("_", " ")
        rows.append([title, f"{one.step} of {one.steps:,}", terms, *scores])
    return "\n".join([*lines, *markdown.table(head, rows, "lrl" + "r" * len(METRICS)), ""])


def make_early_table(job: Path, folder: Path, *, present_only: bool = False, command: str) -> str:
    """Does it for every kind of network, and writes ``early.json`` and ``early.md``; returns the page.

    After a kill it goes on with the network that it was at.

    Args:
        job: folder of a job of `reproduce` that has ended.
        folder: gets the files.
        present_only: as it was for the job.
        command: for the record.

    Raises:
        DataError: no job, or one that lacks a training; see `begin`.
    """
    place = job_at(job, present_only=present_only)
    place = replace(place, run=replace(place.run, progress=True))
    names = ("depth_network", "teacher", "assistant", *STUDENTS)
    for name in names:  # Before the first of them takes minutes.
        if not (_folder(place, name) / FINAL).exists():
            raise DataError(
                _folder(place, name), "no ended training", "all that early-table repeats: " + ", ".join(names)
            )
    found = [begun(place, name) for name in names]
    facts = {
        "preset": place.preset.name,
        "frames": len(KittiRoot(place.world).split("val", present_only=place.present_only).ids),
        "record": {**record_of(command), "seed": 0},
    }
    value = {**facts, "networks": [asdict(one) for one in found]}
    write_json_durably(folder / NAME, value)
    shown = page(found, facts)
    write_text_durably(folder / PAGE, shown)
    return shown
