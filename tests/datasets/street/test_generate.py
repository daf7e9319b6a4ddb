import hashlib
import json
import shutil
import sys
from collections import namedtuple

import numpy as np
import pytest

pytest.importorskip("open3d")

from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street import generate
from monotakd.datasets.street.generate import scene_of_frame, synthesize
from monotakd.datasets.street.manifest import Manifest
from monotakd.datasets.street.render import render
from monotakd.datasets.street.settings import StreetSettings
from monotakd.errors import DataError

SMALL = {"width": 128, "progress": False}


def digest(root, pattern="**/*"):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob(pattern))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three train, one val, one test and two unlabelled frames, made by one process."""
    root = tmp_path_factory.mktemp("worlds") / "one"
    made = synthesize(root, train=3, val=1, test=1, unlabelled=2, seed=5, depth=True, **SMALL)
    assert (made.made, made.kept) == (7, 0)
    return root


def test_layout_is_kittis(world):
    files = digest(world)
    assert {f for f in files if "ImageSets" in f} == {
        f"ImageSets/{name}.txt" for name in ("train", "val", "trainval", "test", "unlabelled")
    }
    assert (world / "ImageSets/trainval.txt").read_text() == "000000\n000001\n000002\n000003\n"
    assert (world / "ImageSets/unlabelled.txt").read_text() == "000005\n000006\n"
    for folder, suffix in (("image_2", "png"), ("velodyne", "bin"), ("calib", "txt"), ("depth_2", "png")):
        assert {f for f in files if f"training/{folder}/" in f} == {
            f"training/{folder}/{number:06d}.{suffix}" for number in (0, 1, 2, 3, 5, 6)
        }
        assert f"testing/{folder}/000004.{suffix}" in files
    assert {f for f in files if "label_2" in f} == {
        *(f"training/label_2/00000{n}.txt" for n in range(4)),
        "testing/label_2/000004.txt",
    }


def test_frames_read_back_as_rendered(world):
    root = KittiRoot(world)
    for frame_id in root.split("train").ids[:2]:
        read = root.frame(frame_id, depth="file")
        drawn = render(scene_of_frame(world, frame_id), frame_id=frame_id, threads=1).frame
        np.testing.assert_array_equal(read.image, drawn.image)
        np.testing.assert_array_equal(read.points, drawn.points)
        np.testing.assert_allclose(read.calibration.img_from_lidar, drawn.calibration.img_from_lidar, rtol=1e-12)
        np.testing.assert_array_equal(read.annotations.boxes.values, drawn.annotations.boxes.values)
        assert read.annotations.boxes.names == drawn.annotations.boxes.names
        np.testing.assert_allclose(read.depth, np.where(drawn.depth < 255, drawn.depth, 0), atol=1 / 512 + 1e-6)
    assert root.frame("000005").annotations is None


def test_same_bytes_from_two_workers(world, tmp_path):
    synthesize(tmp_path / "two", train=3, val=1, test=1, unlabelled=2, seed=5, depth=True, workers=2, **SMALL)
    assert digest(tmp_path / "two") == digest(world)


def test_goes_on_after_being_killed(world, tmp_path, monkeypatch):
    root, wanted, real = tmp_path / "killed", digest(world), generate.write_job

    class KilledError(Exception):
        pass

    def killed(job, **kwargs):
        if job.frame_id == "000002":
            # The worst moment: half of the files are there, and one of them only as a part.
            real(job, **kwargs)
            (root / "training/label_2/000002.txt").unlink()
            (root / "training/label_2/.000002.txt.1.ab.part").write_text("Car 0.")
            raise KilledError
        real(job, **kwargs)

    arguments = {"train": 3, "val": 1, "test": 1, "unlabelled": 2, "seed": 5, "depth": True, **SMALL}
    monkeypatch.setattr(generate, "write_job", killed)
    with pytest.raises(KilledError):
        synthesize(root, **arguments)
    assert not (root / "ImageSets").exists()
    monkeypatch.setattr(generate, "write_job", real)
    again = synthesize(root, **arguments)
    assert (again.made, again.kept) == (5, 2)
    assert digest(root) == wanted
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.png")}
    assert synthesize(root, **arguments).made == 0
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*.png")}
    assert synthesize(root, resume=False, **arguments).made == 7


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seed": 6}, "seed"),
        ({"train": 4}, "frames.train"),
        ({"depth": False}, "depth"),
        ({"width": 160}, "settings.width"),
        ({"settings": StreetSettings(relief=0.0)}, "settings.relief"),
    ],
)
def test_another_world_in_the_same_folder_is_refused(world, change, field):
    before = digest(world)
    arguments = {"train": 3, "val": 1, "test": 1, "unlabelled": 2, "seed": 5, "depth": True, **SMALL, **change}
    with pytest.raises(DataError) as error:
        synthesize(world, **arguments)
    assert error.value.place == field
    assert digest(world) == before


def test_foreign_folder_is_refused(tmp_path):
    (tmp_path / "training").mkdir()
    with pytest.raises(DataError, match="no street world wrote"):
        synthesize(tmp_path, train=1, val=0, **SMALL)


def test_damaged_manifest_names_the_file(world, tmp_path):
    for text in ('{"seed": 5', "[]", '{"seed": 5}', '{"seed": "x", "frames": 3}'):
        (tmp_path / "world.json").write_text(text)
        with pytest.raises(DataError, match=r"world\.json"):
            Manifest.read(tmp_path)
    values = json.loads((world / "world.json").read_text())
    (tmp_path / "world.json").write_text(json.dumps({**values, "version": 0}))
    with pytest.raises(DataError, match="version 0"):
        Manifest.read(tmp_path)
    assert Manifest.read(world).frames == (3, 1, 1, 2)


def test_splits_draw_from_seeds_of_their_own(world, tmp_path):
    synthesize(tmp_path / "more", train=1, val=1, seed=5, depth=True, **SMALL)
    same = (tmp_path / "more/training/image_2/000001.png").read_bytes()
    assert same == (world / "training/image_2/000003.png").read_bytes()
    assert len(set(digest(world, "*/image_2/*.png").values())) == 7
    a, b = (generate.scene_of(5, split, 0, StreetSettings()) for split in ("train", "val"))
    assert a.actors != b.actors


def test_missing_open3d_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "open3d", None)
    with pytest.raises(DataError, match="pip install open3d"):
        synthesize(tmp_path / "none", train=1, val=0, **SMALL)


def test_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 10_000_000))
    with pytest.raises(DataError, match=r"0\.0 GB free.*expected 2\.\d GB for 1000 frames of 128"):
        synthesize(tmp_path / "full", train=1000, val=0, **SMALL)
    assert not (tmp_path / "full").exists()


@pytest.mark.parametrize("counts", [{"train": -1, "val": 2}, {"train": 0, "val": 0}])
def test_senseless_counts(tmp_path, counts):
    with pytest.raises(ValueError, match="expected counts"):
        synthesize(tmp_path, **counts, **SMALL)


def test_unknown_frame(world):
    with pytest.raises(DataError, match="one of the 7 frames"):
        scene_of_frame(world, "000099")
