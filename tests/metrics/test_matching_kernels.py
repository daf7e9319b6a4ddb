"""Overlap and matching; one small test for each rule of the benchmark, which fails if the rule is dropped."""

import math

import pytest
from kitti_cases import counts, curve, packed, thing, witness

from monotakd.metrics.kitti import evaluate

FAR_AWAY = (600.0, 100.0, 700.0, 150.0)


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
        # The truth spans y 0.1..1.6. A box 1.1 m tall fits inside as long as its bottom lies at 1.2..1.6; if the
        # location were the centre, it would at 1.4..1.8.
        for bottom, matches in ((1.25, 1), (1.6, 1), (1.8, 0), (1.05, 0)):
            low = thing(size=(1.1, 1.6, 4.0), at=(0.0, bottom, 20.0), score=0.5)
            assert len(curve([thing()], [low], metric="3d").thresholds) == matches


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

    def test_the_overlap_must_exceed_the_threshold_here_too(self):
        truths, detections = ([{**t, "name": "Cyclist"} for t in things] for things in witness())
        half = thing("Cyclist", (100, 100, 150, 150), score=0.5)
        assert counts([thing("Cyclist"), *truths], [half, *detections], "Cyclist") == (2, 1, 1)

    def test_the_largest_overlap_is_taken_not_the_highest_score(self):
        # The heading of the taken detection shows which one it was.
        exact = thing(score=0.3, alpha=0.0)
        loose = thing(box=(100, 100, 180, 150), score=0.6, alpha=math.pi)
        truths, detections = witness()
        result = curve([thing(), *truths], [loose, exact, *detections])
        assert result.similarity[0] == pytest.approx(0.0)  # threshold 0.6: only the loose one is kept
        assert result.similarity[-1] == pytest.approx(2.0)  # both kept: the exact one, and the witness
        assert result.false_alarms[-1] == 1

    def test_the_first_of_equal_overlaps_is_taken(self):
        twins = [thing(score=0.5, alpha=math.pi), thing(score=0.6, alpha=0.0)]
        truths, detections = witness()
        result = curve([thing(), *truths], [*twins, *detections])
        assert result.similarity[-1] == pytest.approx(1.0)  # the witness alone

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
