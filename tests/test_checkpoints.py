"""The stored models: there, small, whole, of this version of the networks, and still as good as noted."""

import json
import shutil

import pytest

from monotakd import checkpoints, paths
from monotakd.errors import DataError


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A data folder of our own with the stored models, found through MONOTAKD_DATA."""
    shutil.copytree(paths.checkpoint_folder(), tmp_path / "checkpoints")
    monkeypatch.setenv(paths.DATA_VARIABLE, str(tmp_path))
    return tmp_path / "checkpoints"


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
