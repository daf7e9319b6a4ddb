"""The KITTI object benchmark: average precision of detections against labels.

Results equal those of the official program when overlaps are computed in double precision. Two cases which that
program leaves open are settled here: a score threshold at which neither hit nor false alarm counts has precision 0,
and orientation is scored only if something was detected and no detection carries alpha = -10.
At the loose level the lower threshold holds in every metric: 2D boxes, orientation and DontCare regions too.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.metrics import matching_kernels as kernels
from monotakd.metrics.average_precision import PrecisionRecallCurve, recall_thresholds
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.rules import (
    DIFFICULTIES,
    KITTI_CLASSES,
    LEVELS,
    METRICS,
    VALID,
    ClassRule,
    Difficulty,
    class_rules,
    detection_roles,
    truth_roles,
)
from monotakd.metrics.trace import Trace


def evaluate(
    ground_truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    *,
    classes: Sequence[str | ClassRule] = KITTI_CLASSES,
    trace: bool = False,
    frame_ids: Sequence[str] | None = None,
    workers: int | None = None,
) -> Evaluation:
    """Scores detections as the KITTI object benchmark does: 2D, BEV, 3D and orientation, strict and loose overlap.

    Args:
        ground_truth: the labels of each frame, DontCare rows among them.
        predictions: the detections of each frame, with scores; an empty one where nothing was detected.
        classes: KITTI class names, or a ClassRule for any other class.
        trace: also keep what is needed to tell the fate of every object (``Evaluation.trace``).
        frame_ids: names of the frames for messages and traces; 000000, 000001, ... by default.
        workers: threads; all cores by default. The result does not depend on it.

    Raises:
        ValueError: the sequences differ in length, or a class has no rule.
        DataError: a detection has no score, or one that is not finite.
    """
    rules = class_rules(classes)
    table = FrameTable.build(ground_truth, predictions, frame_ids)
    tasks = list(itertools.product(rules, DIFFICULTIES))
    # Computed once here, before the threads share them.
    _ = table.overlaps, table.dont_care_cover, table.truth.kinds, table.detected.kinds
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        parts = list(pool.map(lambda task: _curves(table, *task), tasks))
    curves = {key: curve for part in parts for key, curve in part.items()}
    return Evaluation(
        rules=rules,
        frames=len(table.frame_ids),
        curves=curves,
        has_alpha=table.has_alpha,
        trace=Trace(table, rules) if trace else None,
    )


def _curves(table: FrameTable, rule: ClassRule, difficulty: Difficulty) -> dict:
    """The curves of one class and difficulty, for every metric and level."""
    roles = truth_roles(table.truth, rule, difficulty), detection_roles(table.detected, rule, difficulty)
    n_truth = int((roles[0] == VALID).sum())
    nothing = np.zeros(len(table.detected), dtype=bool)
    curves = {}
    for level, metric in itertools.product(LEVELS, METRICS):
        min_overlap = rule.min_overlap(level)
        candidates = kernels.find_candidates(*table.offsets, table.overlaps[metric], *roles, min_overlap)
        thresholds = recall_thresholds(kernels.hit_scores(candidates, *roles, table.detected.scores), n_truth)
        suppressed = table.dont_care_cover > min_overlap if metric == "bbox" else nothing
        hits, false_alarms, similarity = kernels.count_matches(
            candidates, *roles, table.detected.scores, thresholds, suppressed, table.truth.alpha, table.detected.alpha
        )
        oriented = metric == "bbox" and table.has_alpha
        curves[rule.name, level, metric, difficulty.name] = PrecisionRecallCurve(
            n_truth, thresholds, hits, false_alarms, similarity if oriented else None
        )
    return curves


def warm_up() -> float:
    """Compiles the kernels, or loads them from numba's cache, and returns the seconds that took."""
    start = time.perf_counter()
    evaluate([KittiLabels.empty()], [KittiLabels.empty(scores=True)], workers=1)
    return time.perf_counter() - start
