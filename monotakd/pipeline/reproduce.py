"""``monotakd reproduce``: the whole job, from streets to a report, resumable at any moment."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from monotakd.engine.device import choose_device
from monotakd.engine.durable import make_folder
from monotakd.engine.settings import Precision, RunSettings
from monotakd.models.sparse import has_spconv, told_of_backend
from monotakd.pipeline.budgets import require_shares
from monotakd.pipeline.collecting import is_collected
from monotakd.pipeline.job_folder import require_same_job, require_same_trainings
from monotakd.pipeline.plan import plan
from monotakd.pipeline.presets import TRAINED, Preset, require_label_setting
from monotakd.pipeline.publishing import Publisher
from monotakd.pipeline.report import NAME as REPORT
from monotakd.pipeline.rows import row_named
from monotakd.pipeline.runner import run
from monotakd.pipeline.scoring import require_scored
from monotakd.pipeline.workplace import RUN, Workplace


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
    parts: int = 1,
    precision: Precision = "auto",
    settings: RunSettings = RUN,
) -> Path:
    """Does what is not done yet: data, teacher, assistant, students, scores, table, figures, report.

    Args:
        preset: what to do; narrow it with `narrowed`.
        out: everything is written below it; the same folder goes on where it was stopped.
        data: a KITTI root to work on; None makes a street world.
        present_only: use the listed frames of ``data`` that exist.
        results: a folder that collects the result of every run as it ends; a student whose result is there already is
            not trained again, and is shown as if it were the job's own.
        jobs: trainings at the same time; 0 takes one per core, or one where there is a GPU.
        workers: cores to generate streets with.
        image_weights: published weights that the depth network begins with; for presets with a ResNet.
        devices: processes that share every batch of a training, one per GPU or side by side on the CPU.
        parts: in which every batch is worked through, see `TrainSettings`.
        precision: of every training, see `budgets.takes_bf16`.
        settings: how every training is run.

    Returns:
        The report.

    Raises:
        DataError: the data is not as expected, or the folder or ``results`` hold another job.
        StageFailedError: a stage failed; all others were done.
    """
    for folder in filter(None, (out, results)):
        make_folder(folder)
    for name in TRAINED:
        require_shares(getattr(preset, name).batch_size, devices, parts, name)
    require_scored(preset.networks.classes)
    command = shown_command(sys.argv[1:])
    place = Workplace(
        out.resolve(), preset, data, present_only, settings, command, image_weights, devices, parts, precision
    )
    require_same_job(place)
    if data is not None:
        _require_splits(place)
        place = replace(place, preset=preset.on(len(place.train_ids)))
    require_same_trainings(place, results)
    stages = [stage for stage in plan(place, workers) if not is_collected(stage.proof, place, results)]
    begun, publish = time.monotonic(), Publisher(place, results)
    device = choose_device(settings.device)
    if not has_spconv(device):  # Said once, by the job, not by each of its trainings.
        print(f"sparse convolutions: {told_of_backend(device)}", flush=True)
    print(f"report, rewritten after every stage: {out / REPORT}", flush=True)
    run(stages, jobs=jobs or (default_jobs(workers, settings.device) if devices == 1 else 1), after=publish)
    print(publish.table)
    print(f"\n{time.monotonic() - begun:.0f} s; report: {place.out / REPORT}")
    return place.out / REPORT


def narrowed(
    preset: Preset,
    *,
    rows: Sequence[str] = (),
    seeds: int = 0,
    labels: Sequence[str] = (),
    steps: int = 0,
    batch_size: int = 0,
    street: str = "",
) -> Preset:
    """A preset with other rows, seeds or label settings; or, under another name, with other budgets or streets.

    Args:
        preset: to be narrowed.
        rows: of the table; all of the preset when empty.
        seeds: students per row; the preset's number when 0.
        labels: label settings; those of the preset when empty.
        steps: see `Preset.changed`.
        batch_size: see `Preset.changed`.
        street: see `Preset.changed`.

    Raises:
        DataError: a row, label setting or kind of streets that does not exist.
    """
    for row in rows:
        row_named(row)
    for setting in labels:
        require_label_setting(setting)
    return replace(
        preset.changed(steps=steps, batch_size=batch_size, street=street),
        rows=tuple(rows) or preset.rows,
        seeds=seeds or preset.seeds,
        labels=tuple(labels) or preset.labels,
    )


def shown_command(arguments: Sequence[str]) -> str:
    """The command line with names in place of folders: where somebody keeps results is nobody's business."""
    shown, option = [], ""
    for word in arguments:
        if word.startswith("--"):
            option = word
        elif option in _FOLDERS:
            name = option.strip("-").upper()
            if name == shown[-1]:  # Several folders after one option are one name.
                continue
            word, option = name, option if option in _SEVERAL else ""
        elif option == "--checkpoint":
            word, option = named_briefly(word), ""
        shown.append(word)
    return "monotakd " + shlex.join(shown)


def named_briefly(path: str) -> str:
    """The last two parts of a path, enough to tell one run from another; a name stays as it is."""
    return "/".join(Path(path).parts[-2:])


_SEVERAL = ("--detected",)
_FOLDERS = ("--out", "--results", "--data", *_SEVERAL)


def default_jobs(workers: int, device: str | None = None) -> int:
    """Trainings at the same time: one per core, or one on a GPU; the device as for `choose_device`."""
    return max(workers, 1) if choose_device(device).type == "cpu" else 1


def _require_splits(place: Workplace) -> None:
    """Asks for the frames before anything long begins."""
    root, ids = place.report_root()
    found = f"{len(place.train_ids)} frames to train on, {len(ids)} to report on (split {place.report_split})"
    splits = (place.train_split, root.split(place.report_split, present_only=place.present_only))
    absent = sum(len(split.absent) for split in splits)
    left_out = f"; {absent} listed frames are absent and left out" if absent else ""
    print(f"{place.given}: {found}{left_out}", flush=True)
