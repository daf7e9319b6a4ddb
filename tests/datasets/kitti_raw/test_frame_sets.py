"""Train, train + unlabelled, train + a list: which frames take part, and which of them show their labels."""

import shutil
import warnings

import pytest
from raw_cases import DAY, LABELLED, UNLABELLED, write_tiny_raw

from monotakd import paths
from monotakd.datasets.kitti.splits import write_split
from monotakd.datasets.kitti_raw.lists import write_frame_list
from monotakd.errors import DataError
from monotakd.pipeline.dry_run import _data
from monotakd.pipeline.frame_sets import FrameSet

# The drives here bear a day of KITTI's, so that what is warned of there is warned of here.
pytestmark = pytest.mark.filterwarnings("ignore:--unlabelled .* validation set:RuntimeWarning")

HIDDEN = tuple(f"{UNLABELLED}/{number:010d}" for number in (0, 1))
SHOWN = tuple(f"{LABELLED}/{number:010d}" for number in (0, 1))


@pytest.fixture
def raw(tmp_path):
    """Two frames of a drive with tracklets, two of one without."""
    write_tiny_raw(tmp_path / "raw")
    return tmp_path / "raw"


@pytest.fixture
def kitti(tmp_path):
    """The embedded streets: four frames to train on."""
    return shutil.copytree(paths.toy_set(), tmp_path / "kitti")


def labels_seen(data) -> list[bool]:
    frames = data.camera()
    return [frames.frame(index).annotations is not None for index in range(len(frames.frame_ids))]


def test_train_alone_is_as_it_was(kitti):
    data = FrameSet(kitti).read()
    assert len(data.frame_ids) == 4
    assert data.labelled is None
    assert data.root.roots == (kitti,)


def test_unlabelled_drives_join_without_their_labels(kitti, raw):
    data = FrameSet(kitti, labels=3, unlabelled=raw).read()
    assert data.frame_ids[4:] == SHOWN + HIDDEN
    assert len(data.labelled_ids) == 3
    assert set(data.labelled_ids) < set(data.frame_ids[:4])
    assert sum(labels_seen(data)) == 3
    assert labels_seen(data)[4:] == [False] * 4
    assert data.labelled_alone().frame_ids == data.labelled_ids


def test_tracklets_are_labels_when_asked_for(kitti, raw):
    data = FrameSet(kitti, unlabelled=raw, tracklets=True).read()
    assert labels_seen(data) == [True] * 6 + [False] * 2


def test_a_list_chooses_and_absent_frames_are_named(kitti, raw, tmp_path):
    listed = tmp_path / "eigen_clean.txt"
    listed.write_text(f"{DAY}/{UNLABELLED}/image_02/data/0000000001.png\n")
    assert FrameSet(kitti, unlabelled=raw, unlabelled_list=listed).read().frame_ids[4:] == HIDDEN[1:]
    write_frame_list(listed, [HIDDEN[0], f"{UNLABELLED}/0000000009"])
    with pytest.raises(DataError, match="0000000009"):
        FrameSet(kitti, unlabelled=raw, unlabelled_list=listed).read()
    assert FrameSet(kitti, unlabelled=raw, unlabelled_list=listed, present_only=True).read().frame_ids[4:] == HIDDEN[:1]


def test_listed_frames_that_are_absent_are_counted_aloud(kitti, capsys):
    assert len(FrameSet(kitti, present_only=True).read().frame_ids) == 4
    assert capsys.readouterr().out == ""
    with (kitti / "ImageSets" / "train.txt").open("a") as file:
        file.write("009998\n009999\n")
    assert len(FrameSet(kitti, present_only=True).read().frame_ids) == 4
    assert "split train: 4 of 6 listed frames present, 2 absent" in capsys.readouterr().out


def test_raw_drives_alone_teach_by_their_tracklets(raw):
    data = FrameSet(raw).read()
    assert data.frame_ids == SHOWN
    assert labels_seen(data) == [True, True]
    more = FrameSet(raw, unlabelled=raw).read()
    assert more.frame_ids == SHOWN + HIDDEN
    assert labels_seen(more) == [True, True, False, False]
    (raw / "ImageSets").mkdir()
    write_frame_list(raw / "ImageSets/train.txt", [HIDDEN[0], SHOWN[1]])
    assert labels_seen(FrameSet(raw).read()) == [False, True]


def test_validation_frames_among_unlabelled_drives_are_warned_of(kitti, raw, tmp_path):
    with pytest.warns(RuntimeWarning, match=rf"2: {LABELLED}, .* validation set too.*--unlabelled-list"):
        FrameSet(kitti, unlabelled=raw).read()
    write_frame_list(tmp_path / "list.txt", HIDDEN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FrameSet(kitti, unlabelled=raw, unlabelled_list=tmp_path / "list.txt").read()
        FrameSet(raw, unlabelled=raw).read()


def test_a_dry_run_looks_at_every_part(kitti, raw):
    both = FrameSet(kitti, unlabelled=raw).read()
    assert _data(both).good
    assert "8 looked at" in _data(both).found
    image = raw / DAY / UNLABELLED / "image_02/data/0000000001.png"
    image.write_bytes(b"no png")
    assert not _data(both).good
    assert image.name in _data(both).found
    assert _data(FrameSet(raw).read()).good  # the labelled drive alone
    label = kitti / "training/label_2/000000.txt"
    label.write_text("Car\n")
    assert "2 problems in 8" in _data(both).found


def test_unlabelled_frames_of_the_object_layout(kitti):
    write_split(kitti / "ImageSets/train.txt", ["000000", "000001"])
    write_split(kitti / "ImageSets/unlabelled.txt", ["000002", "000003"])
    data = FrameSet(kitti, unlabelled=kitti).read()
    assert data.frame_ids == ("000000", "000001", "000002", "000003")
    assert labels_seen(data) == [True, True, False, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unlabelled": None, "tracklets": True}, "--tracklets"),
        ({"unlabelled": None, "unlabelled_list": "x.txt"}, "--unlabelled-list"),
        ({"unlabelled_list": "absent.txt"}, "absent.txt"),
    ],
)
def test_options_that_lack_something(kitti, raw, tmp_path, changes, message):
    if "unlabelled_list" in changes:
        changes = {**changes, "unlabelled_list": tmp_path / changes["unlabelled_list"]}
    with pytest.raises(DataError, match=message):
        FrameSet(kitti, **{"unlabelled": raw, **changes}).read()


def test_two_roots_with_the_same_names_are_refused(kitti, tmp_path):
    other = shutil.copytree(kitti, tmp_path / "other")
    write_split(other / "ImageSets/unlabelled.txt", ["000003"])
    with pytest.raises(DataError, match="names that --data has too"):
        FrameSet(kitti, unlabelled=other).read()
    write_split(kitti / "ImageSets/unlabelled.txt", ["000000"])
    with pytest.raises(DataError, match="no frames besides"):
        FrameSet(kitti, unlabelled=kitti).read()
