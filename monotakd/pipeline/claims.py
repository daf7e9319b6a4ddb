"""The claims board: what the paper claims, which of our rows tests it, and what came out.

The rule stood before the runs that are judged; the metric it reads was changed once, after a first run had been scored
on the reported frames (`results.DECIDING_METRIC`; results/README.md tells it). A claim says that one row is better than
another in AP 3D at 0.5, moderate. Our paired difference of the two rows has a 95 % interval over frames and
seeds (`bootstrap`). With at least three common seeds the claim is

- *reproduced*, if the whole interval lies above zero;
- *not reproduced*, if it includes zero or lies below.

With fewer seeds it is *not run yet*. Where both rows stay below 5 AP it is *not testable* on these runs: next to zero
any two rows look alike, and an interval that includes zero says nothing. (This rule was added when the first runs came
out that low. It can only withhold a verdict.)

The same difference at the paper's own overlap, 0.7, stands beside it in claims.json. It decides nothing: all students
stay below 5 AP there.

The first claim names a control besides: boxes in the form of the response loss, so that the form of a loss is not taken
for the teacher's help. The difference to it stands beside the verdict, which says so if it includes zero. (The row was
planned with the others; that its number is told here was decided when it had run.)

Claims about other data or other networks than ours carry their verdict with a reason: *only at scale* where it takes
the real data, *not testable* where not even that would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from monotakd.engine.durable import write_json_durably
from monotakd.pipeline import markdown
from monotakd.pipeline.bootstrap import Estimate, estimate, paired_difference
from monotakd.pipeline.markdown import DASH
from monotakd.pipeline.marked_text import replace_marked
from monotakd.pipeline.paper_claims import CLAIMS, Claim
from monotakd.pipeline.results import DECIDING_METRIC, METRIC_TITLES, PAPER_METRIC, RunResult, require_one_world, select
from monotakd.pipeline.table import difference_text, row_title

NAME = "claims.json"
MARKER = "claims"
ENOUGH_SEEDS = 3
FLOOR = 5.0
"""AP that one of the two rows has to reach, on average, before they are judged."""
BOARD_HEADER = ("claim", "the paper's numbers", "tested by", "ours", "verdict")

Verdict = Literal["reproduced", "not reproduced", "only at scale", "not testable", "not run yet"]


@dataclass(frozen=True)
class Finding:
    """What came out for one claim in one label setting.

    Attributes:
        claim: what was claimed.
        labels: the label setting; None for a claim that no row tests.
        difference: ours, in AP points; None without a common seed.
        verdict: by the rule of this module.
        at_paper_overlap: the same difference in 3D at 0.7, which the paper reports.
        control: the difference to the claim's control row; None without one, or without a common seed.
    """

    claim: Claim
    labels: str | None
    difference: Estimate | None
    verdict: Verdict
    at_paper_overlap: Estimate | None = None
    control: Estimate | None = None

    @property
    def reason(self) -> str:
        """The verdict's reason in a few words."""
        if self.verdict == "reproduced" and self.control is not None and self.control.low <= 0:
            return f"{self._own_reason}, that against the control is not"
        return self._own_reason

    @property
    def _own_reason(self) -> str:
        if self.labels is None:
            return self.claim.reason
        if self.difference is None:
            return "no seed in common yet"
        if self.difference.seeds < ENOUGH_SEEDS:
            return f"{self.difference.seeds} of at least {ENOUGH_SEEDS} seeds"
        if self.verdict == "not testable":
            return f"both rows stay below {FLOOR:g} AP"
        if self.difference.low > 0:
            return "the interval is above zero"
        return "the interval is below zero" if self.difference.high < 0 else "the interval includes zero"


def evaluate_claims(results: Sequence[RunResult], claims: Sequence[Claim] = CLAIMS) -> list[Finding]:
    """Every claim in every label setting that tests it, in the order of the claims.

    Args:
        results: of one preset and split.
        claims: the paper's by default.

    Raises:
        DataError: the runs were not scored alike, or one is there twice.
    """
    require_one_world(results)
    findings = []
    for claim in claims:
        if claim.rows is None:
            findings.append(Finding(claim, None, None, claim.verdict))
            continue
        for labels in claim.labels:
            runs, baseline = (select(results, row, labels) for row in claim.rows)
            control = select(results, claim.control, labels) if claim.control else []
            difference, at_paper_overlap, from_control = (
                paired_difference(runs, other, metric) if runs and other else None
                for other, metric in (
                    (baseline, DECIDING_METRIC),
                    (baseline, PAPER_METRIC),
                    (control, DECIDING_METRIC),
                )
            )
            best = max((estimate(row, DECIDING_METRIC).mean for row in (runs, baseline) if row), default=0.0)
            findings.append(Finding(claim, labels, difference, judge(difference, best), at_paper_overlap, from_control))
    return findings


def judge(difference: Estimate | None, best: float) -> Verdict:
    """The verdict on a claim that says this difference is positive; see the module's text.

    Args:
        difference: None without a common seed.
        best: mean AP of the better of the two rows.
    """
    if difference is None or difference.seeds < ENOUGH_SEEDS:
        return "not run yet"
    if best < FLOOR:
        return "not testable"
    return "reproduced" if difference.low > 0 else "not reproduced"


def write_claims(findings: Sequence[Finding], path: Path) -> Path:
    """Writes the findings as JSON, completely or not at all."""
    value = {
        "metric": f"AP {METRIC_TITLES[DECIDING_METRIC]}, Car, moderate, R40; paired difference with 95 % interval",
        "rule": f"reproduced: interval above 0; not reproduced: otherwise; from {ENOUGH_SEEDS} common seeds on, "
        f"where one of the two rows reaches {FLOOR:g} AP",
        "claims": [_to_json(finding) for finding in findings],
    }
    write_json_durably(path, value)
    return path


def claims_board(findings: Sequence[Finding]) -> str:
    """The findings as a Markdown table, one line per claim; a claim tested in two label settings has two findings."""
    lines = []
    for claim, its_findings in by_claim(findings):
        ours = "<br>".join(map(finding_text, its_findings))
        verdicts = "<br>".join(f"**{finding.verdict}**: {finding.reason}" for finding in its_findings)
        lines.append([claim.sentence, str(claim.paper), tested_by(claim), ours, verdicts])
    return "\n".join(markdown.table(BOARD_HEADER, lines)) + "\n"


def by_claim(findings: Sequence[Finding]) -> list[tuple[Claim, list[Finding]]]:
    """The findings, gathered by their claim."""
    gathered: dict[str, list[Finding]] = {}
    for finding in findings:
        gathered.setdefault(finding.claim.id, []).append(finding)
    return [(group[0].claim, group) for group in gathered.values()]


def tested_by(claim: Claim) -> str:
    """``IMD against direct``; a dash where no row tests the claim."""
    return DASH if claim.rows is None else f"{row_title(claim.rows[0])} against {row_title(claim.rows[1])}"


def finding_text(finding: Finding) -> str:
    """``200 labels: +2.1 [+0.4, +3.8], 5 seeds``, and the same against a control; a dash where there is no number."""
    if finding.labels is None:
        return DASH
    text = f"{finding.labels} labels: {_number(finding.difference)}"
    if finding.claim.control is None:
        return text
    return f"{text}; against the control, {row_title(finding.claim.control)}: {_number(finding.control)}"


def _number(difference: Estimate | None) -> str:
    if difference is None:
        return DASH
    return f"{difference_text(difference)}, {difference.seeds} seed{'s' if difference.seeds != 1 else ''}"


def update_board(readme: Path, findings: Sequence[Finding]) -> None:
    """Replaces what stands between the README's claims markers.

    Raises:
        DataError: the file is missing, or does not hold each marker once, in order.
    """
    replace_marked(readme, MARKER, claims_board(findings))


def _to_json(finding: Finding) -> dict:
    claim = finding.claim
    return {
        "id": claim.id,
        "claim": claim.sentence,
        "paper": {"table": claim.table, "numbers": claim.paper},
        "tested": None if claim.rows is None else {"row": claim.rows[0], "against": claim.rows[1]},
        "labels": finding.labels,
        "difference": None if finding.difference is None else _rounded(finding.difference),
        "at_paper_overlap": None if finding.at_paper_overlap is None else _rounded(finding.at_paper_overlap),
        "control": None
        if claim.control is None
        else {"row": claim.control, "difference": None if finding.control is None else _rounded(finding.control)},
        "verdict": finding.verdict,
        "reason": finding.reason,
    }


def _rounded(difference: Estimate) -> dict:
    # To a thousandth, as the replicates: further digits differ between processors.
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(difference).items()}
