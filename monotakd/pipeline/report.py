"""The report: one HTML file that opens offline, on a projector and on a phone, and is rewritten after every stage."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from monotakd.engine.durable import write_text_durably
from monotakd.engine.progress import duration
from monotakd.pipeline import figures
from monotakd.pipeline.claims import BOARD_HEADER, by_claim, evaluate_claims, finding_text, tested_by
from monotakd.pipeline.ledger import LedgerStep, draw_ledger
from monotakd.pipeline.report_style import CSS
from monotakd.pipeline.results import DECIDING_METRIC, METRIC_TITLES, RunResult, label_title
from monotakd.pipeline.table import TableLine, difference_text, html_table, row_title, score_text, table_lines

NAME = "report.html"
REFRESH_S = 10
"""While the job runs, an open report reloads this often."""

DPI = 180
FEW_STAGES = 12
CARDS = ("ground_truth_only", "direct", "monotakd")
"""Rows whose numbers are shown large."""

_INTRODUCTION = (
    "A LiDAR teacher and a camera assistant that is given the true depth teach a student that sees a single image. "
    "All students have the same network unless their row names a part; what they learn from differs."
)
_ROWS_CAPTION = (
    "Mean over the seeds and its 95 % interval over frames and seeds; small rings are single seeds. "
    "With one seed the interval is over frames alone."
)
_DIFFERENCES_CAPTION = (
    "Paired by seed and by resampled frames, so that what is hard for both rows cancels. Where an interval touches the "
    "line at zero, these runs do not tell the two rows apart."
)
_LEDGER_CAPTION = "Each red bar is what is lost by taking one more thing away from the network above it."
_TRAINING_CAPTION = (
    "Unweighted loss terms, averaged over neighbouring steps, on logarithmic axes. Terms of different kinds have "
    "different units: compare a curve with itself, not with its neighbours."
)

Status = Literal["waiting", "running", "done", "failed", "skipped", "stopped"]
_MARKS: dict[Status, str] = {
    "waiting": "\N{WHITE CIRCLE}",
    "running": "\N{BLACK RIGHT-POINTING POINTER}",
    "done": "\N{CHECK MARK}",
    "failed": "\N{MULTIPLICATION SIGN}",
    "skipped": "\N{CHECK MARK}",
    "stopped": "\N{DOUBLE VERTICAL BAR}",
}
_WORDS = {"skipped": "done before"}


@dataclass(frozen=True)
class StageState:
    """One stage of the job.

    Attributes:
        name: short name.
        title: in words.
        status: where it stands; ``"skipped"`` had been done before, ``"stopped"`` was interrupted by the user.
        seconds: on the clock, so far or in all; None before it began.
        detail: one line: what is being done, what came out, or why it failed.
    """

    name: str
    title: str
    status: Status
    seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG to be shown.

    Attributes:
        title: above it.
        path: the file; left out of the report while it does not exist.
        caption: below it: what to see.
    """

    title: str
    path: Path
    caption: str = ""


@dataclass(frozen=True)
class ReportState:
    """Everything that the report shows. All but the stages may still be missing.

    Attributes:
        title: of the page.
        stages: in their order.
        facts: what ran: command, commit, hardware, versions, ...; by name, in order.
        results: of one preset and split.
        expected: rows by label setting that the table shows even when missing; see `table.table_lines`.
        logs: ``log.jsonl`` by the training's name; those that do not exist yet are left out.
        ledger: the gap ledger.
        pictures: such as the feature gap.
        files: what else there is to open, by its title; shown with a path relative to the report.
        claims: show the claims board.
        go_on: the command that goes on with a job that was stopped.
    """

    title: str
    stages: Sequence[StageState]
    facts: Mapping[str, str] = field(default_factory=dict)
    results: Sequence[RunResult] = ()
    expected: Mapping[str, Sequence[str]] | None = None
    logs: Mapping[str, Path] = field(default_factory=dict)
    ledger: Sequence[LedgerStep] = ()
    pictures: Sequence[Picture] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    claims: bool = True
    go_on: str = ""

    @property
    def running(self) -> bool:
        """Whether a stage is running: only then does the page reload itself."""
        return any(stage.status == "running" for stage in self.stages)


def write_report(out: Path, state: ReportState) -> Path:
    """Writes ``report.html``, completely or not at all.

    Args:
        out: the job's folder; links to files are relative to it.
        state: what there is so far.

    Returns:
        The report.

    Raises:
        DataError: the results were not scored alike, or a training's log is damaged.
    """
    text = page(out, state)
    path = out / NAME
    write_text_durably(path, text)
    return path


def page(out: Path, state: ReportState) -> str:
    """The report's HTML; see `write_report`."""
    sections = [
        _section("Stages", _stages(state.stages)),
        _section("Results", _headline(state) + html_table(state.results, state.expected)) if state.results else "",
        _section("How sure are the numbers?", _result_figures(state)) if state.results else "",
        _section("Where the points are lost", _ledger(state)) if len(state.ledger) > 1 else "",
        _section("Pictures", _pictures(state)) if any(p.path.exists() for p in state.pictures) else "",
        _section("Training", _training(state)) if any(p.exists() for p in state.logs.values()) else "",
        _section("Claims of the paper", _claims(state)) if state.claims and state.results else "",
        _section("Files", _files(out, state.files)) if any(p.exists() for p in state.files.values()) else "",
        _section("How it was made", _facts(state.facts)) if state.facts else "",
    ]
    refresh = f'<meta http-equiv="refresh" content="{REFRESH_S}">' if state.running else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}'
        f"<title>{_text(state.title)}</title><style>{CSS}</style></head>\n"
        f"<body><main><h1>{_text(state.title)}</h1><p>{_INTRODUCTION}</p>{_progress(state)}\n"
        + "\n".join(filter(None, sections))
        + "\n"
        "</main></body></html>\n"
    )


def _text(value: str) -> str:
    return html.escape(value)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{_text(title)}</h2>\n{body}</section>"


def _progress(state: ReportState) -> str:
    done = sum(stage.status in ("done", "skipped") for stage in state.stages)
    spent = sum((stage.seconds or 0.0 for stage in state.stages), 0.0)
    failed = [stage for stage in state.stages if stage.status == "failed"]
    running, stopped = ([s.title for s in state.stages if s.status == status] for status in ("running", "stopped"))
    if running:
        text, kind = f"Running: {', '.join(running)}.", "running"
    elif stopped:
        text, kind = f"Stopped by hand during: {', '.join(stopped)}.", "waiting"
    elif failed:
        text, kind = f"Stopped: {failed[0].title} failed.", "failed"
    elif done == len(state.stages):
        text, kind = "Finished.", "done"
    else:
        text, kind = "Not running; the same command goes on from here.", "waiting"
    typed = f"<p>To go on from the last checkpoint: <code>{_text(state.go_on)}</code></p>" if stopped else ""
    count = f"{done} of {len(state.stages)} stages done"
    share = 100 * done / max(1, len(state.stages))
    return (
        f'<p class="lead {kind}">{_text(text)} {count}, {duration(spent)} of work.</p>'
        f'<div class="bar" role="img" aria-label="{count}"><div style="width:{share:.0f}%"></div></div>{typed}'
    )


def _stages(stages: Sequence[StageState]) -> str:
    if len(stages) <= FEW_STAGES:
        return _stage_table(stages)
    # Of many stages only those in the news stand open.
    news = [stage for stage in stages if stage.status in ("running", "stopped", "failed")]
    return (_stage_table(news) if news else "") + (
        f"<details><summary>all {len(stages)} stages</summary>{_stage_table(stages)}</details>"
    )


def _stage_table(stages: Sequence[StageState]) -> str:
    lines = "".join(
        f'<tr class="{stage.status}"><td class="mark" aria-hidden="true">{_MARKS[stage.status]}</td>'
        f'<th scope="row">{_text(stage.title)}</th><td>{_WORDS.get(stage.status, stage.status)}</td>'
        f'<td class="number">{"" if stage.seconds is None else duration(stage.seconds)}</td>'
        f"<td>{_text(stage.detail)}</td></tr>"
        for stage in stages
    )
    return f'<div class="scroll" tabindex="0"><table class="stages"><tbody>{lines}</tbody></table></div>'


def _headline(state: ReportState) -> str:
    # Large numbers for the back row of a lecture hall.
    parts = []
    for labels, lines in table_lines(state.results, state.expected).items():
        cards = "".join(_card(line) for line in lines if line.scores and line.row in CARDS)
        if cards:
            over = f"AP {METRIC_TITLES[DECIDING_METRIC]} (cars, moderate), {label_title(labels)}"
            parts.append(f'<p class="over">{_text(over)}</p><div class="cards">{cards}</div>')
    return "".join(parts)


def _card(line: TableLine) -> str:
    against = line.differences.get("ground_truth_only")
    below = "" if against is None else f"{difference_text(against)} to ground truth only"
    kind = "card" if line.boxes else "card student"
    return (
        f'<div class="{kind}"><div class="value">{score_text(line.scores[DECIDING_METRIC])}</div>'
        f'<div>{_text(row_title(line.row))}</div><div class="against">{_text(below)}</div></div>'
    )


def _image(png: bytes, title: str, caption: str = "") -> str:
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    below = f"<figcaption>{_text(caption)}</figcaption>" if caption else ""
    return f'<figure><img src="{source}" alt="{_text(title)}">{below}</figure>'


def _result_figures(state: ReportState) -> str:
    parts = []
    for labels in dict.fromkeys(result.labels for result in state.results):
        where = label_title(labels)
        rows = figures.draw_rows(state.results, labels)
        parts.append(_image(rows.png(DPI), f"AP of every row, {where}", _ROWS_CAPTION))
        differences = figures.draw_differences(state.results, labels)
        if differences is not None:
            parts.append(_image(differences.png(DPI), f"Differences to direct, {where}", _DIFFERENCES_CAPTION))
    return "".join(parts)


def _ledger(state: ReportState) -> str:
    return _image(draw_ledger(state.ledger).png(DPI), "AP from the teacher down to the student", _LEDGER_CAPTION)


def _training(state: ReportState) -> str:
    drawn = figures.draw_training({name: path for name, path in state.logs.items() if path.exists()})
    return "<p>No step yet.</p>" if drawn is None else _image(drawn.png(DPI), "Loss terms by step", _TRAINING_CAPTION)


def _pictures(state: ReportState) -> str:
    there = [picture for picture in state.pictures if picture.path.exists()]
    return "".join(
        f"<h3>{_text(picture.title)}</h3>{_image(picture.path.read_bytes(), picture.title, picture.caption)}"
        for picture in there
    )


def _claims(state: ReportState) -> str:
    bodies = []
    for claim, findings in by_claim(evaluate_claims(state.results)):
        span = f' rowspan="{len(findings)}"'
        fixed = f'<th scope="row"{span}>{_text(claim.sentence)}</th>' + "".join(
            f"<td{span}>{_text(text)}</td>" for text in (claim.paper, tested_by(claim))
        )
        found = [
            f'<td class="ours">{_text(finding_text(finding))}</td>'
            f'<td class="verdict {finding.verdict.replace(" ", "-")}">{finding.verdict}'
            f'<span class="reason">{_text(finding.reason)}</span></td>'
            for finding in findings
        ]
        bodies.append(f"<tbody><tr>{fixed}{'</tr><tr>'.join(found)}</tr></tbody>")
    titles = "".join(f'<th scope="col">{_text(name)}</th>' for name in BOARD_HEADER)
    return (
        f'<div class="scroll" tabindex="0"><table class="claims"><thead><tr>{titles}</tr></thead>'
        f"{''.join(bodies)}</table></div>"
    )


def _files(out: Path, files: Mapping[str, Path]) -> str:
    lines = []
    for title, path in files.items():
        if path.exists():
            relative = Path(os.path.relpath(path, out)).as_posix()
            lines.append(f'<li><a href="{quote(relative)}">{_text(title)}</a> <code>{_text(relative)}</code></li>')
    return f"<ul>{''.join(lines)}</ul>"


def _facts(facts: Mapping[str, str]) -> str:
    lines = "".join(f"<dt>{_text(name)}</dt><dd><code>{_text(value)}</code></dd>" for name, value in facts.items())
    return f"<dl>{lines}</dl>"
