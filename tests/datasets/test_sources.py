import shutil

import pytest

from monotakd.datasets.kitti.images import write_image
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.sources import FrameSource, JoinedSources
from monotakd.datasets.training_frames import CameraFrames


def test_a_kitti_root_is_a_source(tiny_root):
    assert isinstance(KittiRoot(tiny_root), FrameSource)


def test_each_frame_comes_from_its_own_source(tiny_root, tmp_path):
    shutil.copytree(tiny_root, tmp_path / "other")
    image = KittiRoot(tiny_root).image("000002")
    write_image(tmp_path / "other/training/image_2/000002.png", 255 - image)
    first, second = KittiRoot(tiny_root), KittiRoot(tmp_path / "other")
    both = JoinedSources((first, ("000000", "000001")), (second, ("000002",)))
    assert both.frame_ids == ("000000", "000001", "000002")
    for source, frame_id in ((first, "000001"), (second, "000002")):
        wanted = source.frame(frame_id, points=False)
        read = both.frame(frame_id, points=False)
        assert (read.image == wanted.image).all()
        assert read.points is None
    frames = CameraFrames(both, both.frame_ids, labelled=frozenset(["000000"]))
    assert [frames.frame(i).annotations is None for i in range(3)] == [False, True, True]


def test_names_must_say_which_source(tiny_root):
    root = KittiRoot(tiny_root)
    with pytest.raises(ValueError, match="'000000' is listed twice"):
        JoinedSources((root, ("000000",)), (root, ("000000",)))
    with pytest.raises(ValueError, match="belongs to none"):
        JoinedSources((root, ("000000",))).frame("000001")
