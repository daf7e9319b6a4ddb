"""What KITTI's server would refuse, or silently score as zero, is refused here, with file and row."""

import zipfile

import numpy as np
import pytest

from monotakd.datasets.kitti.labels import COLUMNS, read_labels
from monotakd.errors import DataError
from monotakd.predict.submission import TEST_FRAMES, write_submission

CAR = "Car -1 -1 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 20.70 -1.59 0.9"


@pytest.fixture
def folder(tmp_path):
    """Three frames of results, the second without any detection, and the split that asks for them."""
    folder = tmp_path / "results"
    folder.mkdir()
    for number, text in enumerate((f"{CAR}\n", "", f"{CAR}\n{CAR.replace('Car', 'Cyclist')}\n")):
        (folder / f"{number:06d}.txt").write_text(text)
    (tmp_path / "ids.txt").write_text("000000\n000001\n000002\n")
    return folder


def submit(folder, out="send.zip", **options):
    return write_submission(folder, folder.parent / out, split=folder.parent / "ids.txt", **options)


def changed(**values):
    words = CAR.split()
    for name, value in values.items():
        words[COLUMNS.index(name)] = str(value)
    return " ".join(words) + "\n"


def test_archive(folder, tmp_path):
    done = submit(folder)
    assert (done.frames, done.empty, done.detections, done.unseen) == (3, 1, {"Car": 2, "Cyclist": 1}, 0)
    assert "3 frames, 1 of them empty; 2 Car, 1 Cyclist" in str(done)
    with zipfile.ZipFile(done.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["000000.txt", "000001.txt", "000002.txt"]
        archive.extractall(tmp_path / "back")
    for path in folder.iterdir():
        back = read_labels(tmp_path / "back" / path.name, scores=True)
        np.testing.assert_array_equal(back.matrix(), read_labels(path, scores=True).matrix())


def test_same_results_same_bytes(folder):
    assert submit(folder).path.read_bytes() == submit(folder, "again.zip").path.read_bytes()


def test_all_of_kittis_test_frames_are_asked_for(folder, tmp_path):
    with pytest.raises(DataError, match=r"no file for 7,515 of 7,518 frames \(000003, 000004, .*\.\.\.\)"):
        write_submission(folder, tmp_path / "send.zip")
    for number in range(TEST_FRAMES):
        (folder / f"{number:06d}.txt").write_text(f"{CAR}\n")
    assert write_submission(folder, tmp_path / "send.zip").frames == 7518
    with zipfile.ZipFile(tmp_path / "send.zip") as archive:
        assert archive.namelist()[-1] == "007517.txt"


def test_missing_and_surplus_frames(folder):
    (folder / "000003.txt").write_text("")
    with pytest.raises(DataError, match=r"1 frames too many \(000003\)"):
        submit(folder)
    (folder / "000003.txt").rename(folder / "notes.txt")
    with pytest.raises(DataError, match=r"no frame ids \(notes\)"):
        submit(folder)
    (folder / "notes.txt").unlink()
    (folder / "000001.txt").unlink()
    with pytest.raises(DataError, match=r"no file for 1 of 3 frames \(000001\)"):
        submit(folder)
    assert not (folder.parent / "send.zip").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"class": "car"}, "class 'car'"),
        ({"left": -30}, "left = -30"),
        ({"right": 3000}, "right = 3000"),
        ({"left": 620}, "the image box 620 173.33 614.12"),
        ({"length": 364}, "length = 364"),
        ({"z": 2070}, "z = 2070"),
        ({"rotation_y": -159}, "rotation_y = -159"),
        ({"alpha": 4}, "alpha = 4"),
        ({"score": "nan"}, "score = nan"),
        ({"height": 0}, "height = 0"),
    ],
)
def test_values_out_of_range(folder, values, words):
    (folder / "000002.txt").write_text(CAR + "\n" + changed(**values))
    with pytest.raises(DataError, match=rf"000002\.txt, (row 2|line 2).*{words}"):
        submit(folder)
    assert not (folder.parent / "send.zip").exists()


def test_labels_are_no_results(folder):
    (folder / "000002.txt").write_text(CAR.rsplit(" ", 1)[0] + "\n")
    with pytest.raises(DataError, match="16 columns"):
        submit(folder)


def test_boxes_outside_the_image_are_left_out(folder):
    (folder / "000000.txt").write_text(CAR + "\n" + changed(left=0, top=0, right=0, bottom=0))
    done = submit(folder)
    assert done.unseen == 1
    assert "1 rows left out" in str(done)
    with zipfile.ZipFile(done.path) as archive:
        assert archive.read("000000.txt").count(b"\n") == 1


def test_unknown_alpha_is_said(folder):
    (folder / "000000.txt").write_text(changed(alpha=-10))
    assert "1 rows without an observation angle" in str(submit(folder))


def test_nothing_anywhere_and_wrong_places(folder):
    with pytest.raises(DataError, match=r"name of a \.zip file"):
        submit(folder, "send.tar")
    for path in folder.iterdir():
        path.write_text("")
    with pytest.raises(DataError, match="no detection in any frame"):
        submit(folder)
    with pytest.raises(DataError, match="no such folder"):
        write_submission(folder / "none", folder.parent / "send.zip")
