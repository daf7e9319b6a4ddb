"""Steps against the curve that the benchmark makes, and the rules that a reader is to see."""

import numpy as np
import pytest
from kitti_cases import packed, random_case, thing

from monotakd.metrics.kitti import evaluate
from monotakd.metrics.steps import walk


@pytest.mark.parametrize("seed", range(3))
def test_steps_count_what_the_curve_counts(seed):
    evaluation = evaluate(*packed(*random_case(np.random.default_rng(seed), frames=12)), trace=True, workers=1)
    compared = 0
    for metric in ("bbox", "bev", "3d"):
        found = walk(evaluation, "Car", metric, "hard", "loose")
        scores = [step.score for step in found.steps]
        assert scores == sorted(set(scores), reverse=True)
        read = {position: step for step in found.steps for position in step.positions}
        assert sorted(read) == list(range(len(found.curve.thresholds)))
        for k, step in read.items():
            assert (step.fates.hits, step.fates.false_alarms) == (found.curve.hits[k], found.curve.false_alarms[k])
            assert step.precision == pytest.approx(found.curve.precision[k])
            assert step.recall == pytest.approx(found.curve.recall[k])
            compared += 1
    assert compared > 5


def test_every_detection_is_added_once():
    evaluation = evaluate(*packed(*random_case(np.random.default_rng(5), frames=3)), trace=True, workers=1)
    added = [(fate.frame, fate.row) for step in walk(evaluation).steps for fate in step.added]
    assert len(added) == len(set(added)) == len(evaluation.trace.table.detected)


def test_a_better_box_with_a_lower_score_takes_the_truth():
    truth, sure, better = thing(), thing(box=(100, 100, 190, 150), score=0.9), thing(score=0.5)
    evaluation = evaluate(*packed([[truth]], [[sure, better]]), trace=True, workers=1)
    first, second = walk(evaluation, metric="bbox", difficulty="easy").steps
    assert [fate.status for fate in first.added] == ["hit"]
    assert first.changed == ()
    assert [fate.status for fate in second.added] == ["hit"]
    assert [(fate.row, fate.status) for fate in second.changed] == [(0, "false alarm")]
    assert (second.recall, second.precision) == (1.0, 0.5)
    # The first pass, which chooses the scores to read at, takes the highest score and not the best overlap.
    assert (first.positions, second.positions) == ((0,), ())


def test_equal_scores_come_in_one_step():
    truths, found = [thing()], [thing(score=0.5), thing(box=(600, 100, 700, 150), score=0.5)]
    (only,) = walk(evaluate(*packed([truths], [found]), trace=True, workers=1), metric="bbox", difficulty="easy").steps
    assert [fate.status for fate in only.added] == ["hit", "false alarm"]


def test_wants_a_trace():
    with pytest.raises(ValueError, match=r"trace=True"):
        walk(evaluate(*packed([[thing()]], [[]])))


def test_nothing_detected_has_no_steps():
    assert walk(evaluate(*packed([[thing()]], [[]]), trace=True, workers=1)).steps == ()
