"""Maps between feature spaces: against scipy and numpy, and on spaces whose relation is known."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from monotakd.metrics.alignment_of_spaces import best_linear_map, explained, procrustes, random_rotation
from monotakd.metrics.similarity import linear_map_r2


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_procrustes_finds_rotation_scale_and_offset_again(rng):
    a = rng.normal(size=(300, 6)) * np.arange(1, 7)
    rotation, offset = random_rotation(6, rng), rng.normal(size=6)
    b = 2.5 * a @ rotation + offset
    found = procrustes(a, b)
    assert found.matrix == pytest.approx(2.5 * rotation, abs=1e-10)
    assert found(a) == pytest.approx(b, abs=1e-10)


def test_procrustes_is_scipys_on_unrelated_maps(rng):
    a, b = rng.normal(size=(80, 5)) + 3.0, rng.normal(size=(80, 5)) - 1.0
    centred = a - a.mean(axis=0), b - b.mean(axis=0)
    rotation, total = orthogonal_procrustes(*centred)
    assert procrustes(a, b, scale=False).matrix == pytest.approx(rotation, abs=1e-10)
    assert procrustes(a, b).matrix == pytest.approx(rotation * total / (centred[0] ** 2).sum(), abs=1e-10)


def test_without_scale_all_lengths_stay(rng):
    a, b = rng.normal(size=(50, 4)), 7.0 * rng.normal(size=(50, 4))
    matrix = procrustes(a, b, scale=False).matrix
    assert matrix @ matrix.T == pytest.approx(np.eye(4), abs=1e-12)
    assert not np.allclose(procrustes(a, b).matrix, matrix)


def test_no_other_rotation_or_factor_is_nearer(rng):
    a = rng.normal(size=(60, 3))
    b = a @ rng.normal(size=(3, 3)) + 0.3 * rng.normal(size=(60, 3))
    best = ((procrustes(a, b)(a) - b) ** 2).sum()
    centred, mean = a - a.mean(axis=0), b.mean(axis=0)
    for _ in range(200):
        turned = centred @ random_rotation(3, rng)
        factor = (turned * (b - mean)).sum() / (turned**2).sum()
        assert ((factor * turned + mean - b) ** 2).sum() >= best


def test_best_linear_map_is_numpys_least_squares(rng):
    a, b = rng.normal(size=(90, 4)), rng.normal(size=(90, 7))
    wanted = np.linalg.lstsq(np.column_stack([a, np.ones(90)]), b, rcond=None)[0]
    found = best_linear_map(a, b)
    assert found.matrix == pytest.approx(wanted[:4], abs=1e-12)
    assert found.offset == pytest.approx(wanted[4], abs=1e-12)


def test_on_the_fitted_cells_a_linear_map_is_never_worse_than_a_rotation(rng):
    a, b = rng.normal(size=(90, 4)) * [5, 1, 1, 0.1], rng.normal(size=(90, 4))
    b += a
    turned, mapped = explained(procrustes(a, b)(a), b), explained(best_linear_map(a, b)(a), b)
    assert 0 < turned < mapped < 1


def test_r2_of_held_out_cells_is_the_one_of_similarity(rng):
    a, b = rng.normal(size=(200, 5)), rng.normal(size=(200, 3))
    b += a[:, :3]
    held_out = np.arange(200) % 3 == 0
    fitted = best_linear_map(a[~held_out], b[~held_out])
    assert explained(fitted(a[held_out]), b[held_out]) == linear_map_r2(a, b, held_out)


def test_explained_by_hand():
    target = np.array([[1.0], [3.0]])  # variance about 2: 1 + 1
    assert explained(target, target) == 1.0
    assert explained(np.full((2, 1), 2.0), target) == 0.0
    assert explained(np.array([[1.0], [2.0]]), target) == pytest.approx(0.5)
    assert explained(np.array([[3.0], [1.0]]), target) == pytest.approx(-3.0)
    assert np.isnan(explained(target, np.ones((2, 1))))


def test_a_whole_map_is_carried_over_cell_by_cell(rng):
    found = best_linear_map(rng.normal(size=(40, 3)), rng.normal(size=(40, 2)))
    features = rng.normal(size=(3, 4, 5))
    moved = found.on_map(features)
    assert moved.shape == (2, 4, 5)
    assert moved[:, 2, 3] == pytest.approx(features[:, 2, 3] @ found.matrix + found.offset)


def test_a_random_rotation_is_orthogonal_and_prefers_no_direction():
    rng = np.random.default_rng(0)
    drawn = np.stack([random_rotation(3, rng) for _ in range(4000)])
    assert drawn @ drawn.swapaxes(1, 2) == pytest.approx(np.broadcast_to(np.eye(3), drawn.shape), abs=1e-12)
    assert drawn.mean(axis=0) == pytest.approx(np.zeros((3, 3)), abs=0.04)  # fails without the signs of R
    assert (drawn**2).mean(axis=0) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: procrustes(x, x[:, :2]), "as many channels on both"),
        (lambda x: procrustes(x, x[:5]), "same cells"),
        (lambda x: procrustes(np.ones((9, 3)), x), "nothing to turn"),
        (lambda x: best_linear_map(x[:3], x[:3]), "3 cells to fit 4 numbers"),
        (lambda x: best_linear_map(x * np.nan, x), "first map has NaN"),
        (lambda x: explained(x, x[:, :1]), "prediction of"),
        (lambda x: best_linear_map(x, x)(x[:, :2]), r"expected \(cells, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(rng, call, message):
    with pytest.raises(ValueError, match=message):
        call(rng.normal(size=(9, 3)))
