"""PCA colours: one basis, fixed signs, empty cells dark, and units of their own where asked for."""

import numpy as np
import pytest

from monotakd.viz.feature_colours import feature_colours, fit_colours


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.fixture
def scene(rng):
    """(4, 10, 12) features of a map that is half empty, the empty value not being 0."""
    occupied = np.zeros((10, 12), dtype=bool)
    occupied[:5] = True
    features = np.full((4, 10, 12), -0.25)
    features[:, occupied] = -0.25 + np.abs(rng.normal(size=(4, 60))) * np.array([[4.0], [2.0], [1.0], [0.5]])
    return features, occupied


def test_the_basis_is_orthonormal_and_ordered(scene):
    basis = fit_colours(*scene)
    assert basis.directions @ basis.directions.T == pytest.approx(np.eye(3), abs=1e-9)
    assert basis.explained[0] > basis.explained[1] > basis.explained[2] > 0
    assert basis.explained.sum() < 1
    assert basis.origin == pytest.approx(np.full(4, -0.25))


def test_signs_do_not_depend_on_how_the_eigenvectors_came_out(scene, monkeypatch):
    expected = fit_colours(*scene).directions
    found = np.linalg.eigh

    def turned(matrix):
        values, vectors = found(matrix)
        return values, -vectors

    monkeypatch.setattr(np.linalg, "eigh", turned)
    assert fit_colours(*scene).directions == pytest.approx(expected)


def test_empty_cells_are_dark_and_the_strongest_is_light(scene):
    features, occupied = scene
    basis = fit_colours(features, occupied)
    colours = feature_colours(features, basis)
    assert colours.shape == (10, 12, 3)
    assert colours[~occupied] == pytest.approx(0.10)
    lightness = colours.mean(axis=-1)
    strength = np.linalg.norm(features + 0.25, axis=0)
    assert lightness[occupied].mean() > 0.3
    assert np.corrcoef(lightness[occupied], strength[occupied])[0, 1] > 0.8


def test_equal_features_get_equal_colours_in_every_map(scene, rng):
    features, occupied = scene
    basis = fit_colours(features, occupied)
    moved = features[:, rng.permutation(10)][:, :, rng.permutation(12)]
    shades = {tuple(c) for c in feature_colours(features, basis).reshape(-1, 3).round(9)}
    assert {tuple(c) for c in feature_colours(moved, basis).reshape(-1, 3).round(9)} == shades


def test_own_units_undo_scale_and_offset_and_only_they_do(scene):
    features, occupied = scene
    basis = fit_colours(features, occupied)
    other = 0.01 * features + 3.0
    expected = feature_colours(features, basis, cells=occupied)
    assert feature_colours(other, basis, cells=occupied) == pytest.approx(expected)
    assert feature_colours(other, basis) != pytest.approx(expected, abs=0.2)


def test_a_dense_map_and_two_channels_have_colours_too(rng):
    features = rng.normal(size=(2, 6, 7))
    basis = fit_colours(features, np.ones((6, 7), dtype=bool))
    assert basis.origin == pytest.approx(features.reshape(2, -1).mean(axis=1))
    assert basis.explained == pytest.approx([basis.explained[0], 1 - basis.explained[0], 0])
    colours = feature_colours(features, basis)
    assert np.isfinite(colours).all()
    assert colours.std() > 0.05


def test_other_channels_and_an_empty_map_are_refused(scene):
    features, occupied = scene
    basis = fit_colours(features, occupied)
    with pytest.raises(ValueError, match="3 channels has no colours in a basis of 4"):
        feature_colours(features[:3], basis)
    with pytest.raises(ValueError, match="says the same everywhere"):
        fit_colours(features, np.zeros_like(occupied))
