"""What to look at while a student trains: its bird's-eye view of one frame, its depth, and the cars it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.conversion import labels_from_annotations, labels_from_detections
from monotakd.engine.device import to_device
from monotakd.engine.snapshots import Snapshot
from monotakd.errors import DataError, require
from monotakd.geometry.depth_bins import bin_target
from monotakd.metrics.found import cars_found
from monotakd.models.depth_distribution import pool_depth
from monotakd.models.student import Student
from monotakd.pipeline.scoring import score
from monotakd.scene import Batch, Detections, Frame

LEAST = 0.1
"""Boxes below this score are not kept."""


class StudentWatch:
    """Looks at a student on fixed frames; what `engine.train.fit` takes as ``watch``.

    A look costs one forward pass over all frames, without gradients. Numbers by set of frames: ``"<set>: depth within
    one bin"`` (share of the cells with a known depth whose likeliest bin is the true one or beside it), ``"<set>: AP"``
    (BEV, IoU 0.5, KITTI's "hard", out of 100) and ``"<set>: cars found"`` (a share). Arrays, of the frame that is
    pictured: ``map`` (Y, X) strength of F_S, ``limits`` (2, 2) of its grid (lower and upper x y, metres), ``boxes``
    (N, 7) and ``scores`` (N,) of the student, ``truth`` (M, 7) of the labelled cars.

    Args:
        frames: sets of frames of one size by name, with depth and labels, such as those trained on and others.
        picture: the frame that is pictured; the first one of the first set by default.

    Raises:
        ValueError: no frames.
        DataError: a frame without depth or labels.
    """

    def __init__(self, frames: Mapping[str, Sequence[Frame]], picture: Frame | None = None):
        require(bool(frames) and all(frames.values()), "StudentWatch needs at least one frame in every set")
        for frame in (one for group in frames.values() for one in group):
            missing = [name for name in ("depth", "annotations") if getattr(frame, name) is None]
            if missing:
                raise DataError(
                    f"frame {frame.frame_id}", f"no {' and no '.join(missing)}", "depth and labels to measure against"
                )
        self.frames = {name: tuple(group) for name, group in frames.items()}
        self.picture = next(iter(self.frames.values()))[0] if picture is None else picture
        self._batches = {name: collate(group) for name, group in self.frames.items()}
        self._pictured = collate([self.picture])

    def __call__(self, student: nn.Module) -> Snapshot:
        """What is seen of a student, which is in evaluation mode."""
        device = next(student.parameters()).device
        numbers: dict[str, float] = {}
        for name, batch in self._batches.items():
            measured = self._measure(student, to_device(batch, device), self.frames[name])
            numbers |= {f"{name}: {what}": value for what, value in measured.items()}
        output = student(to_device(self._pictured, device).sensors)
        strength = output.bev.features[0].float().square().mean(dim=0).sqrt().cpu().numpy()
        boxes = student.dense_head.decode(output.head)[0]
        kept = np.asarray(boxes.scores) >= LEAST
        grid, cars = output.bev.grid, self.picture.annotations
        arrays = {
            "map": strength.astype(np.float16),
            "limits": np.array([grid.lower, grid.upper]),
            "truth": np.zeros((0, 7)) if cars is None else cars.boxes.named("Car").values,
            "boxes": boxes.boxes.values[kept].astype(np.float32),
            "scores": np.asarray(boxes.scores)[kept].astype(np.float32),
        }
        return Snapshot(numbers, arrays)

    def _measure(self, student: Student, batch: Batch, frames: Sequence[Frame]) -> dict[str, float]:
        output = student(batch.sensors)
        found = student.dense_head.decode(output.head)
        count = cars_found(frames, found, student.scale.bev_grid)
        return {
            "depth within one bin": depth_within_one_bin(student, output.depth_logits, batch.privileged.depth),
            "AP": average_precision(frames, found),
            "cars found": count.hits / max(count.cars, 1),
        }


def depth_within_one_bin(student: Student, depth_logits: torch.Tensor, depth: torch.Tensor) -> float:
    """Share of the cells with a depth in range whose likeliest bin is the true one or a neighbour of it.

    Args:
        student: for its bins and its stride.
        depth_logits: (B, D + 1, h, w).
        depth: (B, H, W) metres, 0 where unknown.
    """
    bins = student.scale.bins
    pooled = pool_depth(depth, student.scale.image.stride)
    target = bin_target(bins, torch.where(pooled > 0, pooled, torch.nan))
    known = target < bins.num
    near = (depth_logits[:, : bins.num].argmax(dim=1) - target).abs() <= 1
    return float(near[known].float().mean()) if known.any() else float("nan")


def average_precision(frames: Sequence[Frame], found: Sequence[Detections]) -> float:
    """BEV AP of cars at IoU 0.5, every difficulty (KITTI's "hard"), out of 100."""
    pairs = list(zip(frames, found, strict=True))
    truth = [labels_from_annotations(frame.annotations, frame.calibration) for frame in frames]
    rows = [labels_from_detections(boxes, frame.calibration) for frame, boxes in pairs]
    return score(truth, rows, [frame.image.shape[1] for frame in frames], replicates=0)["hard"]["bev_50"]
