"""Orientation, the final numbers, and input that cannot be scored."""

import math
import subprocess
import sys

import numpy as np
import pytest
from kitti_cases import curve, labels, packed, thing

from monotakd.errors import DataError
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import ClassRule


class TestOrientation:
    def test_similarity_is_one_ahead_half_across_and_none_backwards(self):
        for turn, similarity in ((0.0, 1.0), (math.pi / 2, 0.5), (math.pi, 0.0), (2 * math.pi, 1.0)):
            assert curve([thing(alpha=0.3)], [thing(score=0.5, alpha=0.3 + turn)]).similarity[0] == pytest.approx(
                similarity
            )

    def test_false_alarms_lower_it_too(self):
        truths = [thing(box=(100.0 * i, 0, 100.0 * i + 90, 50)) for i in range(40)]
        detections = [{**truth, "score": 0.5} for truth in truths] + [thing(box=(0, 200, 90, 250), score=0.9)] * 40
        evaluation = evaluate(*packed([truths], [detections]))
        assert evaluation.aos("Car") == pytest.approx(evaluation.ap("Car", "bbox")) == pytest.approx(0.5 * 97.5)

    @pytest.mark.parametrize("which", [0, 1])
    def test_not_available_when_a_detection_has_no_alpha(self, which):
        detections = [thing(score=0.5), thing(score=0.4)]
        detections[which]["alpha"] = -10.0
        evaluation = evaluate(*packed([[thing()]], [detections]))
        assert evaluation.to_json()["classes"]["Car"]["0.70"]["aos"] is None
        assert evaluation.aos("Car") is None
        assert evaluation.ap("Car", "bbox", points=11) == pytest.approx(100 / 11)


class TestResult:
    def test_a_class_never_detected_is_zero(self):
        found = evaluate(*packed([[thing(), thing("Cyclist")]], [[thing(score=0.5)]])).to_json()["classes"]
        assert found["Cyclist"]["0.50"]["3d"] == {"R40": [0.0] * 3, "R11": [0.0] * 3}
        assert found["Cyclist"]["0.50"]["aos"] == {"R40": [0.0] * 3, "R11": [0.0] * 3}

    def test_one_perfect_detection_gives_one_of_eleven(self):
        # One truth fills position 0 only, which R40 leaves out.
        found = evaluate(*packed([[thing()]], [[thing(score=0.5)]]))
        assert found.ap("Car", "3d") == 0.0
        assert found.ap("Car", "3d", points=11) == pytest.approx(100 / 11)

    def test_25_perfect_detections_give_60(self):
        truth = [[thing()] for _ in range(25)]
        detections = [[thing(score=0.5 + i / 100)] for i in range(25)]
        found = evaluate(*packed(truth, detections))
        for metric in ("bbox", "bev", "3d"):
            assert found.ap("Car", metric) == pytest.approx(60.0, abs=1e-12)
        assert found.aos("Car") == pytest.approx(60.0, abs=1e-12)

    def test_a_threshold_at_which_nothing_counts_has_precision_zero(self):
        # First pass: the hidden truth takes the small rival for its score, the seen one gets the other detection.
        # Second pass: the hidden truth prefers the valid detection, and nothing is left for the seen one.
        hidden, seen = thing(box=(100, 100, 200, 141), occluded=3), thing(box=(110, 100, 210, 141))
        only = thing(box=(105, 100, 205, 141), score=0.5)
        rival = thing(box=(90, 100, 190, 139.9), score=0.9)
        result = curve([hidden, seen], [only, rival])
        assert result.thresholds.tolist() == [0.5]
        assert (result.hits.tolist(), result.false_alarms.tolist()) == ([0], [0])
        assert result.precision.tolist() == [0.0]

    def test_an_open_list_of_classes(self):
        truck = ClassRule("Truck", ("Van",), strict=0.6, loose=0.3)
        found = evaluate(*packed([[thing("Truck"), thing()]], [[thing("Truck", score=0.5)]]), classes=[truck, "car"])
        assert list(found.to_json()["classes"]) == ["Truck", "Car"]
        assert list(found.to_json()["classes"]["Truck"]) == ["0.60", "0.30"]
        assert found.ap("Truck", points=11) == pytest.approx(100 / 11)

    def test_order_of_frames_with_different_names_is_kept(self):
        evaluation = evaluate(
            *packed([[thing()], []], [[], [thing(score=0.4)]]), trace=True, frame_ids=["000007", "000003"]
        )
        fates = evaluation.trace.fates("Car")
        assert [fate.frame for fate in fates.truths + fates.detections] == ["000007", "000003"]


class TestWrongInput:
    def test_lengths_that_differ(self):
        with pytest.raises(ValueError, match="2 frames of ground truth, 1 of predictions"):
            evaluate(*packed([[], []], [[]]))

    def test_predictions_without_scores(self):
        with pytest.raises(DataError, match=r"frame 000001: found no scores"):
            evaluate([labels([]), labels([])], [labels([], scores=True), labels([thing()])])

    def test_an_empty_prediction_needs_no_scores(self):
        truth, detections = packed([[], [thing()], []], [[], [thing(score=0.5)], []])
        detections[0] = detections[2] = labels([])
        assert evaluate(truth, detections).ap("Car", points=11) == pytest.approx(100 / 11)

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_scores_that_are_no_numbers(self, bad):
        with pytest.raises(DataError, match=r"frame 000002: found score (nan|inf)"):
            evaluate(*packed([[], [], []], [[thing(score=1)], [], [thing(score=bad)]]))


def test_the_metric_does_not_import_torch():
    modules = ("kitti", "folders", "trace", "oracle", "by_distance", "benchmark_case")
    code = (
        "".join(f"import monotakd.metrics.{name}\n" for name in modules) + "import sys; print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_inputs_are_left_as_they_were():
    truth, detections = packed([[thing()]], [[thing(score=0.5)]])
    before = [np.copy(frame.matrix()) for frame in truth + detections]
    evaluate(truth, detections, trace=True)
    for frame, matrix in zip(truth + detections, before, strict=True):
        np.testing.assert_array_equal(frame.matrix(), matrix)
