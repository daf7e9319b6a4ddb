import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import kitti_ap

from monotakd.metrics.average_precision import (
    PrecisionRecallCurve,
    average_precision,
    interpolate,
    recall_thresholds,
)

# Of 60 hits on 60 truths, those that the official rule reads.
EXPECTED_60 = [
    *(0, 1, 2, 4, 5, 6, 8, 9, 11, 12, 14, 15, 17, 19, 20, 22, 23, 25, 26, 28, 29, 31, 32, 34, 35, 37, 38, 40, 41),
    *(43, 44, 46, 47, 49, 50, 52, 53, 55, 56, 58, 59),
]


def positions_read(n_hits, n_truth):
    """Which of the hits, in falling order, become thresholds."""
    scores = np.arange(n_hits, 0, -1) / n_hits
    return [int(np.flatnonzero(scores == s)[0]) for s in recall_thresholds(scores, n_truth)]


class TestThresholds:
    def test_few_truths_read_every_hit(self):
        assert positions_read(25, 25) == list(range(25))

    def test_twice_as_many_truths_as_positions_read_every_second_hit(self):
        # The first hit has recall 1/80, next to 0 and to 1/40 alike, and is read; then 2/80, 4/80, ...
        assert positions_read(80, 80) == [0, *range(1, 80, 2)]

    def test_the_last_hit_is_always_read(self):
        # 81 hits of 160: recall grows by 1/160; position 1/40 is met by hit 3 (4/160), 2/40 by hit 7 and so on.
        assert positions_read(6, 160) == [0, 3, 5]
        assert positions_read(80, 80)[-1] == 79
        assert positions_read(1, 1000) == [0]

    def test_the_wanted_recall_is_accumulated_in_floating_point(self):
        # With k / 40 in place of the running sum, 13 of these 41 positions would differ.
        assert positions_read(60, 60) == EXPECTED_60

    def test_scores_need_no_order_and_ties_are_kept(self):
        scores = np.array([0.5, 0.9, 0.5, 0.7])
        assert recall_thresholds(scores, 4).tolist() == [0.9, 0.7, 0.5, 0.5]

    def test_no_hits(self):
        assert recall_thresholds(np.zeros(0), 0).tolist() == []
        assert recall_thresholds(np.zeros(0), 9).tolist() == []

    @given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 2**32 - 1))
    def test_equal_the_slow_version_and_never_exceed_the_positions(self, n_hits, more, seed):
        scores = np.random.default_rng(seed).integers(0, 50, n_hits) / 50
        found = recall_thresholds(scores, n_hits + more)
        assert found.tolist() == kitti_ap.score_cuts(scores.tolist(), n_hits + more)
        assert len(found) <= 41


class TestInterpolation:
    def test_running_maximum_from_the_right_and_zero_past_the_end(self):
        found = interpolate(np.array([0.5, 0.8, 0.2, 0.4]))
        assert found.shape == (41,)
        assert found[:5].tolist() == [0.8, 0.8, 0.4, 0.4, 0.0]
        assert not found[4:].any()

    def test_r40_leaves_out_position_zero_and_r11_takes_every_fourth(self):
        positions = np.zeros(41)
        positions[0] = 1.0
        assert average_precision(positions, 40) == 0.0
        assert average_precision(positions, 11) == pytest.approx(100 / 11)
        positions[1:5] = 1.0
        assert average_precision(positions, 40) == pytest.approx(10.0)
        assert average_precision(positions, 11) == pytest.approx(200 / 11)

    def test_other_numbers_of_points_are_refused(self):
        with pytest.raises(ValueError, match="got points=12"):
            average_precision(np.zeros(41), 12)


class TestCurve:
    curve = PrecisionRecallCurve(
        n_truth=4,
        thresholds=np.array([0.9, 0.5, 0.3]),
        hits=np.array([1, 2, 3]),
        false_alarms=np.array([1, 0, 1]),
        similarity=np.array([1.0, 1.0, 1.5]),
    )

    def test_points(self):
        assert self.curve.recall.tolist() == [0.25, 0.5, 0.75]
        assert self.curve.precision.tolist() == [0.5, 1.0, 0.75]
        assert self.curve.interpolated[:4].tolist() == [1.0, 1.0, 0.75, 0.0]
        assert self.curve.interpolated_orientation[:4].tolist() == [0.5, 0.5, 0.375, 0.0]

    def test_values(self):
        assert self.curve.average_precision(40) == pytest.approx(100 * 1.75 / 40)
        assert self.curve.average_precision(11) == pytest.approx(100 / 11)
        assert self.curve.average_orientation(40) == pytest.approx(100 * 0.875 / 40)

    def test_nothing_counted(self):
        empty = PrecisionRecallCurve(0, np.zeros(0), np.zeros(0, int), np.zeros(0, int))
        assert empty.average_precision() == 0.0
        assert empty.average_orientation() is None
