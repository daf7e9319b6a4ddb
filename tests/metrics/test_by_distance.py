import math

import numpy as np
import pytest
from kitti_cases import packed, thing

from monotakd.metrics.by_distance import errors_by_distance


def row(i, depth, **changes):
    return thing(box=(100.0 * i, 100, 100.0 * i + 90, 150), at=(10.0 * i, 1.6, depth), **changes)


@pytest.fixture
def case():
    truths = [row(0, 5.0), row(1, 10.0, ry=3.1), row(2, 15.0), row(3, 15.0, occluded=3), row(4, 25.0), row(5, 90.0)]
    detections = [
        row(0, 5.0, score=0.9),
        row(1, 13.0, ry=-3.1, score=0.8),  # 3 m too far: no hit in 3D, yet a pair
        row(2, 14.0, ry=0.5, score=0.7),
        row(3, 15.0, score=0.6),  # its truth is ignored
    ]
    return packed([truths], [detections])


def test_figures_by_hand(case):
    found = errors_by_distance(*case, edges=(0, 10, 20, 30, 40), level="loose", metric="bbox")
    assert found.n_truth.tolist() == [1, 2, 1, 0]
    assert found.n_hits.tolist() == found.n_paired.tolist() == [1, 2, 0, 0]
    np.testing.assert_allclose(found.recall, [1, 1, 0, math.nan])
    np.testing.assert_allclose(found.depth_error, [0, 2, math.nan, math.nan])
    np.testing.assert_allclose(found.depth_bias, [0, 1, math.nan, math.nan])
    np.testing.assert_allclose(found.yaw_error, [0, (2 * math.pi - 6.2 + 0.5) / 2, math.nan, math.nan])


def test_recall_follows_the_metric_and_the_errors_do_not(case):
    found = errors_by_distance(*case, edges=(0, 10, 20))
    assert found.n_hits.tolist() == [1, 0]
    assert found.n_paired.tolist() == [1, 2]


def test_an_ignored_detection_is_no_hit():
    truth, small = thing(box=(0, 0, 90, 25.5)), thing(box=(0, 0, 90, 24.5), score=0.5)
    found = errors_by_distance(*packed([[truth]], [[small]]), metric="bbox", edges=(0, 50))
    assert (found.n_truth.tolist(), found.n_hits.tolist()) == ([1], [0])


def test_the_last_of_the_detections_is_not_taken_for_no_detection():
    # -1 means "none" and would index the last row; here the last detection is valid and hits nothing.
    found = errors_by_distance(*packed([[thing()]], [[row(7, 20.0, score=0.5)]]), metric="bbox", edges=(0, 50))
    assert found.n_hits.tolist() == [0]


def test_nothing_detected():
    found = errors_by_distance(*packed([[thing()]], [[]]), edges=(0, 50))
    assert found.recall.tolist() == [0.0]
    assert np.isnan(found.depth_error).all()


@pytest.mark.parametrize("edges", [(0,), (0, 10, 10), (10, 0)])
def test_edges_must_rise(edges):
    with pytest.raises(ValueError, match="edges"):
        errors_by_distance([], [], edges=edges)
