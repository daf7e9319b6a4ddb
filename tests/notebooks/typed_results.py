"""Finds numbers in a lesson's prose that are copies of a measured result; those belong to ``lesson.fact``.

A copy is a number with the digits of a value in ``results/``, beside the words of the row it belongs to and a word that
says that it is a score. Numbers with a unit, and the paper's, which carry their table as in ``22.61 (T4)``, are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monotakd.pipeline.results import RunResult
from monotakd.pipeline.rows import MODELS
from monotakd.pipeline.table import row_title

SCORE = r"\bAP\b|\bBEV \.\d|\b3D \.\d|\bscores?\b|\bpoints\b|\breach(?:es|ed)?\b"
_UNIT = (
    r"\s?(?:%|°|×|x\b|m\b|cm\b|km\b|px\b|pixels?\b|s\b|ms\b|min|seconds|metres|M\b|MB\b|GB\b|steps|frames|bins|cells)"
)
_NUMBER = re.compile(
    rf"(?<![\w.,])(\d{{1,2}}(?:\.\d+)?)(?![\w]|\.\d|,\d)(?!{_UNIT})(?!\s*\((?:T\d|table)|\s*/\s*\d)", re.IGNORECASE
)
_THRESHOLDS = {"0.5", "0.7"}
"""The benchmark's own IoU limits: in prose they are hardly ever an AP, though a weak student's AP may equal one."""
_BESIDE_A_NUMBER = r"(?:AP|BEV(?: \.\d)?|3D(?: \.\d)?|points)"
# What prose calls the rows besides their id and their title.
_ALSO = {
    "teacher": r"teacher",
    "assistant": r"assistant",
    "assistant_aligned": r"aligned assistant",
    "ground_truth_only": r"ground[- ]truth[- ]only|boxes (?:alone|only)|trained on boxes",
    "direct": r"\bdirect\b|CMKD",
    "monotakd": r"MonoTAKD|\bpublished\b",
}


@dataclass(frozen=True)
class Copy:
    """A number that looks like a typed copy.

    Attributes:
        number: as it is written.
        row: whose result it is.
        source: which result, in words.
        sentence: where it stands.
    """

    number: str
    row: str
    source: str
    sentence: str


def typed_copies(markdown: str, results: Sequence[RunResult]) -> list[Copy]:
    """Every number of a Markdown text that copies one of the results."""
    values = _values(results)
    found = []
    for sentence in sentences(markdown):
        if not re.search(SCORE, sentence):
            continue
        rows = [row for row in values if re.search(_words(row), sentence, re.IGNORECASE)]
        for match in _NUMBER.finditer(sentence):
            if match[1] in _THRESHOLDS or ("." not in match[1] and not _is_beside_a_metric(sentence, match)):
                continue
            found += [
                Copy(match[1], row, source, sentence)
                for row in rows
                for source, value in values[row].items()
                if _same_digits(match[1], value)
            ]
    return found


def sentences(markdown: str) -> Iterator[str]:
    """Sentences of paragraphs, and tables as a whole; without code and links' targets."""
    text = re.sub(r"```.*?```|~~~.*?~~~", "", markdown, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "", re.sub(r"\]\([^)]*\)", "]", text))
    for block in re.split(r"\n\s*\n", text):
        is_table = block.lstrip().startswith("|")
        yield from [block] if is_table else re.split(r"(?<=[.!?:;])\s+(?=[A-Z*])", " ".join(block.split()))


def _values(results: Iterable[RunResult]) -> dict[str, dict[str, float]]:
    # By row: each run's numbers, and the means over the seeds that a table would show.
    values: dict[str, dict[str, float]] = {}
    by_line: dict[tuple[str, str, str], list[float]] = {}
    for run in results:
        for level, precision in (("moderate", run.ap), ("easy", run.easy), ("hard", run.hard)):
            for metric, value in precision.items():
                line = f"{level} {metric}, labels {run.labels}"
                values.setdefault(run.row, {})[f"{line}, seed {run.seed}"] = value
                by_line.setdefault((run.row, run.labels, f"{line}, mean"), []).append(value)
    for (row, _, name), its_values in by_line.items():
        values[row][name] = sum(its_values) / len(its_values)
    return values


def _words(row: str) -> str:
    own = [re.escape(row.replace("_", " ")), re.escape(row_title(row)), *filter(None, [_ALSO.get(row)])]
    return "|".join(own if row in MODELS else [*own, r"\bstudents?\b"])


def _is_beside_a_metric(sentence: str, number: re.Match) -> bool:
    before, after = sentence[: number.start()], sentence[number.end() :]
    return bool(
        re.search(rf"{_BESIDE_A_NUMBER}\W+(?:of |is |was )?$", before)
        or re.match(rf"\W{{0,3}}{_BESIDE_A_NUMBER}\b", after)
    )


def _same_digits(number: str, value: float) -> bool:
    decimals = len(number.partition(".")[2])
    return f"{value:.{decimals}f}" == number
