"""``monotakd ledger``: computes the gap ledger of a job, after `reproduce` or while students are still missing.

The steps, from the top. Every camera step is the *same* network (`AssistantSettings.toy`) trained from the same first
weights on the same frames in the same order with the same budget; only the depth it is told differs, in training and in
use alike, so that no step suffers from a depth it has not seen.

1. Teacher: LiDAR points.
2. Camera, true depth of every pixel, *continuous*: shared between the two nearest bins (`split_depth`).
3. Camera, true depth of every pixel, in bins (one-hot). 2 to 3 is what binning costs.
4. Assistant: camera, true depth where LiDAR sees, in bins. 3 to 4 is what LiDAR's gaps and noise cost. Pooled LiDAR
   depth and the assistant are one and the same in this project (the assistant is told the sweep, pooled to feature
   cells by the nearest point), so they are one step here.
5. The best distilled student with the assistant's true depth put in for its own (`TruthTold`; no training). 4 to 5 is
   what the student's features lack, 5 to 6 what its depth lacks. It was not trained on such a depth, so 5 may be too
   low.
6. The best distilled student.
7. The student taught by ground truth only.

In every camera step a feature cell has *one* depth, that of its nearest pixel. What this pooling costs is not taken
apart. "Best" is the highest mean over the seeds in the deciding metric on the reported split itself, among the rows
with the most seeds; a choice among several rows flatters the winner, which the ledger's record says by naming the rows
it was chosen from.

Dense depth needs a street world of the preset's image size. Elsewhere (real KITTI) steps 2 and 3 are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from monotakd import viz
from monotakd.datasets.street import manifest
from monotakd.engine.durable import write_json_durably
from monotakd.engine.run_folder import FINAL
from monotakd.errors import DataError
from monotakd.pipeline import ledger_stages as stages
from monotakd.pipeline.bootstrap import estimate
from monotakd.pipeline.collecting import results_of
from monotakd.pipeline.ledger import NAME, LedgerStep, draw_ledger
from monotakd.pipeline.plan import Stage
from monotakd.pipeline.presets import preset_named, require_label_setting
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import DECIDING_METRIC, METRICS, RunResult, select
from monotakd.pipeline.rows import ROWS
from monotakd.pipeline.runner import run
from monotakd.pipeline.table import row_title
from monotakd.pipeline.workplace import Workplace

PICTURE = "ledger.png"
CONTINUOUS, BINNED = "dense_continuous", "dense_bins"
_FORMS: dict[str, stages.DepthForm] = {CONTINUOUS: "split", BINNED: "one_hot"}
_TITLES = {
    "teacher": "teacher: LiDAR points",
    CONTINUOUS: "camera, true depth everywhere, continuous",
    BINNED: "camera, true depth everywhere, in bins",
    "assistant": "assistant: camera, true depth where LiDAR sees, in bins",
}


def make_ledger(
    out: Path,
    *,
    labels: str = "",
    results: Path | None = None,
    present_only: bool = False,
    jobs: int = 1,
    workers: int = 1,
    command: str = "monotakd ledger",
) -> list[LedgerStep]:
    """Does what the ledger of a job still lacks, then writes ``ledger.json`` and ``ledger.png`` into the job's folder.

    Args:
        out: folder of a job that `reproduce` has begun; teacher, assistant or students may be missing and are then left
            out.
        labels: label setting; the preset's first by default.
        results: folder that collects results: students found there count too, and the ledger is copied to it.
        present_only: as it was for the job.
        jobs: trainings at the same time.
        workers: cores to draw depth with.
        command: for the record.

    Returns:
        The steps, from the best to the worst.

    Raises:
        DataError: the folder holds no job or too little of it for two steps, or ``results`` those of another job.
        StageFailedError: a stage failed.
    """
    place = job_at(out, present_only=present_only, command=command)
    labels = labels or place.preset.labels[0]
    require_label_setting(labels)
    found = [result for result in results_of(place, results) if result.labels == labels]
    best = best_distilled(found)
    planned = _plan(place, labels, workers, [run for run in found if run.row == best])
    run(planned, jobs=jobs)
    steps, missing = _steps(place, labels, found, best)
    if len(steps) < 2:
        raise DataError(out, f"{len(steps)} of the ledger's steps", "at least two", fix="Run monotakd reproduce first")
    value = {
        "preset": place.preset.name,
        "labels": labels,
        "split": place.report_split,
        "frames": found[0].frames,
        "steps": [asdict(step) for step in steps],
        "missing": missing,
        "best_of": sorted(_with_most_seeds(found)),
        "record": {**record_of(place.command), "seed": 0, "metric": "Car, moderate, AP R40, by overlap"},
    }
    for folder in filter(None, (place.out, results)):
        write_json_durably(folder / NAME, value)
    viz.save(draw_ledger(steps), place.out / PICTURE)
    return steps


def job_at(out: Path, *, present_only: bool = False, command: str = "monotakd ledger") -> Workplace:
    """The job that a folder holds, with its preset as it is today.

    Raises:
        DataError: no job has begun there.
    """
    path = out / "job.txt"
    try:
        preset, data = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise DataError(path, "no job", "the folder of monotakd reproduce --out", fix="Run it first") from None
    given = None if data == "street world" else Path(data)
    return Workplace(out.resolve(), preset_named(preset), given, present_only, command=command)


def best_distilled(found: Sequence[RunResult]) -> str | None:
    """The row with the highest mean over seeds in the deciding metric, among rows with a teacher or an assistant.

    Of these, only rows with the most seeds: a single lucky run is no best row.
    """
    rows = sorted(_with_most_seeds(found))
    means = {row: estimate([run for run in found if run.row == row], DECIDING_METRIC).mean for row in rows}
    return max(rows, key=means.__getitem__, default=None)


def _with_most_seeds(found: Sequence[RunResult]) -> set[str]:
    """The distilled rows of which no other has more seeds."""
    counts = Counter(run.row for run in found if _distilled(run))
    return {row for row, seeds in counts.items() if seeds == max(counts.values())}


def _distilled(run: RunResult) -> bool:
    return run.row in ROWS and ROWS[run.row].uses_unlabelled


def _dense_is_possible(place: Workplace) -> bool:
    if not (place.world / manifest.FILE).exists():
        return False
    street = manifest.Manifest.read(place.world).settings
    return (street.height, street.width) == place.image_size


def _plan(place: Workplace, labels: str, workers: int, best: Sequence[RunResult]) -> list[Stage]:
    planned = []
    if _dense_is_possible(place) and (place.model(labels, "assistant") / "config.json").exists():
        marker = stages.ledger_folder(place, labels, "depth.txt")
        work = partial(stages.draw_depth, place, labels, workers, marker)
        planned.append(Stage("depth", "dense depth", work, marker, alone=True))
        steps = stages.assistant_budget(place, labels).steps
        for name, form in _FORMS.items():
            folder = stages.ledger_folder(place, labels, name)
            work = partial(stages.train_on_dense_depth, place, labels, form, folder)
            planned.append(Stage(name, _TITLES[name], work, folder / stages.SCORE, ("depth",), folder, steps))
    for run_ in best:
        if (place.student(labels, run_.row, run_.seed) / FINAL).exists():
            folder = _told_folder(place, run_)
            work = partial(stages.put_truth_into, place, labels, run_.row, run_.seed, folder)
            title = f"{row_title(run_.row)}, true depth put in, seed {run_.seed}"
            planned.append(Stage(f"{run_.row}/{run_.seed}", title, work, folder / stages.SCORE))
    return planned


def _told_folder(place: Workplace, run_: RunResult) -> Path:
    return stages.ledger_folder(place, run_.labels, f"{run_.row}_told") / f"seed{run_.seed}"


def _steps(
    place: Workplace, labels: str, found: Sequence[RunResult], best: str | None
) -> tuple[list[LedgerStep], list[str]]:
    """The steps that there are, and the names of those that are missing."""

    def of_row(row: str) -> Callable[[], list[RunResult]]:
        return lambda: select(found, row, labels)

    def of_file(*folders: Path) -> Callable[[], list[RunResult]]:
        paths = [folder / stages.SCORE for folder in folders]
        return lambda: [RunResult.read(path) for path in paths if path.exists()]

    winner = "best distilled student" + (f": {row_title(best)}" if best else "")
    told = [_told_folder(place, run_) for run_ in found if run_.row == best]
    wanted = [
        (_TITLES["teacher"], "teacher", of_row("teacher")),
        *((_TITLES[name], None, of_file(stages.ledger_folder(place, labels, name))) for name in _FORMS),
        (_TITLES["assistant"], "assistant", of_row("assistant")),
        (f"{winner}, true depth put in", None, of_file(*told)),
        (winner, "student", of_row(best) if best else of_file()),
        (f"student: {row_title('ground_truth_only')}", "student", of_row("ground_truth_only")),
    ]
    steps, missing = [], []
    for name, role, runs in wanted:
        if there := runs():
            steps.append(_step(name, role, there))
        else:
            missing.append(name)
    return steps, missing


def _step(name: str, role: str | None, runs: Sequence[RunResult]) -> LedgerStep:
    numbers = {metric: estimate(runs, metric) for metric in METRICS}
    return LedgerStep(
        name,
        {metric: round(one.mean, 3) for metric, one in numbers.items()},
        role,
        {metric: [round(one.low, 3), round(one.high, 3)] for metric, one in numbers.items()},
        len(runs),
    )
