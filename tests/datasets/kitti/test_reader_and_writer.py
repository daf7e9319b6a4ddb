import os
from dataclasses import replace

import numpy as np
import pytest
from tiny_kitti import tiny_frame, tiny_labels

from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.layout import KittiLayout, subset_of_split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti.writer import write_detections, write_frame, write_split
from monotakd.errors import DataError
from monotakd.scene import Boxes3D, Detections


def test_a_frame_comes_back_as_it_was_written(tiny_root):
    frame = KittiRoot(tiny_root).frame("000001", depth="file")
    wanted = tiny_frame("000001")
    np.testing.assert_array_equal(frame.image, wanted.image)
    np.testing.assert_array_equal(frame.points, wanted.points)
    np.testing.assert_array_equal(frame.depth, wanted.depth)
    np.testing.assert_array_equal(frame.calibration.img_from_lidar, wanted.calibration.img_from_lidar)
    assert frame.annotations.boxes.names == ("Car", "Person_sitting", "Cyclist")


def test_a_frame_read_can_be_written_again(tiny_root, tmp_path):
    frame = KittiRoot(tiny_root).frame("000001")
    write_frame(tmp_path / "copy", frame)
    for folder, suffix in (("image_2", "png"), ("calib", "txt"), ("velodyne", "bin"), ("label_2", "txt")):
        name = f"training/{folder}/000001.{suffix}"
        assert (tmp_path / "copy" / name).read_bytes() == (tiny_root / name).read_bytes(), name


def test_only_what_is_asked_for_is_read(tiny_root):
    for folder in ("velodyne", "label_2", "depth_2"):
        os.rename(tiny_root / "training" / folder, tiny_root / folder)
    frame = KittiRoot(tiny_root).frame("000000", points=False, labels=False)
    assert frame.points is None
    assert frame.depth is None
    assert frame.annotations is None


def test_depth_comes_from_the_sweep_where_asked(tiny_root):
    root = KittiRoot(tiny_root)
    frame = root.frame("000000", points=False, depth="sparse")
    assert frame.points is None
    np.testing.assert_array_equal(frame.depth, sparse_depth(root.points("000000"), frame.calibration))
    completed = root.frame("000000", depth="completed").depth
    assert (completed > 0).sum() > (frame.depth > 0).sum()


def test_frames_without_labels(tiny_root):
    root = KittiRoot(tiny_root)
    assert root.frame("000005").annotations is None, "listed in unlabelled.txt"
    (tiny_root / "training" / "label_2" / "000000.txt").unlink()
    with pytest.raises(DataError, match=r"000000.txt: found no such file.*training labels are a download of 5 MB"):
        root.frame("000000")
    write_frame(tiny_root, tiny_frame("000000"), subset="testing")
    assert KittiRoot(tiny_root, "testing").frame("000000").annotations is None


@pytest.mark.parametrize(
    ("folder", "origin"),
    [("image_2", "12 GB"), ("velodyne", "29 GB"), ("calib", "16 MB"), ("depth_2", "no part of KITTI's object set")],
)
def test_what_is_missing_is_said_with_its_origin(tiny_root, folder, origin):
    os.rename(tiny_root / "training" / folder, tiny_root / folder)
    with pytest.raises(DataError, match=f"{folder}/000000.*no such file.*{origin}"):
        KittiRoot(tiny_root).frame("000000", depth="file")


def test_a_split_with_absent_frames(tiny_root):
    root = KittiRoot(tiny_root)
    assert root.split("val").ids == ("000003", "000004")
    write_split(tiny_root, "val", ["000004", "007000", "000003", "007001"])
    with pytest.raises(
        DataError, match=r"2 of 4 listed frames absent from training \(007000, 007001\).*--present-only"
    ):
        root.split("val")
    split = root.split("val", present_only=True)
    assert split.ids == ("000004", "000003")
    assert split.absent == ("007000", "007001")
    assert str(split) == "split val: 2 of 4 listed frames present, 2 absent"


def test_a_split_of_which_nothing_exists_is_an_error_in_any_case(tiny_root):
    write_split(tiny_root, "val", ["007000"])
    with pytest.raises(DataError, match="expected at least one"):
        KittiRoot(tiny_root).split("val", present_only=True)


def test_a_split_that_does_not_exist_names_those_that_do(tiny_root):
    with pytest.raises(DataError, match="This root has: train, unlabelled, val"):
        KittiRoot(tiny_root).split("trainval")


def test_other_files_are_no_frames(tiny_root):
    (tiny_root / "training" / "image_2" / "Thumbs.png").write_bytes(b"")
    (tiny_root / "training" / "label_2" / ".000009.txt.7.part").write_bytes(b"")
    assert KittiRoot(tiny_root).present_ids() == tuple(f"{i:06d}" for i in range(6))


def test_the_folder_above_is_suggested(tiny_root):
    with pytest.raises(DataError, match=f"the root is the folder above: {tiny_root}"):
        KittiLayout(tiny_root / "training")


def test_the_test_split_lies_in_testing():
    assert [subset_of_split(name) for name in ("train", "val", "test")] == ["training", "training", "testing"]


def test_real_frames_read(real_kitti):
    root = KittiRoot(real_kitti)
    split = root.split("trainval", present_only=True)
    assert len(split) == 18
    assert len(split.absent) == 7463
    frame = root.frame("000008")
    assert frame.image.shape == (375, 1242, 3)
    assert frame.points.shape[1] == 4
    assert set(frame.annotations.boxes.names) == {"Car"}


def test_written_rows_can_be_given(tmp_path):
    write_frame(tmp_path, tiny_frame("000000"), labels=tiny_labels()[:1])
    assert read_labels(tmp_path / "training" / "label_2" / "000000.txt").names == ("Car",)


def test_a_frame_without_sweep_and_labels_writes_two_files(tmp_path):
    write_frame(tmp_path, replace(tiny_frame("000000"), points=None))
    assert sorted(os.listdir(tmp_path / "training")) == ["calib", "image_2"]


def test_depth_that_is_not_there_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match="frame 000000 has no depth"):
        write_frame(tmp_path, replace(tiny_frame("000000"), depth=None), write_depth=True)


def test_detections_are_written_as_16_columns(tmp_path):
    boxes = Boxes3D(np.array([[10, 0, -1, 4, 2, 1.5, 0.3]]), ("Car",))
    calibration = tiny_frame("000000").calibration
    write_detections(tmp_path / "pred", "000000", Detections(boxes, np.array([0.75])), calibration)
    labels = read_labels(tmp_path / "pred" / "000000.txt", scores=True)
    assert labels.scores.tolist() == [0.75]
    assert labels.dimensions.tolist() == [[1.5, 2, 4]]
