"""What a training looks like after a tenth of its steps: a wrong set-up shows there, not after the other nine.

``python -m monotakd.pipeline.early JOB FOLDER`` takes a job that `reproduce` has ended, trains every kind of network
once more, up to that step of the job's own schedule, scores it on the split ``val``, and writes ``early.json`` and
``early.md`` into the folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from torch import nn

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.device import torch_threads
from monotakd.engine.durable import write_text_durably
from monotakd.engine.log import read_steps
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.train import fit
from monotakd.models.depth_network import DepthNetwork
from monotakd.pipeline import training
from monotakd.pipeline.ledger_run import job_at
from monotakd.pipeline.networks import load
from monotakd.pipeline.prediction import predict
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import METRIC_TITLES, METRICS
from monotakd.pipeline.rows import row_named
from monotakd.pipeline.scoring import score_on
from monotakd.pipeline.stages import frames_for, trained_model
from monotakd.pipeline.table import DASH, row_title
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


class _ReachedError(Exception):
    """The step that was asked for is done."""


def begin(place: Workplace, name: str, labels: str = "all") -> Early:
    """Trains one network of a job up to `SHARE` of its steps, and compares it with the whole training.

    Args:
        place: a job that has ended.
        name: ``"depth_network"``, ``"teacher"``, ``"assistant"``, or the row of a student, whose seed is 0 then.
        labels: label setting.

    Raises:
        DataError: the job lacks this training, or one that it needs.
    """
    student = name in STUDENTS
    folder = place.student(labels, name, 0) if student else place.model(labels, name)
    whole = read_steps(folder / "log.jsonl")
    budget = place.budget("student" if student else name)
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
        _train(place, labels, name, budget, Path(temporary) / name, loop)
    (network,) = trained
    final = load(name, folder / "final.safetensors", place.preset.networks)
    scored = [] if isinstance(network, DepthNetwork) else [_ap(place, one) for one in (network.eval(), final)]
    parts = (records[:AVERAGED], records[-AVERAGED:], whole[-AVERAGED:])
    return Early(
        name,
        step,
        budget.steps,
        {term: tuple(_mean(part, term) for part in parts) for term in records[0]["terms"]},
        {metric: tuple(one[metric] for one in scored) for metric in METRICS} if scored else {},
    )


def _train(place: Workplace, labels: str, name: str, budget: TrainSettings, out: Path, loop: training.Loop) -> None:
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
        found = predict(network, frames_for(network, place, root, ids), progress=False)
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
        f"Written by `{record['command']}` with the JSON file beside it. Preset {facts['preset']}, seed 0, all labels; "
        f"AP (cars, moderate, R40) on the {facts['frames']} frames of `val`, at that step and at the end. Commit "
        f"{record['commit']}; {record['hardware']}. Loss terms are unweighted means of ten steps.",
        "",
        "| " + " | ".join(head) + " |",
        "|---|---:|---|" + "---:|" * len(METRICS),
    ]
    for one in found:
        terms = "; ".join(
            f"{term.replace('_', ' ')} {' > '.join(f'{value:.2f}' for value in values)}"
            for term, values in one.losses.items()
            if any(values)
        )
        scores = [" > ".join(f"{value:.1f}" for value in one.ap[metric]) if one.ap else DASH for metric in METRICS]
        lines.append(f"| {' | '.join([row_title(one.name), f'{one.step} of {one.steps:,}', terms, *scores])} |")
    return "\n".join([*lines, ""])


def write_early(job: Path, folder: Path, *, command: str) -> Path:
    """Does it for every kind of network; returns the page.

    Args:
        job: folder of a job of `reproduce` that has ended.
        folder: gets the files.
        command: for the record.
    """
    place = job_at(job)
    place = replace(place, run=replace(place.run, progress=True))
    found = [begin(place, name) for name in ("depth_network", "teacher", "assistant", *STUDENTS)]
    facts = {
        "preset": place.preset.name,
        "frames": len(KittiRoot(place.world).split("val", present_only=place.present_only).ids),
        "record": {**record_of(command), "seed": 0},
    }
    value = {**facts, "networks": [asdict(one) for one in found]}
    write_text_durably(folder / NAME, json.dumps(value, indent=1, allow_nan=False) + "\n")
    write_text_durably(folder / PAGE, page(found, facts))
    return folder / PAGE


if __name__ == "__main__":
    print(write_early(Path(sys.argv[1]), Path(sys.argv[2]), command="python -m monotakd.pipeline.early JOB FOLDER"))
