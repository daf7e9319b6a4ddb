import numpy as np
import pytest
from kitti_cases import labels, random_case

from monotakd.datasets.kitti.labels import write_labels
from monotakd.errors import DataError
from monotakd.metrics.folders import evaluate_folders
from monotakd.metrics.kitti import evaluate

LINE = "Car -1 -1 0.1 100 100 200 150 1.5 1.6 4.0 0 1.6 20 0.1"


@pytest.fixture
def case(tmp_path):
    """Folders of three frames, the last without objects or detections."""
    truth, detections = random_case(np.random.default_rng(3), frames=2)
    folders = tmp_path / "label_2", tmp_path / "pred"
    for folder, frames in zip(folders, (truth, detections), strict=True):
        folder.mkdir()
        for i, things in enumerate([*frames, []]):
            write_labels(folder / f"{i:06d}.txt", labels(things))
    return folders


def split_of(tmp_path, *ids):
    path = tmp_path / "val.txt"
    path.write_text("".join(f"{i}\n" for i in ids))
    return path


def test_files_give_what_values_in_memory_give(case):
    truth, detections = random_case(np.random.default_rng(3), frames=2)
    expected = evaluate([labels(f) for f in [*truth, []]], [labels(f, scores=True) for f in [*detections, []]])
    found = evaluate_folders(*case, trace=True)
    assert found.to_json() == expected.to_json()
    assert (found.frames, found.absent) == (3, 0)
    assert found.trace.table.frame_ids == ("000000", "000001", "000002")


def test_a_split_chooses_the_frames(case, tmp_path):
    found = evaluate_folders(*case, split=split_of(tmp_path, "000001"))
    assert found.frames == 1
    (case[1] / "000000.txt").unlink()
    assert evaluate_folders(*case, split=split_of(tmp_path, "000001")).to_json() == found.to_json()


def test_a_missing_prediction_is_named_and_all_are_counted(case):
    (case[1] / "000001.txt").unlink()
    with pytest.raises(DataError, match=r"000001.txt: found no such file; expected a prediction file"):
        evaluate_folders(*case)
    (case[1] / "000000.txt").unlink()
    with pytest.raises(DataError, match=r"000000.txt: found no such file \(2 of 3 are missing\)"):
        evaluate_folders(*case)


def test_a_missing_label_is_an_error_unless_present_only(case, tmp_path):
    split = split_of(tmp_path, "000000", "000001", "000008", "000009")
    with pytest.raises(DataError, match=r"000008.txt: found no such file \(2 of 4 are missing\)"):
        evaluate_folders(*case, split=split)
    found = evaluate_folders(*case, split=split, present_only=True)
    assert (found.frames, found.absent) == (2, 2)
    assert "2 frames, 2 listed frames absent" in str(found)


def test_present_only_does_not_excuse_a_missing_prediction(case, tmp_path):
    (case[1] / "000001.txt").unlink()
    with pytest.raises(DataError, match=r"pred/000001.txt"):
        evaluate_folders(*case, split=split_of(tmp_path, "000000", "000001"), present_only=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{LINE} 0.5\n{LINE} nan\n", "line 2"),
        (f"{LINE} inf\n", "line 1"),
        (f"{LINE}\n", "line 1"),
        (f"{LINE} 0.5\n\nCar 0.5\n", "line 3"),
        (f"{LINE} high\n", "line 1"),
    ],
)
def test_malformed_predictions_name_file_and_line(case, text, place):
    (case[1] / "000001.txt").write_text(text)
    with pytest.raises(DataError, match=f"000001.txt, {place}"):
        evaluate_folders(*case)


def test_labels_with_a_score_are_refused(case):
    (case[0] / "000001.txt").write_text(f"{LINE} 0.5\n")
    with pytest.raises(DataError, match=r"label_2/000001.txt, line 1"):
        evaluate_folders(*case)


def test_an_empty_file_says_nothing_was_detected(case):
    for path in case[1].iterdir():
        path.write_text("")
    found = evaluate_folders(*case)
    assert found.ap("Car", "bbox", points=11) == 0.0
    assert not found.has_alpha


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_folder(case, tmp_path, which):
    folders = list(case)
    folders[which] = tmp_path / "nowhere"
    with pytest.raises(DataError, match="nowhere: found no such folder"):
        evaluate_folders(*folders)


def test_nothing_to_evaluate(tmp_path, case):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no frame to evaluate"):
        evaluate_folders(tmp_path / "empty", case[1])
    with pytest.raises(DataError, match="no frame to evaluate"):
        evaluate_folders(*case, split=split_of(tmp_path, "000009"), present_only=True)


def test_real_labels_against_themselves(shared, tmp_path):
    """Labels written again with a score must be found perfectly: as many thresholds as hits, no false alarm."""
    label_folder = shared / "real" / "kitti" / "training" / "label_2"
    for path in label_folder.glob("*.txt"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("DontCare")]
        (tmp_path / path.name).write_text("".join(f"{line} 0.5\n" for line in lines))
    evaluation = evaluate_folders(label_folder, tmp_path)
    scored = 0
    for curve in evaluation.curves.values():
        if curve.n_truth:
            assert curve.hits[-1] == curve.n_truth
            assert curve.false_alarms[-1] == 0
            scored += 1
    assert scored > 30
