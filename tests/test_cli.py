"""The commands as a user types them: exit status, output, and what bad input is answered with."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monotakd import jupyterlab, paths

CAR = "Car 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 20.70 -1.59"


@pytest.fixture
def folders(tmp_path):
    labels, predictions = tmp_path / "labels", tmp_path / "predictions"
    for folder, line in ((labels, CAR), (predictions, CAR + " 0.9")):
        folder.mkdir()
        for frame in ("000000", "000001"):
            (folder / f"{frame}.txt").write_text(line + "\n")
    return labels, predictions


def test_help_lists_every_command():
    done = subprocess.run([sys.executable, "-m", "monotakd", "--help"], capture_output=True, text=True, check=True)
    for command in ("doctor", "data", "evaluate", "benchmark", "run", "lab", "notebooks", "test", "check"):
        assert command in done.stdout


def test_group_without_command_shows_its_commands(call):
    status, out, _ = call("data")
    assert status == 0
    assert {"check", "synthesize", "statistics"} <= set(out.split())


def test_evaluate_writes_the_published_form(call, folders, tmp_path):
    labels, predictions = folders
    status, out, _ = call(
        "evaluate", "--labels", labels, "--predictions", predictions, "--json", tmp_path / "scores.json"
    )
    assert status == 0
    assert "Car" in out
    scores = json.loads((tmp_path / "scores.json").read_text())["classes"]
    assert set(scores) == {"Car", "Pedestrian", "Cyclist"}
    # Two perfect detections reach two of the forty recall positions' thresholds; see kitti metric, R40.
    assert scores["Car"]["0.70"]["3d"]["R11"][1] > scores["Car"]["0.70"]["3d"]["R40"][1] > 0


def test_evaluate_names_the_missing_prediction(call, folders):
    labels, predictions = folders
    (predictions / "000001.txt").unlink()
    status, _, err = call("evaluate", "--labels", labels, "--predictions", predictions)
    assert status == 2
    assert "000001" in err


def test_evaluate_names_file_and_line_of_a_bad_score(call, folders):
    labels, predictions = folders
    (predictions / "000001.txt").write_text(f"{CAR} 0.9\n{CAR} nan\n")
    status, _, err = call("evaluate", "--labels", labels, "--predictions", predictions)
    assert status == 2
    assert "000001.txt, line 2" in err


def test_evaluate_present_only_says_how_many_are_absent(call, folders, tmp_path):
    labels, predictions = folders
    split = tmp_path / "val.txt"
    split.write_text("000000\n000001\n000005\n")
    arguments = ("evaluate", "--labels", labels, "--predictions", predictions, "--split", split)
    status, _, err = call(*arguments)
    assert status == 2
    assert "000005" in err
    status, out, _ = call(*arguments, "--present-only")
    assert status == 0
    assert "1" in out
    assert "absent" in out


def test_check_of_a_missing_root(call, tmp_path):
    status, out, _ = call("data", "check", tmp_path / "nowhere")
    assert status == 1
    assert "nowhere" in out


def test_check_reports_problems_with_status_one(call, tmp_path):
    import shutil

    root = tmp_path / "root"
    shutil.copytree(paths.tiny_set(), root)
    status, out, _ = call("data", "check", root, "--workers", "1")
    assert status == 0, out
    points = next((root / "training" / "velodyne").glob("*.bin"))
    points.write_bytes(points.read_bytes()[:-3])
    status, out, _ = call("data", "check", root, "--workers", "1", "--json")
    assert status == 1
    (problem,) = json.loads(out)["problems"]
    assert points.name in json.dumps(problem)


def test_statistics_compare_with_kitti(call):
    status, out, _ = call("data", "statistics", paths.tiny_set())
    assert status == 0
    assert "KITTI, 7481 frames" in out
    assert "3.84 / 3 / 9 / 14" in out


def test_synthesize_and_check(call, tmp_path):
    root = tmp_path / "world"
    arguments = ("--train", 2, "--val", 1, "--unlabelled", 1, "--width", 160, "--seed", 7, "--workers", 1)
    status, _, _ = call("data", "synthesize", "--out", root, *arguments)
    assert status == 0
    assert len(list((root / "training" / "image_2").glob("*.png"))) == 4
    assert len(list((root / "training" / "label_2").glob("*.txt"))) == 3
    status, out, _ = call("data", "check", root, "--workers", "1")
    assert status == 0, out


def test_unknown_benchmark_part(call):
    status, _, err = call("benchmark", "nonsense")
    assert status == 2
    assert "geometry" in err


def test_jupyterlab_and_its_terminals_find_the_command():
    found = shutil.which("monotakd", path=jupyterlab.environment()["PATH"])
    assert found is not None
    assert Path(found).parent == Path(sys.executable).parent
