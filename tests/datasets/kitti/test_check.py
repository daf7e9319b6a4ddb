import json
from pathlib import Path

import damaged_binary
import damaged_text
import numpy as np
import pytest
from tiny_kitti import tiny_frame

from monotakd.datasets.kitti.check import check_root
from monotakd.datasets.kitti.images import write_image
from monotakd.datasets.kitti.writer import write_frame, write_split


def check(root, **options):
    return check_root(root, progress=False, workers=2, **options)


def edit(path: Path, change):
    path.write_bytes(change(path.read_bytes(), np.random.default_rng(5)))


def test_a_good_root_has_no_problems(tiny_root):
    report = check(tiny_root)
    assert report.ok, str(report)
    assert report.frames == 6
    assert str(report).endswith("OK")


def test_real_frames_are_clean_with_present_only(real_kitti):
    report = check(real_kitti, present_only=True)
    assert report.ok, str(report)
    assert report.frames == 18
    assert {split.name: len(split.absent) for split in report.splits} == {
        "train": 3701,
        "val": 3762,
        "trainval": 7463,
        "test": 7518,
    }


def swap(old, new):
    return lambda data, rng: data.replace(old, new)


DAMAGES = [
    ("image_2/000001.png", damaged_binary.PNG_HARMFUL["bit flipped in the pixels"], "checksum"),
    ("image_2/000001.png", lambda data, rng: data[:500], "all of them"),
    ("velodyne/000001.bin", lambda data, rng: data[:-3], "multiple of 16 bytes"),
    ("velodyne/000001.bin", lambda data, rng: b"", "no points"),
    ("velodyne/000001.bin", damaged_binary.POINTS_HARMFUL["NaN"], "byte "),
    ("calib/000001.txt", damaged_text.CALIBRATION_HARMFUL["row scaled"], "R R^T = I"),
    ("calib/000001.txt", damaged_text.CALIBRATION_HARMFUL["needed line lost"], "end of file: found no"),
    ("calib/000001.txt", swap(b"3.92", b"3.92e2 #"), "numbers"),
    ("calib/000001.txt", swap(b"3.920000000000e+01", b"3.9e+02"), "principal point (390.0, 11.1)"),
    ("label_2/000001.txt", damaged_text.LABELS_HARMFUL["size negative"], "a size above 0"),
    ("label_2/000001.txt", damaged_text.NUMBERS_HARMFUL["NaN"], "line "),
    ("label_2/000001.txt", damaged_text.NUMBERS_HARMFUL["number too many"], "columns"),
    ("label_2/000001.txt", swap(b"0.25 1 ", b"1.25 1 "), "line 2: found Person_sitting with truncated = 1.25"),
    ("label_2/000001.txt", swap(b"0.00 3 ", b"0.00 4 "), "line 3: found Cyclist with occluded = 4"),
    ("label_2/000001.txt", swap(b"Car 0.00 0 -1.58 3", b"\nCar 0.00 0 -1.58 6"), "line 2: found Car with 2D box"),
    ("label_2/000001.txt", swap(b"52.00", b"152.0"), "was the image resized?"),
    ("depth_2/000001.png", damaged_binary.PNG_HARMFUL["cut"], "byte "),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "message"), DAMAGES)
def test_one_damaged_file_is_one_problem(tiny_root, name, change, message):
    path = tiny_root / "training" / name
    edit(path, change)
    report = check(tiny_root)
    assert len(report.problems) == 1, str(report)
    (problem,) = report.problems
    assert problem.source == str(path)
    assert problem.place
    assert message in str(problem)
    assert report.frames == 6


@pytest.mark.parametrize(
    "folder", ["image_2/000001.png", "velodyne/000001.bin", "calib/000001.txt", "label_2/000001.txt"]
)
def test_a_missing_file_is_one_problem(tiny_root, folder):
    (tiny_root / "training" / folder).unlink()
    (problem,) = check(tiny_root).problems
    assert problem.found == "no such file"
    assert problem.fix


def test_an_image_of_another_size_disagrees_with_its_depth_map(tiny_root):
    write_image(tiny_root / "training/image_2/000001.png", np.zeros((24, 82, 3), np.uint8))
    (problem,) = check(tiny_root).problems
    assert "depth_2" in problem.source
    assert problem.expected == "24 x 82, the size of the image"


def test_a_missing_folder_is_one_problem(tiny_root):
    (tiny_root / "training" / "velodyne").rename(tiny_root / "elsewhere")
    (problem,) = check(tiny_root).problems
    assert problem.source == str(tiny_root / "training" / "velodyne")
    assert "29 GB" in problem.fix


def test_depth_maps_are_optional(tiny_root):
    (tiny_root / "training" / "depth_2").rename(tiny_root / "elsewhere")
    assert check(tiny_root).ok


def test_a_root_of_unlabelled_frames_needs_no_labels(tmp_path):
    write_frame(tmp_path, tiny_frame("000000"))
    write_split(tmp_path, "unlabelled", ["000000"])
    assert check(tmp_path).ok


def test_absent_frames_are_one_problem_a_split_or_none(tiny_root):
    write_split(tiny_root, "val", ["000003", "000004", "000100", "000101"])
    (problem,) = check(tiny_root).problems
    assert problem.found == "2 of 4 listed frames absent from training (000100, 000101)"
    report = check(tiny_root, present_only=True)
    assert report.ok
    assert "split val: 2 of 4 listed frames present, 2 absent" in str(report)


def test_all_wrong_lines_of_a_split_are_listed(tiny_root):
    (tiny_root / "ImageSets" / "val.txt").write_text("000003\nnone\n000003\n")
    assert [problem.place for problem in check(tiny_root).problems] == ["line 2", "line 3"]


def test_a_damaged_list_of_unlabelled_frames_is_reported_once(tiny_root):
    (tiny_root / "training" / "label_2" / "000000.txt").unlink()
    (tiny_root / "training" / "label_2" / "000001.txt").unlink()
    (tiny_root / "ImageSets" / "unlabelled.txt").write_bytes(b"\xff\xfe")
    (problem,) = check(tiny_root).problems
    assert problem.source.endswith("unlabelled.txt")


def test_a_frame_in_train_and_val_is_a_problem(tiny_root):
    write_split(tiny_root, "val", ["000002", "000003"])
    (problem,) = check(tiny_root).problems
    assert problem.source.endswith("val.txt")
    assert "also in train (000002" in problem.found


def test_only_the_chosen_splits_are_read(tiny_root):
    edit(tiny_root / "training" / "velodyne" / "000000.bin", lambda data, rng: b"")
    assert check(tiny_root, splits=["val"]).frames == 2
    assert check(tiny_root, splits=["val"]).ok
    assert not check(tiny_root, splits=["train"]).ok


def test_the_test_split_is_read_from_testing(tiny_root):
    write_frame(tiny_root, tiny_frame("000000"), subset="testing")
    write_split(tiny_root, "test", ["000000"])
    report = check(tiny_root)
    assert report.ok, str(report)
    assert report.frames == 7


def test_everything_damaged_at_once_is_survived(tiny_root):
    files = [path for path in tiny_root.rglob("*.*") if path.is_file()]
    for path in files:
        path.write_bytes(b"\x00\xff")
    report = check(tiny_root)
    assert {problem.source for problem in report.problems} == {str(path) for path in files}


def test_no_root_is_a_problem_and_no_crash(tmp_path):
    assert not check(tmp_path).ok
    (problem,) = check(tmp_path / "none").problems
    assert problem.found == "no such folder"


def test_the_report_as_json_and_text(tiny_root):
    edit(tiny_root / "training" / "velodyne" / "000000.bin", lambda data, rng: data[:-1])
    report = check(tiny_root)
    found = json.loads(json.dumps(report.to_json()))
    assert found["ok"] is False
    assert found["frames"] == 6
    assert found["splits"][0] == {"name": "train", "present": 3, "absent": 0}
    assert found["problems"][0]["file"].endswith("000000.bin")
    assert found["problems"][0]["place"] == "byte 7984"
    assert str(report).splitlines()[-1] == "1 problem"
