"""What a panel shows of a map, and where."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from monotakd.scene import BevGrid
from monotakd.viz import palette
from monotakd.viz.bev import bev_axes
from monotakd.viz.feature_panels import draw_shown, show_map, show_residual, two_digits

FEATURES = np.arange(24.0).reshape(2, 3, 4)


def test_a_signed_residual_diverges_around_zero():
    signed = FEATURES - 11.0
    shown = show_residual(signed)
    assert shown.values == pytest.approx(signed.mean(axis=0))
    assert shown.cmap is palette.SIGNED
    assert shown.limits[0] == -shown.limits[1]
    assert shown.note.startswith("signed")


@pytest.mark.parametrize(("features", "note"), [((FEATURES > 5) * 1.0, "binarised"), (FEATURES + 0.5, "magnitude")])
def test_other_residuals_are_sequential(features, note):
    shown = show_residual(features)
    assert shown.cmap is palette.FEATURES
    assert shown.note.startswith(note)
    if note == "binarised":
        assert shown.limits == (0.0, 1.0)


def test_norm_and_channel():
    assert show_map(FEATURES, "norm").values[1, 2] == pytest.approx(np.sqrt((6**2 + 18**2) / 2))
    assert show_map(FEATURES, "norm").limits[0] == 0.0
    assert show_map(FEATURES, 1).values == pytest.approx(FEATURES[1])
    assert show_map(FEATURES - 11.0, 0).cmap is palette.FEATURES  # of one sign
    assert show_map(FEATURES - 6.0, 0).cmap is palette.SIGNED


def test_the_range_can_be_another_maps():
    own, shared = show_map(FEATURES, "norm"), show_map(FEATURES, "norm", scale=3 * FEATURES)
    assert shared.limits[1] == pytest.approx(3 * own.limits[1])


def test_a_constant_map_is_drawn():
    low, high = show_map(np.ones((2, 3, 4)), "norm").limits
    assert low < high


@pytest.mark.parametrize("view", [2, -1, "rms"])
def test_no_such_view(view, unchecked_shapes):
    with pytest.raises(ValueError, match=r"channel|view is"):
        show_map(FEATURES, view)


def test_the_far_left_cell_is_drawn_far_and_left():
    grid = BevGrid((0.0, -1.5), (4.0, 1.5), (1.0, 1.0))
    features = np.zeros((1, 3, 4))
    features[0, 2, 3] = 1.0  # last row: left; last column: far
    axes = bev_axes(((0.0, 4.0), (-1.5, 1.5)), axes=Figure().add_subplot())
    draw_shown(axes, show_map(features, 0), grid)
    (picture,) = axes.images
    assert np.asarray(picture.get_array())[0, 0] == 1.0
    assert list(picture.get_extent()) == [1.5, -1.5, 0.0, 4.0]
    assert axes.get_xlim() == (1.5, -1.5)
    assert axes.get_ylim() == (0.0, 4.0)


def test_numbers_under_a_panel_stay_short():
    numbers = (0.0123, 3.14159, 99.6, 512.3, 9999.4, 9999.6, 257128195.0)
    told = ("0.012", "3.1", "100", "512", "9999", "1.0e+4", "2.6e+8")
    assert tuple(two_digits(number) for number in numbers) == told
    assert two_digits(-257128195.0) == "-2.6e+8"
