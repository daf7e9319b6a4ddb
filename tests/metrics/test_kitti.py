"""One small test for each rule of the benchmark; each fails if its rule is dropped."""

import math
import subprocess
import sys

import numpy as np
import pytest
from kitti_cases import labels, packed, thing

from monotakd.errors import DataError
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import CAR, ClassRule

FAR_AWAY = (600.0, 100.0, 700.0, 150.0)


def curve(truths, detections, name="Car", metric="bbox", difficulty="easy", level="strict"):
    """The curve of a single frame."""
    return evaluate(*packed([truths], [detections]), workers=1).curve(name, metric, difficulty, level)


def counts(*args, **kwargs):
    """(valid truths, hits, false alarms) at the lowest threshold."""
    found = curve(*args, **kwargs)
    assert len(found.thresholds), "nothing was hit"
    return found.n_truth, int(found.hits[-1]), int(found.false_alarms[-1])


def witness(n=1, score=0.01):
    """Truths far from the rest, each found with a low score, so that a threshold exists at which all is counted."""
    boxes = [(900.0, 10.0 + 60 * i, 1000.0, 60.0 + 60 * i) for i in range(n)]
    places = [(30.0, 1.6, 40.0 + 10 * i) for i in range(n)]
    truths = [thing(box=box, at=at) for box, at in zip(boxes, places, strict=True)]
    return truths, [{**truth, "score": score} for truth in truths]


class TestWhichTruthsCount:
    @pytest.mark.parametrize(
        ("difficulty", "change", "valid"),
        [
            ("easy", {"box": (0, 0, 90, 40.0)}, False),
            ("easy", {"box": (0, 0, 90, 40.01)}, True),
            ("moderate", {"box": (0, 0, 90, 25.0)}, False),
            ("moderate", {"box": (0, 0, 90, 25.01)}, True),
            ("hard", {"box": (0, 0, 90, 25.0)}, False),
            ("hard", {"box": (0, 0, 90, 25.01)}, True),
            ("easy", {"occluded": 0}, True),
            ("easy", {"occluded": 1}, False),
            ("moderate", {"occluded": 1}, True),
            ("moderate", {"occluded": 2}, False),
            ("hard", {"occluded": 2}, True),
            ("hard", {"occluded": 3}, False),
            ("easy", {"truncated": 0.15}, True),
            ("easy", {"truncated": 0.16}, False),
            ("moderate", {"truncated": 0.30}, True),
            ("moderate", {"truncated": 0.31}, False),
            ("hard", {"truncated": 0.50}, True),
            ("hard", {"truncated": 0.51}, False),
        ],
    )
    def test_limits(self, difficulty, change, valid):
        assert curve([thing(**change)], [], difficulty=difficulty).n_truth == valid

    def test_an_object_beyond_a_limit_may_be_found_without_reward_or_punishment(self):
        truths, detections = witness()
        hidden = thing(occluded=3)
        assert counts([hidden, *truths], [{**hidden, "score": 0.9}, *detections]) == (1, 1, 0)

    def test_names_are_compared_without_regard_to_case(self):
        assert counts([thing("cAr")], [thing("CAR", score=0.5)]) == (1, 1, 0)

    @pytest.mark.parametrize(("name", "neighbour"), [("Car", "van"), ("Pedestrian", "Person_Sitting")])
    def test_a_neighbour_class_is_neither_right_nor_wrong(self, name, neighbour):
        truths = [thing(name), thing(neighbour, FAR_AWAY)]
        detections = [thing(name, score=0.1), thing(name, FAR_AWAY, score=0.9)]
        assert counts(truths, detections, name=name) == (1, 1, 0)

    def test_another_class_is_not_looked_at(self):
        detections = [thing(score=0.1), thing(box=FAR_AWAY, score=0.9)]
        assert counts([thing(), thing("Truck", FAR_AWAY)], detections) == (1, 1, 1)


class TestWhichDetectionsCount:
    def test_one_as_tall_as_the_limit_counts_and_a_smaller_one_is_ignored(self):
        truths, detections = witness()
        as_tall = thing(box=(0, 0, 90, 40.0), score=0.9)
        smaller = thing(box=(0, 0, 90, 39.9), score=0.9)
        assert counts(truths, [as_tall, *detections]) == (1, 1, 1)
        assert counts(truths, [smaller, *detections]) == (1, 1, 0)

    def test_a_small_detection_of_another_class_competes_for_a_match(self):
        truth = thing(box=(0, 0, 90, 41))
        small_pedestrian = thing("Pedestrian", (0, 0, 90, 39), score=0.9)
        car = thing(box=(0, 0, 90, 41), score=0.5)
        # It takes the truth in the first pass by its score, so the car's score never becomes a threshold.
        assert len(curve([truth], [small_pedestrian, car]).thresholds) == 0
        assert len(curve([truth], [{**small_pedestrian, "box": (0, 0, 90, 40)}, car]).thresholds) == 1

    def test_a_tall_detection_of_another_class_does_not(self):
        assert counts([thing()], [thing("Pedestrian", score=0.9), thing(score=0.5)]) == (1, 1, 0)


class TestOverlap:
    def test_image_boxes_have_no_extra_pixel(self):
        # 100 x 50 against 70 x 50 inside it: exactly 0.70, and 0.7028 if a pixel were added to each side.
        shorter = thing(box=(100, 100, 170, 150), score=0.5)
        assert len(curve([thing()], [shorter]).thresholds) == 0
        assert counts([thing()], [{**shorter, "box": (100, 100, 170.01, 150)}]) == (1, 1, 0)

    def test_a_match_needs_strictly_more_than_the_threshold(self):
        half = thing("Cyclist", (100, 100, 150, 150), score=0.5)  # exactly one half, representable
        assert len(curve([thing("Cyclist")], [half], name="Cyclist").thresholds) == 0
        assert len(curve([thing("Cyclist")], [half], name="Cyclist", level="loose").thresholds) == 1

    @pytest.mark.parametrize(
        ("name", "level", "below", "above"),
        [
            ("Car", "strict", 69, 71),
            ("Car", "loose", 49, 51),
            ("Pedestrian", "strict", 49, 51),
            ("Pedestrian", "loose", 24, 26),
            ("Cyclist", "strict", 49, 51),
            ("Cyclist", "loose", 24, 26),
        ],
    )
    def test_thresholds_hold_in_every_metric(self, name, level, below, above):
        for part, matches in ((below, 0), (above, 1)):
            share = part / 100
            shrunk = thing(name, (100, 100, 200, 150), score=0.5, size=(1.5, 1.6, 4 * share))
            for metric in ("bev", "3d"):
                assert len(curve([thing(name)], [shrunk], name, metric, level=level).thresholds) == matches
            narrow = thing(name, (100, 100, 100 + part, 150), score=0.5)
            assert len(curve([thing(name)], [narrow], name, "bbox", level=level).thresholds) == matches

    def test_bev_turns_with_rotation_y_in_the_x_z_plane(self):
        # Heading along -x + z after a turn by -3/4 pi: only a detection shifted that way keeps its overlap.
        truth = thing(ry=-0.75 * math.pi, size=(1.5, 0.5, 4.0))
        along = thing(ry=-0.75 * math.pi, size=(1.5, 0.5, 4.0), at=(-0.4, 1.6, 20.4), score=0.5)
        across = {**along, "at": (0.4, 1.6, 20.4)}
        assert len(curve([truth], [along], metric="bev", level="loose").thresholds) == 1
        assert len(curve([truth], [across], metric="bev", level="loose").thresholds) == 0

    def test_bev_does_not_see_height_and_3d_does(self):
        lifted = thing(at=(0.0, 0.8, 20.0), score=0.5)
        assert len(curve([thing()], [lifted], metric="bev").thresholds) == 1
        assert len(curve([thing()], [lifted], metric="3d").thresholds) == 0

    def test_the_box_stands_on_its_location(self):
        # The truth spans y 0.1..1.6; a box 1.1 tall on the same ground shares 73 % of it, one centred alike would too,
        # but a box 1.1 tall whose top is at y = 1.6 - 1.5 - 1.1 / 2 would not.
        low = thing(size=(1.1, 1.6, 4.0), score=0.5)
        assert counts([thing()], [low], metric="3d") == (1, 1, 0)
        assert len(curve([thing()], [{**low, "at": (0.0, 1.4, 20.0)}], metric="3d").thresholds) == 1
        assert len(curve([thing()], [{**low, "at": (0.0, 1.9, 20.0)}], metric="3d").thresholds) == 0
        assert len(curve([thing()], [{**low, "at": (0.0, 1.1, 20.0)}], metric="3d").thresholds) == 0


class TestFirstPass:
    def test_the_highest_score_is_taken_not_the_largest_overlap(self):
        exact, loose = thing(score=0.3), thing(box=(100, 100, 180, 150), score=0.6)
        assert curve([thing()], [exact, loose]).thresholds.tolist() == [0.6]

    def test_each_detection_is_used_once(self):
        pair = [thing(), thing(box=(102, 100, 202, 150))]
        assert curve(pair, [thing(score=0.6)]).thresholds.tolist() == [0.6]

    def test_truths_choose_in_file_order_and_the_first_of_equal_scores_wins(self):
        # Detection a fits both truths, b only the first. The first truth takes the first listed of equal scores.
        near, both = thing(), thing(box=(110, 100, 210, 150))
        a, b = thing(box=(108, 100, 208, 150), score=0.5), thing(box=(84, 100, 184, 150), score=0.5)
        assert len(curve([near, both], [b, a]).thresholds) == 2
        assert len(curve([near, both], [a, b]).thresholds) == 1
        assert len(curve([both, near], [a, b]).thresholds) == 2

    def test_only_pairs_with_both_sides_valid_give_a_threshold(self):
        van, small = thing("Van", FAR_AWAY), thing(box=(300, 0, 390, 39.5), score=0.8)
        truths = [thing(), van, thing(box=(300, 0, 390, 41))]
        detections = [thing(score=0.6), thing(box=FAR_AWAY, score=0.7), small]
        assert curve(truths, detections).thresholds.tolist() == [0.6]


class TestSecondPass:
    def test_scores_below_the_threshold_are_dropped_and_equal_ones_stay(self):
        truths = [thing(), thing(box=FAR_AWAY)]
        found = [thing(score=0.8), thing(box=FAR_AWAY, score=0.5)]
        extra = [thing(box=(300, 0, 390, 60), score=s) for s in (0.5, 0.49)]
        result = curve(truths, found + extra)
        assert result.thresholds.tolist() == [0.8, 0.5]
        assert result.hits.tolist() == [1, 2]
        assert result.false_alarms.tolist() == [0, 1]

    def test_the_largest_overlap_is_taken_not_the_highest_score(self):
        # The heading of the taken detection shows which one it was.
        exact = thing(score=0.3, alpha=0.0)
        loose = thing(box=(100, 100, 180, 150), score=0.6, alpha=math.pi)
        truths, detections = witness()
        result = curve([thing(), *truths], [loose, exact, *detections])
        assert result.similarity[0] == pytest.approx(0.0)  # threshold 0.6: only the loose one is kept
        assert result.similarity[-1] == pytest.approx(2.0)  # both kept: the exact one, and the witness
        assert result.false_alarms[-1] == 1

    @pytest.mark.parametrize("ignored_first", [True, False])
    def test_a_valid_detection_goes_before_an_ignored_one_with_more_overlap(self, ignored_first):
        truth = thing(box=(0, 0, 90, 40.5))
        ignored, valid = thing(box=(0, 0, 90, 39.9), score=0.2), thing(box=(0, 0, 75, 40.5), score=0.6)
        truths, detections = witness()
        pair = [ignored, valid] if ignored_first else [valid, ignored]
        assert counts([truth, *truths], [*pair, *detections]) == (2, 2, 0)

    def test_the_first_of_several_ignored_detections_is_taken(self):
        # Two truths, each fits one of two small detections better. The first truth takes the first listed: the one that
        # the second truth needs if it is to be matched (and so not missed).
        left, right = thing(box=(0, 0, 90, 41)), thing(box=(15, 0, 105, 41))
        near_left, middle = thing(box=(-10, 0, 80, 39.9), score=0.5), thing(box=(8, 0, 98, 39.9), score=0.5)
        found, known = witness()
        for order, missed in (([middle, near_left], 1), ([near_left, middle], 0)):
            evaluation = evaluate(*packed([[left, right, *found]], [[*order, *known]]), trace=True)
            assert evaluation.trace.fates("Car", "bbox", "easy").missed == missed

    def test_an_ignored_detection_on_a_valid_truth_is_neither_hit_nor_miss(self):
        truths, detections = witness()
        truth, small = thing(box=(0, 0, 90, 40.5)), thing(box=(0, 0, 90, 39.9), score=0.9)
        assert counts([truth, *truths], [small, *detections]) == (2, 1, 0)

    def test_unused_valid_detections_are_false_alarms(self):
        truths, detections = witness()
        assert counts(truths, [thing(score=0.9), thing(score=0.8), *detections]) == (1, 1, 2)


class TestDontCare:
    region = thing("DontCare", (100, 100, 150, 150))  # covers half of the default box

    def found(self, detection, metric="bbox", level="loose", regions=None, name="Cyclist"):
        truths = [{**truth, "name": name} for truth in witness()[0]]
        known = [{**truth, "score": 0.01} for truth in truths]
        return counts([*(regions or [self.region]), *truths], [detection, *known], name, metric, level=level)

    def test_it_removes_a_false_alarm_of_which_it_covers_enough(self):
        assert self.found(thing("Cyclist", score=0.9)) == (1, 1, 0)

    def test_the_share_is_of_the_detection_itself_not_the_union(self):
        wide = thing("dontcare", (100, 100, 800, 150))
        assert self.found(thing("Cyclist", score=0.9), regions=[wide], level="strict") == (1, 1, 0)

    def test_the_share_must_exceed_the_class_threshold_strictly(self):
        assert self.found(thing("Cyclist", score=0.9), level="strict") == (1, 1, 1)  # exactly one half
        assert self.found(thing("Cyclist", (100, 100, 199, 150), score=0.9), level="strict") == (1, 1, 0)
        assert self.found(thing("Car", (100, 100, 180, 150), score=0.9), level="strict", name="Car") == (1, 1, 1)

    def test_regions_do_not_add_up(self):
        halves = [thing("DontCare", (100, 100, 150, 150)), thing("DontCare", (150, 100, 200, 150))]
        assert self.found(thing("Cyclist", score=0.9), level="strict", regions=halves) == (1, 1, 1)

    @pytest.mark.parametrize("metric", ["bev", "3d"])
    def test_it_means_nothing_outside_the_image(self, metric):
        assert self.found(thing("Cyclist", score=0.9), metric=metric) == (1, 1, 1)

    def test_it_does_not_take_hits_away(self):
        assert counts([self.region, thing("Cyclist")], [thing("Cyclist", score=0.9)], "Cyclist", level="loose") == (
            1,
            1,
            0,
        )


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

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_scores_that_are_no_numbers(self, bad):
        with pytest.raises(DataError, match=r"frame 000002: found score (nan|inf)"):
            evaluate(*packed([[], [], []], [[thing(score=1)], [], [thing(score=bad)]]))

    def test_a_class_without_a_rule(self):
        with pytest.raises(ValueError, match="Car, Pedestrian, Cyclist"):
            evaluate([], [], classes=["Truck"])

    def test_a_class_twice(self):
        with pytest.raises(ValueError, match="each class once"):
            evaluate([], [], classes=["Car", CAR])

    def test_a_rule_whose_loose_threshold_is_not_below_the_strict_one(self):
        with pytest.raises(ValueError, match="loose < strict"):
            ClassRule("Truck", strict=0.5, loose=0.5)


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
