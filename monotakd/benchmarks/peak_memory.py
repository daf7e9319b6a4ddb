"""Peak memory of a piece of work, measured in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_RETURN_AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""Has glibc give every freed tensor back, so that what is resident is what is alive."""


@dataclass(frozen=True)
class MemoryRow:
    """One line of the benchmark's table that counts bytes.

    Attributes:
        work: what was done, with its size.
        unit: what it was done for.
        ours: our peak above start, bytes.
        reference: the plain way's.
        plain: what the plain way is.
        goal: how many times less ours has to take.
    """

    work: str
    unit: str
    ours: int
    reference: int
    plain: str
    goal: str

    @property
    def ratio(self) -> float:
        """How many times less memory ours takes than the plain way."""
        return self.reference / self.ours

    @property
    def cells(self) -> tuple[str, ...]:
        """As `timing.Row.cells`; memory stands in the place of CPU time."""
        ours, reference = (f"{value / 1e6:.0f} MB" for value in (self.ours, self.reference))
        work = f"{self.work}, peak memory above start"
        return work, self.unit, ours, "", f"{self.plain}: {reference}", f"{self.ratio:.3g}x", self.goal


def memory_row(module: str, ours: str, reference: str, work: str, unit: str, plain: str, goal: str) -> MemoryRow:
    """Measures two of a module's ``CASES`` and puts them side by side; arguments as for `peak_above_start`."""
    return MemoryRow(work, unit, peak_above_start(module, ours), peak_above_start(module, reference), plain, goal)


def peak_above_start(module: str, case: str) -> int:
    """Bytes that the work takes at its peak beyond what its inputs and networks take.

    Args:
        module: name of a module with ``CASES``, functions that prepare some work and return a function that does it.
        case: which one.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__, module, case],
        env=os.environ | _RETURN_AT_ONCE,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1])


def _measure(module: str, case: str) -> int:
    work = importlib.import_module(module).CASES[case]()
    work()  # compiles kernels and fills what is kept from step to step
    gc.collect()
    start = _resetpeak_bytes()
    work()
    return peak_bytes() - start


def _resetpeak_bytes() -> int:
    """Has the system forget the peak so far; returns what is resident now.

    Only Linux forgets. Elsewhere this is the old peak, and what is reported is too small if that one was high.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """What this process had resident at its peak."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(_measure(*sys.argv[1:]))
