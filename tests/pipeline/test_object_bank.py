"""The teacher's objects: read from its folder at the second start, and cut out anew where the frames are others."""

from dataclasses import replace

import numpy as np
import pytest

from monotakd import paths
from monotakd.datasets.augment import LidarAugmentation, ObjectBank
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import LidarFrames
from monotakd.engine.settings import RunSettings
from monotakd.errors import DataError
from monotakd.pipeline.object_bank import NAME, bank_of
from monotakd.pipeline.order import Order
from monotakd.pipeline.single import train_one

ROOT = KittiRoot(paths.toy_set())


def frames(count: int = 4, classes: tuple[str, ...] = ("Car", "Pedestrian")) -> LidarFrames:
    return LidarFrames(ROOT, ROOT.split("trainval").ids[:count], LidarAugmentation(), classes)


def require_equal(one: ObjectBank, other: ObjectBank) -> None:
    assert list(one.cutouts) == list(other.cutouts)
    for name, cutouts in one.cutouts.items():
        assert len(cutouts) == len(other.cutouts[name])
        for a, b in zip(cutouts, other.cutouts[name], strict=True):
            for left, right in ((a.points, b.points), (a.box, b.box)):
                np.testing.assert_array_equal(left, right)
                assert left.dtype == right.dtype


class NoReading(LidarFrames):
    def collect(self, *, progress=False):
        raise AssertionError("all frames are read again")


def test_the_second_start_reads_the_same_objects_from_the_file(tmp_path):
    asked = frames()
    first = bank_of(asked, tmp_path / NAME)
    assert sum(map(len, first.cutouts.values())) > 5
    require_equal(first, asked.collect())
    require_equal(first, bank_of(NoReading(ROOT, asked.frame_ids, asked.augmentation, asked.classes), tmp_path / NAME))


def test_other_frames_or_classes_have_other_objects(tmp_path):
    bank_of(frames(), tmp_path / NAME)
    for asked in (frames(3), frames(classes=("Car",))):
        require_equal(bank_of(asked, tmp_path / NAME), asked.collect())


def test_no_objects_at_all(tmp_path):
    for _ in range(2):
        assert bank_of(frames(classes=("Tram",)), tmp_path / NAME).cutouts == {}


def test_a_damaged_file_is_named(tmp_path):
    bank_of(frames(), tmp_path / NAME)
    data = bytearray((tmp_path / NAME).read_bytes())
    data[-9] ^= 1
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(DataError, match=NAME):
        bank_of(frames(), tmp_path / NAME)


def test_a_teacher_keeps_its_objects_and_a_folder_in_use_gets_none(tmp_path):
    quiet = RunSettings(device="cpu", threads=1, progress=False)
    asked = Order("teacher", tmp_path, paths.tiny_set(), preset="kitti_small", steps=1, batch_size=2, run=quiet)
    train_one(asked)
    assert (tmp_path / NAME).exists()
    other = tmp_path / "other"
    train_one(replace(asked, what="depth_network", out=other))
    with pytest.raises(DataError, match="a run that was started before"):
        train_one(replace(asked, out=other))
    assert not (other / NAME).exists()
