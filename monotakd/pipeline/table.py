"""The table of results: one line per row, grouped by label setting, as Markdown and as HTML.

Every number is moderate, R40, out of 100: the mean over seeds and, after ±, their standard deviation. The table is of
cars; where a preset has more classes, each of them follows in a table of its own.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monotakd.pipeline import markdown
from monotakd.pipeline.bootstrap import Estimate, estimate, paired_difference
from monotakd.pipeline.class_table import ClassTable, class_tables
from monotakd.pipeline.markdown import DASH, MINUS
from monotakd.pipeline.paper_tables import LOSSES, MODULES, PAIRS
from monotakd.pipeline.presets import said_by_name
from monotakd.pipeline.results import (
    DECIDING_METRIC,
    METRIC_TITLES,
    METRICS,
    RunResult,
    label_title,
    require_one_world,
    select,
)
from monotakd.pipeline.rows import IN_BOTH_SETTINGS, MODELS, ROWS, TABLE_ROWS

BASELINES = ("direct", "ground_truth_only")
"""The rows that every other row is compared with."""
EXPECTED: Mapping[str, tuple[str, ...]] = {"all": IN_BOTH_SETTINGS, "200": TABLE_ROWS}
"""Rows that the full table has, by label setting."""
MISSING = "not run yet"

_MODEL_TITLES = {
    "teacher": "teacher (LiDAR)",
    "assistant": "assistant (true depth)",
    "assistant_aligned": "aligned assistant (true depth)",
    "assistant_shared_head": "assistant with the teacher's head (true depth)",
}


@dataclass(frozen=True)
class PaperNumber:
    """What the paper reports for a row: AP 3D at IoU 0.7, moderate, KITTI val.

    Attributes:
        value: out of 100.
        table: where it stands, such as ``"T4"``.
    """

    value: float
    table: str

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.table})"


def _paper_numbers() -> dict[str, PaperNumber]:
    alone = next(pair for pair in PAIRS if pair.teacher is None)
    numbers = {"ground_truth_only": PaperNumber(alone.moderate, "T3")}
    for line in (*MODULES, *LOSSES):  # a row that both tables have is quoted from the table of losses
        if line.row is not None:
            numbers[line.row] = PaperNumber(line.ap.moderate, line.table)
    return numbers


PAPER: Mapping[str, PaperNumber] = _paper_numbers()
"""The baseline is CaDDN alone (T3). ``response_only`` stands beside T4's line without IMD, CMD and CMRD; whether that
line was trained with the response loss we do not know."""


@dataclass(frozen=True)
class TableLine:
    """One line of the table.

    Attributes:
        row: its id.
        labels: the label setting.
        boxes: whether ground-truth boxes trained it; None where no run says so.
        scores: by metric; empty where the row is missing.
        differences: by baseline, the paired difference in `DECIDING_METRIC`; None where there are no pairs, or where
            the row is the baseline itself or no student.
        paper: the paper's number, if it has one.
    """

    row: str
    labels: str
    boxes: bool | None
    scores: Mapping[str, Estimate]
    differences: Mapping[str, Estimate | None]
    paper: PaperNumber | None

    @property
    def seeds(self) -> int:
        """How many runs stand behind the line."""
        return self.scores[DECIDING_METRIC].seeds if self.scores else 0


def row_title(row: str) -> str:
    """What a row is called, with a word where it is not the paper's; its id where it has no title."""
    if row in ROWS:
        return f"{ROWS[row].title} (ours)" if ROWS[row].ours else ROWS[row].title
    return _MODEL_TITLES.get(row, row)


def table_lines(
    results: Sequence[RunResult], expected: Mapping[str, Sequence[str]] | None = None
) -> dict[str, list[TableLine]]:
    """The lines by label setting.

    Args:
        results: of one preset and split.
        expected: rows by label setting that are shown even when they are missing; `EXPECTED` by default.

    Raises:
        DataError: the runs were not scored alike, or one is there twice.
    """
    require_one_world(results)
    expected = EXPECTED if expected is None else expected
    settings = [*expected, *sorted({r.labels for r in results} - set(expected))]
    return {labels: [_line(results, row, labels) for row in _order(results, labels, expected)] for labels in settings}


def markdown_table(results: Sequence[RunResult], expected: Mapping[str, Sequence[str]] | None = None) -> str:
    """The table as Markdown; see `table_lines`."""
    parts = []
    for labels, lines in table_lines(results, expected).items():
        parts += [f"**{_capital(label_title(labels))}**", ""]
        parts += [*markdown.table(_HEADER, map(_cells, lines), "lll" + "r" * (len(_HEADER) - 3)), ""]
        for table in _other_classes(results, labels):
            parts += table.markdown()
    return "\n".join([*parts, _note(results)]) + "\n"


def html_table(results: Sequence[RunResult], expected: Mapping[str, Sequence[str]] | None = None) -> str:
    """The table as an HTML fragment, one ``<table class="results">`` per label setting; see `table_lines`."""
    parts = []
    for labels, lines in table_lines(results, expected).items():
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in _HEADER)
        body = "".join(_html_line(line) for line in lines)
        parts.append(
            f"<h3>{html.escape(_capital(label_title(labels)))}</h3>"
            f'<div class="scroll" tabindex="0"><table class="results"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
        parts += [table.html() for table in _other_classes(results, labels)]
    return "\n".join([*parts, f'<p class="note">{html.escape(_note(results))}</p>'])


def score_text(score: Estimate) -> str:
    """``44.3 ± 1.2``; without ± for one seed."""
    return markdown.with_spread(score.mean, score.spread)


def difference_text(difference: Estimate) -> str:
    """``+2.1 [+0.4, +3.8]``: the difference and its 95 % interval."""
    return f"{signed(difference.mean)} [{signed(difference.low)}, {signed(difference.high)}]"


def signed(value: float) -> str:
    """One decimal and a sign; zero has none."""
    text = f"{value:+.1f}".replace("-", MINUS)
    return "0.0" if text in ("+0.0", f"{MINUS}0.0") else text


_HEADER = (
    "row",
    "GT boxes",
    "seeds",
    *(METRIC_TITLES[metric] for metric in METRICS),
    *(f"vs {baseline.replace('_', ' ')}" for baseline in BASELINES),
    "paper",
)


def _order(results: Sequence[RunResult], labels: str, expected: Mapping[str, Sequence[str]]) -> list[str]:
    found = {r.row for r in results if r.labels == labels}
    wanted = list(expected.get(labels, ()))
    known = [row for row in (*MODELS, *ROWS) if row in found or row in wanted]
    return known + sorted((found | set(wanted)) - set(known))


def _other_classes(results: Sequence[RunResult], labels: str) -> list[ClassTable]:
    return class_tables({row_title(row): select(results, row, labels) for row in _order(results, labels, {})})


def _line(results: Sequence[RunResult], row: str, labels: str) -> TableLine:
    runs = select(results, row, labels)
    differences: dict[str, Estimate | None] = {}
    for baseline in BASELINES:
        others = select(results, baseline, labels)
        comparable = runs and others and row != baseline and row not in MODELS
        differences[baseline] = paired_difference(runs, others, DECIDING_METRIC) if comparable else None
    return TableLine(
        row,
        labels,
        _boxes(row, runs),
        {metric: estimate(runs, metric) for metric in METRICS} if runs else {},
        differences,
        PAPER.get(row),
    )


def _boxes(row: str, runs: Sequence[RunResult]) -> bool | None:
    if runs:
        return any(run.boxes for run in runs)
    return ROWS[row].uses_boxes if row in ROWS else None


def _cells(line: TableLine) -> list[str]:
    boxes = {True: "yes", False: "no", None: DASH}[line.boxes]
    if line.scores:
        scores = [score_text(line.scores[metric]) for metric in METRICS]
    else:
        scores = [MISSING, *[DASH] * (len(METRICS) - 1)]
    differences = [DASH if d is None else difference_text(d) for d in line.differences.values()]
    paper = DASH if line.paper is None else str(line.paper)
    return [row_title(line.row), boxes, str(line.seeds), *scores, *differences, paper]


def _html_line(line: TableLine) -> str:
    title, *cells = map(html.escape, _cells(line))
    kinds = ["", "", *[""] * len(METRICS), *map(_sign_class, line.differences.values()), ""]
    kind = ' class="missing"' if not line.scores else ' class="model"' if line.row in MODELS else ""
    row = "".join(f"<td{kind_}>{cell}</td>" for cell, kind_ in zip(cells, kinds, strict=True))
    return f'<tr{kind}><th scope="row">{title}</th>{row}</tr>'


def _sign_class(difference: Estimate | None) -> str:
    # Colour only what the interval supports; the sign and the numbers say the same without colour.
    if difference is None or difference.seeds < 2 or difference.low <= 0 <= difference.high:
        return ""
    return ' class="above"' if difference.low > 0 else ' class="below"'


def _note(results: Sequence[RunResult]) -> str:
    scored = "no run yet"
    compared = "another world and a larger network, so that signs and order can be compared, not values"
    if results:
        first = results[0]
        scored = f"preset {first.preset}, {first.frames:,} frames of the split {first.split}"
        full = said_by_name(first.preset).get("preset") == "kitti_r50"
        compared = "networks of the same sizes, on all of val" if full else compared
    return (
        f"Cars unless a table names another class, moderate, AP R40 out of 100; {scored}. "
        "Mean over seeds ± standard deviation. Differences (vs) are of "
        f"{METRIC_TITLES[DECIDING_METRIC]}, paired by seed and by resampled frames, with their 95 % interval over "
        "frames and seeds; with one seed it is over frames alone and settles nothing. GT boxes: whether ground-truth "
        "boxes trained the student (they train teacher and assistant in every row). Paper: AP 3D at 0.7 on KITTI val, "
        f"with its table; {compared}."
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
