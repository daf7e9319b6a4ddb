"""Commands that make a table of their own in ``results/``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from monotakd.commands.options import every_core, require_at_least


def unlabelled_table(
    out: Path,
    results: Path | None = None,
    preset: Literal["quick", "smoke"] = "quick",
    seeds: int = 2,
    jobs: int = 1,
) -> int:
    """Say what frames without labels bring: 100, 25 and 12 % of the labels, with and without the other frames. Resumes.

    Args:
        out: Folder for everything; the same folder goes on where it was stopped and skips what is done.
        results: Folder that collects each run's result and gets the page unlabelled.md.
        preset: quick for the table (three teachers, three assistants and eight students per seed, each trained for
            250 steps or less); smoke shows that it works.
        seeds: Students per line.
        jobs: Trainings at the same time, each on one thread.
    """
    from dataclasses import replace

    from monotakd.pipeline.reproduce import shown_command
    from monotakd.pipeline.unlabelled_job import budget, make_unlabelled_table

    require_at_least(1, seeds=seeds, jobs=jobs)
    chosen = replace(budget(preset), seeds=seeds)
    command = shown_command(sys.argv[1:])
    print(make_unlabelled_table(chosen, out, results=results, jobs=jobs, workers=every_core(), command=command))
    return 0


def learned_table(out: Path, results: Path | None = None, frames: int = 200) -> int:
    """Say what each student of a job learned of its targets: teacher's map, assistant's map, residual, depth. Resumes.

    Args:
        out: Folder of a job (monotakd reproduce) with trained students.
        results: Folder for learned.json and the page learned.md; the job's own when left out.
        frames: Streets to measure on, from the start of the reported split.
    """
    from monotakd.pipeline.learned_table import make_learned_table
    from monotakd.pipeline.reproduce import shown_command

    require_at_least(2, frames=frames)
    print(make_learned_table(out, results or out, frames=frames, command=shown_command(sys.argv[1:])))
    return 0


def early_table(out: Path, results: Path | None = None, present_only: bool = False) -> int:
    """Say what a job's trainings look like after a tenth of their steps: each is repeated up to there, scored on val.

    Args:
        out: Folder of a job (monotakd reproduce) that has ended.
        results: Folder for early.json and the page early.md; the job's own when left out.
        present_only: As it was for the job.
    """
    from monotakd.pipeline.early import make_early_table
    from monotakd.pipeline.reproduce import shown_command

    print(make_early_table(out, results or out, present_only=present_only, command=shown_command(sys.argv[1:])))
    return 0


def focal_table(out: Path, checkpoint: str = "student_monotakd", frames: int = 100) -> int:
    """Measure what a student says through other focal lengths, with and without --rescale-depth, on made streets.

    Args:
        out: Files to write, without their ending: OUT.json and OUT.md, such as results/focal_lengths.
        checkpoint: As for predict.
        frames: Streets, each rendered at every focal length.
    """
    from monotakd.pipeline.reproduce import shown_command
    from monotakd.predict.focal_table import write_focal_table
    from monotakd.predict.trained_student import load_student

    require_at_least(1, frames=frames)
    print(write_focal_table(load_student(checkpoint), out, frames=frames, command=shown_command(sys.argv[1:])))
    return 0


def depth_table(data: Path, out: Path, split: str = "test", detected: tuple[Path, ...] = ()) -> int:
    """Say what depth costs networks, and how far an ideal detector comes that judges it by apparent size.

    Args:
        data: KITTI root with labels.
        out: Files to write, without their ending: OUT.json and OUT.md, such as results/depth.
        split: Frames to report on.
        detected: Folders that monotakd detect wrote for these frames.
    """
    from monotakd.pipeline.depth_table import write_depth_table
    from monotakd.pipeline.reproduce import shown_command

    print(write_depth_table(data, split, out, detected=detected, command=shown_command(sys.argv[1:])))
    return 0
