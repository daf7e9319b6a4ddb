"""What to expect of a training, number by number, each with a tag that says how far to trust it.

``python -m monotakd.pipeline.expected`` writes the tables of docs/reproduction.md anew, and that of full-size steps in
the project's and the results' README.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from monotakd.benchmarks.kitti_step import CASES
from monotakd.bootstrap import CHECKOUT
from monotakd.pipeline import kitti_r50, markdown
from monotakd.pipeline.marked_text import replace_marked
from monotakd.pipeline.paper_tables import LOSSES, MODULES, PAIRS, TEST, TEST_WITH_RAW, VAL_BEV, PaperLine
from monotakd.pipeline.presets import Preset, preset_named

Tag = Literal["measured by us", "reported by the paper", "never run by anyone here"]


@dataclass(frozen=True)
class Expected:
    """One number to compare a run with.

    Attributes:
        what: is measured.
        value: with its unit.
        tag: how far to trust it.
        where: table of the paper, or the command that measured it; nothing where nobody did.
    """

    what: str
    value: str
    tag: Tag
    where: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.value} ({self.tag}{': ' * bool(self.where)}{self.where})"


def _reported(what: str, value: str, where: str) -> Expected:
    return Expected(what, value, "reported by the paper", where)


def _never(what: str) -> Expected:
    return Expected(what, "unknown", "never run by anyone here")


_ON_EVERY_FRAME = ("depth", "student")
"""Networks that learn from frames without labels too."""
_3D, _BEV = "Car AP 3D, R40, easy / moderate / hard", "Car AP BEV, R40, easy / moderate / hard"
_STEPS = CHECKOUT / "results" / "kitti_step.json"
"""Of ``python -m monotakd.benchmarks.kitti_step --json FILE``."""


_DRY_RUN = (
    "train {} --preset kitti_r50 --present-only --dry-run --dry-run-steps 3 --batch-size 1 --precision float32 "
    "--threads 1, commit 72c3fe8"
)


def _steps() -> list[dict[str, Any]]:
    return json.loads(_STEPS.read_text()) if _STEPS.exists() else []


def _measured_steps() -> tuple[Expected, ...]:
    """Peak of the whole process over two steps on streets of KITTI's size, and the CPU seconds of the second.

    An installed package has no results beside it, and no such lines.
    """
    found = []
    for step in _steps():
        case = CASES[step["case"]]
        value = f"{step['peak_gb']:.1f} GB, {step['cpu_s']:.0f} s of CPU"
        where = f"python -m monotakd.benchmarks.kitti_step {step['case']}, {step['threads']} thread, {step['commit']}"
        found.append(Expected(f"a training step on a CPU, float32: {case.what}", value, "measured by us", where))
    return tuple(found)


def _on_a_cpu(what: str, name: str, seconds: float) -> Expected:
    """CPU seconds of a step of one real frame, reading included, and by arithmetic the hours of KITTI's budget."""
    budget = kitti_r50.SCHEDULES[name].settings(kitti_r50.KITTI_TRAIN)
    hours = budget.steps * budget.batch_size * seconds / 3600
    value = f"{seconds:.1f} s of CPU a frame; by arithmetic {hours:,.0f} hours for the budget"
    return Expected(f"one CPU thread, float32: {what}", value, "measured by us", _DRY_RUN.format(what))


def _ablation(row: str, table: Sequence[PaperLine], title: str | None = None) -> Expected:
    line = next(line for line in table if line.row == row)
    return _reported(f"{_3D}: {title or row} on val", str(line.ap), f"table {line.table.removeprefix('T')}")


EXPECTED: Mapping[str, tuple[Expected, ...]] = {
    "kitti_r50": (
        _ablation("monotakd", LOSSES),
        _ablation("direct", LOSSES),
        _ablation("response_only", LOSSES),
        _reported(
            "Car AP 3D, R40, moderate: ground_truth_only (CaDDN alone) on val", f"{PAIRS[0].moderate:.2f}", "table 3"
        ),
        _ablation("lite", MODULES, "lite (no SAM, no FFM)"),
        _reported(f"{_BEV}: monotakd on val", str(VAL_BEV), "KITTI val"),
        _reported(f"{_3D}: monotakd on test", str(TEST), "KITTI test"),
        _reported(f"{_3D}: monotakd with unlabelled raw frames, on test", str(TEST_WITH_RAW), "KITTI test"),
        _reported("memory of a training step of one frame on a GPU", "12 GB", "text"),
        *_measured_steps(),
        _on_a_cpu("depth-network", "depth", 27.6),
        _on_a_cpu("teacher", "teacher", 6.1),
        _on_a_cpu("assistant", "assistant", 10.5),
        _on_a_cpu("student", "student", 36.1),
        _never("any score of this code on KITTI's val or test"),
        _never("loss and AP after the first hour, and after 10 % of the steps"),
        _never("hours of any of the four trainings on a GPU"),
    )
}
"""By preset."""


def expected_table(preset: str) -> str:
    """Markdown: one line per number, with its tag."""
    rows = [(one.what, one.value, one.tag, one.where or markdown.DASH) for one in EXPECTED[preset]]
    return "\n".join([*markdown.table(("what", "value", "tag", "table or command"), rows), ""])


def budget_table(preset: Preset) -> str:
    """Markdown: the budgets of a preset that counts in epochs, in steps of its own world, and of raw drives besides."""
    rows = []
    for name, schedule in preset.schedules.items():
        alone, more = (schedule.settings(preset.world.train + drives).steps for drives in (0, kitti_r50.EIGEN_CLEAN))
        steps = (f"{alone:,}", f"{more:,}" if name in _ON_EVERY_FRAME else "the same")
        cells = (name, schedule.epochs, schedule.batch_size, *steps, schedule.learning_rate, schedule.source)
        rows.append([str(cell) for cell in cells])
    besides = f"steps with {kitti_r50.EIGEN_CLEAN:,} raw frames besides"
    head = ("network", "epochs", "frames a step", "steps", besides, "largest learning rate", "epochs and rate: who")
    return "\n".join([*markdown.table(head, rows), ""])


def steps_table() -> str:
    """Markdown: time and memory of every full-size step, with commit and hardware."""
    rows = []
    for step in _steps():
        measured = (str(step["frames"]), f"{step['cpu_s']:.0f} s", f"{step['peak_gb']:.1f} GB")
        rows.append([CASES[step["case"]].what, *measured, f"`{step['commit']}`, {step['hardware']}"])
    head = ("training step, kitti_r50, float32, one thread", "frames", "CPU", "peak of the process", "measured at")
    return "\n".join([*markdown.table(head, rows), ""])


def publish(page: Path, preset: Preset) -> None:
    """Writes both tables anew into a page with their markers; see `marked_text`."""
    replace_marked(page, "budgets", budget_table(preset))
    replace_marked(page, "expected", expected_table(preset.name))


if __name__ == "__main__":
    publish(CHECKOUT / "docs" / "reproduction.md", preset_named("kitti_r50"))
    for readme in (CHECKOUT / "README.md", CHECKOUT / "results" / "README.md"):
        replace_marked(readme, "steps", steps_table())
