"""What a job shows of itself: report, table, claims and the picture of the feature gap, made anew after every stage."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from monotakd.benchmarks.timing import commit, hardware
from monotakd.engine.device import choose_device
from monotakd.engine.durable import write_text_durably
from monotakd.engine.log import NAME as LOG
from monotakd.errors import DataError
from monotakd.models.sparse import told_of_backend
from monotakd.pipeline.claims import NAME as CLAIMS
from monotakd.pipeline.claims import evaluate_claims, write_claims
from monotakd.pipeline.collecting import collect, results_of
from monotakd.pipeline.ledger import NAME as LEDGER
from monotakd.pipeline.ledger import read_ledger
from monotakd.pipeline.pictures import GAP, draw_job
from monotakd.pipeline.report import Picture, ReportState, write_report
from monotakd.pipeline.results import RunResult, label_title
from monotakd.pipeline.rows import MODELS
from monotakd.pipeline.runner import Progress
from monotakd.pipeline.table import markdown_table
from monotakd.pipeline.workplace import Workplace

TABLE = "table.md"


@dataclass(eq=False)
class Publisher:
    """Called with the progress after every stage, it writes everything anew; the picture only if a network is newer.

    Attributes:
        place: the job.
        results: a folder that collects results: what is new goes there, and what was there is shown too.
        table: as it was written last.
    """

    place: Workplace
    results: Path | None = None
    table: str = ""
    _no_picture: str = field(default="", repr=False)

    def __call__(self, progress: Progress) -> None:
        """Raises DataError where a result is damaged or was not trained like the others."""
        place = self.place
        if self.results is not None:
            collect(place, self.results)
        found = results_of(place, self.results)
        self.table = markdown_table(found, _expected(place))
        write_text_durably(place.out / TABLE, self.table)
        write_claims(evaluate_claims(found), place.out / CLAIMS)
        self._draw()
        write_report(place.out, _report_state(place, progress, found))

    def _draw(self) -> None:
        """A picture that cannot be drawn stops nothing: the stage that needs the same file says so by name."""
        try:
            draw_job(self.place)
        except DataError as error:
            if str(error) != self._no_picture:
                print(f"no picture of the feature gap: {error}", file=sys.stderr, flush=True)
            self._no_picture = str(error)


def _report_state(place: Workplace, progress: Progress, found: list[RunResult]) -> ReportState:
    """What the report shows now."""
    facts = dict(zip(("command", "commit", "hardware"), (place.command, commit(), hardware()), strict=True))
    facts["sparse convolutions"] = told_of_backend(choose_device(place.run.device))
    facts["data"] = str(place.given or "a street world made for this job (world.json in its folder)")
    return ReportState(
        title=f"MonoTAKD, preset {place.preset.name}",
        stages=list(progress.states.values()),
        facts=facts,
        results=found,
        expected=_expected(place),
        logs=_logs(place),
        ledger=read_ledger(place.out / LEDGER) if (place.out / LEDGER).exists() else (),
        pictures=[
            Picture(
                "The feature gap",
                place.out / GAP,
                "One frame as teacher, assistant and student see it from above; the student before and after "
                "distillation. Colours are comparable only where channels are matched.",
            )
        ],
        files={"table": place.out / TABLE, "claims": place.out / CLAIMS, "gap ledger": place.out / LEDGER},
        go_on="monotakd " + shlex.join(sys.argv[1:]),
    )


def _logs(place: Workplace) -> dict[str, Path]:
    """Logs of every network and of the first seed of every row, by name; some may not exist yet."""
    folders = {}
    for labels, rows in _expected(place).items():
        folders |= {(name, labels): place.model(labels, name) for name in ("depth_network", *MODELS)}
        folders |= {(row, labels): place.student(labels, row, 0) for row in rows}
    return {
        f"{name.replace('_', ' ')}, {label_title(labels)}": folder / LOG for (name, labels), folder in folders.items()
    }


def _expected(place: Workplace) -> dict[str, list[str]]:
    preset = place.preset
    return {labels: [row for row in preset.rows if labels in preset.labels_of(row)] for labels in preset.labels}
