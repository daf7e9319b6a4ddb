"""What one evaluated run leaves behind, as one JSON file, and how a folder of such files is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any

from monotakd.datasets.kitti.files import read_json
from monotakd.engine.durable import write_json_durably
from monotakd.errors import DataError
from monotakd.metrics.rules import DIFFICULTIES
from monotakd.pipeline.agreement import Told, facts_of_result, require_agreement

NAME = "results.json"
_EXPECTED = "the result of a run"
METRICS = ("bev_50", "3d_50", "bev_70", "3d_70")
"""Average precision (R40, Car) from the bird's eye and in 3D, at an overlap of 0.5 and of 0.7."""
METRIC_TITLES = {"bev_50": "BEV .5", "3d_50": "3D .5", "bev_70": "BEV .7", "3d_70": "3D .7"}
DECIDING_METRIC = "3d_50"
"""One metric (moderate) decides, so that no row can pick its best column. At first it was the paper's own, 3D at 0.7.
It became 3D at 0.5 when the first student trained from a depth network, ground truth only, reached 2.3 at 0.7 and 18.0
at 0.5 on the reported frames: a quarter-size image cannot place a car to the centimetre. No distilled student of that
recipe was scored then; some of an earlier one, which ended below 7 at 0.5, had been."""
PAPER_METRIC = "3d_70"
"""What the paper reports; told beside `DECIDING_METRIC`."""


@dataclass(frozen=True)
class RunResult:
    """One run, evaluated once.

    Attributes:
        row: which recipe, such as ``"direct"``, or which model, such as ``"teacher"``; see `rows`.
        labels: ``"all"``, or how many of the training frames are labelled.
        seed: of initialisation and data order; runs of one seed are pairs across rows.
        preset: size and budget.
        split: the frames it was scored on.
        frames: how many.
        boxes: whether this training used ground-truth boxes.
        ap: moderate AP by metric, out of 100; see `METRICS`.
        easy: the same at the easy limits.
        hard: the same at the hard limits.
        replicates: by metric, the moderate AP on resampled frames; the same resamplings in every run of one preset and
            split, so that replicate b of one run belongs to replicate b of another.
        training: ``steps``, ``cpu_seconds``, ``seconds``.
        record: command, commit, hardware, configuration, hashes of its own weights and of teacher and assistant.
        other_classes: of every class but cars that was looked for, AP at easy, moderate and hard by metric and overlap,
            such as ``{"Cyclist": {"3d_25": (10.0, 8.0, 7.0), ...}}``.
    """

    row: str
    labels: str
    seed: int
    preset: str
    split: str
    frames: int
    boxes: bool
    ap: Mapping[str, float]
    easy: Mapping[str, float]
    hard: Mapping[str, float]
    replicates: Mapping[str, tuple[float, ...]]
    training: Mapping[str, Any]
    record: Mapping[str, Any]
    other_classes: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What tells one run from another: preset, split, labels, row, seed."""
        return self.preset, self.split, self.labels, self.row, self.seed

    @property
    def world(self) -> tuple[str, str]:
        """Preset and split; only runs that agree in it can be compared."""
        return self.preset, self.split

    def told(self, source: str | PathLike[str] = "") -> Told:
        """What has to agree in all runs of this preset and label setting.

        Args:
            source: the run's file; its key by default.
        """
        source = source or f"{self.preset}/labels_{self.labels}/{self.row}/seed{self.seed}"
        return Told(source, self.preset, self.labels, facts_of_result(self.row, self.record))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, in the order of the attributes; without `other_classes` where there are none."""
        value = {one.name: getattr(self, one.name) for one in fields(self)}
        others = value.pop("other_classes")
        value["replicates"] = {metric: list(numbers) for metric, numbers in self.replicates.items()}
        return value | ({"other_classes": others} if others else {})

    @classmethod
    def from_json(cls, value: Any, source: str | PathLike[str] = "result") -> RunResult:
        """Reads what `to_json` gave.

        Raises:
            DataError: a field is missing, unknown, of another kind or out of its range.
        """
        _require(
            isinstance(value, dict), source, f"a JSON {type(value).__name__}", "the result of a run, a JSON object"
        )
        names = [one.name for one in fields(cls)]
        missing = [name for name in names if name not in value and name != "other_classes"]
        unknown = sorted(value.keys() - set(names))
        _require(not missing, source, f"no field {', '.join(missing)}", f"the fields {', '.join(names)}")
        _require(not unknown, source, f"the unknown field {', '.join(unknown)}", f"the fields {', '.join(names)}")
        for name in ("row", "labels", "preset", "split"):
            _require(isinstance(value[name], str) and value[name], source, repr(value[name]), "a name", name)
        for name, least in (("seed", 0), ("frames", 1)):
            good = isinstance(value[name], int) and not isinstance(value[name], bool) and value[name] >= least
            _require(good, source, repr(value[name]), f"an integer of at least {least}", name)
        _require(isinstance(value["boxes"], bool), source, repr(value["boxes"]), "true or false", "boxes")
        for name in ("training", "record"):
            _require(isinstance(value[name], dict), source, repr(value[name])[:60], "a JSON object", name)
        precision = {name: _per_metric(value[name], source, name, _percent) for name in ("ap", "easy", "hard")}
        replicates = _per_metric(value["replicates"], source, "replicates", _percents)
        lengths = {metric: len(numbers) for metric, numbers in replicates.items()}
        _require(len(set(lengths.values())) == 1, source, str(lengths), "equally many per metric", "replicates")
        others = _other_classes(value.get("other_classes", {}), source)
        return cls(**value | precision | {"replicates": replicates, "other_classes": others})

    @classmethod
    def read(cls, path: Path) -> RunResult:
        """Reads one file.

        Raises:
            DataError: it is missing, no JSON, or no result; see `from_json`.
        """
        return cls.from_json(read_json(path, _EXPECTED), path)

    def write(self, path: Path) -> Path:
        """Writes one file, completely or not at all, after the checks of `from_json`."""
        write_json_durably(path, RunResult.from_json(self.to_json(), path).to_json())
        return path


def read_results(folder: Path) -> list[RunResult]:
    """All results below a folder, in the order of their keys; see `result_files`."""
    return sorted(result_files(folder).values(), key=lambda result: result.key)


def result_files(folder: Path) -> dict[Path, RunResult]:
    """All results below a folder, by their files.

    Reads every ``results.json``; where there is none, as in the committed ``results/``, every other JSON file that has
    a field ``row`` (the claims and the gap ledger beside them have none).

    Raises:
        DataError: a file is damaged, or two files hold the same run, or runs that were not trained alike.
    """
    named = {path: read_json(path, _EXPECTED) for path in sorted(folder.rglob(NAME))}
    if not named:
        others = {path: read_json(path, _EXPECTED) for path in sorted(folder.rglob("*.json"))}
        named = {path: value for path, value in others.items() if isinstance(value, dict) and "row" in value}
    results = {path: RunResult.from_json(value, path) for path, value in named.items()}
    _require_different(results)
    require_agreement(result.told(path) for path, result in results.items())
    return results


def select(results: Iterable[RunResult], row: str, labels: str) -> list[RunResult]:
    """The runs of one row and label setting, by seed."""
    chosen = [result for result in results if result.row == row and result.labels == labels]
    return sorted(chosen, key=lambda result: result.seed)


def require_one_world(results: Iterable[RunResult]) -> None:
    """Refuses to put runs side by side that were not trained and scored alike.

    Raises:
        DataError: they differ in preset, split, frames or number of replicates, or in what `agreement` compares, or one
            run is there twice.
    """
    results = list(results)
    facts = {(r.preset, r.split, r.frames, len(r.replicates[METRICS[0]])) for r in results}
    if len(facts) > 1:
        shown = "; ".join(f"preset {p}, split {s}, {n} frames, {b} replicates" for p, s, n, b in sorted(facts))
        raise DataError("results", shown, "runs of one preset, scored alike", fix="Make one table per preset and split")
    double = [key for key, count in Counter(result.key for result in results).items() if count > 1]
    if double:
        raise DataError("results", f"{double[0]} twice", "each row, label setting and seed once")
    require_agreement(result.told() for result in results)


def label_title(labels: str) -> str:
    """What a label setting is called."""
    return "all frames labelled" if labels == "all" else f"{labels} labelled frames, the others unlabelled"


def _require_different(results: Mapping[Path, RunResult]) -> None:
    """Raises DataError where two files hold the same run."""
    first: dict[tuple, Path] = {}
    for path, result in results.items():
        if first.setdefault(result.key, path) is not path:
            raise DataError(
                path,
                f"the same run as in {first[result.key]}",
                "one file per preset, split, label setting, row and seed",
                fix="Remove one of the two",
            )


def _require(good: object, source: str | PathLike[str], found: str, expected: str, place: str | None = None) -> None:
    if not good:
        raise DataError(source, found, expected, place=None if place is None else f"field {place}")


def _per_metric(value: Any, source: str | PathLike[str], name: str, convert: Any) -> dict[str, Any]:
    named = isinstance(value, dict) and set(value) == set(METRICS)
    found = ", ".join(map(str, value)) if isinstance(value, dict) else repr(value)[:60]
    _require(named, source, found, f"the metrics {', '.join(METRICS)}", name)
    return {metric: convert(value[metric], source, f"{name}.{metric}") for metric in METRICS}


def _percent(value: Any, source: str | PathLike[str], place: str) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    _require(number and 0 <= value <= 100, source, repr(value), "AP, a number 0..100", place)
    return float(value)


def _percents(value: Any, source: str | PathLike[str], place: str) -> tuple[float, ...]:
    _require(isinstance(value, (list, tuple)) and value, source, repr(value)[:60], "a list of AP values", place)
    return tuple(_percent(number, source, place) for number in value)


def _other_classes(value: Any, source: str | PathLike[str]) -> dict[str, dict[str, tuple[float, ...]]]:
    place, named = "other_classes", "a JSON object per class, of AP by metric and overlap"
    _require(isinstance(value, dict), source, repr(value)[:60], named, place)
    _require(all(isinstance(one, dict) for one in value.values()), source, repr(value)[:60], named, place)
    read = {
        name: {metric: _percents(numbers, source, f"{place}.{name}.{metric}") for metric, numbers in one.items()}
        for name, one in value.items()
    }
    lengths = {len(numbers) for one in read.values() for numbers in one.values()}
    _require(lengths <= {len(DIFFICULTIES)}, source, f"{lengths} values", "AP at easy, moderate and hard", place)
    return read
