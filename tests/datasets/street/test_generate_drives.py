import hashlib
import json
import shutil

import numpy as np
import pytest

pytest.importorskip("open3d")

from monotakd.datasets.kitti_raw.check import check_raw_root
from monotakd.datasets.kitti_raw.oxts import mercator_from_imu
from monotakd.datasets.kitti_raw.reader import KittiRawRoot
from monotakd.datasets.street.camera import world_from_lidar
from monotakd.datasets.street.drive_files import LIDAR_FROM_IMU, packets, tracklets
from monotakd.datasets.street.generate_drives import synthesize_drives
from monotakd.datasets.street.render import render
from monotakd.datasets.street.settings import StreetSettings
from monotakd.errors import DataError
from monotakd.geometry.boxes import points_in_boxes_mask
from monotakd.geometry.frames import invert_rigid, project_to_image, transform_points

SMALL = {"drives": 2, "unlabelled": 1, "frames": 6, "width": 320, "seed": 12, "progress": False}
FIRST, SECOND, THIRD = (f"2026_01_01_drive_000{n}_sync" for n in (1, 2, 3))


def digest(root):
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two labelled drives and an unlabelled one, six frames each, made by one process."""
    root = tmp_path_factory.mktemp("drives") / "one"
    made = synthesize_drives(root, **SMALL)
    assert (made.made, made.kept) == (3, 0)
    return root


@pytest.fixture(scope="module")
def raw(world):
    return KittiRawRoot(world)


def test_the_layout_is_that_of_kitti_raw(world, raw):
    assert check_raw_root(world, workers=1, progress=False).ok
    assert raw.drives() == (FIRST, SECOND, THIRD)
    assert raw.split("train").ids == raw.split("labelled").ids
    assert {i.split("/")[0] for i in raw.split("unlabelled").ids} == {THIRD}
    drive = raw.drive(FIRST)
    for name in ("image_02/timestamps.txt", "oxts/timestamps.txt", "velodyne_points/timestamps_end.txt"):
        lines = (drive / name).read_text().splitlines()
        assert len(lines) == 6
        assert lines[1] == f"2026-01-01 12:00:00.{'150' if 'end' in name else '100'}000000"
    assert not raw.tracklets_path(THIRD).exists()
    assert raw.frame(raw.split("unlabelled").ids[0]).annotations is None


def test_same_bytes_from_two_workers(world, tmp_path):
    synthesize_drives(tmp_path / "two", workers=2, **SMALL)
    assert digest(tmp_path / "two") == digest(world)


def test_goes_on_where_it_was(world, tmp_path):
    root = tmp_path / "killed"
    shutil.copytree(world, root)
    (root / "2026_01_01" / SECOND / "image_02/timestamps.txt").unlink()
    (root / "2026_01_01" / SECOND / "tracklet_labels.xml").unlink()
    (root / "2026_01_01" / SECOND / "oxts/data/0000000003.txt").write_text("half")
    again = synthesize_drives(root, **SMALL)
    assert (again.made, again.kept) == (1, 2)
    assert digest(root) == digest(world)


def test_other_worlds_are_refused(world, tmp_path):
    before = digest(world)
    with pytest.raises(DataError, match="found frames = 6; expected 7"):
        synthesize_drives(world, **{**SMALL, "frames": 7})
    assert digest(world) == before
    (tmp_path / "kitti/ImageSets").mkdir(parents=True)
    with pytest.raises(DataError, match="not made here"):
        synthesize_drives(tmp_path / "kitti", **SMALL)
    for wrong in ({"drives": 0, "unlabelled": 0}, {"frames": 0}, {"settings": StreetSettings(varied_focal=True)}):
        with pytest.raises(ValueError, match="expected counts"):
            synthesize_drives(tmp_path / "none", **{**SMALL, **wrong})


def scenes_of(world, drive):
    from monotakd.datasets.street.drive import sample_drive
    from monotakd.datasets.street.manifest import SPLITS

    seed = json.loads((world / "drives.json").read_text())["seed"]
    own = np.random.SeedSequence([seed, len(SPLITS)]).generate_state(1, np.uint64)[0]
    index = int(drive.split("_")[4]) - 1
    return sample_drive(int(own >> np.uint64(1)), index, 6, StreetSettings(width=320))


def test_labels_read_back_as_rendered(world, raw):
    """Boxes, classes and what is hidden are those of the pictures; image boxes enclose those of the silhouettes."""
    count = 0
    for drive in (FIRST, SECOND):
        for number, scene in enumerate(scenes_of(world, drive)):
            frame = raw.frame(f"{drive}/{number:010d}")
            drawn = render(scene, threads=1).frame
            np.testing.assert_array_equal(frame.image, drawn.image)
            np.testing.assert_array_equal(frame.points, drawn.points)
            np.testing.assert_allclose(
                frame.calibration.img_from_lidar, drawn.calibration.img_from_lidar, rtol=1e-12, atol=1e-12
            )
            told, true = by_place(frame.annotations), by_place(drawn.annotations)
            assert told.boxes.names == true.boxes.names
            np.testing.assert_allclose(told.boxes.values, true.boxes.values, atol=1e-9)
            np.testing.assert_array_equal(told.occluded, np.minimum(true.occluded, 2))
            outside = told.boxes_2d - true.boxes_2d
            assert (outside[:, :2] < 1.0).all()
            assert (outside[:, 2:] > -1.0).all()
            count += len(told)
    assert count > 20


def by_place(annotations):
    """Sorted from near to far: tracklets are listed by object, labels as the scene's actors."""
    from dataclasses import replace

    order = np.argsort(annotations.boxes.values[:, 0])
    fields = {n: getattr(annotations, n)[order] for n in ("boxes", "boxes_2d", "truncated", "occluded", "alpha")}
    return replace(annotations, **fields)


def test_boxes_enclose_points(raw):
    for drive in (FIRST, SECOND):
        frame = raw.frame(f"{drive}/0000000003")
        near = (frame.annotations.occluded == 0) & (frame.annotations.boxes.values[:, 0] < 40)
        assert near.any()
        assert (points_in_boxes_mask(frame.points, frame.annotations.boxes.values[near]).sum(axis=1) > 5).all()


def test_oxts_and_calibration_tell_the_way(world, raw):
    """Each frame's LiDAR pose from its packet is the scene's, so that sweeps of a drive lie on each other."""
    for drive in raw.drives():
        scenes, ids = scenes_of(world, drive), [f"{drive}/{number:010d}" for number in range(6)]
        latitude = raw.oxts(ids[0]).lat
        imu_from_lidar = invert_rigid(np.vstack([raw.calibration(ids[0]).tr_imu_to_velo, [0, 0, 0, 1]]))
        poses = [mercator_from_imu(raw.oxts(i), latitude) @ imu_from_lidar for i in ids]
        for pose, scene in zip(poses, scenes, strict=True):
            told = invert_rigid(poses[0]) @ pose
            true = invert_rigid(world_from_lidar(scenes[0].rig)) @ world_from_lidar(scene.rig)
            np.testing.assert_allclose(told, true, atol=1e-5)
        speed = np.linalg.norm(poses[1][:2, 3] - poses[0][:2, 3]) * 10
        assert raw.oxts(ids[0]).vf == pytest.approx(speed, rel=0.02, abs=0.05)


def test_what_stands_projects_onto_itself_in_the_next_frame(world, raw):
    """A parked car's box, carried along by the packets, is its box of the next frame."""
    checked = 0
    for drive in (FIRST, SECOND):
        ids = [f"{drive}/{number:010d}" for number in (0, 5)]
        lidar_from_imu = np.vstack([LIDAR_FROM_IMU, [0, 0, 0, 1]])
        latitude = raw.oxts(ids[0]).lat
        first, last = (mercator_from_imu(raw.oxts(i), latitude) @ invert_rigid(lidar_from_imu) for i in ids)
        frame = raw.frame(ids[1])
        moved = scenes_of(world, drive)
        standing = {a for a, b in zip(moved[0].actors, moved[5].actors, strict=True) if a == b}
        sizes = {tuple(np.round([a.length, a.width, a.height], 2)) for a in standing}
        for tracklet in raw.tracklets(drive):
            if tracklet.first_frame == 0 and len(tracklet) == 6 and tuple(tracklet.size.round(2)) in sizes:
                carried = transform_points(invert_rigid(last) @ first, tracklet.box(0)[:3])
                np.testing.assert_allclose(carried, tracklet.box(5)[:3], atol=0.03)
                uv, _ = project_to_image(frame.calibration.img_from_lidar, carried)
                there, _ = project_to_image(frame.calibration.img_from_lidar, tracklet.box(5)[:3])
                np.testing.assert_allclose(uv, there, atol=1.0)
                checked += 1
    assert checked > 2


def test_an_object_lost_from_sight_becomes_two_tracklets(world):
    drawn = [render(scene, threads=1) for scene in scenes_of(world, FIRST)[:3]]
    whole = tracklets(drawn)
    from dataclasses import replace

    # The middle frame without any label: every object that was there before and after is cut.
    nobody = replace(drawn[1], actors=(), frame=replace(drawn[1].frame, annotations=None))
    cut = tracklets([drawn[0], nobody, drawn[2]])
    through = [t for t in whole if len(t) == 3]
    assert through
    assert sorted(t.first_frame for t in cut if any(np.array_equal(t.size, o.size) for o in through)) == sorted(
        [0] * len(through) + [2] * len(through)
    )
    assert {len(t) for t in cut} == {1}


def test_a_single_moment_has_packets():
    from monotakd.datasets.street.drive import sample_drive

    (packet,) = packets(sample_drive(0, 0, 1, StreetSettings(width=128)))
    assert packet.az == 9.81
