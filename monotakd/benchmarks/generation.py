"""Benchmark of the street world: whole frames, sampled, rendered, labelled and written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from monotakd.benchmarks.timing import Row, Timing, measure

FRAMES = 6
GOALS = {1242: "0.6 CPU s", 320: "0.15 CPU s"}


def _frames(width: int) -> Timing:
    from monotakd.datasets.street.generate import frame_writer

    with tempfile.TemporaryDirectory() as folder:
        write = frame_writer(Path(folder), width=width, seed=0)
        return measure(lambda: [write(index) for index in range(FRAMES)], units=FRAMES, repeats=3)


def run() -> Iterator[Row]:
    """Yields a row per image width: image, full LiDAR turn and labels, written to disk by one process."""
    for width, goal in GOALS.items():
        yield Row(f"one street at width {width} with 64-beam LiDAR and labels", "frame", _frames(width), goal=goal)
