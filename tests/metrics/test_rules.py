"""Which objects count; one small test for each rule, which fails if the rule is dropped."""

import pytest
from kitti_cases import counts, curve, thing, witness

from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import CAR, ClassRule

FAR_AWAY = (600.0, 100.0, 700.0, 150.0)


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


class TestListOfClasses:
    def test_a_class_without_a_rule(self):
        with pytest.raises(ValueError, match="Car, Pedestrian, Cyclist"):
            evaluate([], [], classes=["Truck"])

    def test_a_class_twice(self):
        with pytest.raises(ValueError, match="each class once"):
            evaluate([], [], classes=["Car", CAR])

    def test_a_rule_whose_loose_threshold_is_not_below_the_strict_one(self):
        with pytest.raises(ValueError, match="loose < strict"):
            ClassRule("Truck", strict=0.5, loose=0.5)
