"""A trained network of any kind over a split: result files, scores, and what happens when a call was stopped."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from monotakd import checkpoints, paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.checkpoint import Checkpoint, save_checkpoint
from monotakd.engine.config_file import to_json
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline.scoring import average_precisions
from monotakd.predict import detect_split as module
from monotakd.predict.detect_split import FACTS, RESULTS, detect_split
from monotakd.predict.trained_network import load_network
from monotakd.predict.trained_student import load_student

TOY = KittiRoot(paths.toy_set())
VAL = TOY.split("val").ids


def files(out):
    return {path.name: path.read_bytes() for path in (out / RESULTS).iterdir()}


def detect(name, out, **options):
    return detect_split(load_network(name), TOY.root, options.pop("split", "val"), out, progress=False, **options)


@pytest.mark.parametrize(("name", "kind"), [("teacher", Teacher), ("assistant_aligned", Assistant)])
def test_stored_networks_by_name_and_by_file(name, kind):
    by_name, by_file = load_network(name), load_network(paths.checkpoint_folder() / f"{name}.safetensors")
    assert isinstance(by_name.network, kind)
    assert by_name.image_size == by_file.image_size == (None if kind is Teacher else (96, 320))
    assert by_name.classes == ("Car",)
    for a, b in zip(by_name.network.state_dict().values(), by_file.network.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", ["teacher", "assistant", "student_monotakd"])
def test_scores_are_those_of_the_job(name, tmp_path):
    found = detect(name, tmp_path, split="trainval", batch_size=4)
    assert sorted(files(tmp_path)) == sorted(f"{i}.txt" for i in TOY.split("trainval").ids)
    expected = checkpoints.scores_on_toy_set(name)
    # Files keep two decimals of a metre, which may turn a match at the limit.
    assert average_precisions(found.evaluation, "Car", "hard") == pytest.approx(expected, abs=1.5)
    assert expected["bev_50"] > 5
    # In the image nothing moves; seen from above, a student lacks a right centre most.
    known = found.if_known["Car"]
    as_found = found.evaluation.ap("Car", "bev", "moderate", "loose")
    assert known["centre"]["bev loose"] >= known["depth"]["bev loose"] - 1e-9
    assert known["centre"]["bev loose"] > as_found + (5 if name.startswith("student") else -1e-9)
    assert f"{known['centre']['3d loose']:.2f}" in str(found)


def test_a_call_that_was_stopped_goes_on_with_the_rest(tmp_path, monkeypatch):
    whole = detect("teacher", tmp_path / "whole")
    assert (whole.now, whole.frames) == (len(VAL), len(VAL))

    class StandInForAKillError(Exception):
        """Ends the call where a kill might."""

    def one_only(*given, **options):
        yield next(iter(iter_predict(*given, **options)))
        raise StandInForAKillError

    iter_predict = module.iter_predict
    monkeypatch.setattr(module, "iter_predict", one_only)
    with pytest.raises(StandInForAKillError):
        detect("teacher", tmp_path / "again")
    assert len(files(tmp_path / "again")) == 1
    monkeypatch.undo()
    again = detect("teacher", tmp_path / "again")
    assert again.now == len(VAL) - 1
    assert files(tmp_path / "again") == files(tmp_path / "whole")
    assert again.evaluation.to_json() == whole.evaluation.to_json()


def test_other_processes_may_read_the_frames(tmp_path):
    detect("student_direct", tmp_path / "alone")
    detect("student_direct", tmp_path / "spread", workers=2)
    assert files(tmp_path / "spread") == files(tmp_path / "alone")
    root = tmp_path / "root"
    shutil.copytree(TOY.root, root)
    image = root / "training" / "image_2" / f"{VAL[1]}.png"
    image.write_bytes(image.read_bytes()[:2000])  # Its header, from which the size is read, is still whole.
    with pytest.raises(DataError, match=rf"{VAL[1]}\.png"):
        detect_split(load_network("student_direct"), root, "val", tmp_path / "broken", workers=2, progress=False)


def test_files_of_another_network_or_split_are_not_mixed(tmp_path):
    detect("student_direct", tmp_path)
    before = files(tmp_path)
    with pytest.raises(DataError, match=r"detect\.json: found result files of weights"):
        detect("student_monotakd", tmp_path)
    with pytest.raises(DataError, match="result files of split val"):
        detect("student_direct", tmp_path, split="train")
    assert files(tmp_path) == before
    other = replace(load_network("student_direct"), image_size=(48, 160))
    with pytest.raises(DataError, match="result files of settings"):
        detect_split(other, TOY.root, "val", tmp_path, progress=False)
    (tmp_path / FACTS).unlink()
    with pytest.raises(DataError, match=r"result files without detect\.json"):
        detect("student_direct", tmp_path)


def test_a_student_sees_neither_labels_nor_points(tmp_path):
    root = tmp_path / "root"
    shutil.copytree(TOY.root, root)
    detect_split(load_network("student_direct"), root, "val", tmp_path / "with", progress=False)
    for folder in ("velodyne", "label_2"):
        shutil.rmtree(root / "training" / folder)
    found = detect_split(load_network("student_direct"), root, "val", tmp_path / "without", progress=False)
    assert found.evaluation is None
    assert not found.if_known
    assert json.loads((tmp_path / "without" / FACTS).read_text())["scores"] is None
    assert files(tmp_path / "with") == files(tmp_path / "without")
    assert any(files(tmp_path / "with").values())
    with pytest.raises(DataError, match="velodyne"):
        detect_split(load_network("teacher"), root, "val", tmp_path / "teacher", progress=False)


def test_as_typed(call, tmp_path):
    out = tmp_path / "out"
    status, said, _ = call("detect", "--checkpoint", "teacher", "--data", TOY.root, "--out", out, "--batch-size", 2)
    assert status == 0
    assert f"teacher: {len(VAL)} result files" in said
    facts = json.loads((out / FACTS).read_text())
    assert facts["record"]["command"].startswith("monotakd detect --checkpoint teacher")
    assert facts["scores"]["classes"]["Car"]["0.50"]["3d"]["R40"][2] > 10
    status, said, _ = call("detect", "--checkpoint", "teacher", "--data", TOY.root, "--out", out)
    assert (status, "0 of them new" in said) == (0, True)
    status, _, err = call("detect", "--checkpoint", "nobody", "--data", TOY.root, "--out", out)
    assert (status, "no such file, folder or model" in err) == (2, True)
    status, _, err = call("detect", "--checkpoint", "teacher", "--data", TOY.root, "--out", out, "--split", "nothing")
    assert (status, "nothing.txt" in err) == (2, True)


def test_listed_frames_that_are_absent_are_counted(tmp_path):
    root = tmp_path / "root"
    shutil.copytree(TOY.root, root)
    with (root / "ImageSets" / "val.txt").open("a") as file:
        file.write("009999\n")
    network = load_network("teacher")
    with pytest.raises(DataError, match="1 of"):
        detect_split(network, root, "val", tmp_path / "out", progress=False)
    found = detect_split(network, root, "val", tmp_path / "out", present_only=True, progress=False)
    assert found.absent == found.evaluation.absent == 1
    assert "1 listed frames are absent" in str(found)


def write_state(folder, network, task):
    config = {"task": task, "settings": {"network": to_json(network.settings), "size": [96, 320]}}
    folder.mkdir()
    return save_checkpoint(folder, Checkpoint(40, 1.0, 0, config, network.state_dict(), {}))


def test_a_training_under_way_can_be_looked_at_by_name_of_its_state(tmp_path):
    torch.manual_seed(1)
    student = Student.toy()
    state = write_state(tmp_path / "run", student, "monotakd")
    with pytest.raises(DataError, match=r"may not have finished.*checkpoint-00000040\.safetensors"):
        load_network(tmp_path / "run")
    trained = load_network(state)
    assert (trained.step, trained.image_size) == (40, (96, 320))
    for a, b in zip(trained.network.state_dict().values(), student.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert load_student(state).image_size == (96, 320)
    assert load_network("student_direct").step is None


def test_what_finds_nothing_is_refused(tmp_path):
    network = DepthNetwork(Student.toy().scale)
    network.settings = Student.toy().scale
    state = write_state(tmp_path / "run", network, "depth_network")
    with pytest.raises(DataError, match="'depth_network', which finds no objects"):
        load_network(state)


def test_an_assistant_is_told_the_depth_it_learnt_from(tmp_path):
    assistant = Assistant.toy()
    settings = {"network": to_json(assistant.settings), "size": [96, 320], "true_depth": "completed"}
    (tmp_path / "run").mkdir()
    told = Checkpoint(1, 1.0, 0, {"task": "assistant", "settings": settings}, assistant.state_dict(), {})
    state = save_checkpoint(tmp_path / "run", told)
    assert load_network(state).true_depth == "completed"
    settings["true_depth"] = "guessed"
    with pytest.raises(DataError, match="'guessed'"):
        load_network(save_checkpoint(tmp_path / "run", told))
