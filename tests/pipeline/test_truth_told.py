"""The oracle: the true depth in place of the predicted one, for the length of a call."""

import numpy as np
import torch
from small_world import SCALE, WIRINGS, make_batch, make_student

from monotakd.models.depth_distribution import one_hot_depth, true_depth_bins
from monotakd.pipeline.truth_told import TruthTold

BATCH = make_batch(2)
SENSORS, DEPTH = BATCH.sensors, BATCH.privileged.depth


def _seeing(wiring):
    """A student whose head finds something wherever its map says anything."""
    student = make_student(wiring)
    student(SENSORS)
    torch.nn.init.constant_(student.dense_head.heat.bias, -1.0)
    torch.nn.init.normal_(student.dense_head.heat.weight, std=0.5)
    return student.eval()


def _values(found):
    return [np.column_stack([one.boxes.values, one.scores]) for one in found]


def _same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(_values(one), _values(other), strict=True))


def test_it_is_the_student_with_its_features_lifted_to_the_true_depth():
    student = _seeing(WIRINGS["lite"])
    certain = one_hot_depth(true_depth_bins(DEPTH, SCALE.bins, 4), SCALE.bins)
    with torch.no_grad():
        f_visual, f_spatial = student.branches(student.encode(SENSORS.images))
        visual = student.lift_visual(f_visual, certain, SENSORS.calibrations)
        spatial = student.lift(f_spatial, certain, SENSORS.calibrations, student.collapse_spatial)
        expected = student.dense_head.decode(student.detect_head(student.fuse(visual, spatial)))
    assert sum(map(len, expected)) > 0
    assert _same(TruthTold(student).detect(SENSORS, DEPTH), expected)


def test_the_student_is_left_as_it_was():
    for wiring in WIRINGS.values():
        student = _seeing(wiring)
        before = student.detect(SENSORS)
        told = TruthTold(student).detect(SENSORS, DEPTH)
        assert not _same(told, before)
        assert _same(student.detect(SENSORS), before)


def test_it_depends_on_the_depth_that_it_is_told():
    oracle = TruthTold(_seeing(WIRINGS["published"]))
    assert not _same(oracle.detect(SENSORS, DEPTH), oracle.detect(SENSORS, DEPTH * 0.6))
    assert all(np.isfinite(values).all() for values in _values(oracle.detect(SENSORS, torch.zeros_like(DEPTH))))
