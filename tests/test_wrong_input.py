"""What a clumsy user types: every mistake ends with one message that names it, and status 2."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from monotakd import paths

TOY = paths.toy_set()
IMAGE, CALIB = (next((TOY / "training" / folder).iterdir()) for folder in ("image_2", "calib"))
TRAIN = ("train", "teacher", "--preset", "smoke", "--data", TOY, "--out", "OUT")
PREDICT = ("predict", IMAGE, "--checkpoint", "student_monotakd", "--out", "OUT", "--fx", 200)
REPRODUCE = ("reproduce", "--preset", "smoke", "--data", TOY, "--out", "OUT")


@pytest.fixture
def said(call, tmp_path):
    """What a command line says; the words OUT, FILE and NOWHERE stand for places."""
    (tmp_path / "a file").write_text("text")
    places = {
        "OUT": tmp_path / "a new folder",
        "FILE": tmp_path / "a file",
        "NOWHERE": tmp_path / "a file" / "below it",
    }

    def run(*words: object) -> str:
        status, _, err = call(*(places.get(word, word) for word in words))
        lines = [line for line in err.replace("\r", "\n").splitlines() if line.startswith("monotakd: ")]
        assert (status, len(lines)) == (2, 1), err
        assert not places["OUT"].exists()
        return lines[0]

    return run


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--seed", -1), ("--labels", -5), ("--threads", -5), ("--workers", -1), ("--devices", 0), ("--steps", -3)),
        *(("--batch-size", -4), ("--parts", 0), ("--checkpoint-seconds", -1), ("--checkpoint-seconds", "nan")),
    ],
)
def test_train_refuses_impossible_numbers(said, option, value):
    assert f"{option}: found {value}; expected" in said(*TRAIN, option, value)


@pytest.mark.parametrize(("option", "value"), [("--seeds", -2), ("--steps", -2), ("--jobs", -2)])
def test_reproduce_refuses_impossible_numbers(said, option, value):
    assert f"{option}: found {value}; expected" in said(*REPRODUCE, option, value)


@pytest.mark.parametrize(
    "command",
    [
        ("unlabelled-table", "--out", "OUT", "--seeds", 0),
        ("unlabelled-table", "--out", "OUT", "--jobs", 0),
        ("focal-table", "--out", "OUT", "--frames", 0),
        ("reproduce", "--out", "OUT", "--devices", 0),
        ("reproduce", "--out", "OUT", "--parts", 0),
        ("reproduce", "--out", "OUT", "--checkpoint-seconds", -1),
        ("import-image-weights", "FILE", "--out", "OUT", "--seed", -1),
    ],
)
def test_other_commands_refuse_impossible_numbers(said, command):
    assert f"{command[-2]}: found {command[-1]}; expected" in said(*command)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--train", -1), "--train"),
        (("--train", 0, "--val", 0), "train + val + test + unlabelled"),
        (("--width", 0), "--width"),
        (("--workers", -1), "--workers"),
        (("--seed", -1), "--seed"),
        (("--layout", "raw", "--frames", 0), "--frames"),
        (("--layout", "raw", "--drives", 0), "drives + unlabelled"),
    ],
)
def test_synthesize_refuses_impossible_numbers(said, options, word):
    assert word in said("data", "synthesize", "--out", "OUT", *options)


@pytest.mark.parametrize(
    "command",
    [
        (*TRAIN[:-1], "FILE"),
        (*TRAIN[:-1], "NOWHERE"),
        (*REPRODUCE[:-1], "FILE"),
        (*REPRODUCE[:-1], "NOWHERE"),
        (*REPRODUCE, "--results", "FILE"),
        ("data", "statistics", TOY, "--json", "NOWHERE"),
        ("evaluate", "--labels", TOY / "training" / "label_2", "--predictions", "NOWHERE"),
    ],
)
def test_a_place_that_cannot_be_written_or_read_is_named(call, tmp_path, command):
    (tmp_path / "a file").write_text("text")
    places = {"OUT": tmp_path / "out", "FILE": tmp_path / "a file", "NOWHERE": tmp_path / "a file" / "below"}
    status, _, err = call(*(places.get(word, word) for word in command))
    assert status == 2
    assert str(tmp_path / "a file") in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--trained-focal", "inf"), "trained focal length: found inf pixels; expected 48 to 1280"),
        (("--trained-focal", 0.001, "--rescale-depth"), "trained focal length: found 0.001 pixels"),
        (("--min-score", 7), "--min-score: found 7"),
        (("--min-score", "nan"), "--min-score: found nan"),
        (("--camera-height", -1), "camera height: found -1 m"),
        (("--fy", "nan"), "camera fy: found nan"),
        (("--calib", CALIB), "--fx"),
    ],
)
def test_predict_refuses_impossible_cameras(said, options, words):
    assert words in said(*PREDICT, *options)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[]", "a JSON list"),
        ('{"task": [1], "settings": [1]}', "the network '[1]'"),
        ('{"task": "teacher", "settings": {"network": {}}}', "A teacher needs LiDAR points"),
    ],
)
def test_predict_refuses_settings_that_are_none(said, tmp_path, config, words):
    shutil.copy(paths.checkpoint_folder() / "student_monotakd.safetensors", tmp_path / "final.safetensors")
    (tmp_path / "config.json").write_text(config)
    assert words in said("predict", IMAGE, "--checkpoint", tmp_path, "--out", "OUT", "--fx", 200)


@pytest.mark.parametrize("size", [[96], [0, 320], "96x320", [96.5, 320]])
def test_predict_refuses_a_size_that_is_none(said, tmp_path, size):
    known = json.loads((paths.checkpoint_folder() / "student_monotakd.json").read_text())
    shutil.copy(paths.checkpoint_folder() / "student_monotakd.safetensors", tmp_path / "final.safetensors")
    config = {"task": "monotakd", "settings": {"network": known["network"], "size": size}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert "height and width" in said("predict", IMAGE, "--checkpoint", tmp_path, "--out", "OUT", "--fx", 200)


class Harmful:
    def __reduce__(self):
        return print, ("never said",)


def test_a_checkpoint_that_would_run_code_is_refused_by_what_it_calls(said, tmp_path):
    torch.save({"weight": Harmful()}, tmp_path / "theirs.pth")
    assert "it calls" in said("import-release", tmp_path / "theirs.pth", "--kind", "teacher", "--out", "OUT")


@pytest.mark.parametrize("index", ['{"weight_map": [1]}', "{}", "[]"])
def test_an_index_that_is_none_is_refused(said, tmp_path, index):
    (tmp_path / "model.safetensors.index.json").write_text(index)
    assert "index" in said("import-image-weights", tmp_path, "--out", "OUT")


def test_a_damaged_manifest_beside_the_data_is_named(said, tmp_path):
    root = shutil.copytree(TOY, tmp_path / "root")
    (root / "world.json").write_text("{")
    assert "world.json" in said("data", "statistics", root, "--json", "OUT")


def test_unknown_names_are_answered_with_those_that_there_are(said, tmp_path):
    assert "ground_truth_only" in said("train", "student", "--row", "dircet", "--data", TOY, "--out", "OUT")
    assert "all, 200" in said(*REPRODUCE, "--labels", "20")
    job = Path(tmp_path / "job")
    job.mkdir()
    (job / "job.txt").write_text("smoke\nstreet world\n")
    assert "all, 200" in said("ledger", "--out", job, "--labels", "20")
    (job / "job.txt").write_bytes(b"\xff\xfe")
    assert "job.txt" in said("reproduce", "--preset", "smoke", "--data", TOY, "--out", job)
