"""The unlabelled table: who sees which labels, what waits for what, and the page."""

import shutil

import pytest
from made_results import made, seeds_of

from monotakd import paths
from monotakd.bootstrap import CHECKOUT
from monotakd.errors import DataError
from monotakd.pipeline import unlabelled_job
from monotakd.pipeline.results import read_results
from monotakd.pipeline.training_data import drawn_labelled
from monotakd.pipeline.unlabelled_job import UNLABELLED, LabelShares, budget, planned
from monotakd.pipeline.unlabelled_table import PAGE, SETTINGS, difference, results_page


@pytest.fixture
def place(tmp_path) -> LabelShares:
    """A job on the four embedded training frames."""
    shutil.copytree(paths.toy_set(), tmp_path / "world")
    return LabelShares(tmp_path, budget("smoke"))


def test_each_share_shows_so_many_labels_and_smaller_ones_are_part_of_larger_ones(place):
    frames = len(place.train_ids)
    shown = {name: place.data(name) for name in ("100", "25", "25_alone", "12", UNLABELLED)}
    assert [len(data.labelled_ids) for data in shown.values()] == [frames, 1, 1, round(frames * 0.12), 0]
    assert [len(data.frame_ids) for data in shown.values()] == [frames, frames, 1, frames, frames]
    assert shown["25"].labelled_ids == shown["25_alone"].frame_ids
    assert all(shown[UNLABELLED].camera().frame(index).annotations is None for index in range(frames))


def test_frames_that_show_labels_are_nested():
    names = [f"{number:06d}" for number in range(100)]
    few, more = drawn_labelled(names, 12), drawn_labelled(names, 25)
    assert (len(few), len(more)) == (12, 25)
    assert few < more
    assert drawn_labelled(names, 100) is None


def test_a_share_has_its_own_teacher_and_all_share_one_depth_network(place):
    assert place.model("25_alone", "teacher") == place.model("25", "teacher") != place.model("12", "teacher")
    assert place.model("25", "depth_network") == place.model("12_alone", "depth_network")
    assert place.student("25_alone", "monotakd", 0) != place.student("25", "monotakd", 0)


def test_every_line_is_planned_for_every_seed_after_what_it_needs(place):
    stages = planned(place, 1)
    names = [stage.name for stage in stages]
    assert len(set(names)) == len(names)
    for labels, row in SETTINGS:
        assert {f"{labels}/{row}/seed{seed}" for seed in (0, 1)} <= set(names)
    for place_in_line, stage in enumerate(stages):
        assert set(stage.needs) <= set(names[:place_in_line])
    by_name = {stage.name: stage for stage in stages}
    assert by_name["12_alone/monotakd/seed1"].needs == ("depth_network", "12/teacher/stored", "12/assistant/stored")
    assert by_name["12_alone/ground_truth_only/seed0"].needs == ("depth_network",)


def runs(**changes):
    facts = {"preset": "unlabelled", "training": {"steps": 9, "cpu_seconds": 60.0}, **changes}
    facts["record"] = {"commit": "abc", "hardware": "two cores", "command": "c", "world": {"train": 800}}
    alone = seeds_of("monotakd", [10.0, 12.0], labels="12_alone", **facts)
    return [*alone, *seeds_of("monotakd", [15.0, 17.0], labels="12", **facts), made("teacher", labels="12", **facts)]


def test_the_page_compares_with_and_without_unlabelled_frames():
    found = runs()
    value = difference(found, "12", "bev_50")
    assert (value.mean, value.seeds) == (5.0, 2)
    page = results_page(found)
    assert "| 12 % labelled, the rest without labels | MonoTAKD (published): IMD + CMRD | 2 | 16.0 ± 1.4" in page
    assert "+5.0 [+5.0, +5.0]: the unlabelled frames help." in page
    assert "| 25 % labelled alone | ground truth only | 0 | not run yet" in page
    assert "800 training streets" in page
    assert "5 runs, 5 CPU minutes" in page


def test_one_seed_settles_nothing():
    assert "settles nothing" in results_page([run for run in runs() if run.seed == 0]).split("- 12 %")[1]
    assert difference(runs()[:2], "12", "bev_50") is None


def test_other_sizes_are_refused():
    with pytest.raises(DataError, match="quick or smoke"):
        budget("toy")


def test_the_committed_page_is_what_the_results_give():
    """Fails after a change of the files or of the page, until ``monotakd unlabelled-table`` was run again."""
    folder = CHECKOUT / "results"
    if not (folder / PAGE).exists():
        pytest.skip("no committed results of this table")
    found = [run for run in read_results(folder) if run.preset == "unlabelled"]
    assert (folder / PAGE).read_text() == results_page(found)


def test_the_page_is_written_after_every_stage_and_what_is_collected_is_not_done_again(tmp_path, monkeypatch):
    out, results, asked = tmp_path / "out", tmp_path / "results", []

    def run_one(todo, *, jobs, after):
        """Stands for the runner: does the first student of the list."""
        asked.append([stage.name for stage in todo])
        stage = next(stage for stage in todo if "seed" in stage.name)
        labels, row, seed = stage.name.split("/")
        facts = {"preset": "unlabelled_smoke", "training": {"steps": 9, "cpu_seconds": 1.0}, "record": {}}
        made(row, int(seed.removeprefix("seed")), labels=labels, **facts).write(stage.proof)
        after(None)
        assert "| 1 | 40.0 |" in (results / PAGE).read_text()

    monkeypatch.setattr(unlabelled_job, "run", run_one)
    for _ in "ab":
        page = unlabelled_job.make_unlabelled_table(budget("smoke"), out, results=results)
    first = next(name for name in asked[0] if "seed" in name)
    assert first == "12_alone/ground_truth_only/seed0"
    assert asked[1] == [name for name in asked[0] if name != first]
    assert page == (results / PAGE).read_text() == (out / PAGE).read_text()
    assert (results / "unlabelled_smoke/labels_12_alone/ground_truth_only/seed0.json").exists()
