"""A folder that collects what jobs found out: a copy of each run's result, named by preset, labels, row and seed."""

from __future__ import annotations

import shutil
from pathlib import Path

from monotakd.engine.durable import write_durably
from monotakd.errors import DataError
from monotakd.pipeline.agreement import require_agreement
from monotakd.pipeline.results import NAME, RunResult, result_files
from monotakd.pipeline.workplace import Workplace


def is_collected(proof: Path, place: Workplace, results: Path | None) -> bool:
    """Whether the folder holds this student's result, so that it need not be trained again."""
    if results is None or proof.name != NAME or "seed" not in proof.parent.name:
        return False
    return name_in_results(place, proof, results).exists()


def collect(place: Workplace, results: Path) -> None:
    """Copies the results that are there and not yet collected.

    Raises:
        DataError: one of them is damaged, or was not trained like those that are collected, see `agreement`.
    """
    own = sorted(place.out.glob(f"labels_*/**/{NAME}"))
    new = [path for path in own if not name_in_results(place, path, results).exists()]
    if not new:
        return
    told = [result.told(path) for path, result in collected(place, results).items()]
    require_agreement([*told, *(RunResult.read(path).told(path) for path in new)])
    for path in new:
        target = name_in_results(place, path, results)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, lambda temporary, path=path: shutil.copyfile(path, temporary))


def collected(place: Workplace, results: Path) -> dict[Path, RunResult]:
    """The collected runs of this job's preset, by their files; see `results.result_files`."""
    return result_files(results / place.preset.name)


def results_of(place: Workplace, results: Path | None) -> list[RunResult]:
    """The job's own results and, of runs that it does not hold, the collected ones.

    Raises:
        DataError: they were not trained alike, or both hold the same run with other numbers: the folder collects
            another job.
    """
    files = {} if results is None else collected(place, results)
    own_files = result_files(place.out)
    require_agreement(run.told(path) for path, run in (*files.items(), *own_files.items()))
    others, own = ({run.key: run for run in of.values()} for of in (files, own_files))
    for key in own.keys() & others.keys():
        if own[key].ap != others[key].ap:
            raise DataError(
                results,
                f"another result of {own[key].row}, {own[key].labels} labels, seed {own[key].seed} than in {place.out}",
                "results of this very job",
                fix="Collect this job's results there first, or leave --results out",
            )
    runs = [run for run in (others | own).values() if run.world == (place.preset.name, place.report_split)]
    return sorted(runs, key=lambda run: run.key)


def name_in_results(place: Workplace, path: Path, results: Path) -> Path:
    """``RESULTS/toy/labels_200/direct/seed0.json`` of ``OUT/labels_200/direct/seed0/results.json``."""
    return results / place.preset.name / path.parent.relative_to(place.out).with_suffix(".json")
