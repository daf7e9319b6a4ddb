"""The table of `monotakd unlabelled-table` as a page, made of the results and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from monotakd.pipeline import markdown
from monotakd.pipeline.bootstrap import Estimate, estimate, paired_difference
from monotakd.pipeline.markdown import DASH
from monotakd.pipeline.results import METRIC_TITLES, METRICS, RunResult, require_one_world, select
from monotakd.pipeline.table import difference_text, row_title, score_text

PAGE = "unlabelled.md"
PERCENT = 100
ALONE = "_alone"
"""Ends the name of a label setting in which the unlabelled frames are left out."""
BASELINE, DISTILLED = "ground_truth_only", "monotakd"
SETTINGS = (
    ("100", BASELINE),
    ("100", DISTILLED),
    ("25_alone", BASELINE),
    ("25_alone", DISTILLED),
    ("25", DISTILLED),
    ("12_alone", BASELINE),
    ("12_alone", DISTILLED),
    ("12", DISTILLED),
)
"""Label setting and row of each line of students."""
COMPARED = ("bev_50", "3d_50")
"""Metrics of the differences; at an overlap of 0.7 students of this budget find next to nothing."""


def setting_title(labels: str) -> str:
    """Which frames take part in a label setting."""
    share = labels.removesuffix(ALONE)
    if share == str(PERCENT):
        return "all frames labelled"
    return f"{share} % labelled alone" if labels.endswith(ALONE) else f"{share} % labelled, the rest without labels"


def results_page(results: Sequence[RunResult]) -> str:
    """The whole page as Markdown.

    Args:
        results: runs of one preset; some may be missing.

    Raises:
        DataError: they were not scored alike.
    """
    require_one_world(results)
    lines = [_line(results, labels, name) for labels, name in _all_lines()]
    table = markdown.table(_HEADER, lines, "ll" + "r" * (len(_HEADER) - 2))
    parts = [_TOP, *_what_ran(results), "", *table, ""]
    parts += [_NOTE, "", *_verdicts(results)]
    return "\n".join(parts).rstrip() + "\n"


_TOP = """# Fewer labels, and what frames without labels bring

Written by `monotakd unlabelled-table --out DIR --results results` from the JSON files in the folder of the preset; a
test holds this page to them.
"""
_HEADER = ["frames", "what is trained", "seeds", *(METRIC_TITLES[metric] for metric in METRICS)]
_HEADER += [f"{METRIC_TITLES[metric]} vs alone" for metric in COMPARED]
_NOTE = (
    "Cars, moderate, AP R40 out of 100; mean over seeds ± standard deviation. *vs alone*: MonoTAKD with the unlabelled "
    "frames minus MonoTAKD on the labelled frames alone, paired by seed and by resampled frames, with the 95 % "
    "interval over frames and seeds; with one seed it is over frames alone and settles nothing. Teacher and assistant "
    "of a share saw the labels of that share and no others; there is one of each, for all seeds of the students. Every "
    "student starts from one depth network, trained on the LiDAR depth of all frames without a look at any label, and "
    "makes the same number of steps, whatever the number of its frames."
)


def _all_lines() -> list[tuple[str, str]]:
    """Label setting and name of each line: the models of a share before its students."""
    lines: list[tuple[str, str]] = []
    for labels, row in SETTINGS:
        share = labels.removesuffix(ALONE)
        if (share, "teacher") not in lines:
            lines += [(share, "teacher"), (share, "assistant")]
        lines.append((labels, row))
    return lines


def _line(results: Sequence[RunResult], labels: str, row: str) -> list[str]:
    runs = select(results, row, labels)
    title = _model_title(labels) if row in ("teacher", "assistant") else setting_title(labels)
    scores = [score_text(estimate(runs, metric)) for metric in METRICS] if runs else ["not run yet"]
    scores += [DASH] * (len(METRICS) - len(scores))
    differences = [difference(results, labels, metric) if row == DISTILLED else None for metric in COMPARED]
    shown = [DASH if value is None else difference_text(value) for value in differences]
    return [title, row_title(row), str(len(runs)), *scores, *shown]


def _model_title(labels: str) -> str:
    return "all frames labelled" if labels == str(PERCENT) else f"{labels} % labelled, those alone"


def difference(results: Sequence[RunResult], labels: str, metric: str) -> Estimate | None:
    """What the unlabelled frames bring MonoTAKD; None where there are none, or where runs are missing."""
    with_them, alone = (select(results, DISTILLED, name) for name in (labels, labels + ALONE))
    return paired_difference(with_them, alone, metric) if with_them and alone else None


def _verdicts(results: Sequence[RunResult]) -> list[str]:
    """A sentence per share, computed from the interval."""
    found = []
    for labels, row in SETTINGS:
        if row != DISTILLED or labels.endswith(ALONE) or labels == str(PERCENT):
            continue
        for metric in COMPARED:
            value = difference(results, labels, metric)
            if value is not None:
                found.append(f"- {labels} % labels, {METRIC_TITLES[metric]}: {_verdict(value)}")
    return found


def _verdict(value: Estimate) -> str:
    text = difference_text(value)
    if value.seeds < 2:
        return f"{text} with one seed, which settles nothing."
    if value.low > 0:
        return f"{text}: the unlabelled frames help."
    if value.high < 0:
        return f"{text}: the unlabelled frames do harm."
    return f"{text}: the interval holds zero; {value.seeds} seeds of this size do not settle it."


def _what_ran(results: Sequence[RunResult]) -> list[str]:
    """Sizes, budgets, commits and hardware, as the records have them."""
    if not results:
        return ["No run yet."]
    world = results[0].record.get("world") or {}
    sentences = [f"{world.get('train', '?')} training streets, {results[0].frames} streets to report on."]
    steps = {run.row: run.training["steps"] for run in results}
    sentences.append("Steps of 8 frames: " + ", ".join(f"{row_title(row)} {n}" for row, n in steps.items()) + ".")
    cpu = sum(run.training["cpu_seconds"] for run in results) / 60
    sentences.append(f"{len(results)} runs, {cpu:.0f} CPU minutes of training on one thread each.")
    for name in ("commit", "hardware", "command"):
        values = sorted({str(run.record.get(name)) for run in results})
        sentences.append(f"{name.capitalize()}: {'; '.join(values)}.")
    return sentences
