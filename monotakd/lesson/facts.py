"""Numbers that we measured, read from ``results/`` at the moment they are shown, so that no lesson holds a copy."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.pipeline.bootstrap import Estimate, estimate, paired_difference
from monotakd.pipeline.claims import evaluate_claims, finding_text
from monotakd.pipeline.paper_claims import CLAIMS
from monotakd.pipeline.results import METRIC_TITLES, METRICS, RunResult, label_title, read_results, select
from monotakd.pipeline.rows import MODELS, ROWS
from monotakd.pipeline.table import MISSING, row_title, signed

RESULTS = CHECKOUT / "results"
COSTS = {"steps": "training steps", "cpu_seconds": "CPU seconds of training", "peak_memory_mb": "peak memory, MB"}
VERDICT = "verdict"


@dataclass(frozen=True)
class Fact:
    """One measured number with its spread and its source; ends a cell, or goes into an f-string.

    ``f"{fact:.1f}"`` is the number alone, ``"not run yet"`` where there is none.

    Attributes:
        name: as it was asked for.
        title: what was measured, in words.
        value: the number, a mean over the seeds; the words of a verdict; None where no run is stored.
        details: interval, spread and seeds, in words; for a missing number how to make it.
        sources: files it comes from, relative to the checkout.
    """

    name: str
    title: str
    value: float | str | None
    details: str
    sources: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether no run is stored."""
        return self.value is None

    def __format__(self, spec: str) -> str:
        if self.value is None:
            return MISSING
        return format(self.value, spec) if spec and isinstance(self.value, float) else self._shown()

    def __repr__(self) -> str:
        origin = f"; from {_shortened(self.sources)}" if self.sources else ""
        return f"{self.title}: {self._shown()} ({self.details}{origin})"

    def _repr_html_(self) -> str:
        origin = f"<br>from <code>{html.escape(_shortened(self.sources))}</code>" if self.sources else ""
        return (
            f"<p><b>{html.escape(self._shown())}</b> &nbsp; {html.escape(self.title)}<br>"
            f"<small>{_code(html.escape(self.details))}{origin}</small></p>"
        )

    def _shown(self) -> str:
        if self.value is None:
            return MISSING
        if isinstance(self.value, str):
            return self.value
        number = f"{self.value:,.0f}" if abs(self.value) >= 100 else f"{self.value:.1f}"
        return signed(self.value) if " - " in self.name else number


def fact(name: str, *, labels: str = "all", preset: str = "toy") -> Fact:
    """A number of ``results/``, with its interval, its seeds and the files it comes from.

    Args:
        name: ``"run/metric"``. The run is a row or a model of the table, such as ``"monotakd"`` or ``"teacher"``; or
            two of them, ``"monotakd - direct"``, for their paired difference. The metric is one of `METRICS` (moderate
            AP of cars, out of 100) or of `COSTS`. ``"assistant_beats_direct/verdict"`` is what the claims board says.
        labels: label setting, ``"all"`` or ``"200"``.
        preset: size of the job.

    Returns:
        The number; one without a value where its run is not stored yet, which says how to add it.

    Raises:
        DataError: no such row, claim or metric, or a stored result is damaged.

    Example:
        ``lesson.fact("monotakd/3d_50")``; in a sentence ``f"{lesson.fact('teacher/bev_50'):.1f} AP"``.
    """
    subject, _, metric = name.rpartition("/")
    if metric == VERDICT:
        return _verdict(name, subject, labels, preset)
    rows = subject.split(" - ")
    found = _stored(preset)
    _require_known(name, rows, metric, found)
    runs = [select(found, row, labels) for row in rows]
    titles = " minus ".join(row_title(row) for row in rows)
    unit = f"AP {METRIC_TITLES[metric]}" if metric in METRICS else COSTS[metric]
    title = f"{unit} of {titles}, {label_title(labels)}"
    lacking = [row for row, its_runs in zip(rows, runs, strict=True) if not its_runs]
    if lacking:
        return Fact(name, title, None, _how_to_add(lacking, labels, preset))
    sources = tuple(_file(run) for its_runs in runs for run in its_runs)
    if metric in COSTS:
        return Fact(name, title, *_cost(runs, metric), sources)
    if len(rows) == 1:
        number = estimate(runs[0], metric)
        return Fact(name, title, number.mean, _certainty(number, "{:.1f}".format), sources)
    number = paired_difference(*runs, metric)
    if number is None:
        return Fact(name, title, None, "the two rows have no seed in common yet")
    return Fact(name, title, number.mean, _certainty(number, signed), sources)


def _stored(preset: str) -> list[RunResult]:
    # Every run of the preset; none where a copy of the package came without results/.
    return [run for run in read_results(RESULTS) if run.preset == preset] if RESULTS.is_dir() else []


def _require_known(name: str, rows: Sequence[str], metric: str, found: Sequence[RunResult]) -> None:
    known = list(dict.fromkeys([*MODELS, *ROWS, *(run.row for run in found)]))
    if not 1 <= len(rows) <= 2 or not set(rows) <= set(known):
        raise DataError(
            f"lesson.fact({name!r})",
            f"the run {' - '.join(rows)!r}",
            f"one of {', '.join(known)}, or two of them with ' - ' between",
        )
    if metric not in METRICS and (metric not in COSTS or len(rows) == 2):
        raise DataError(
            f"lesson.fact({name!r})", f"the metric {metric!r}", f"one of {', '.join([*METRICS, *COSTS, VERDICT])}"
        )


def _cost(runs: Sequence[Sequence[RunResult]], metric: str) -> tuple[float | None, str]:
    values = [float(run.training[metric]) for run in runs[0] if metric in run.training]
    if not values:
        return None, "the stored runs do not say"
    return float(np.mean(values)), f"mean of {_count(len(values))}, {min(values):g} to {max(values):g}"


def _certainty(number: Estimate, text: Callable[[float], str]) -> str:
    interval = f"[{text(number.low)}, {text(number.high)}]"
    if number.seeds == 1:
        return f"95 % interval over frames {interval}; 1 seed, which settles nothing"
    spread = f"{number.seeds} seeds, standard deviation {number.spread:.1f}"
    return f"95 % interval over frames and seeds {interval}; {spread}"


def _verdict(name: str, claim: str, labels: str, preset: str) -> Fact:
    known = {c.id: c for c in CLAIMS}
    if claim not in known:
        raise DataError(f"lesson.fact({name!r})", f"the claim {claim!r}", f"one of {', '.join(known)}")
    # A claim that no row tests has one finding, for every label setting.
    found = _stored(preset)
    findings = [f for f in evaluate_claims(found, [known[claim]]) if f.labels in (None, labels)]
    if not findings:
        tested = ", ".join(known[claim].labels)
        raise DataError(f"lesson.fact({name!r})", f"labels {labels!r}", f"a setting that tests this claim: {tested}")
    finding = findings[0]
    ours = "" if finding.difference is None else f"; {finding_text(finding)}"
    rows = known[claim].rows or ()
    sources = tuple(_file(run) for row in rows for run in select(found, row, labels))
    return Fact(name, known[claim].sentence, finding.verdict, f"{finding.reason}{ours}", sources)


def _how_to_add(rows: Sequence[str], labels: str, preset: str) -> str:
    students = ",".join(row for row in rows if row in ROWS)
    chosen = f" --runs {students}" if students else ""
    command = f"monotakd reproduce --preset {preset} --labels {labels}{chosen} --out out/{preset} --results results"
    return f"no run of {' and '.join(map(row_title, rows))} is stored; `{command}` adds it"


def _file(run: RunResult) -> str:
    # As results/README.md lays them out; networks that all students share have one file and no seed.
    folder = Path("results") / run.preset / f"labels_{run.labels}"
    return (folder / f"{run.row}.json" if run.row in MODELS else folder / run.row / f"seed{run.seed}.json").as_posix()


def _shortened(sources: Sequence[str]) -> str:
    """``results/toy/labels_all/direct/seed0.json, seed1.json, ...``: a folder once, with its files behind it."""
    by_folder: dict[str, list[str]] = {}
    for source in sources:
        folder, _, file = source.rpartition("/")
        by_folder.setdefault(folder, []).append(file)
    return "; ".join(f"{folder}/{', '.join(files)}" for folder, files in by_folder.items())


def _code(text: str) -> str:
    return re.sub(r"`(.+?)`", r"<code>\1</code>", text)


def _count(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"
