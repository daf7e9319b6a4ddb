import subprocess
import sys

import numpy as np
import pytest
import torch
from geometry_strategies import EXAMPLES, boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import convex_overlap

from monotakd.geometry.nms import rotated_nms


def slow_nms(boxes, scores, threshold):
    """Take the best box, strike out all that overlap it, repeat."""
    left = sorted(range(len(boxes)), key=lambda i: (-scores[i], i))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if convex_overlap.box_iou(boxes[best], boxes[i])[0] <= threshold]
    return kept


def crowd(count, seed, reach=6.0):
    rng = np.random.default_rng(seed)
    rows = rng.uniform([-reach, -reach, -1, 2, 1, 1, -np.pi], [reach, reach, 1, 5, 2.5, 2, np.pi], (count, 7))
    return rows, rng.integers(0, 20, count) / 20.0


@settings(EXAMPLES, max_examples=60)
@given(st.lists(st.tuples(boxes(4.0), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=8), st.floats(0.05, 0.9))
def test_equals_the_slow_version(rows, threshold):
    values = np.concatenate([np.zeros((0, 7)), *(box for box, _ in rows)])
    scores = np.array([score for _, score in rows], dtype=float)
    assert rotated_nms(values, scores, threshold).tolist() == slow_nms(values, scores, threshold)


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.3, 0.6])
def test_a_crowd_equals_the_slow_version(threshold):
    values, scores = crowd(40, seed=1, reach=3.0)
    kept = rotated_nms(values, scores, threshold).tolist()
    assert kept == slow_nms(values, scores, threshold)
    assert 1 < len(kept) < 40


def test_a_box_struck_out_strikes_nothing_out():
    # Three boxes 1 m apart in a row, each overlapping its neighbour by 3/5 and the next but one by 1/3.
    row = np.tile([0.0, 0, 0, 4, 2, 1.5, 0], (3, 1))
    row[:, 0] = [0, 1, 2]
    assert rotated_nms(row, np.array([0.9, 0.8, 0.7]), 0.4).tolist() == [0, 2]
    assert rotated_nms(row, np.array([0.8, 0.9, 0.7]), 0.4).tolist() == [1]
    assert rotated_nms(row, np.array([0.9, 0.8, 0.7]), 0.6).tolist() == [0, 1, 2]  # 3/5 is not more than 0.6


def test_equal_scores_go_by_row_and_height_plays_no_part():
    row = np.tile([0.0, 0, 0, 4, 2, 1.5, 0], (3, 1))
    row[1, 0], row[2, 2] = 50.0, 10.0
    assert rotated_nms(row, np.full(3, 0.5), 0.5).tolist() == [0, 1]


def test_pre_and_post():
    values, scores = crowd(40, seed=2, reach=200.0)
    order = np.argsort(-scores, kind="stable")
    assert rotated_nms(values, scores, 0.5).tolist() == order.tolist()
    assert rotated_nms(values, scores, 0.5, pre=7).tolist() == order[:7].tolist()
    assert rotated_nms(values, scores, 0.5, post=5).tolist() == order[:5].tolist()
    assert rotated_nms(values, scores, 0.5, post=0).tolist() == []


def test_nothing_in_nothing_out():
    kept = rotated_nms(np.zeros((0, 7)), np.zeros(0), 0.5)
    assert kept.shape == (0,)
    assert kept.dtype == np.int64


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_tensors(dtype):
    values, scores = crowd(30, seed=4)
    values, scores = torch.from_numpy(values).to(dtype).requires_grad_(), torch.from_numpy(scores).to(dtype)
    kept = rotated_nms(values, scores, 0.2)
    assert kept.dtype == torch.int64
    expected = rotated_nms(values.detach().double().numpy(), scores.double().numpy(), 0.2)
    assert kept.tolist() == expected.tolist()


def test_works_without_loading_torch():
    code = (
        "import sys, numpy as np; from monotakd.geometry.nms import rotated_nms; import monotakd.geometry.boxes;"
        "assert rotated_nms(np.ones((2, 7)), np.ones(2), 0.5).tolist() == [0]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.array([0.1, np.nan])}, "1 NaN entries, the first is row 1"),
        ({"scores": np.ones(3)}, "one score per box"),
        ({"boxes": np.full((2, 7), np.nan)}, "2 unusable rows, the first is row 0"),
        ({"boxes": np.ones((2, 9))}, r"expected \(N, 7\)"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"post": -1}, "counts >= 0"),
    ],
)
def test_bad_input_is_refused(change, message, unchecked_shapes):
    arguments = {"boxes": np.ones((2, 7)), "scores": np.ones(2), "threshold": 0.5} | change
    with pytest.raises(ValueError, match=message):
        rotated_nms(**arguments)
