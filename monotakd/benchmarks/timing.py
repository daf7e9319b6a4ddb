"""Measuring: medians of repeated runs in CPU seconds, ratios within one run, and what it ran on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from monotakd.benchmarks.peak_memory import MemoryRow
from monotakd.bootstrap import CHECKOUT

REPEATS = 5


@dataclass(frozen=True)
class Timing:
    """Medians over the repeats.

    Attributes:
        cpu_s: CPU seconds of this process, all threads added up.
        wall_s: seconds on the clock; on a busy machine more than the work needs.
    """

    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Row:
    """One line of the benchmark's table.

    Attributes:
        work: what was done, with its size.
        unit: what one unit of it is; times are for one unit.
        ours: our time.
        reference: the plain way's time in the same run, or None where there is no plain way.
        plain: what the plain way is.
        goal: the limit this work has to keep, in words; empty where there is none.
    """

    work: str
    unit: str
    ours: Timing
    reference: Timing | None = None
    plain: str = ""
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times less CPU ours takes than the plain way."""
        return None if self.reference is None else self.reference.cpu_s / self.ours.cpu_s

    @property
    def cells(self) -> tuple[str, ...]:
        """Its cells in the table: work, unit, CPU, wall, plain way, ratio, goal."""
        plain = "" if self.reference is None else f"{self.plain}: {_seconds(self.reference.cpu_s)}"
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}x"
        return self.work, self.unit, _seconds(self.ours.cpu_s), _seconds(self.ours.wall_s), plain, ratio, self.goal


@dataclass(frozen=True)
class Latency:
    """A line of the benchmark's table on what a reader waits for: seconds on the clock between act and picture.

    Attributes:
        work: what was done, with its size.
        median_s: over the repeats.
        repeats: how many.
        goal: the limit this has to keep, in words.
    """

    work: str
    median_s: float
    repeats: int
    goal: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Its cells in the table; the work is not done in this process, so there is no CPU time."""
        return self.work, "answer", "", _seconds(self.median_s), "", "", self.goal


def measure(work: Callable[[], object], *, units: int = 1, repeats: int = REPEATS) -> Timing:
    """Runs ``work`` once unmeasured, then ``repeats`` times, and returns the medians for one of its ``units``."""
    return _in_turn([(work, units)], repeats)[0]


def measure_both(
    ours: Callable[[], object],
    plain: Callable[[], object],
    *,
    units: int = 1,
    plain_units: int | None = None,
    repeats: int = REPEATS,
) -> tuple[Timing, Timing]:
    """`measure` of our way and of the plain one in turn, so that a machine that slows down slows both.

    Args:
        ours: our way, of ``units``.
        plain: the plain way, of ``plain_units``; as many as ours unless said otherwise.
    """
    ours_timing, plain_timing = _in_turn([(ours, units), (plain, plain_units or units)], repeats)
    return ours_timing, plain_timing


def _in_turn(works: Sequence[tuple[Callable[[], object], int]], repeats: int) -> list[Timing]:
    for work, _ in works:
        work()
    runs = [[_timed(*work) for work in works] for _ in range(repeats)]
    return [
        Timing(statistics.median(run.cpu_s for run in of_work), statistics.median(run.wall_s for run in of_work))
        for of_work in zip(*runs, strict=True)
    ]


def _timed(work: Callable[[], object], units: int) -> Timing:
    wall_start, cpu_start = time.perf_counter(), time.process_time()
    work()
    cpu_s = time.process_time() - cpu_start
    return Timing(cpu_s / units, (time.perf_counter() - wall_start) / units)


@contextmanager
def two_threads() -> Iterator[None]:
    """Has torch compute on two threads, as the goals are stated."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def hardware() -> str:
    """The processor, the cores this process may use and the memory, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name, memory = platform.processor() or platform.machine(), ""
    try:
        with open("/proc/cpuinfo") as info:
            name = next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    except (OSError, StopIteration, ValueError):
        pass  # not Linux: what platform knows has to do
    return f"{name}, {cores} cores{memory}, Python {platform.python_version()}"


def commit() -> str:
    """The checkout's commit, with a + where files differ from it; "unknown" outside git."""
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--abbrev=10", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _seconds(value: float) -> str:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def table(rows: Sequence[Row | MemoryRow | Latency]) -> str:
    """The rows as a Markdown table."""
    lines = ["| work | unit | CPU | wall | plain way | ratio | goal |", "|---|---|---|---|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(row.cells)} |" for row in rows])
