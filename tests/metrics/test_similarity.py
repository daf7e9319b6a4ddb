"""Similarity measures: what they ignore, what they notice, and their floors."""

import numpy as np
import pytest

from monotakd.metrics.similarity import (
    block_checkerboard,
    compare_maps,
    cosine,
    linear_cka,
    linear_map_r2,
    occupied_cells,
)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def rotation(rng, size):
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def test_cka_ignores_rotation_scale_and_offset(rng):
    a = rng.normal(size=(200, 6)) * np.arange(1, 7)
    turned = 3.7 * a @ rotation(rng, 6) + rng.normal(size=6)
    assert linear_cka(a, a) == pytest.approx(1.0, abs=1e-12)
    assert linear_cka(a, turned) == pytest.approx(1.0, abs=1e-12)
    assert cosine(a, turned) < 0.9  # the cosine does not ignore it


def test_cka_by_hand():
    """One channel each: CKA is the squared correlation."""
    a, b = np.array([[1.0], [2.0], [4.0]]), np.array([[3.0], [1.0], [2.0]])
    assert linear_cka(a, b) == pytest.approx(np.corrcoef(a[:, 0], b[:, 0])[0, 1] ** 2)


def test_cka_notices_an_anisotropic_change_and_unrelated_maps(rng):
    a = rng.normal(size=(500, 4))
    assert linear_cka(a, a * [9, 1, 1, 1]) < 0.6
    assert linear_cka(a, rng.normal(size=(500, 9))) < 0.05


def test_cka_of_a_constant_map_has_no_value(rng):
    assert np.isnan(linear_cka(rng.normal(size=(5, 2)), np.ones((5, 2))))


def test_cosine_by_hand():
    a = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = np.array([[0.0, 2.0], [2.0, 2.0], [1.0, 1.0]])
    assert cosine(a, b) == pytest.approx(1 / 3)
    assert cosine(a[:2], -a[:2]) == pytest.approx(-1.0)


def test_r2_of_an_exact_linear_map_is_one_and_noise_costs_its_share(rng):
    source = rng.normal(size=(4000, 5))
    exact = source @ rng.normal(size=(5, 3)) + 7.0
    held_out = np.arange(4000) % 2 == 0
    assert linear_map_r2(source, exact, held_out) == pytest.approx(1.0, abs=1e-10)
    noise = rng.normal(size=exact.shape)
    noisy = exact / exact.std(axis=0) + noise  # half of the variance is noise
    assert linear_map_r2(source, noisy, held_out) == pytest.approx(0.5, abs=0.04)


def test_r2_is_judged_on_cells_that_were_not_fitted(rng):
    """As many numbers to fit as cells: perfect on the fitted ones, worthless on the others."""
    source, target = rng.normal(size=(60, 29)), rng.normal(size=(60, 4))
    assert linear_map_r2(source, target, np.arange(60) >= 30) < 0


def test_empty_cells_are_those_with_the_most_frequent_vector(rng):
    features = np.repeat(np.array([0.5, -1.0]), 30).reshape(2, 5, 6)
    features[:, 1, 2] = 0.0
    features[0, 4, 5] = 0.6
    assert np.argwhere(occupied_cells(features)).tolist() == [[1, 2], [4, 5]]
    assert occupied_cells(rng.normal(size=(3, 4, 5))).all()


def test_blocks_alternate():
    board = block_checkerboard((4, 6), 2)
    assert board.astype(int).tolist() == [
        [0, 0, 1, 1, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 1],
        [1, 1, 0, 0, 1, 1],
    ]


def test_floors_come_from_the_other_frames(rng):
    b = rng.normal(size=(3, 4, 6, 7))
    b[1] = b[2]
    a = b.copy()
    a[0] = b[1]  # shows what belongs to another frame
    occupied = np.ones((3, 6, 7), dtype=bool)
    wrong = compare_maps(a, b, occupied, sample=0)
    assert (wrong.cosine_floor, wrong.cka_floor) == pytest.approx((1.0, 1.0))
    assert wrong.cosine < 0.4
    right = compare_maps(a, b, occupied, sample=1)
    assert right.cosine == pytest.approx(1.0)
    assert right.cosine_floor == pytest.approx((1 + cosine(b[1].reshape(4, -1).T, b[0].reshape(4, -1).T)) / 2)


def test_a_map_that_shows_the_same_everywhere_is_no_better_than_its_floor(rng):
    """Empty cells of other frames must not pull the floor down."""
    occupied = rng.random((2, 20, 20)) < 0.5
    b = np.where(occupied[:, None], 1.0 + 0.1 * rng.normal(size=(2, 5, 20, 20)), 0.0)
    result = compare_maps(np.ones_like(b), b, occupied)
    assert result.cosine == pytest.approx(result.cosine_floor, abs=0.01)
    assert result.cosine > 0.98


def test_only_occupied_cells_count(rng):
    a, b = rng.normal(size=(1, 3, 4, 4)), rng.normal(size=(1, 3, 4, 4))
    occupied = np.zeros((1, 4, 4), dtype=bool)
    occupied[:, :2] = True
    b[:, :, :2] = 2 * a[:, :, :2]
    same = compare_maps(a, b, occupied)
    assert same.cosine == pytest.approx(1.0)
    assert (same.cosine_floor, same.cka_floor) == (None, None)


def test_frames_with_hardly_a_common_cell_give_no_floor(rng):
    a = rng.normal(size=(2, 3, 4, 4))
    occupied = np.ones((2, 4, 4), dtype=bool)
    occupied[1, :, 1:] = False
    occupied[1, 0] = False
    assert compare_maps(a, a, occupied).cka_floor is None


def test_maps_with_other_channels_have_no_cosine(rng):
    a, b = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 5, 4, 4))
    result = compare_maps(a, b, np.ones((2, 4, 4), dtype=bool))
    assert (result.cosine, result.cosine_floor) == (None, None)
    assert 0 <= result.cka <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: cosine(x, x[:, :2]), "same channels"),
        (lambda x: linear_cka(x, x[:3]), "same cells"),
        (lambda x: linear_cka(x * np.nan, x), "first map has NaN"),
        (lambda x: linear_map_r2(x, x, np.ones(9, dtype=bool)), "0 cells to fit 4 numbers"),
        (lambda x: compare_maps(x[None, None], x[None, None], np.zeros((1, 9, 3), dtype=bool)), "no occupied cell"),
        (
            lambda x: compare_maps(x[None, None], x[None, None], np.ones((1, 9, 3), dtype=bool), 1),
            "sample 1 of maps with",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(rng, call, message):
    with pytest.raises(ValueError, match=message):
        call(rng.normal(size=(9, 3)))
