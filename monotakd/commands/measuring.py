"""Commands that measure: average precision of result files, and speed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import tyro

from monotakd.commands.options import JsonOut, PresentOnly


def evaluate(
    labels: Path,
    predictions: Path,
    split: Path | None = None,
    present_only: PresentOnly = False,
    json_out: JsonOut = None,
) -> int:
    """Score KITTI result files: AP R40 and R11 for 2D, BEV, 3D and AOS, strict and loose IoU.

    Args:
        labels: Folder of label files.
        predictions: Folder of result files, one per frame; an empty file means nothing detected.
        split: File with the ids that count; without it every frame that has a label file counts.
        json_out: Write the values here as JSON.
    """
    from monotakd.metrics.folders import evaluate_folders

    result = evaluate_folders(labels, predictions, split=split, present_only=present_only)
    print(result)
    if json_out is not None:
        json_out.write_text(json.dumps(result.to_json(), indent=2) + "\n")
    return 0


def benchmark(
    parts: tyro.conf.Positional[tuple[str, ...]] = (),
    json_out: JsonOut = None,
) -> int:
    """Measure speed: medians, ratios against a plain reference in the same run, commit and hardware.

    Args:
        parts: What to measure: geometry, reading, metric, generation, lift, distill_step, inference, toy_step,
            browser; everything when none is given.
        json_out: Write the rows here as JSON.
    """
    # CPU time is to count work: a thread that waits for another one sleeps, in both ways. Read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from monotakd.benchmarks import suite

    print(suite.run(parts or suite.PARTS, out=json_out))
    return 0
