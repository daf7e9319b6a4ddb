"""Benchmark of the KITTI metric at the size of KITTI's validation split."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from monotakd.benchmarks.timing import Row, Timing, measure
from monotakd.metrics.benchmark_case import VALIDATION_FRAMES, write_benchmark_case
from monotakd.metrics.folders import evaluate_folders
from monotakd.metrics.kitti import warm_up


def run() -> Iterator[Row]:
    """Yields the rows: compiling (or loading) the kernels, then the whole evaluation with reading."""
    compiling = warm_up()
    yield Row("metric: compiling the kernels, or loading them", "once", Timing(compiling, compiling))
    with tempfile.TemporaryDirectory() as folder:
        labels, predictions = write_benchmark_case(Path(folder))
        yield Row(
            f"metric: {VALIDATION_FRAMES:,} frames read and scored, all classes, metrics and IoU levels",
            "evaluation",
            measure(lambda: evaluate_folders(labels, predictions)),
            goal="4 s on two cores",
        )
