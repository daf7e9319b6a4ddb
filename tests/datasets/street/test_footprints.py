"""The sampler's quick overlap test against exact areas."""

import numpy as np

from monotakd.datasets.street.footprints import first_come, overlaps
from monotakd.geometry.rotated_iou import all_pairs_iou


def rectangles(rng, count, spread=8.0):
    return np.column_stack(
        [rng.uniform(-spread, spread, (count, 2)), rng.uniform(0.5, 5, (count, 2)), rng.uniform(-4, 4, count)]
    )


def boxes(rows):
    x, y, length, width, yaw = rows.T
    return np.column_stack([x, y, np.zeros(len(rows)), length, width, np.ones(len(rows)), yaw])


def test_overlap_agrees_with_the_exact_shared_area():
    rng = np.random.default_rng(0)
    a, b = rectangles(rng, 120), rectangles(rng, 90)
    bev, _ = all_pairs_iou(boxes(a), boxes(b))
    found = overlaps(a, b)
    assert 500 < found.sum() < 0.5 * found.size
    np.testing.assert_array_equal(found, bev > 1e-12)


def test_touching_rectangles_do_not_overlap():
    a = np.array([[0.0, 0.0, 4.0, 2.0, 0.0]])
    assert not overlaps(a, np.array([[4.0, 0.0, 4.0, 2.0, 0.0]])).any()
    assert overlaps(a, np.array([[3.99, 0.0, 4.0, 2.0, 0.0]])).all()


def test_first_come_keeps_the_first_of_each_clash_and_what_only_clashed_with_the_dropped():
    chain = np.array([[x, 0.0, 4.0, 2.0, 0.0] for x in (0.0, 3.0, 6.0, 20.0)])
    taken = np.array([[21.0, 0.0, 1.0, 1.0, 0.0]])
    assert first_come(chain, taken).tolist() == [True, False, True, False]
