"""The teacher's objects: a run that goes on reads those that it began with; a new one cuts them out."""

from dataclasses import replace

import numpy as np
import pytest

from monotakd import paths
from monotakd.datasets.augment import LidarAugmentation, ObjectBank
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import LidarFrames
from monotakd.engine.settings import RunSettings
from monotakd.engine.train import fit
from monotakd.errors import DataError
from monotakd.pipeline.object_bank import NAME, fill_bank, read_bank, write_bank
from monotakd.pipeline.order import Order
from monotakd.pipeline.single import train_one

ROOT = KittiRoot(paths.toy_set())
STEADY = RunSettings(device="cpu", threads=1, progress=False, checkpoint_seconds=0.0)


def frames(classes: tuple[str, ...] = ("Car", "Pedestrian"), keep: bool = False) -> LidarFrames:
    return LidarFrames(ROOT, ROOT.split("trainval").ids[:4], LidarAugmentation(), classes, keep=keep)


def require_equal(one: ObjectBank, other: ObjectBank) -> None:
    assert list(one.cutouts) == list(other.cutouts)
    for name, cutouts in one.cutouts.items():
        assert len(cutouts) == len(other.cutouts[name])
        for a, b in zip(cutouts, other.cutouts[name], strict=True):
            for left, right in ((a.points, b.points), (a.box, b.box)):
                np.testing.assert_array_equal(left, right)
                assert left.dtype == right.dtype


@pytest.mark.parametrize("classes", [("Car", "Pedestrian"), ("Tram",)])
def test_objects_survive_the_file(tmp_path, classes):
    bank = frames(classes).collect()
    assert (sum(map(len, bank.cutouts.values())) > 5) == ("Car" in classes)
    write_bank(tmp_path / NAME, bank)
    require_equal(read_bank(tmp_path / NAME), bank)


def test_a_run_that_goes_on_keeps_its_objects_and_a_new_one_ignores_them(tmp_path):
    write_bank(tmp_path / NAME, frames(("Car",)).collect())
    going, fresh = frames(), frames()
    fill_bank(going, tmp_path, goes_on=True)
    assert list(going.bank.cutouts) == ["Car"]
    fill_bank(fresh, tmp_path, goes_on=False)
    require_equal(fresh.bank, frames().collect())
    require_equal(read_bank(tmp_path / NAME), fresh.bank)


def test_a_damaged_file_is_made_anew_and_told(tmp_path, capsys):
    write_bank(tmp_path / NAME, frames().collect())
    data = bytearray((tmp_path / NAME).read_bytes())
    data[-9] ^= 1
    (tmp_path / NAME).write_bytes(data)
    asked = frames()
    fill_bank(asked, tmp_path, goes_on=True)
    require_equal(asked.bank, frames().collect())
    said = capsys.readouterr().out
    assert NAME in said
    assert "read once more" in said


def test_frames_in_memory_leave_no_file(tmp_path):
    asked = frames(keep=True)
    fill_bank(asked, tmp_path, goes_on=False)
    require_equal(asked.bank, frames().collect())
    assert not (tmp_path / NAME).exists()


def test_a_stopped_teacher_goes_on_to_the_same_bytes_without_reading_all_frames(tmp_path, monkeypatch):
    asked = Order(
        "teacher", tmp_path / "whole", paths.tiny_set(), preset="kitti_small", steps=2, batch_size=2, run=STEADY
    )
    whole = train_one(asked)
    stopped = replace(asked, out=tmp_path / "stopped")

    class StopError(Exception):
        pass

    def on_step(_):
        raise StopError

    with pytest.raises(StopError):
        train_one(stopped, lambda *given, **options: fit(*given, **options, on_step=on_step))
    with pytest.raises(DataError, match="a run that was started before"):
        train_one(stopped)
    monkeypatch.setattr(LidarFrames, "collect", None)
    assert train_one(replace(stopped, resume=True)).final.read_bytes() == whole.final.read_bytes()
    assert (tmp_path / "stopped" / NAME).exists()


def test_a_folder_of_another_run_is_refused_before_all_frames_are_read(tmp_path, monkeypatch):
    asked = Order("depth_network", tmp_path, paths.tiny_set(), preset="kitti_small", steps=1, batch_size=2, run=STEADY)
    train_one(asked)
    monkeypatch.setattr(LidarFrames, "collect", None)
    for resume in (False, True):
        with pytest.raises(DataError):
            train_one(replace(asked, what="teacher", resume=resume))
    assert not (tmp_path / NAME).exists()
