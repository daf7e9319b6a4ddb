"""Where a detector is good: recall, depth error and yaw error by distance from the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.metrics import matching_kernels as kernels
from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.pairing import paired_truths
from monotakd.metrics.rules import (
    VALID,
    ClassRule,
    Level,
    Metric,
    class_rules,
    detection_roles,
    difficulty_named,
    require_metric,
    truth_roles,
)

DEFAULT_EDGES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0)


@dataclass(frozen=True, eq=False)
class ByDistance:
    """Figures for one class in B bins of distance; the truth decides the bin. NaN where a bin has nothing to average.

    Attributes:
        edges: (B + 1,) metres along the camera's z axis; a bin owns its near edge.
        n_truth: (B,) valid truths.
        n_hits: (B,) of them, those hit with every detection kept.
        n_paired: (B,) of them, those that some detection means, by its place in the image.
        depth_error: (B,) mean of the absolute depth errors of the paired, metres.
        depth_bias: (B,) mean of the signed errors, metres; positive when detected too far away.
        yaw_error: (B,) mean of the absolute heading errors of the paired, radians, 0..pi.
    """

    edges: Float[np.ndarray, " B1"]
    n_truth: Int[np.ndarray, " B"]
    n_hits: Int[np.ndarray, " B"]
    n_paired: Int[np.ndarray, " B"]
    depth_error: Float[np.ndarray, " B"]
    depth_bias: Float[np.ndarray, " B"]
    yaw_error: Float[np.ndarray, " B"]

    @property
    def recall(self) -> Float[np.ndarray, " B"]:
        """(B,) share of the valid truths that were hit."""
        return _ratio(self.n_hits, self.n_truth)


def errors_by_distance(
    ground_truth: Sequence[KittiLabels],
    predictions: Sequence[KittiLabels],
    name: str | ClassRule = "Car",
    *,
    difficulty: str = "hard",
    metric: Metric | str = "3d",
    level: Level | str = "strict",
    edges: Sequence[float | int] = DEFAULT_EDGES,
) -> ByDistance:
    """Recall and errors by distance.

    Recall follows the benchmark: a truth is hit when a detection overlaps it enough. Errors are measured on pairs
    found in the image (see ``pairing``), because a match in 3D would leave the large errors out.

    Args:
        ground_truth: the labels of each frame.
        predictions: the detections of each frame, with scores.
        name: the class, by KITTI's name or with its rule.
        difficulty: which truths are valid: ``"easy"``, ``"moderate"`` or ``"hard"``.
        metric: the overlap that decides a hit: ``"bbox"``, ``"bev"`` or ``"3d"``.
        level: ``"strict"`` or ``"loose"`` overlap.
        edges: bin edges, metres, rising; truths outside them are left out.

    Raises:
        ValueError: edges that do not rise, an unknown class, difficulty, metric or level, or as ``evaluate``.
        DataError: a detection has no score, or one that is not finite.
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or (np.diff(bounds) <= 0).any():
        raise ValueError(f"got edges={tuple(edges)}; wanted at least two, rising, such as {DEFAULT_EDGES}")
    require_metric(metric)
    (rule,) = class_rules([name])
    table = FrameTable.build(ground_truth, predictions)
    truth, detected = table.truth, table.detected
    limits = difficulty_named(difficulty)
    roles = truth_roles(truth, rule, limits), detection_roles(detected, rule, limits)
    candidates = kernels.find_candidates(*table.offsets, table.overlaps[metric], *roles, rule.min_overlap(level))
    det_of, _ = kernels.match(candidates, len(truth), roles[1], detected.scores, -np.inf)
    hit = (det_of >= 0) & (roles[1][det_of] == VALID) if len(detected) else np.zeros(len(truth), dtype=bool)
    truth_of = paired_truths(table, [rule])
    paired_det = np.array([d for d, t in enumerate(truth_of) if t >= 0 and roles[0][t] == VALID], dtype=np.int64)
    paired_truth = truth_of[paired_det]
    depth_error = detected.boxes_3d[paired_det, 2] - truth.boxes_3d[paired_truth, 2]
    turn = detected.boxes_3d[paired_det, 6] - truth.boxes_3d[paired_truth, 6]
    yaw_error = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)

    def per_bin(rows: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        bins = np.searchsorted(bounds, truth.boxes_3d[rows, 2], side="right") - 1
        inside = (bins >= 0) & (bins < len(bounds) - 1)
        kept = None if weights is None else weights[inside]
        return np.bincount(bins[inside], kept, minlength=len(bounds) - 1)

    n_paired = per_bin(paired_truth)
    return ByDistance(
        edges=bounds,
        n_truth=per_bin(np.flatnonzero(roles[0] == VALID)),
        n_hits=per_bin(np.flatnonzero((roles[0] == VALID) & hit)),
        n_paired=n_paired,
        depth_error=_ratio(per_bin(paired_truth, np.abs(depth_error)), n_paired),
        depth_bias=_ratio(per_bin(paired_truth, depth_error), n_paired),
        yaw_error=_ratio(per_bin(paired_truth, yaw_error), n_paired),
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> Float[np.ndarray, " B"]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
