import json

import pytest
from made_results import made, seeds_of

from monotakd.errors import DataError
from monotakd.pipeline.results import RunResult, read_results, require_one_world, select


def test_a_result_survives_the_file(tmp_path):
    result = made(noise=(0.5, -0.25))
    assert RunResult.read(result.write(tmp_path / "results.json")) == result


def test_other_classes_survive_the_file_and_older_files_have_none(tmp_path):
    result = made(other_classes={"Cyclist": {"3d_25": (3.0, 2.0, 1.0)}})
    assert RunResult.read(result.write(tmp_path / "results.json")) == result
    assert "other_classes" not in made().to_json()
    assert RunResult.from_json(made().to_json()).other_classes == {}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("seed", -1, "field seed"),
        ("seed", True, "field seed"),
        ("row", "", "field row"),
        ("boxes", 1, "field boxes"),
        ("ap", {"3d_70": 1.0}, "field ap"),
        ("ap", {"bev_50": 1.0, "3d_50": 1.0, "bev_70": 1.0, "3d_70": 101.0}, "field ap.3d_70"),
        ("hard", {"bev_50": 1.0, "3d_50": 1.0, "bev_70": 1.0, "3d_70": float("nan")}, "field hard.3d_70"),
        ("replicates", {"bev_50": [], "3d_50": [1.0], "bev_70": [1.0], "3d_70": [1.0]}, "field replicates.bev_50"),
        ("replicates", {"bev_50": [1, 2], "3d_50": [1.0], "bev_70": [1.0], "3d_70": [1.0]}, "field replicates"),
        ("record", [], "field record"),
        ("other_classes", {"Cyclist": 3}, "field other_classes"),
        ("other_classes", {"Cyclist": {"3d_25": [1.0, 2.0]}}, "field other_classes"),
        ("other_classes", {"Cyclist": {"3d_25": [1.0, 2.0, 101.0]}}, "field other_classes.Cyclist.3d_25"),
    ],
)
def test_bad_fields_are_named(field, value, named):
    with pytest.raises(DataError) as error:
        RunResult.from_json(made().to_json() | {field: value}, "file.json")
    assert error.value.source == "file.json"
    assert error.value.place == named


def test_missing_and_unknown_fields_are_named():
    value = made().to_json()
    with pytest.raises(DataError, match="unknown field colour"):
        RunResult.from_json(value | {"colour": "red"})
    del value["seed"]
    with pytest.raises(DataError, match="no field seed"):
        RunResult.from_json(value)


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "results.json").write_text('{"row": "dir')
    with pytest.raises(DataError, match="no JSON"):
        read_results(tmp_path)


def test_results_of_a_job_are_found_at_any_depth_and_nothing_else_is_read(tmp_path):
    runs = seeds_of("direct", [1.0, 2.0])
    for run in reversed(runs):
        run.write(tmp_path / "labels_all" / "direct" / f"seed{run.seed}" / "results.json")
    (tmp_path / "claims.json").write_text("{}")
    assert read_results(tmp_path) == runs


def test_a_collection_is_read_without_the_files_that_hold_no_run(tmp_path):
    run = made()
    run.write(tmp_path / "toy" / "direct" / "seed0.json")
    (tmp_path / "claims.json").write_text(json.dumps({"claims": []}))
    assert read_results(tmp_path) == [run]


def test_the_same_run_twice_is_refused(tmp_path):
    for name in ("a", "b"):
        made().write(tmp_path / name / "results.json")
    with pytest.raises(DataError, match="the same run as in"):
        read_results(tmp_path)


def test_runs_of_two_worlds_are_not_compared():
    for changes in ({"preset": "quick"}, {"split": "val"}, {"frames": 7}):
        with pytest.raises(DataError, match="one preset"):
            require_one_world([made(), made("monotakd", **changes)])
    with pytest.raises(DataError, match="replicates"):
        require_one_world([made(), made("monotakd", noise=(0.0,) * 3)])
    with pytest.raises(DataError, match="twice"):
        require_one_world([made(), made()])


def test_selection_is_by_row_and_labels_in_the_order_of_seeds():
    runs = seeds_of("direct", [1, 2, 3])
    others = [*seeds_of("imd", [5]), *seeds_of("direct", [9], labels="200")]
    assert select([*others, *reversed(runs)], "direct", "all") == runs
