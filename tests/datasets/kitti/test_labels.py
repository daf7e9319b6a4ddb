import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_kitti import LABELS

from monotakd.datasets.kitti.labels import (
    KittiLabels,
    format_labels,
    parse_labels,
    read_labels,
    write_labels,
)
from monotakd.errors import DataError

finite = st.floats(allow_nan=False, allow_infinity=False)
size = st.floats(min_value=1e-6, max_value=1e6)
name = st.from_regex(r"[A-Za-z][A-Za-z_]{0,12}", fullmatch=True)


def build(rows, scores):
    values = np.array([row[1:] for row in rows], dtype=float).reshape(len(rows), 15)
    return KittiLabels(
        tuple(row[0] for row in rows),
        values[:, 0],
        values[:, 1].astype(np.int64),
        values[:, 2],
        values[:, 3:7],
        values[:, 7:10],
        values[:, 10:13],
        values[:, 13],
        values[:, 14] if scores else None,
    )


@given(
    st.lists(st.tuples(name, finite, st.integers(-1, 3), *[finite] * 5, size, size, size, *[finite] * 5), max_size=5),
    st.booleans(),
)
def test_any_rows_survive_writing_and_reading(rows, scores):
    labels = build(rows, scores)
    again = parse_labels(format_labels(labels), "text", scores=scores)
    assert again.names == labels.names
    assert (again.scores is None) == (not scores)
    np.testing.assert_array_equal(again.matrix(), labels.matrix())


def test_columns_land_in_their_fields():
    labels = parse_labels(LABELS, "text")
    assert labels.names == ("Car", "Person_sitting", "Cyclist", "DontCare")
    assert labels.truncated.tolist() == [0, 0.25, 0, -1]
    assert labels.occluded.tolist() == [0, 1, 3, -1]
    assert labels.alpha.tolist() == [-1.58, 0.21, -1.65, -10]
    assert labels.boxes_2d[0].tolist() == [30.5, 8.25, 52, 20.75]
    assert labels.dimensions[0].tolist() == [1.52, 1.63, 3.88]
    assert labels.locations[0].tolist() == [0.31, 1.65, 9.75]
    assert labels.rotation_y.tolist() == [-1.55, -0.25, -1.4, -10]
    assert labels.scores is None


def test_text_comes_back_byte_for_byte():
    assert format_labels(parse_labels(LABELS, "text")) == LABELS


def test_real_labels_come_back_byte_for_byte(real_kitti, tmp_path):
    paths = sorted((real_kitti / "training" / "label_2").glob("*.txt"))
    assert len(paths) == 18
    for path in paths:
        write_labels(tmp_path / path.name, read_labels(path, scores=False))
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("scores", [True, False])
def test_an_empty_file_says_nothing_is_there(tmp_path, scores):
    (tmp_path / "empty.txt").write_bytes(b"")
    labels = read_labels(tmp_path / "empty.txt", scores=scores)
    assert len(labels) == 0
    assert (labels.scores is not None) == scores
    assert format_labels(labels) == ""


@pytest.mark.parametrize(
    ("change", "scores", "place", "message"),
    [
        (("-1.55", "-1.55 0.9"), False, "line 1", "16 columns"),
        (("-1.55", "-1.55 0.9"), None, "line 2", "16 columns as in line 1"),
        (("", ""), True, "line 1", "without its score"),
        (("-1.55", ""), False, "line 1", "may be cut off"),
        (("9.75", "nan"), False, "line 1, column 14", "z = nan"),
        (("0.80 -4.00", "0.80 1e400"), False, "line 2, column 12", "x = inf"),
        (("0.60 1.76", "-0.60 1.76"), False, "line 3, column 10", "Cyclist with width = -0.6 m"),
        (("1.52 1.63", "0 1.63"), False, "line 1, column 9", "Car with height = 0 m"),
        (("Cyclist 0.00 3", "Cyclist 0.00 three"), False, "line 3, column 3", "occluded = 'three'"),
        (("Cyclist 0.00 3", "Cyclist 0.00 1.5"), False, "line 3, column 3", "a whole number"),
        (("30.50", "30_50"), False, "line 1, column 5", "left = '30_50'"),
    ],
)
def test_errors_name_line_and_column(change, scores, place, message):
    with pytest.raises(DataError, match="file") as caught:
        parse_labels(LABELS.replace(*change, 1), "file", scores=scores)
    assert caught.value.place == place
    assert message in str(caught.value)


def test_a_file_that_changes_its_width_is_refused():
    first, *rest = LABELS.splitlines()
    with pytest.raises(DataError, match=r"line 2: found 15 columns; expected 16 columns as in line 1"):
        parse_labels("\n".join([f"{first} 0.5", *rest]), "file")


def test_rows_can_be_chosen():
    labels = parse_labels(LABELS, "text")
    chosen = labels[np.array([True, False, True, False])]
    assert chosen.names == ("Car", "Cyclist")
    assert chosen.locations.tolist() == labels.locations[[0, 2]].tolist()


@pytest.mark.parametrize("bad", ["", "two words", "Stra\u00dfe", "tab\t"])
def test_class_names_that_would_break_the_file_are_refused(bad):
    labels = parse_labels(LABELS, "text")
    broken = KittiLabels(**(vars(labels) | {"names": (bad, *labels.names[1:])}))
    with pytest.raises(ValueError, match="class name"):
        format_labels(broken)


def test_wrong_shapes_are_refused():
    labels = parse_labels(LABELS, "text")
    object.__setattr__(labels, "alpha", labels.alpha[:3])  # building it anew would meet the tests' shape checks first
    with pytest.raises(ValueError, match=r"alpha has shape \(3,\), expected \(4,\)"):
        labels.__post_init__()


def test_reading_labels_does_not_import_torch():
    code = (
        "import sys, monotakd.datasets.kitti.labels, monotakd.datasets.kitti.splits; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
