import pytest

from monotakd.datasets.kitti.splits import read_split, scan_split, write_split
from monotakd.errors import DataError


def test_a_split_comes_back_in_its_order(tmp_path):
    write_split(tmp_path / "train.txt", ["000007", "000001"])
    assert read_split(tmp_path / "train.txt") == ("000007", "000001")


def test_real_splits_have_their_known_sizes(real_kitti):
    sizes = {path.stem: len(read_split(path)) for path in (real_kitti / "ImageSets").glob("*.txt")}
    assert sizes == {"train": 3712, "val": 3769, "trainval": 7481, "test": 7518}


def test_all_wrong_lines_are_listed_and_the_first_is_raised(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("000001\n12\n000001\n000002")
    ids, problems = scan_split(path)
    assert ids == ("000001", "000002")
    assert [problem.place for problem in problems] == ["line 2", "line 3"]
    with pytest.raises(DataError, match="line 2: found '12'"):
        read_split(path)


@pytest.mark.parametrize("ids", [[], ["1"], ["000001", "000001"], ["\u0661\u0662\u0663\u0664\u0665\u0666"]])
def test_splits_that_could_not_be_read_are_not_written(tmp_path, ids):
    with pytest.raises(ValueError, match="six digits"):
        write_split(tmp_path / "train.txt", ids)
