import json

import numpy as np
import pytest

from monotakd import lesson
from monotakd.errors import DataError
from monotakd.lesson import facts
from monotakd.pipeline.bootstrap import paired_difference
from monotakd.pipeline.results import METRICS, RunResult


def _run(row: str, value: float, *, labels: str = "all", seed: int = 0) -> RunResult:
    spread = np.random.default_rng(seed).normal(0, 0.5, size=50)
    ap = dict.fromkeys(METRICS, value)
    replicates = {metric: tuple(np.clip(value + spread, 0, 100).round(3).tolist()) for metric in METRICS}
    return RunResult(
        row, labels, seed, "toy", "test", 100, False, ap, ap, ap, replicates, {"steps": 800, "cpu_seconds": 400.0}, {}
    )


@pytest.fixture
def results(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    runs = [_run("teacher", 89.0)]
    runs += [_run("direct", 20.0 + seed, seed=seed) for seed in range(3)]
    runs += [_run("monotakd", 22.0 + 2 * seed, seed=seed) for seed in range(3)]
    runs += [_run("monotakd", 11.0, labels="200")]
    for run in runs:
        name = f"{run.row}.json" if run.row == "teacher" else f"{run.row}/seed{run.seed}.json"
        run.write(folder / "toy" / f"labels_{run.labels}" / name)
    (folder / "claims.json").write_text(json.dumps({"claims": []}))
    monkeypatch.setattr(facts, "RESULTS", folder)
    return runs


def test_a_number_with_everything_that_stands_behind_it(results):
    fact = lesson.fact("monotakd/3d_50")
    assert fact.value == pytest.approx(24.0)
    assert f"{fact:.2f} AP" == "24.00 AP"
    said = repr(fact)
    assert said.startswith("AP 3D .5 of MonoTAKD (published): IMD + CMRD, all frames labelled: 24.0 (95 % interval")
    assert "over frames and seeds" in said
    assert "3 seeds, standard deviation 2.0" in said
    assert said.endswith("from results/toy/labels_all/monotakd/seed0.json, seed1.json, seed2.json)")
    assert "<b>24.0</b>" in fact._repr_html_()


def test_one_seed_says_that_it_settles_nothing(results):
    fact = lesson.fact("monotakd/bev_50", labels="200")
    assert "1 seed, which settles nothing" in fact.details
    assert "over frames [" in fact.details
    assert fact.sources == ("results/toy/labels_200/monotakd/seed0.json",)


def test_a_network_that_all_share_has_a_file_of_its_own(results):
    assert lesson.fact("teacher/bev_70").sources == ("results/toy/labels_all/teacher.json",)


def test_a_difference_is_the_paired_one(results):
    fact = lesson.fact("monotakd - direct/3d_50")
    wanted = paired_difference(
        [r for r in results if r.row == "monotakd" and r.labels == "all"],
        [r for r in results if r.row == "direct"],
        "3d_50",
    )
    assert fact.value == wanted.mean
    assert f"[+{wanted.low:.1f}, +{wanted.high:.1f}]" in fact.details
    assert ": +3.0 (" in repr(fact)
    assert len(fact.sources) == 6


def test_a_missing_run_says_so_and_how_to_add_it(results):
    fact = lesson.fact("imd/3d_50", labels="200")
    assert fact.missing
    assert f"{fact:.1f}" == "not run yet"
    assert "not run yet" in fact._repr_html_()
    assert "monotakd reproduce --preset toy --labels 200 --runs imd --out" in fact.details
    assert "of direct is stored" not in fact.details
    assert lesson.fact("monotakd - direct/3d_50", labels="200").missing


def test_without_results_everything_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(facts, "RESULTS", tmp_path / "nowhere")
    assert lesson.fact("teacher/3d_50").missing
    assert f"{lesson.fact('assistant_beats_direct/verdict')}" == "not run yet"


def test_costs(results):
    fact = lesson.fact("direct/cpu_seconds")
    assert fact.value == 400.0
    assert "mean of 3 runs" in fact.details
    assert lesson.fact("teacher/peak_memory_mb").missing, "these runs do not tell it"


def test_a_verdict_is_the_boards(results):
    fact = lesson.fact("assistant_beats_direct/verdict")
    assert fact.value == "reproduced"
    assert "3 seeds" in fact.details
    assert lesson.fact("assistant_beats_direct/verdict", labels="200").value == "not run yet"
    assert lesson.fact("leads_kitti/verdict").value == "only at scale"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("monotkd/3d_50", {}, "'monotkd'; expected one of teacher"),
        ("monotakd/3d50", {}, "the metric '3d50'; expected one of bev_50"),
        ("monotakd", {}, "the run ''"),
        ("a - b - c/3d_50", {}, "two of them"),
        ("monotakd - direct/cpu_seconds", {}, "the metric 'cpu_seconds'"),
        ("best/verdict", {}, "the claim 'best'"),
        ("imd_helps/verdict", {"labels": "all"}, "a setting that tests this claim: 200"),
    ],
)
def test_a_name_that_cannot_be(results, name, options, message):
    with pytest.raises(DataError, match=message):
        lesson.fact(name, **options)


def test_the_projects_own_results():
    assert lesson.fact("teacher/3d_50").value > 50
