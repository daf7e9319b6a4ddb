"""Results of a job and of a folder that collects them, put together where they were trained alike."""

from pathlib import Path

import pytest
from made_results import made

from monotakd.errors import DataError
from monotakd.pipeline.collecting import collect, is_collected, results_of
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.results import NAME, RunResult
from monotakd.pipeline.workplace import Workplace


def run(row: str, seed: int = 0, *, taught: str = "a" * 16, **changes) -> RunResult:
    if row == "teacher":
        record = {"config": {"settings": {}}, "weights": taught}
    else:
        record = {"config": {"settings": {"recipe": {"assistant": "-"}, "teacher": taught}}}
    facts = {"preset": "smoke", "split": "val", "frames": 8, "record": record}
    return made(row, seed, **facts | changes)


def job(out: Path, *runs: RunResult) -> Workplace:
    place = Workplace(out, Preset.smoke())
    for one in runs:
        folder = place.model("all", one.row) if one.row == "teacher" else place.student("all", one.row, one.seed)
        one.write(folder / NAME)
    return place


def test_a_second_job_shows_what_the_first_collected(tmp_path):
    results = tmp_path / "results"
    collect(job(tmp_path / "first", run("teacher"), run("direct"), run("direct", 1)), results)
    second = job(tmp_path / "second", run("teacher"), run("direct", 2))
    collect(second, results)
    assert is_collected(second.student("all", "direct", 1) / NAME, second, results)
    found = [(one.row, one.seed) for one in results_of(second, results)]
    assert found == [("direct", 0), ("direct", 1), ("direct", 2), ("teacher", 0)]
    assert [(one.row, one.seed) for one in results_of(second, None)] == [("direct", 2), ("teacher", 0)]


def test_runs_of_other_presets_and_splits_are_left_out(tmp_path):
    results = tmp_path / "results"
    place = job(tmp_path / "out", run("direct"), run("direct", 1, split="test"))
    run("direct", 2, preset="smoke_5_steps").write(results / "smoke_5_steps/labels_all/direct/seed2.json")
    assert [one.seed for one in results_of(place, results)] == [0]


@pytest.mark.parametrize("row", ["teacher", "direct"])
def test_another_teacher_does_not_get_in(tmp_path, row):
    results = tmp_path / "results"
    collect(job(tmp_path / "first", run("direct")), results)
    other = job(tmp_path / "second", run(row, 1 if row == "direct" else 0, taught="b" * 16))
    for put_together in (collect, results_of):
        with pytest.raises(DataError, match=r"found teacher bbbb.*; expected aaaa.*direct/seed0.json") as error:
            put_together(other, results)
        assert error.value.source.endswith(NAME)
    assert [path.name for path in results.rglob("*.json")] == ["seed0.json"]


def test_the_same_run_with_other_numbers_is_refused(tmp_path):
    results = tmp_path / "results"
    collect(job(tmp_path / "first", run("direct", ap=40.0)), results)
    with pytest.raises(DataError, match="another result of direct, all labels, seed 0"):
        results_of(job(tmp_path / "second", run("direct", ap=41.0)), results)
