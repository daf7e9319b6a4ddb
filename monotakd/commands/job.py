"""Commands that do the whole job, from streets to a report, and those that account for its results."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.commands.options import Device, PresentOnly, device_named, every_core, names, require_at_least
from monotakd.datasets.street.settings import StreetKind
from monotakd.errors import DataError


def run(out: Path = Path("out"), preset: Literal["smoke", "quick", "toy"] = "quick") -> int:
    """Do the main job on embedded data: a first picture, then streets, models, students, table and report.

    Args:
        out: Folder for everything that is made; what is there already is not made again.
        preset: Size of the job; quick is a quarter of an hour on two idle cores.
    """
    from monotakd.job import main_job

    return main_job(out, preset=preset, workers=every_core())


def reproduce(
    out: Path,
    preset: Literal["smoke", "quick", "toy", "kitti_small", "kitti_r50"] = "quick",
    runs: str = "",
    seeds: int = 0,
    labels: str = "",
    data: Path | None = None,
    present_only: PresentOnly = False,
    results: Path | None = None,
    steps: int = 0,
    batch_size: int = 0,
    street: StreetKind = "default",
    jobs: int = 0,
    image_weights: Path | None = None,
    gradient_norms_every: int = 100,
    parts: int = 1,
    precision: Literal["auto", "bf16", "float32"] = "auto",
    checkpoint_seconds: float = 60.0,
    device: Device = "auto",
    devices: int = 1,
    workers: int = 0,
    compile: Annotated[bool, tyro.conf.arg(help="Compile the dense parts of all networks with torch.compile.")] = False,
) -> int:
    """Do the whole job: data, teacher, assistant, students, scores, table, figures, report.html. Resumes by itself.

    Args:
        out: Folder for everything; the same folder goes on where it was stopped and skips what is done.
        preset: smoke (shows that it works), quick (three students in a quarter of an hour), toy (the results table);
            kitti_r50 (the paper's networks, GPU days; take monotakd train --dry-run first), kitti_small (the same
            narrowed).
        runs: Rows of the table, with commas between; all rows of the preset when empty.
        seeds: Students per row; the preset's number when 0.
        labels: Label settings, with commas between: all, 200.
        data: KITTI root to work on instead of a street world.
        results: Folder that collects each run's result; a student found there is not trained again.
        steps: Steps of every training; the preset's numbers when 0. Another number than the preset's becomes part of
            its name in results and report, as do the next two.
        batch_size: Frames of a step of every training, over all devices; the preset's numbers when 0.
        street: Kind of streets, as for data synthesize: in flat ones depth is easiest to tell from the image, in hilly
            ones and with changing cameras hardest.
        jobs: Trainings at the same time; 0 takes one per core, or one where there is a GPU.
        image_weights: For kitti_r50: file of a published ResNet-50 or DeepLabV3 that the depth network begins with.
        gradient_norms_every: Steps from one log line with the gradient norm of every loss term on every part of the
            network to the next; 0 for none. At 100 it costs about 2 % of the time.
        parts: Work through each batch of every training in so many parts, for want of memory.
        precision: Of every training; auto takes bfloat16 where the device computes in it, float32 for teachers.
        checkpoint_seconds: Seconds from one checkpoint of a training to the next, what a kill costs at most.
        devices: Processes that share every batch of a training: one per GPU, or side by side on the CPU. Trainings then
            run one after the other unless --jobs says otherwise.
        workers: Processes that read and augment frames, of each training and evaluation; 0 reads in the process that
            computes. With kitti_r50 on a GPU take four or more.
    """
    from monotakd.pipeline.presets import preset_named
    from monotakd.pipeline.reproduce import narrowed
    from monotakd.pipeline.reproduce import reproduce as do
    from monotakd.pipeline.workplace import RUN

    require_at_least(0, seeds=seeds, steps=steps, batch_size=batch_size, jobs=jobs, workers=workers)
    require_at_least(0, gradient_norms_every=gradient_norms_every, checkpoint_seconds=checkpoint_seconds)
    require_at_least(1, devices=devices, parts=parts)
    if street != "default" and data is not None:
        raise DataError("--street", street, "no kind of streets where --data brings the frames")
    changes = {"seeds": seeds, "labels": names(labels), "steps": steps, "batch_size": batch_size, "street": street}
    chosen = narrowed(preset_named(preset), rows=names(runs), **changes)
    how = {"device": device_named(device, devices), "gradient_norms_every": gradient_norms_every}
    do(
        chosen,
        out,
        data=data,
        present_only=present_only,
        results=results,
        jobs=jobs,
        workers=every_core(),
        image_weights=image_weights,
        devices=devices,
        parts=parts,
        precision=precision,
        settings=replace(RUN, workers=workers, compile=compile, checkpoint_seconds=checkpoint_seconds, **how),
    )
    return 0


def ledger(
    out: Path,
    labels: str = "",
    results: Path | None = None,
    present_only: PresentOnly = False,
    jobs: int = 0,
) -> int:
    """Say where the points are lost, from the teacher down to the student: trains cameras on perfect depth. Resumes.

    Args:
        out: Folder of a job (monotakd reproduce), finished or not; what it lacks is left out.
        labels: Label setting, all or 200; the preset's first when empty.
        results: Folder that collects results: its students count too, and the ledger is copied to it.
        jobs: Trainings at the same time; 0 takes one per core, or one where there is a GPU.
    """
    from monotakd.pipeline.ledger_run import make_ledger
    from monotakd.pipeline.reproduce import default_jobs, shown_command

    require_at_least(0, jobs=jobs)
    steps = make_ledger(
        out,
        labels=labels,
        results=results,
        present_only=present_only,
        jobs=jobs or default_jobs(every_core()),
        workers=every_core(),
        command=shown_command(sys.argv[1:]),
    )
    for step in steps:
        print("  ".join(f"{value:5.1f}" for value in step.ap.values()), f" {step.name}")
    return 0


def claims(results: Path = Path("results"), readme: Path = Path("README.md"), preset: str = "toy") -> int:
    """Write the claims board anew: RESULTS/claims.json, the board in the README, the tables in RESULTS/README.md.

    Args:
        results: Folder of committed results.
        readme: The file with the lines <!-- claims:begin --> and <!-- claims:end -->.
        preset: Whose runs are judged.
    """
    from monotakd.pipeline.board import publish

    for verdict, count in publish(results, readme, preset).items():
        print(f"{count:3} {verdict}")
    return 0
