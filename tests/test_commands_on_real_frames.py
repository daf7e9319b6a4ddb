"""The commands of docs/reproduction.md, as typed, on real KITTI frames where there are some."""

import json
from contextlib import nullcontext

import pytest

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti.splits import write_split

PRESENT = ("--present-only",)


@pytest.fixture
def kitti(shared):
    """The real frames."""
    return KittiRoot(shared / "real" / "kitti")


@pytest.fixture
def typed(call):
    """A command that has to end well; returns what it said."""

    def run(*words):
        status, said, err = call(*words)
        assert status == 0, err
        return said

    return run


@pytest.mark.slow
def test_scored_submitted_and_drawn(typed, kitti, tmp_path):
    ids = kitti.split("val", present_only=True).ids
    for name in ("teacher", "assistant", "student_direct"):
        said = typed("detect", "--checkpoint", name, "--data", kitti.root, *PRESENT, "--out", tmp_path / name)
        assert f"{len(ids)} result files" in said
    found = json.loads((tmp_path / "teacher" / "detect.json").read_text())
    assert found["scores"]["classes"]["Car"]["0.50"]["3d"]["R40"][1] > 5
    labels = ("--labels", kitti.root / "training" / "label_2", "--split", kitti.split_path("val"), *PRESENT)
    assert f"{len(ids)} frames" in typed("evaluate", *labels, "--predictions", tmp_path / "teacher" / "labels")
    write_split(tmp_path / "ids.txt", ids)
    sent = ("--predictions", tmp_path / "student_direct" / "labels", "--split", tmp_path / "ids.txt")
    assert f"{len(ids)} frames" in typed("submit", *sent, "--out", tmp_path / "send.zip")
    image, calib = (kitti.path(folder, "000008") for folder in ("image_2", "calib"))
    student = ("--checkpoint", "student_direct", "--calib", calib)
    typed("predict", image, *student, "--out", tmp_path / "drawn")
    assert (tmp_path / "drawn" / "drawn" / "000008.png").stat().st_size > 10_000
    assert "equal to the eager network" in typed("export", image, *student, "--out", tmp_path / "student.pt2")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["teacher", "student"])
def test_rehearsed_and_trained_with_raw_drives(typed, kitti, shared, tmp_path, what):
    raw = shared / "real" / "kitti_raw"
    data = ("--preset", "smoke", "--data", kitti.root, "--steps", 2, "--batch-size", 2, "--threads", 1, *PRESENT)
    drives = () if what == "teacher" else ("--unlabelled", raw)
    with pytest.warns(RuntimeWarning, match="validation set") if drives else nullcontext():
        said = typed("train", what, *data, *drives, "--out", tmp_path / "dry", "--dry-run", "--dry-run-steps", 2)
        assert "listed frames present" in said
        assert "nothing wrong" in said
        typed("train", what, *data, *drives, "--out", tmp_path / "run")
    checkpoint = ("--checkpoint", tmp_path / "run", "--data", kitti.root, *PRESENT, "--out", tmp_path / "out")
    assert "result files" in typed("detect", *checkpoint)


@pytest.mark.slow
def test_an_assistant_the_papers_networks_narrowed_and_ones_own_camera(typed, kitti, tmp_path):
    few = ("--data", kitti.root, "--batch-size", 2, "--threads", 1, *PRESENT)
    assistant = ("train", "assistant", "--preset", "smoke", "--steps", 2, *few, "--out", tmp_path / "assistant")
    typed(*assistant)
    before = (tmp_path / "assistant" / "final.safetensors").stat().st_mtime_ns
    typed(*assistant, "--resume")
    assert (tmp_path / "assistant" / "final.safetensors").stat().st_mtime_ns == before
    small = ("--preset", "kitti_small", "--steps", 1, *few)
    typed("train", "depth-network", *small, "--out", tmp_path / "depth")
    typed("train", "teacher", *small, "--out", tmp_path / "teacher")
    assert json.loads((tmp_path / "teacher" / "config.json").read_text())["train"]["steps"] == 1
    camera = ("--fx", 721.5, "--cx", 609.6, "--cy", 172.9, "--camera-height", 1.65)
    typed(
        "predict", kitti.path("image_2", "000008"), "--checkpoint", "student_direct", *camera, "--out", tmp_path / "own"
    )
    assert json.loads((tmp_path / "own" / "json" / "000008.json").read_text())
