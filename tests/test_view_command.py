"""``monotakd view``: what it writes, how detectors are named, and what it answers where it cannot."""

from pathlib import Path

import pytest

from monotakd import lesson
from monotakd.commands.viewing import _named
from monotakd.datasets.kitti.conversion import labels_from_detections
from monotakd.datasets.kitti.labels import write_labels
from monotakd.scene import Detections


@pytest.fixture
def results(tmp_path):
    """A folder of result files that finds every box of the labels, the last one with little confidence."""
    frame = lesson.frame(7)
    boxes = frame.annotations.boxes
    scores = 1 - 0.95 * (boxes.values[:, 0] == boxes.values[-1, 0])
    file = tmp_path / "pointpillars" / "000007.txt"
    file.parent.mkdir()
    write_labels(file, labels_from_detections(Detections(boxes, scores), frame.calibration))
    return file.parent


def test_writes_page_and_points(call, results, tmp_path):
    page, ply = tmp_path / "a" / "scene.html", tmp_path / "b" / "scene.ply"
    status, out, _ = call("view", "7", "--predictions", results, "--html", page, "--ply", ply)
    assert status == 0
    count = len(lesson.frame(7).annotations)
    assert f"frame 000007: no box chosen; shown: truth {count}, pointpillars {count - 1}" in out
    assert f"wrote {page}" in out
    assert page.stat().st_size > 100_000
    assert "http" not in page.read_text().replace("http://www.w3.org", ""), "the page works offline"
    assert ply.read_bytes().startswith(b"ply\n")


def test_without_options_it_writes_a_page_into_out(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = call("view", "000003")
    assert status == 0
    assert (tmp_path / "out" / "scene_000003.html").exists()
    assert "scene_000003.html" in out


def test_names_of_detectors(tmp_path):
    a, b = tmp_path / "a" / "data", tmp_path / "b" / "data"
    assert _named((a, b)) == {"data": a, "data 2": b}
    named = _named((Path(f"mine={a}"),))
    assert {name: str(path) for name, path in named.items()} == {"mine": str(a)}


def test_what_is_missing_is_named(call, results, monkeypatch):
    (results / "000007.txt").unlink()
    status, _, err = call("view", "7", "--predictions", results)
    assert status == 2
    assert "000007.txt" in err
    status, _, err = call("view", "000099")
    assert status == 2
    assert "000099" in err


def test_a_server_without_a_screen_is_told_what_to_do(call, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    status, _, err = call("view", "7", "--desktop")
    assert status == 2
    assert "no display" in err
    assert "--html" in err
