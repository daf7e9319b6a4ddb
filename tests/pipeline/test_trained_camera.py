"""The camera that a student learnt from is written down at the size that it sees."""

import shutil
from dataclasses import replace

import pytest

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.pipeline.trained_camera import trained_camera

TOY = KittiRoot(paths.toy_set())


def test_the_streets_have_kittis_focal_length():
    camera = trained_camera(CameraFrames(TOY, TOY.split("train").ids))
    assert camera["image_size"] == [96, 320]
    assert camera["focal"] == pytest.approx([721.5377 * 320 / 1242] * 2, rel=1e-3)
    assert camera["focal_range"] == [camera["focal"][0]] * 2


def test_it_is_that_of_the_resized_images():
    plain = CameraFrames(TOY, TOY.split("train").ids)
    whole, half = trained_camera(plain), trained_camera(replace(plain, size=(48, 160)))
    assert half["image_size"] == [48, 160]
    assert half["focal"] == pytest.approx([f / 2 for f in whole["focal"]], abs=2e-3)
    # Pixel centres lie at integers.
    assert half["principal_point"] == pytest.approx([(c + 0.5) / 2 - 0.5 for c in whole["principal_point"]], abs=2e-3)


def test_a_range_of_focal_lengths_is_told(tmp_path):
    root = KittiRoot(shutil.copytree(TOY.root, tmp_path / "root"))
    ids = root.split("train").ids
    file = root.path("calib", ids[-1])
    lines = file.read_text().splitlines()
    row = next(n for n, line in enumerate(lines) if line.startswith("P2"))
    words = lines[row].split()
    words[1] = str(2 * float(words[1]))
    lines[row] = " ".join(words)
    file.write_text("\n".join(lines) + "\n")
    camera = trained_camera(CameraFrames(root, ids))
    assert camera["focal_range"][1] == pytest.approx(2 * camera["focal_range"][0], rel=1e-4)
    assert camera["focal"][0] == pytest.approx(camera["focal_range"][0]), "the median of four"
