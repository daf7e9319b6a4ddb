"""Benchmark of rotated overlaps and non-maximum suppression."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monotakd.benchmarks.plain_iou import bev_iou
from monotakd.benchmarks.timing import Row, measure, measure_both
from monotakd.geometry.nms import rotated_nms
from monotakd.geometry.rotated_iou import all_pairs_iou, paired_iou

PAIRS = 20_000
PLAIN_PAIRS = 2_000
CROWD = 4096


def _cars(n: int, spread: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low = [0, -spread, -1, 3, 1.4, 1.3, -np.pi]
    high = [2 * spread, spread, 0, 5, 2.0, 1.8, np.pi]
    return rng.uniform(low, high, (n, 7))


def run() -> Iterator[Row]:
    """Yields the rows: paired overlaps against a plain loop, all pairs, and suppression of a crowd."""
    a, b = _cars(PAIRS, 2.0, 0), _cars(PAIRS, 2.0, 1)
    plain_a, plain_b = ([tuple(row) for row in boxes[:PLAIN_PAIRS].tolist()] for boxes in (a, b))
    difference = np.abs(paired_iou(a[:PLAIN_PAIRS], b[:PLAIN_PAIRS])[0] - list(map(bev_iou, plain_a, plain_b))).max()
    assert difference < 1e-9, f"the plain loop and paired_iou differ by {difference}"
    yield Row(
        f"rotated IoU of {PAIRS:,} overlapping pairs, BEV and volume",
        "pair",
        *measure_both(
            lambda: paired_iou(a, b),
            lambda: list(map(bev_iou, plain_a, plain_b)),
            units=PAIRS,
            plain_units=PLAIN_PAIRS,
        ),
        "polygon clipping in Python",
    )
    many = _cars(1000, 40.0, 2)
    yield Row("rotated IoU, all pairs of 1000 x 1000", "pair", measure(lambda: all_pairs_iou(many, many), units=10**6))
    crowd, scores = _cars(CROWD, 30.0, 3), np.random.default_rng(4).random(CROWD)
    yield Row(f"rotated NMS of {CROWD:,} boxes", "call", measure(lambda: rotated_nms(crowd, scores, 0.01)))
