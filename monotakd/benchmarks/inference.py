"""Benchmark of the student's inference at KITTI's sizes, against the release's arrangement of it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from monotakd.benchmarks.kitti_networks import kitti_batch, kitti_student, train_alone
from monotakd.benchmarks.released_arrangement import ReleasedArrangement
from monotakd.benchmarks.timing import Row, measure, measure_both, two_threads
from monotakd.models.student import Student, Wiring
from monotakd.scene import Batch, Detections

TOLERANCE = 1e-5
CANDIDATES = 300
_WORK = "student inference at KITTI size, image network left out"


@torch.no_grad()
def sure_of_some(student: Student, batch: Batch, candidates: int = CANDIDATES) -> Student:
    """In evaluation mode, with the scores of an untrained head moved so that some anchors become detections.

    The norms take the statistics of the batch first: with those of a fresh network the signal fades on its way, until
    every anchor has the same score.
    """
    for module in train_alone(student).modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    student(batch.sensors)
    student.eval()
    head = student.dense_head
    best = student(batch.sensors).head.class_logits.amax(dim=-1).flatten().topk(candidates + 1).values
    lowest = math.log(head.suppression.score / (1 - head.suppression.score))
    head.conv_cls.bias += lowest - best[-2:].mean()
    return student


def largest_difference(a: Detections, b: Detections) -> float:
    """Of any number of the boxes or scores; infinite where other objects were found."""
    if a.boxes.names != b.boxes.names:
        return math.inf
    differences = (np.abs(a.boxes.values - b.boxes.values), np.abs(a.scores - b.scores))
    return max(float(difference.max(initial=0.0)) for difference in differences)


def run() -> Iterator[Row]:
    """Yields the released wiring against its arrangement, then the published one alone."""
    batch = kitti_batch()
    with two_threads():
        student = sure_of_some(kitti_student(Wiring.released()), batch)
        arrangement = ReleasedArrangement(student, batch)
        student.double()  # in single precision, rounding alone moves a box by 0.06 mm
        (ours,), (plain,) = student.detect(batch.sensors), arrangement.detect(batch)
        student.float()
        error = largest_difference(ours, plain)
        assert len(ours.scores) > 0, "an empty list of detections proves nothing"
        assert error < TOLERANCE, f"the detections of the two arrangements differ by {error}"
        yield Row(
            f"{_WORK}, released",
            "image",
            *measure_both(lambda: student.detect(batch.sensors), lambda: arrangement.detect(batch)),
            "the release's arrangement",
            "2.3x",
        )
        student = sure_of_some(kitti_student(Wiring.published()), batch)
        yield Row(f"{_WORK}, published", "image", measure(lambda: student.detect(batch.sensors)))
