"""The stored models: there, small, whole, of this version of the networks, and still as good as noted."""

import json
import shutil

import pytest
import torch

from monotakd import checkpoints, paths
from monotakd.bootstrap import CHECKOUT
from monotakd.engine.run_folder import FINAL
from monotakd.engine.weights import save_weights
from monotakd.errors import DataError
from monotakd.pipeline.networks import build
from monotakd.pipeline.results import METRICS, RunResult
from monotakd.pipeline.results import NAME as RESULT


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A data folder of our own with the stored models, found through MONOTAKD_DATA."""
    shutil.copytree(paths.checkpoint_folder(), tmp_path / "checkpoints")
    monkeypatch.setenv(paths.DATA_VARIABLE, str(tmp_path))
    return tmp_path / "checkpoints"


@pytest.mark.slow
@pytest.mark.parametrize("name", checkpoints.NAMES)
def test_average_precision_rose_from_untrained_to_trained(name):
    untrained = build(name.removeprefix("student_")).eval().requires_grad_(False)
    before, after = checkpoints.toy_scores(untrained), checkpoints.scores_on_toy_set(name)
    assert before["bev_50"] < 1.0
    assert after["bev_50"] > 8.0


def test_six_small_files():
    files = sorted(paths.checkpoint_folder().glob("*.safetensors"))
    assert [path.stem for path in files] == sorted(checkpoints.NAMES)
    assert len(files) <= 6
    assert all(path.stat().st_size <= 2_000_000 for path in files)


@pytest.mark.parametrize("name", checkpoints.NAMES)
def test_facts_are_complete(name):
    facts = checkpoints.facts(name)
    assert facts["record"]["commit"]
    assert not facts["record"]["commit"].endswith("+")
    assert facts["record"]["command"].startswith("monotakd reproduce")
    assert facts["scores"]["frames"] == 1000
    assert facts["seed"] == 0
    assert {"train", "settings", "frames", "weights"} <= set(facts["config"])
    assert facts["config"]["train"]["steps"] == facts["training"]["steps"]
    assert ("recipe" in facts["config"]["settings"]) == name.startswith("student")


@pytest.mark.parametrize("name", checkpoints.NAMES)
def test_each_is_the_run_that_the_table_reports(name):
    """Stored models are replaced only together with results/."""
    facts = checkpoints.facts(name)
    seed = f"/seed{facts['seed']}" if name.startswith("student") else ""
    result = RunResult.read(CHECKOUT / f"results/toy/labels_{facts['labels']}/{facts['row']}{seed}.json")
    assert facts["scores"]["moderate"] == result.ap
    assert facts["training"] == result.training
    assert {key: facts["record"].get(key) for key in ("commit", "command", "teacher")} == {
        key: result.record.get(key) for key in ("commit", "command", "teacher")
    }
    assert facts["config"]["weights"] == result.record["config"]["weights"]
    assert facts["network"] == result.record["config"]["settings"]["network"]


@pytest.mark.parametrize("name", checkpoints.NAMES)
def test_scores_have_not_drifted(name):
    """The whole way from file to AP; a changed network, metric or data set shows here."""
    assert checkpoints.scores_on_toy_set(name) == pytest.approx(checkpoints.facts(name)["on_toy_set"], abs=0.1)


def test_models_load_frozen_and_in_evaluation_mode():
    for network in (checkpoints.teacher(), checkpoints.assistant(), checkpoints.assistant(True), checkpoints.student()):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())


def test_damaged_files_are_refused(copied):
    path = copied / "teacher.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"teacher\.safetensors"):
        checkpoints.teacher()


def test_swapped_files_are_refused(copied):
    shutil.copy(copied / "student_direct.safetensors", copied / "student_monotakd.safetensors")
    with pytest.raises(DataError, match="SHA-256"):
        checkpoints.student("monotakd")


def test_another_version_is_refused_by_field(copied):
    facts = json.loads((copied / "assistant.json").read_text())
    facts["network"]["scale"]["bev_channels"] = 48
    (copied / "assistant.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match="bev_channels"):
        checkpoints.assistant()


def test_unknown_and_missing_models(copied):
    with pytest.raises(DataError, match="ground_truth_only"):
        checkpoints.student("best")
    (copied / "teacher.json").unlink()
    with pytest.raises(DataError, match="Restore data/checkpoints"):
        checkpoints.teacher()


def write_log(path, steps):
    records = [{"event": "started", "step": 0}]
    records += [
        {"step": n, "total": 3.0 / n, "learning_rate": 1e-5 * n, "terms": {"direct": 1.0 / n, "depth": float(n)}}
        for n in range(1, steps + 1)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def test_a_short_log_is_kept_step_by_step(tmp_path):
    write_log(tmp_path / "log.jsonl", 7)
    kept = checkpoints.thinned_log(tmp_path / "log.jsonl")
    assert kept["steps"] == [1, 2, 3, 4, 5, 6, 7]
    assert kept["total"][2:] == [1.0, 0.75, 0.6, 0.5, 0.4286]
    assert kept["learning_rate"][0] == 1e-5
    assert list(kept["terms"]) == ["direct", "depth"]
    assert kept["terms"]["depth"] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_a_long_log_is_averaged_over_neighbours(tmp_path):
    write_log(tmp_path / "log.jsonl", 1000)
    kept = checkpoints.thinned_log(tmp_path / "log.jsonl")
    lengths = {len(values) for values in (kept["steps"], kept["total"], kept["learning_rate"], *kept["terms"].values())}
    assert lengths == {checkpoints.LOG_POINTS}
    assert kept["steps"][0] == 9
    assert kept["steps"][-1] == 1000
    assert kept["terms"]["depth"][0] == 5.0
    assert len(json.dumps(kept)) < 6000


def test_an_empty_log_is_refused(tmp_path):
    write_log(tmp_path / "log.jsonl", 0)
    with pytest.raises(DataError, match="no step"):
        checkpoints.thinned_log(tmp_path / "log.jsonl")


def test_a_run_is_stored_with_its_log_and_loads_again(copied, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    network = build("teacher", seed=3)
    save_weights(run / FINAL, network, {"step": 7, "config": {}})
    write_log(run / "log.jsonl", 7)
    same = dict.fromkeys(METRICS, 1.0)
    facts = {"row": "teacher", "labels": "all", "seed": 3, "preset": "smoke", "split": "val", "frames": 8}
    told = {"train": {"steps": 7}, "weights": {"box": 2.0}}
    config = {
        **told,
        "record": {"camera": {"focal": [1.0, 1.0]}, "threads": 1},
        "settings": {"network": {"grid": 1}, "recipe": {"cells": "all"}},
    }
    facts |= {
        "boxes": True,
        "ap": same,
        "easy": same,
        "hard": same,
        "training": {"steps": 7},
        "record": {"commit": "a", "config": config},
    }
    RunResult(**facts, replicates={metric: (1.0,) for metric in METRICS}).write(run / RESULT)
    path = checkpoints.store("teacher", run, tmp_path / "elsewhere")
    assert path.parent == tmp_path / "elsewhere"
    known = json.loads(path.with_suffix(".json").read_text())
    assert known["record"] == {"commit": "a", "camera": {"focal": [1.0, 1.0]}}
    assert known["config"] == {**told, "settings": {"recipe": {"cells": "all"}}}
    assert known["log"] == checkpoints.thinned_log(run / "log.jsonl")
    for name in ("teacher.json", "teacher.safetensors"):
        shutil.copy(path.with_name(name), copied / name)
    torch.testing.assert_close(
        checkpoints.teacher().state_dict(), network.state_dict(), rtol=1e-3, atol=1e-4, check_dtype=False
    )
