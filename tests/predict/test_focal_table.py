"""The table of focal lengths: that its numbers are those of the prediction, and that rescaling does what it says."""

import json

import numpy as np
import pytest

pytest.importorskip("open3d")

from monotakd.bootstrap import CHECKOUT
from monotakd.predict.focal_table import FocalLine, focal_page, gain, measure, write_focal_table
from monotakd.predict.trained_student import load_student


@pytest.fixture(scope="module")
def trained():
    return load_student("student_monotakd")


@pytest.fixture(scope="module")
def lines(trained):
    """Two streets through a wide, the trained and a tele lens."""
    return {(one.ratio, one.rescaled): one for one in measure(trained, ratios=(0.7, 1.0, 1.4), frames=2, replicates=4)}


def test_a_longer_lens_brings_everything_nearer_unless_rescaled(lines):
    assert lines[1.4, False].depth_ratio < 0.9
    assert abs(lines[1.4, True].depth_ratio - 1) < abs(lines[1.4, False].depth_ratio - 1)
    assert lines[1.4, True].cars_seen == lines[1.4, False].cars_seen == 1.0


def test_a_shorter_lens_sets_everything_back_and_rescaling_shows_less(lines):
    assert lines[0.7, False].depth_ratio > 1.1
    assert lines[0.7, True].depth_ratio < lines[0.7, False].depth_ratio
    assert lines[0.7, True].cars_seen < lines[0.7, False].cars_seen == 1.0


def test_at_the_trained_focal_length_rescaling_changes_next_to_nothing(lines):
    same = lines[1.0, False], lines[1.0, True]
    assert same[0].depth_ratio == pytest.approx(same[1].depth_ratio, abs=0.03)
    assert len(same[0].replicates["bev_50"]) == 4


def test_gain_is_paired():
    draws = {"bev_50": [10.0, 20.0, 30.0], "3d_50": [0.0] * 3}
    more = {"bev_50": [12.0, 22.0, 32.0], "3d_50": [0.0] * 3}
    ap = {"bev_50": 20.0, "3d_50": 1.0}
    common = {"cars_seen": 1.0, "depth_ratio": 1.0, "depth_relative": 0.1, "depth_metres": 1.0, "pixels": 9}
    pair = [
        FocalLine(1.4, False, **common, ap=ap, replicates=draws),
        FocalLine(1.4, True, **common, ap={**ap, "bev_50": 23.0}, replicates=more),
    ]
    np.testing.assert_allclose(gain(pair, 1.4, "bev_50"), (3.0, 2.0, 2.0))


def test_files_and_page(trained, tmp_path):
    page = write_focal_table(trained, tmp_path / "focal", ratios=(0.7,), frames=1, command="monotakd focal-table")
    facts = json.loads((tmp_path / "focal.json").read_text())
    assert [(line["ratio"], line["rescaled"]) for line in facts["lines"]] == [(0.7, False), (0.7, True)]
    assert (tmp_path / "focal.md").read_text() == page
    assert "| 0.7 x | yes |" in page


def test_the_committed_page_is_what_the_numbers_give():
    path = CHECKOUT / "results/focal_lengths.json"
    if not path.exists():
        pytest.skip("no committed table")
    facts = json.loads(path.read_text())
    lines = [FocalLine(**line) for line in facts["lines"]]
    assert path.with_suffix(".md").read_text() == focal_page(lines, facts)


def test_what_the_words_predict_is_what_was_measured():
    """`words` tells users to expect depths 1 / ratio times the true ones; rescaling must undo most of it."""
    path = CHECKOUT / "results/focal_lengths.json"
    if not path.exists():
        pytest.skip("no committed table")
    lines = {(line["ratio"], line["rescaled"]): line["depth_ratio"] for line in json.loads(path.read_text())["lines"]}
    at_home = lines[1.0, False]
    for (ratio, rescaled), measured in lines.items():
        expected = at_home if rescaled else at_home / ratio
        assert measured == pytest.approx(expected, rel=0.05), (ratio, rescaled)
