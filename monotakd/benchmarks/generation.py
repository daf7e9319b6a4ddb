"""Benchmark of the street world: whole frames, sampled, rendered, labelled and written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from monotakd.benchmarks.timing import Row, Timing, measure

FRAMES = 12
SEED = 0
GOALS = {1242: "0.6 CPU s", 320: "0.15 CPU s"}


def _frames(width: int) -> Timing:
    from monotakd.datasets.street.generate import write_job
    from monotakd.datasets.street.manifest import Manifest
    from monotakd.datasets.street.settings import StreetSettings

    manifest = Manifest(SEED, (FRAMES, 0, 0, 0), replace(StreetSettings(), width=width), depth=False)
    with tempfile.TemporaryDirectory() as folder:
        write = partial(write_job, root=Path(folder), seed=SEED, settings=manifest.settings, depth=False)
        return measure(lambda: [write(job) for job in manifest.jobs()], units=FRAMES, repeats=3)


def run() -> Iterator[Row]:
    """Yields a row per image width: image, full LiDAR turn and labels, written to disk by one process."""
    for width, goal in GOALS.items():
        yield Row(f"one street at width {width} with 64-beam LiDAR and labels", "frame", _frames(width), goal=goal)
