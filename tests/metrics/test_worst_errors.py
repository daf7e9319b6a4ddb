"""Confident errors of cases whose errors are known."""

import pytest
from kitti_cases import packed, thing

from monotakd.metrics.worst_errors import worst_errors

NEAR, FAR = (0.0, 1.6, 20.0), (8.0, 1.6, 30.0)
ELSEWHERE = (600.0, 100.0, 700.0, 150.0)


def test_the_surest_first_each_with_the_object_it_means():
    truths = [[thing(at=NEAR), thing(box=ELSEWHERE, at=FAR)], [thing(at=NEAR)]]
    found = [
        [thing(at=(0.0, 1.6, 23.0), score=0.6), thing(box=ELSEWHERE, at=FAR, score=0.99)],
        [thing(box=(300, 100, 400, 150), at=(3.0, 1.6, 9.0), score=0.8), thing(at=(0.0, 1.6, 18.5), score=0.7)],
    ]
    first, second, third = worst_errors(*packed(truths, found))
    assert [(e.frame, e.row, e.score) for e in (first, second, third)] == [(1, 0, 0.8), (1, 1, 0.7), (0, 0, 0.6)]
    assert (first.truth, first.true_depth, first.depth_error) == (None, None, None)
    assert "overlaps no Car" in first.reason
    assert (second.truth, second.depth_error) == (0, pytest.approx(-1.5))
    assert (third.truth, third.depth_error) == (0, pytest.approx(3.0))
    assert worst_errors(*packed(truths, found), count=1) == (first,)


def test_a_hit_and_what_is_ignored_are_no_errors():
    truths = [[thing(at=NEAR), thing(name="Van", box=ELSEWHERE, at=FAR)]]
    found = [[thing(at=NEAR, score=0.9), thing(box=ELSEWHERE, at=FAR, score=0.8)]]
    assert worst_errors(*packed(truths, found)) == ()


def test_the_overlap_that_is_asked_for_decides():
    truths, found = [[thing(at=NEAR)]], [[thing(at=(0.0, 1.6, 23.0), score=0.6)]]
    assert len(worst_errors(*packed(truths, found))) == 1
    assert worst_errors(*packed(truths, found), metric="bbox") == ()
