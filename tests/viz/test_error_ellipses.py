"""Ellipses point along the line of sight, in the BEV picture's orientation."""

import numpy as np
import pytest
from matplotlib.patches import Ellipse

from monotakd.viz.error_ellipses import draw_error_ellipses

AHEAD_LEFT = np.array([[20.0, 20.0, 0.0, 4.0, 2.0, 1.5, 0.0]])


def ellipse(cars, along, across, **options):
    axes = draw_error_ellipses(cars, np.array([along]), np.array([across]), **options).axes[0]
    return next(p for p in axes.patches if isinstance(p, Ellipse))


def end_of_long_side(patch):
    """(y, x) of the far end, in drawn coordinates."""
    angle = np.radians(patch.angle)
    return np.array(patch.center) + patch.width / 2 * np.array([np.cos(angle), np.sin(angle)])


def test_the_long_side_lies_on_the_ray():
    patch = ellipse(AHEAD_LEFT, 3.0, 0.5)
    assert patch.center == (20.0, 20.0)
    assert end_of_long_side(patch) == pytest.approx([20 + 3 / np.sqrt(2)] * 2)
    assert (patch.width, patch.height) == (6.0, 1.0)


def test_left_and_right_are_not_mixed_up():
    patch = ellipse(np.array([[20.0, -5.0, 0, 4, 2, 1.5, 0]]), 2.0, 0.1)
    y, x = end_of_long_side(patch)
    assert y / x == pytest.approx(-5.0 / 20.0)  # farther out on the same ray


def test_the_ray_starts_at_the_camera():
    patch = ellipse(AHEAD_LEFT, 3.0, 0.5, origin=(20.0, 0.0))
    assert end_of_long_side(patch) == pytest.approx([23.0, 20.0])


@pytest.mark.parametrize("along", [np.array([1.0, 2.0]), np.array([-1.0]), np.array([np.nan])])
def test_bad_deviations_are_named(along):
    with pytest.raises(ValueError, match="along"):
        draw_error_ellipses(AHEAD_LEFT, along, np.array([1.0]))


def test_no_cars():
    nothing = np.zeros(0)
    axes = draw_error_ellipses(np.zeros((0, 7)), nothing, nothing).axes[0]
    assert len(axes.patches) == 0
