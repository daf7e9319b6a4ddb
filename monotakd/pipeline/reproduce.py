"""``monotakd reproduce``: the whole job, from streets to a report, resumable at any moment."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from monotakd.benchmarks.timing import commit, hardware
from monotakd.datasets.kitti.files import read_bytes
from monotakd.engine.device import choose_device
from monotakd.engine.durable import make_folder, write_text_durably
from monotakd.engine.log import NAME as LOG
from monotakd.errors import DataError
from monotakd.pipeline.claims import evaluate_claims, write_claims
from monotakd.pipeline.collecting import collect, is_collected
from monotakd.pipeline.ledger import NAME as LEDGER
from monotakd.pipeline.ledger import read_ledger
from monotakd.pipeline.pictures import GAP, draw_job
from monotakd.pipeline.plan import plan
from monotakd.pipeline.presets import Preset, require_label_setting
from monotakd.pipeline.report import Picture, ReportState, write_report
from monotakd.pipeline.results import label_title, read_results
from monotakd.pipeline.rows import MODELS, row_named
from monotakd.pipeline.runner import Progress, run
from monotakd.pipeline.table import markdown_table
from monotakd.pipeline.workplace import Workplace

TABLE, CLAIMS = "table.md", "claims.json"
_TRAINED = ("depth", "teacher", "assistant", "student")


def reproduce(
    preset: Preset,
    out: Path,
    *,
    data: Path | None = None,
    present_only: bool = False,
    results: Path | None = None,
    jobs: int = 0,
    workers: int = 1,
    image_weights: Path | None = None,
    devices: int = 1,
    readers: int = 0,
    compiled: bool = False,
) -> Path:
    """Does what is not done yet: data, teacher, assistant, students, scores, table, figures, report.

    Args:
        preset: what to do; narrow it with `narrowed`.
        out: everything is written below it; the same folder goes on where it was stopped.
        data: a KITTI root to work on; None makes a street world.
        present_only: use the listed frames of ``data`` that exist.
        results: a folder that collects the result of every run as it ends; a student whose result is there already is
            not trained again.
        jobs: trainings at the same time; 0 takes one per core, or one where there is a GPU.
        workers: cores to generate streets with.
        image_weights: published weights that the depth network begins with; for presets with a ResNet.
        devices: processes that share every batch of a training, one per GPU or side by side on the CPU.
        readers: processes that read and augment frames, of each training; 0 reads in the training's own.
        compiled: compile the dense parts of all networks in training, see `engine.compiled`.

    Returns:
        The report.

    Raises:
        DataError: the data is not as expected, or the folder holds another job.
        StageFailedError: a stage failed; all others were done.
    """
    for folder in filter(None, (out, results)):
        make_folder(folder)
    command = shown_command(sys.argv[1:])
    _require_shares(preset, devices)
    place = Workplace(
        out.resolve(), preset, data, present_only, command=command, image_weights=image_weights, devices=devices
    )
    place = replace(place, run=replace(place.run, workers=readers, compile=compiled))
    _require_same_job(place)
    if data is not None:
        _require_splits(place)
        place = replace(place, preset=preset.on(len(place.train_ids)))
    stages = [stage for stage in plan(place, workers) if not is_collected(stage.proof, place, results)]
    begun = time.monotonic()

    def after(progress: Progress) -> None:
        if results is not None:
            collect(place, results)
        write_report(place.out, _report_state(place, progress))

    print(f"report, rewritten after every stage: {out / 'report.html'}", flush=True)
    progress = run(stages, jobs=jobs or (default_jobs(workers) if devices == 1 else 1), after=after)
    draw_job(place)
    found = read_results(place.out)
    table = markdown_table(found, _expected(place))
    write_text_durably(place.out / TABLE, table)
    write_claims(evaluate_claims(found), place.out / CLAIMS)
    report = write_report(place.out, _report_state(place, progress))
    print(table)
    print(f"\n{time.monotonic() - begun:.0f} s; report: {report}")
    return report


def _report_state(place: Workplace, progress: Progress) -> ReportState:
    """What the report shows now."""
    found = read_results(place.out)
    facts = dict(zip(("command", "commit", "hardware"), (place.command, commit(), hardware()), strict=True))
    facts["data"] = str(place.given or "a street world made for this job (world.json in its folder)")
    return ReportState(
        title=f"MonoTAKD, preset {place.preset.name}",
        stages=list(progress.states.values()),
        facts=facts,
        results=found,
        expected=_expected(place),
        logs=_logs(place),
        ledger=read_ledger(place.out / LEDGER) if (place.out / LEDGER).exists() else (),
        pictures=[
            Picture(
                "The feature gap",
                place.out / GAP,
                "One frame as teacher, assistant and student see it from above; the student before and after "
                "distillation. Colours are comparable only where channels are matched.",
            )
        ],
        files={"table": place.out / TABLE, "claims": place.out / CLAIMS, "gap ledger": place.out / LEDGER},
        go_on="monotakd " + shlex.join(sys.argv[1:]),
    )


def _logs(place: Workplace) -> dict[str, Path]:
    """Logs of every network and of the first seed of every row, by name; some may not exist yet."""
    folders = {}
    for labels, rows in _expected(place).items():
        folders |= {(name, labels): place.model(labels, name) for name in ("depth_network", *MODELS)}
        folders |= {(row, labels): place.student(labels, row, 0) for row in rows}
    return {
        f"{name.replace('_', ' ')}, {label_title(labels)}": folder / LOG for (name, labels), folder in folders.items()
    }


def _expected(place: Workplace) -> dict[str, list[str]]:
    preset = place.preset
    return {labels: [row for row in preset.rows if labels in preset.labels_of(row)] for labels in preset.labels}


def narrowed(
    preset: Preset,
    *,
    rows: Sequence[str] = (),
    seeds: int = 0,
    labels: Sequence[str] = (),
    steps: int = 0,
    batch_size: int = 0,
) -> Preset:
    """A preset with other rows, seeds, label settings, steps or frames of a step.

    Raises:
        DataError: a row or label setting that does not exist.
    """
    for row in rows:
        row_named(row)
    for setting in labels:
        require_label_setting(setting)
    size = {"batch_size": batch_size} if batch_size else {}
    changed = {**size, "steps": steps} if steps else size
    return replace(
        preset,
        rows=tuple(rows) or preset.rows,
        seeds=seeds or preset.seeds,
        labels=tuple(labels) or preset.labels,
        **{name: replace(getattr(preset, name), **changed) for name in _TRAINED},
        schedules={} if steps else {name: replace(one, **size) for name, one in preset.schedules.items()},
    )


def shown_command(arguments: Sequence[str]) -> str:
    """The command line with names in place of folders: where somebody keeps results is nobody's business."""
    shown = list(arguments)
    for place, word in enumerate(shown[:-1]):
        if word in ("--out", "--results", "--data"):
            shown[place + 1] = word.strip("-").upper()
    return "monotakd " + shlex.join(shown)


def default_jobs(workers: int) -> int:
    """Trainings at the same time: one per core, or one where there is a GPU."""
    return 1 if choose_device().type == "cuda" else max(workers, 1)


def _require_same_job(place: Workplace) -> None:
    """A folder belongs to one preset and one data root; rows and seeds may be added later."""
    path = place.out / "job.txt"
    told = f"{place.preset.name}\n{place.given.resolve() if place.given else 'street world'}\n"
    if path.exists():
        before = read_bytes(path, "what a job was begun with").decode(errors="replace")
        if before != told:
            raise DataError(
                path,
                " on ".join(before.split("\n")[:2]),
                " on ".join(told.split("\n")[:2]),
                fix="Use another --out for another job",
            )
        return
    write_text_durably(path, told)


def _require_shares(preset: Preset, devices: int) -> None:
    """Asks whether every batch can be shared out, before anything long begins."""
    for name in _TRAINED:
        size = getattr(preset, name).batch_size
        if size % devices:
            expected = f"a number that the batches of {size} frames can be shared out to ({name})"
            raise DataError("--devices", str(devices), expected)


def _require_splits(place: Workplace) -> None:
    """Asks for the frames before anything long begins."""
    _, ids = place.report_root()
    found = f"{len(place.train_ids)} frames to train on, {len(ids)} to report on (split {place.report_split})"
    print(f"{place.given}: {found}", flush=True)
