import pytest
from raw_cases import DAY, LABELLED, UNLABELLED

from monotakd.datasets.kitti_raw.check import check_raw_root
from monotakd.datasets.kitti_raw.lists import write_frame_list


def check(root, **options):
    return check_raw_root(root, workers=1, progress=False, **options)


def test_a_good_root_is_ok(raw_root):
    report = check(raw_root)
    assert report.ok
    assert report.frames == 4
    assert [(split.name, len(split)) for split in report.splits] == [("every", 4), ("labelled", 2)]


def test_parts_that_may_be_missing_are_told_of_each_drive(raw_root):
    (raw_root / DAY / UNLABELLED / "oxts/data/0000000001.txt").unlink()
    (raw_root / DAY / LABELLED / "image_02/timestamps.txt").write_text("2011-09-26 13:02:25.964389445\n")
    report = check(raw_root)
    assert report.ok
    assert report.parts == (
        f"{LABELLED}: oxts of 2 of 2 frames, tracklets, timestamps of image_02",
        f"{UNLABELLED}: oxts of 1 of 2 frames, no tracklets, no timestamps",
    )
    assert all(line in str(report) for line in report.parts)
    assert report.to_json()["parts"] == list(report.parts)


@pytest.mark.parametrize(
    ("part", "data", "found"),
    [
        (f"{LABELLED}/image_02/data/0000000000.png", b"no png", "0000000000.png"),
        (f"{UNLABELLED}/velodyne_points/data/0000000001.bin", b"short", "5 bytes"),
        (f"{UNLABELLED}/oxts/data/0000000001.txt", b"1 2 3", "3 numbers"),
        (f"{LABELLED}/tracklet_labels.xml", b"<a>", "broken XML"),
        ("calib_velo_to_cam.txt", b"R: 1 0 0 0 1 0 0 0 1\nT: 0 0 0\n", "a camera that looks"),
    ],
)
def test_damage_is_found_and_the_rest_still_read(raw_root, part, data, found):
    (raw_root / DAY / part).write_bytes(data)
    report = check(raw_root)
    assert [found in str(problem) and part.split("/")[-1] in problem.source for problem in report.problems] == [True]
    assert report.frames == (0 if "calib" in part else 4)


def test_missing_sweeps_are_one_problem_unless_allowed(raw_root):
    (raw_root / DAY / LABELLED / "velodyne_points/data/0000000001.bin").unlink()
    (problem,) = check(raw_root).problems
    assert "1 frames without a file (0000000001, ...)" in problem.found
    assert "--present-only" in problem.fix
    assert check(raw_root, present_only=True).ok


def test_lists_are_checked(raw_root):
    write_frame_list(raw_root / "ImageSets/some.txt", [f"{LABELLED}/0000000000", f"{LABELLED}/0000000007"])
    assert "1 of 2 listed frames absent" in str(check(raw_root).problems[0])
    assert check(raw_root, present_only=True).ok


def test_sweeps_that_miss_the_image_are_found(raw_root):
    (raw_root / DAY / "calib_velo_to_cam.txt").write_text("R: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 -900\n")
    assert "none of 500 LiDAR points" in str(check(raw_root).problems[0])


def test_real_fragments_are_ok_and_what_they_lack_is_told(real_raw):
    report = check(real_raw)
    assert report.ok
    assert report.frames == 11
    assert report.parts == (
        f"{DAY}_drive_0005_sync: oxts of 1 of 1 frames, no tracklets, timestamps of image_02, velodyne_points, oxts",
        f"{DAY}_drive_0052_sync: oxts of 0 of 10 frames, no tracklets, no timestamps",
    )
