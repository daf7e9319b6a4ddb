import numpy as np
import pytest
from kitti_cases import labels, packed, random_case, thing

from monotakd.metrics.frame_table import FrameTable
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.oracle import oracle, swap_from_truth
from monotakd.metrics.pairing import paired_truths
from monotakd.metrics.rules import KITTI_CLASSES

WRONG = {"size": (1.8, 2.0, 5.0), "ry": 1.2, "alpha": 1.0, "score": 0.9}


def swapped(swap, truth, detection):
    """The single detection after the swap."""
    (frame,) = swap_from_truth([labels([truth])], [labels([detection])], swap=swap)
    return frame


class TestPairing:
    def pairs(self, truths, detections):
        table = FrameTable.build(*packed([[thing()], truths], [[], detections]))
        return [row - 1 if row >= 0 else -1 for row in paired_truths(table, KITTI_CLASSES)]

    def test_the_place_in_the_image_decides_not_the_depth(self):
        truths = [thing(at=(0, 1.6, 40)), thing(box=(600, 100, 700, 150))]
        assert self.pairs(truths, [thing(score=0.5, at=(0, 1.6, 20))]) == [0]

    def test_each_truth_once_the_highest_score_first(self):
        exact, rough = thing(score=0.5), thing(box=(110, 100, 210, 150), score=0.9)
        assert self.pairs([thing()], [exact, rough]) == [-1, 0]
        assert self.pairs([thing()], [{**exact, "score": 0.9}, rough]) == [0, -1]  # a tie goes to the first

    def test_the_largest_overlap_is_chosen(self):
        assert self.pairs([thing(box=(110, 100, 210, 150)), thing()], [thing(score=0.5)]) == [1]

    def test_other_classes_are_left_alone_and_neighbours_are_not(self):
        assert self.pairs([thing("Truck")], [thing(score=0.5)]) == [-1]
        assert self.pairs([thing()], [thing("Van", score=0.5)]) == [-1]
        assert self.pairs([thing("Van")], [thing(score=0.5)]) == [0]

    def test_the_overlap_must_exceed_the_loose_threshold(self):
        assert self.pairs([thing()], [thing(box=(100, 100, 150, 150), score=0.5)]) == [-1]
        assert self.pairs([thing("Cyclist")], [thing("Cyclist", (100, 100, 150, 150), score=0.5)]) == [0]


class TestSwap:
    truth = thing(at=(4.0, 1.6, 20.0), ry=0.3, alpha=0.1)

    def test_depth_moves_the_centre_along_the_ray(self):
        detection = {**self.truth, **WRONG, "at": (8.0, 2.9, 40.0)}  # centre (8, 2.0, 40)
        found = swapped("depth", self.truth, detection)
        np.testing.assert_allclose(found.locations, [[4.0, 1.0 + 0.9, 20.0]])  # centre (4, 1.0, 20)
        np.testing.assert_array_equal(found.dimensions, [WRONG["size"]])
        assert found.rotation_y[0] == WRONG["ry"]

    def test_centre(self):
        detection = {**self.truth, **WRONG, "at": (8.0, 2.9, 40.0)}
        found = swapped("centre", self.truth, detection)
        np.testing.assert_allclose(found.locations, [[4.0, 1.6 - 0.75 + 0.9, 20.0]])
        np.testing.assert_array_equal(found.dimensions, [WRONG["size"]])

    def test_size_keeps_the_centre(self):
        found = swapped("size", self.truth, {**self.truth, **WRONG, "at": (8.0, 2.9, 40.0)})
        np.testing.assert_array_equal(found.dimensions, [self.truth["size"]])
        np.testing.assert_allclose(found.locations, [[8.0, 2.0 + 0.75, 40.0]])

    def test_yaw_takes_alpha_along_where_it_is_known(self):
        found = swapped("yaw", self.truth, {**self.truth, **WRONG})
        assert (found.rotation_y[0], found.alpha[0]) == (0.3, 0.1)
        assert swapped("yaw", self.truth, {**self.truth, **WRONG, "alpha": -10.0}).alpha[0] == -10.0

    def test_a_detection_that_means_nothing_stays(self):
        detection = {**self.truth, **WRONG, "box": (600, 100, 700, 150), "at": (8.0, 2.9, 40.0)}
        for swap in ("depth", "centre", "size", "yaw"):
            np.testing.assert_allclose(swapped(swap, self.truth, detection).matrix(), labels([detection]).matrix())

    def test_a_detection_behind_the_camera_cannot_follow_its_ray(self):
        detection = {**self.truth, **WRONG, "at": (8.0, 2.9, 0.0)}
        np.testing.assert_allclose(swapped("depth", self.truth, detection).locations, [[8.0, 2.9, 0.0]])

    def test_unknown(self):
        with pytest.raises(ValueError, match="depth, centre, size, yaw"):
            swap_from_truth([], [], swap="colour")


class TestOracle:
    @pytest.mark.parametrize(
        ("swap", "error"),
        [
            ("depth", {"at": (4.4, 1.685, 22.0)}),  # the centre (4, 0.85, 20) seen 10 % too far away
            ("centre", {"at": (5.5, 1.2, 22.0)}),
            ("size", {"size": (2.5, 3.0, 6.0), "at": (4.0, 2.1, 20.0)}),
            ("yaw", {"ry": 1.5, "alpha": 1.3}),
        ],
    )
    def test_the_right_swap_mends_a_single_error(self, swap, error):
        truth = thing(at=(4.0, 1.6, 20.0), ry=0.3, alpha=0.1)
        case = packed([[truth]] * 25, [[{**truth, **error, "score": 0.5}]] * 25)
        assert evaluate(*case).ap("Car") == 0.0
        for other in ("depth", "centre", "size", "yaw"):
            mended = oracle(*case, swap=other).ap("Car")
            assert mended == pytest.approx(60.0 if other == swap or (swap, other) == ("depth", "centre") else 0.0)

    def test_the_image_metric_does_not_move(self):
        case = packed(*random_case(np.random.default_rng(0), frames=20))
        plain = evaluate(*case)
        for swap in ("depth", "centre", "size", "yaw"):
            assert oracle(*case, swap=swap).ap("Car", "bbox", points=11) == plain.ap("Car", "bbox", points=11)
