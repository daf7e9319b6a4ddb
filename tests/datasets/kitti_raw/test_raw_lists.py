import pytest

from monotakd.datasets.kitti_raw.lists import read_frame_list, write_frame_list
from monotakd.errors import DataError

DRIVE = "2011_09_26_drive_0052_sync"


def test_both_ways_to_name_a_frame(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(
        f"{DRIVE}/0000000005\n\n"
        f"2011_09_26/{DRIVE}/image_02/data/0000000006\n"
        f"2011_09_26/{DRIVE}/image_02/data/0000000007.png\r\n"
        f"2011_09_26/{DRIVE}/0000000008"
    )
    assert read_frame_list(path) == tuple(f"{DRIVE}/000000000{n}" for n in (5, 6, 7, 8))


@pytest.mark.parametrize(
    "line",
    [
        "000005",
        f"{DRIVE}/5",
        f"2011_09_27/{DRIVE}/image_02/data/0000000005",  # a day that is not the drive's
        f"2011_09_26/{DRIVE}/image_03/data/0000000005",  # the right camera
        f"2011_09_26/{DRIVE} 5 l",
        "../../etc/0000000005",
        f"{DRIVE.replace('sync', 'extract')}/0000000005",
    ],
)
def test_other_lines_are_named(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"{DRIVE}/0000000001\n{line}\n")
    with pytest.raises(DataError, match="line 2"):
        read_frame_list(tmp_path / "list.txt")


def test_twice_and_empty(tmp_path):
    (tmp_path / "list.txt").write_text(f"{DRIVE}/0000000001\n2011_09_26/{DRIVE}/image_02/data/0000000001\n")
    with pytest.raises(DataError, match=r"line 2: found .* a second time; expected each frame once \(first in line 1"):
        read_frame_list(tmp_path / "list.txt")
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(DataError, match="no frames"):
        read_frame_list(tmp_path / "list.txt")


def test_written_lists_read_back(tmp_path):
    ids = (f"{DRIVE}/0000000002", f"{DRIVE}/0000000001")
    write_frame_list(tmp_path / "list.txt", ids)
    assert read_frame_list(tmp_path / "list.txt") == ids
    for wrong in ([], ["000001"], [ids[0], ids[0]]):
        with pytest.raises(ValueError, match="a list holds different names"):
            write_frame_list(tmp_path / "list.txt", wrong)
