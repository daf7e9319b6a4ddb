import pickle
from dataclasses import replace

import numpy as np
import pytest
from raw_cases import DAY, LABELLED, UNLABELLED

from monotakd.datasets.camera_view import in_camera_view
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.conversion import annotations_from_labels
from monotakd.datasets.kitti.images import read_image, write_image
from monotakd.datasets.kitti_raw.lists import write_frame_list
from monotakd.datasets.kitti_raw.reader import KittiRawRoot
from monotakd.datasets.sources import FrameSource
from monotakd.datasets.training_frames import CameraFrames
from monotakd.errors import DataError

FIRST = f"{LABELLED}/0000000000"


def test_a_frame_of_each_kind(raw_root):
    raw = KittiRawRoot(raw_root)
    assert isinstance(raw, FrameSource)
    assert raw.drives() == (LABELLED, UNLABELLED)
    frame = raw.frame(FIRST)
    assert frame.frame_id == FIRST
    np.testing.assert_array_equal(frame.image, read_image(raw_root / DAY / LABELLED / "image_02/data/0000000000.png"))
    assert frame.points.shape == (500, 4)
    assert frame.annotations.boxes.names == ("Car",)
    np.testing.assert_allclose(frame.annotations.boxes.values, [[12, 0.5, -0.95, 3.9, 1.6, 1.5, 0.1]], atol=1e-12)
    assert raw.frame(f"{LABELLED}/0000000001").annotations.boxes.values[0, 0] == 11
    assert raw.frame(f"{UNLABELLED}/0000000000").annotations is None
    assert raw.frame(FIRST, labels=False).annotations is None
    assert raw.frame(FIRST, points=False).points is None
    assert raw.oxts(FIRST).vf == 9.5


def test_label_rows_are_the_annotations_in_camera_coordinates(raw_root):
    raw = KittiRawRoot(raw_root)
    rows, frame = raw.labels(FIRST), raw.frame(FIRST)
    again = annotations_from_labels(rows, frame.calibration)
    np.testing.assert_allclose(again.boxes.values, frame.annotations.boxes.values, atol=1e-8)
    np.testing.assert_array_equal(again.boxes_2d, frame.annotations.boxes_2d)
    assert raw.labels(f"{UNLABELLED}/0000000000") is None


def test_depth_is_made_from_the_sweep(raw_root):
    raw = KittiRawRoot(raw_root)
    sparse = raw.frame(FIRST, points=False, depth="sparse")
    seen = in_camera_view(raw.points(FIRST), sparse.calibration)
    assert sparse.points is None
    assert 0 < (sparse.depth > 0).sum() <= seen.sum()
    assert (raw.frame(FIRST, depth="completed").depth > 0).sum() > (sparse.depth > 0).sum()
    with pytest.raises(DataError, match="no folder of depth maps"):
        raw.frame(FIRST, depth="file")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("image_02/data/0000000000.png", "DRIVE_sync.zip"),
        ("velodyne_points/data/0000000000.bin", "A few frames of KITTI have no sweep"),
        ("oxts/data/0000000000.txt", "DRIVE_sync.zip"),
        ("../calib_cam_to_cam.txt", "DATE_calib.zip"),
    ],
)
def test_missing_parts_are_named(raw_root, part, message):
    (raw_root / DAY / LABELLED / part).unlink()
    raw = KittiRawRoot(raw_root)
    read = raw.oxts if "oxts" in part else raw.frame
    with pytest.raises(DataError, match=rf"{part.split('/')[-1]}: found no such file.*{message}"):
        read(FIRST)


def test_a_frame_without_a_sweep_still_has_an_image(raw_root):
    (raw_root / DAY / LABELLED / "velodyne_points/data/0000000000.bin").unlink()
    raw = KittiRawRoot(raw_root)
    assert raw.frame(FIRST, points=False).annotations is not None
    assert FIRST in raw.present_ids()
    assert FIRST not in raw.complete_ids()


def test_an_image_of_another_size_is_refused(raw_root):
    write_image(raw_root / DAY / LABELLED / "image_02/data/0000000000.png", np.zeros((12, 40, 3), np.uint8))
    with pytest.raises(DataError, match=r"found 12 x 40 pixels.*expected 24 x 80, the S_rect_02"):
        KittiRawRoot(raw_root).frame(FIRST)


def test_splits(raw_root):
    raw = KittiRawRoot(raw_root)
    assert raw.split_names() == ("every", "labelled")
    assert len(raw.split("every")) == 4
    assert raw.split("labelled").ids == (FIRST, f"{LABELLED}/0000000001")
    absent = f"{UNLABELLED}/0000000009"
    write_frame_list(raw_root / "ImageSets/eigen_clean.txt", [f"{UNLABELLED}/0000000001", absent])
    assert raw.split_names() == ("every", "labelled", "eigen_clean")
    kept = raw.split("eigen_clean", present_only=True)
    assert (kept.ids, kept.absent) == ((f"{UNLABELLED}/0000000001",), (absent,))
    with pytest.raises(DataError, match="1 of 2 listed frames absent"):
        raw.split("eigen_clean")
    with pytest.raises(DataError, match="This root has the splits every, labelled, eigen_clean"):
        raw.split("train")


def test_roots_that_are_none(raw_root, tmp_path):
    with pytest.raises(DataError, match="This is a day itself; the root is the folder above"):
        KittiRawRoot(raw_root / DAY)
    with pytest.raises(DataError, match="no such folder"):
        KittiRawRoot(tmp_path / "nowhere")
    (raw_root / DAY / LABELLED).rename(raw_root / DAY / LABELLED.replace("sync", "extract"))
    (raw_root / DAY / UNLABELLED).rename(raw_root / DAY / UNLABELLED.replace("sync", "extract"))
    with pytest.raises(DataError, match="synced\\+rectified"):
        KittiRawRoot(raw_root).drives()


def test_other_names_are_refused(raw_root):
    for name in ("000000", f"../{FIRST}", f"{LABELLED}/5", f"{LABELLED}/0000000000.png"):
        with pytest.raises(ValueError, match="expected a drive and ten digits"):
            KittiRawRoot(raw_root).frame(name)


def test_workers_can_take_it_along(raw_root):
    raw = KittiRawRoot(raw_root)
    raw.frame(FIRST)
    again = pickle.loads(pickle.dumps(raw))
    np.testing.assert_array_equal(
        again.frame(FIRST).annotations.boxes.values, raw.frame(FIRST).annotations.boxes.values
    )


def test_frames_for_training(raw_root):
    raw = KittiRawRoot(raw_root)
    frames = CameraFrames(raw, raw.split("every").ids, depth="sparse", size=(48, 160), flip=1.0)
    labelled, unlabelled = (frames.sample(i, np.random.default_rng(0)) for i in (0, 2))
    assert labelled.image.shape == (*labelled.depth.shape, 3) == (48, 160, 3)
    np.testing.assert_allclose(labelled.annotations.boxes.values[0, [1, 6]], [-0.5, -0.1])  # mirrored
    assert unlabelled.annotations is None


def test_real_fragments(real_raw):
    raw = KittiRawRoot(real_raw)
    assert raw.drives() == (f"{DAY}_drive_0005_sync", f"{DAY}_drive_0052_sync")
    assert raw.complete_ids() == raw.present_ids()
    assert [len([i for i in raw.complete_ids() if drive in i]) for drive in raw.drives()] == [1, 10]
    frame = raw.frame(f"{DAY}_drive_0052_sync/0000000005", depth="sparse")
    assert frame.image.shape == (375, 1242, 3)
    assert frame.annotations is None
    with pytest.raises(DataError, match=r"11 frames, none of them in a drive with tracklet_labels.*tracklets\.zip"):
        raw.split("labelled")
    assert 0.03 < (frame.depth > 0).mean() < 0.05
    # The rectified projection is right: depth jumps where brightness jumps (measured: 4.5 times as much as elsewhere).
    assert edge_contrast(frame) > 3.0
    # R_rect_00 is a turn of half a degree; without it the edges part (measured: 1.4).
    tilted = frame.calibration.cam_from_lidar.copy()
    tilted[:3] = raw.calibration(frame.frame_id).tr_velo_to_cam
    tilted = replace(frame.calibration, cam_from_lidar=tilted)
    assert edge_contrast(replace(frame, calibration=tilted, depth=sparse_depth(frame.points, tilted))) < 2.0


def edge_contrast(frame):
    """Mean image gradient at pixels where depth jumps to the right neighbour return, over the mean at all returns."""
    gradient = np.abs(np.gradient(frame.image.astype(float).mean(axis=2), axis=1))
    at_jumps, at_all = [], []
    for row in np.flatnonzero((frame.depth > 0).sum(axis=1) > 50):
        columns = np.flatnonzero(frame.depth[row])
        near = np.diff(columns) <= 4
        depth = frame.depth[row, columns]
        jumps = near & (np.abs(np.diff(depth)) > 2.0)
        for at, chosen in ((at_jumps, jumps), (at_all, near)):
            at += [
                gradient[row, a : b + 1].max() for a, b in zip(columns[:-1][chosen], columns[1:][chosen], strict=True)
            ]
    return np.mean(at_jumps) / np.mean(at_all)
