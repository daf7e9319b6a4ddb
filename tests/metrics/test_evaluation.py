import json

import pytest
from kitti_cases import packed, thing

from monotakd.metrics.evaluation import format_table
from monotakd.metrics.kitti import evaluate


@pytest.fixture(scope="module")
def evaluation():
    truth = [[thing(), thing("Cyclist", (300, 0, 390, 60), at=(5, 1.6, 12))] for _ in range(25)]
    detections = [[{**t, "score": 0.5} for t in frame] for frame in truth]
    return evaluate(*packed(truth, detections))


def test_json_has_exactly_the_documented_form(evaluation):
    found = json.loads(json.dumps(evaluation.to_json()))
    assert list(found) == ["classes"]
    assert {name: list(levels) for name, levels in found["classes"].items()} == {
        "Car": ["0.70", "0.50"],
        "Pedestrian": ["0.50", "0.25"],
        "Cyclist": ["0.50", "0.25"],
    }
    for levels in found["classes"].values():
        for metrics in levels.values():
            assert set(metrics) == {"bbox", "bev", "3d", "aos"}
            for kinds in metrics.values():
                assert set(kinds) == {"R40", "R11"}
                assert all(len(values) == 3 and all(isinstance(v, float) for v in values) for values in kinds.values())


def test_single_numbers_are_those_of_the_json(evaluation):
    car = evaluation.to_json()["classes"]["Car"]
    assert evaluation.ap("car", "bev", "hard", "loose", 11) == car["0.50"]["bev"]["R11"][2]
    assert evaluation.aos("Car", "easy") == car["0.70"]["aos"]["R40"][0]
    assert evaluation.ap("Car") == pytest.approx(60.0)


def test_table_reads_like_the_json(evaluation):
    lines = str(evaluation).splitlines()
    assert lines[0] == "KITTI AP R40, 25 frames"
    assert len(lines) == 3 + 3 * 2 * 4
    assert lines[5].split() == ["Car", "0.70", "3d", "60.00", "60.00", "60.00"]
    assert format_table(evaluation, points=11).splitlines()[0].startswith("KITTI AP R11")


def test_table_shows_a_dash_where_orientation_is_unknown():
    evaluation = evaluate(*packed([[thing()]], [[thing(score=0.5, alpha=-10.0)]]))
    assert str(evaluation).splitlines()[6].split() == ["Car", "0.70", "aos", "-", "-", "-"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Truck",), "scored Car, Pedestrian, Cyclist"),
        (("Car", "aos"), "bbox, bev, 3d"),
        (("Car", "bev", "medium"), "easy, moderate, hard"),
        (("Car", "bev", "easy", "0.70"), "strict, loose"),
    ],
)
def test_unknown_names_are_explained(evaluation, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluation.ap(*arguments)
