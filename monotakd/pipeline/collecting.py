"""A folder that collects what jobs found out: a copy of each run's result, named by preset, labels, row and seed."""

from __future__ import annotations

import shutil
from pathlib import Path

from monotakd.engine.durable import write_durably
from monotakd.pipeline.results import NAME, RunResult
from monotakd.pipeline.workplace import Workplace


def is_collected(proof: Path, place: Workplace, results: Path | None) -> bool:
    """Whether the folder holds this student's result, so that it need not be trained again."""
    if results is None or proof.name != NAME or "seed" not in proof.parent.name:
        return False
    return name_in_results(place, proof, results).exists()


def collect(place: Workplace, results: Path) -> None:
    """Copies the results that are there and not yet collected.

    Raises:
        DataError: one of them is damaged.
    """
    for path in sorted(place.out.glob(f"labels_*/**/{NAME}")):
        target = name_in_results(place, path, results)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            RunResult.read(path)
            write_durably(target, lambda temporary, path=path: shutil.copyfile(path, temporary))


def name_in_results(place: Workplace, path: Path, results: Path) -> Path:
    """``RESULTS/toy/labels_200/direct/seed0.json`` of ``OUT/labels_200/direct/seed0/results.json``."""
    return results / place.preset.name / path.parent.relative_to(place.out).with_suffix(".json")
