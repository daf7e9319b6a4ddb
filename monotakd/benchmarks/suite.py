"""``monotakd benchmark``: runs the named parts and says what they ran on."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from monotakd.benchmarks.timing import REPEATS, commit, hardware, table
from monotakd.errors import DataError

PARTS = ("geometry", "reading", "metric", "generation", "lift", "distill_step", "inference", "toy_step", "browser")


def run(parts: Sequence[str] = PARTS, *, out: Path | None = None) -> str:
    """Runs the parts one after the other.

    Args:
        parts: some of ``PARTS``.
        out: where to write rows, commit and hardware as JSON.

    Returns:
        A Markdown table under a line with commit and hardware.

    Raises:
        DataError: there is no part of that name.
    """
    for part in parts:
        if part not in PARTS:
            raise DataError("benchmark", f"the part {part!r}", f"one of {', '.join(PARTS)}")
    rows = []
    for part in parts:
        print(f"[benchmark] {part} ...", flush=True)
        rows += importlib.import_module(f"monotakd.benchmarks.{part}").run()
    waiting = os.environ.get("OMP_WAIT_POLICY", "system default")
    ran_on = {"commit": commit(), "hardware": hardware(), "repeats": REPEATS, "seed": 0, "omp_wait_policy": waiting}
    if out is not None:
        out.write_text(json.dumps({**ran_on, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    head = (
        f"Commit {ran_on['commit']}; {ran_on['hardware']}; medians of {REPEATS}; CPU time is of all threads together, "
        f"OMP_WAIT_POLICY {waiting}."
    )
    return f"{head}\n\n{table(rows)}"
