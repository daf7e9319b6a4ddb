"""What the runs of one label setting score on classes other than cars, as Markdown and as HTML: one table per class."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monotakd.metrics.rules import DIFFICULTIES
from monotakd.pipeline import markdown
from monotakd.pipeline.results import RunResult

_MODERATE = [difficulty.name for difficulty in DIFFICULTIES].index("moderate")


@dataclass(frozen=True)
class ClassTable:
    """Moderate AP R40 of one class.

    Attributes:
        name: of the class.
        head: titles of the columns.
        lines: cells by row, as many as titles.
    """

    name: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]

    def markdown(self) -> list[str]:
        """Lines of text."""
        align = "ll" + "r" * (len(self.head) - 2)
        return [f"*{self.name}, moderate*", "", *markdown.table(self.head, self.lines, align), ""]

    def html(self) -> str:
        """A fragment."""
        titles = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in self.head)
        body = "".join(
            "".join([f'<tr><th scope="row">{html.escape(row)}</th>', *(f"<td>{cell}</td>" for cell in cells), "</tr>"])
            for row, *cells in self.lines
        )
        return (
            f"<h4>{html.escape(self.name)}, moderate</h4>"
            f'<div class="scroll" tabindex="0"><table class="results"><thead><tr>{titles}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )


def class_tables(runs: Mapping[str, Sequence[RunResult]]) -> list[ClassTable]:
    """One table per class that any of the runs looked for besides cars.

    Args:
        runs: by the title of their row, in the order of the tables; rows without any are left out.
    """
    runs = {row: some for row, some in runs.items() if some}
    names = dict.fromkeys(name for some in runs.values() for run in some for name in run.other_classes)
    return [_table(name, runs) for name in names]


def _table(name: str, runs: Mapping[str, Sequence[RunResult]]) -> ClassTable:
    scored = {row: [run.other_classes[name] for run in some if name in run.other_classes] for row, some in runs.items()}
    metrics = list(next(some for some in scored.values() if some)[0])
    lines = [
        [row, str(len(some)), *(markdown.mean_text([one[metric][_MODERATE] for one in some]) for metric in metrics)]
        for row, some in scored.items()
    ]
    return ClassTable(name, ["row", "seeds", *map(_title, metrics)], lines)


def _title(metric: str) -> str:
    view, overlap = metric.split("_")
    return f"{view.upper()} .{overlap.rstrip('0')}"
