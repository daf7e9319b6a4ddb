import numpy as np
import pytest
from kitti_cases import packed, random_case, thing

from monotakd.metrics.kitti import evaluate

RIGHT = (600.0, 100.0, 700.0, 150.0)


def fates(truths, detections, name="Car", metric="bbox", difficulty="easy", **options):
    evaluation = evaluate(*packed([truths], [detections]), trace=True, workers=1)
    return evaluation.trace.fates(name, metric, difficulty, **options)


@pytest.mark.parametrize("seed", range(5))
def test_the_trace_counts_what_the_curve_counts(seed):
    evaluation = evaluate(*packed(*random_case(np.random.default_rng(seed), frames=20)), trace=True)
    compared = 0
    for (name, level, metric, difficulty), curve in evaluation.curves.items():
        for k, threshold in enumerate(curve.thresholds):
            found = evaluation.trace.fates(name, metric, difficulty, level, min_score=threshold)
            assert (found.hits, found.false_alarms) == (curve.hits[k], curve.false_alarms[k])
            assert sum(fate.status == "hit" for fate in found.truths) == found.hits
            compared += 1
    assert compared > 50


@pytest.mark.parametrize("seed", range(3))
def test_both_sides_of_a_match_agree(seed):
    evaluation = evaluate(*packed(*random_case(np.random.default_rng(seed))), trace=True)
    found = evaluation.trace.fates("Car", "bev", "hard", "loose")
    forth = {(f.frame, f.truth, f.row, f.overlap) for f in found.detections if f.truth is not None}
    back = {(f.frame, f.row, f.detection, f.overlap) for f in found.truths if f.detection is not None}
    assert forth == back
    assert forth


def test_only_when_asked():
    assert evaluate(*packed([[thing()]], [[]])).trace is None


def test_a_hit():
    found = fates([thing()], [thing(box=(100, 100, 180, 150), score=0.5)])
    (detection,), (truth,) = found.detections, found.truths
    assert (detection.status, detection.truth, detection.overlap) == ("hit", 0, pytest.approx(0.8))
    assert detection.reason == "overlap 0.800 with truth 0 exceeds 0.70"
    assert (detection.name, detection.score, detection.row, detection.frame) == ("Car", 0.5, 0, "000000")
    assert (truth.status, truth.detection, truth.overlap) == ("hit", 0, pytest.approx(0.8))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "van"}, "neighbour class Van"),
        ({"occluded": 2}, "occlusion 2 beyond the limit 0"),
        ({"truncated": 0.2}, "truncation 0.20 beyond the limit 0.15"),
        ({"box": (100, 100, 200, 140)}, "2D height 40.0 px not above the height limit 40 px"),
    ],
)
def test_why_a_truth_and_its_detection_are_ignored(change, reason):
    truth = {**thing(), **change}
    found = fates([truth], [{**truth, "name": "Car", "score": 0.5}])
    assert (found.truths[0].status, found.truths[0].reason) == ("ignored", reason)
    assert found.detections[0].status == "ignored"
    assert found.detections[0].reason == f"takes truth 0, which is ignored: {reason}"


def test_why_a_detection_is_ignored_and_its_truth_not_missed():
    found = fates([thing(box=(100, 100, 200, 141))], [thing("Cyclist", (100, 100, 200, 139), score=0.5)])
    assert found.detections[0].status == "ignored"
    assert found.detections[0].reason == "2D height 39.0 px is below the height limit 40 px; it still takes truth 0"
    assert found.truths[0].status == "ignored"
    assert "neither hit nor miss" in found.truths[0].reason
    assert found.missed == 0


def test_why_a_detection_is_a_false_alarm():
    detections = [
        thing(score=0.9),
        thing(box=(101, 100, 201, 150), score=0.8),
        thing(box=(140, 100, 240, 150), score=0.7),
        thing(box=RIGHT, score=0.6),
    ]
    found = fates([thing()], detections)
    assert [f.status for f in found.detections] == ["hit", *["false alarm"] * 3]
    assert found.detections[1].reason == "truth 0 is taken by another detection"
    assert found.detections[2].reason == "the largest overlap, 0.429 with truth 0, does not exceed 0.70"
    assert found.detections[3].reason == "overlaps no Car"
    assert [f.truth for f in found.detections] == [0, None, None, None]


def test_why_a_truth_is_missed():
    found = fates([thing(), thing(box=(101, 100, 201, 150)), thing(box=RIGHT)], [thing(score=0.9)])
    assert [f.status for f in found.truths] == ["hit", "missed", "missed"]
    assert found.truths[1].reason == "every detection that overlaps it enough is taken by an earlier truth"
    assert found.truths[2].reason == "no detection overlaps it by more than 0.70; the largest overlap is 0.000"


def test_suppressed_only_in_the_image():
    case = [thing("DontCare", (90, 90, 190, 160)), thing(box=RIGHT)], [thing(score=0.5)]
    detection = fates(*case).detections[0]
    assert detection.status == "suppressed by DontCare"
    assert detection.reason == "90% of it lies in a DontCare region, more than 0.70"
    assert fates(*case, metric="3d").detections[0].status != "suppressed by DontCare"
    assert fates(*case).truths[0].reason == "a region in which nothing counts"


def test_other_classes():
    found = fates([thing("Truck")], [thing("Cyclist", score=0.5)])
    assert found.detections[0].status == found.truths[0].status == "other class"
    assert found.detections[0].reason == "class Cyclist is not scored as Car"


def test_the_score_cut():
    detections = [thing(score=0.5), thing(box=(100, 100, 180, 150), score=0.9)]
    assert [f.status for f in fates([thing()], detections).detections] == ["hit", "false alarm"]
    cut = fates([thing()], detections, min_score=0.6)
    assert [f.status for f in cut.detections] == ["below the score cut", "hit"]
    assert cut.detections[0].reason == "score 0.5 is below 0.6"
    missed = fates([thing()], detections, min_score=0.95)
    assert missed.truths[0].status == "missed"
    assert missed.truths[0].overlap == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Truck",), "Car, Pedestrian, Cyclist"),
        (("Car", "4d"), "bbox, bev, 3d"),
        (("Car", "3d", "medium"), "easy, moderate, hard"),
        (("Car", "3d", "easy", "wide"), "strict, loose"),
    ],
)
def test_unknown_names(arguments, message):
    trace = evaluate(*packed([[]], [[]]), trace=True).trace
    with pytest.raises(ValueError, match=message):
        trace.fates(*arguments)
