"""One orientation in every picture from above: forward up, left on the left, seen in rendered pixels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from monotakd.errors import DataError
from monotakd.scene import BevGrid, BevMap, Boxes3D
from monotakd.viz import draw_bev, draw_bev_map, palette
from monotakd.viz.bev import bev_values, camera_wedge

from .conftest import make_calibration
from .pixels import inside, rendered, share, where

REGION = ((0.0, 40.0), (-20.0, 20.0))
# A thing 30 m ahead and 10 m to the left belongs a quarter from the top and a quarter from the left.
PLACE = (30.0, 10.0)
EXPECTED = (0.25, 0.25)


def found_at(picture, colour, tolerance=12):
    view = inside(picture.axes[0], rendered(picture))
    return share(where(view, colour, tolerance), view)


def test_boxes_forward_up_left_on_the_left(frame):
    box = Boxes3D(np.array([[*PLACE, 0.0, 4.0, 2.0, 1.5, 0.0]]), ("Car",))
    picture = draw_bev(frame, {"student": box}, points=False, region=REGION)
    assert found_at(picture, palette.ROLES["student"]) == pytest.approx(EXPECTED, abs=0.01)


def test_the_front_of_a_box_points_where_its_yaw_says(frame):
    # Heading left (yaw 90 degrees): the thick front bar is at the left end.
    box = Boxes3D(np.array([[20.0, 0.0, 0.0, 8.0, 4.0, 1.5, np.pi / 2]]), ("Car",))
    picture = draw_bev(frame, {"student": box}, points=False, region=REGION)
    view = inside(picture.axes[0], rendered(picture))
    pixels = where(view, palette.ROLES["student"])
    middle = view.shape[1] / 2
    left, right = (pixels[:, 1] < middle).sum(), (pixels[:, 1] > middle).sum()
    assert left > 1.3 * right


def test_points_forward_up_left_on_the_left(frame):
    blob = np.column_stack([np.random.default_rng(0).normal(0, 0.1, (400, 3)), np.ones(400)])
    blob[:, :2] += PLACE
    blob[:, 2] = 1.5
    picture = draw_bev(replace(frame, points=blob), {}, region=REGION)
    assert found_at(picture, palette.HEIGHT(1.0)[:3], 40) == pytest.approx(EXPECTED, abs=0.015)


def test_feature_maps_forward_up_left_on_the_left(frame):
    grid = BevGrid((0.0, -20.0), (40.0, 20.0), (0.5, 0.5))
    features = torch.zeros(1, 1, *grid.shape)
    features[0, 0, 59:61, 59:61] = 1.0  # y 9.5..10.5 (left), x 29.5..30.5 (ahead)
    picture = draw_bev_map(BevMap(features, grid), channel=0, limits=(0.0, 1.0))
    axes = picture.axes[0]
    axes.child_axes[0].remove()  # the colour bar shows the same colour
    view = inside(axes, rendered(picture))
    down, across = share(where(view, palette.FEATURES(1.0)[:3]), view)
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    assert high - down * (high - low) == pytest.approx(PLACE[0], abs=0.3)
    assert left + across * (right - left) == pytest.approx(PLACE[1], abs=0.3)
    assert across < 0.5
    assert down < 0.5


def test_a_box_lies_on_the_cell_of_the_feature_map_that_it_belongs_to(frame):
    grid = BevGrid((0.0, -20.0), (40.0, 20.0), (0.5, 0.5))
    bev = BevMap(torch.zeros(1, 1, *grid.shape), grid)
    box = Boxes3D(np.array([[*PLACE, 0.0, 4.0, 2.0, 1.5, 0.0]]), ("Car",))
    picture = draw_bev_map(bev, frame, {"student": box})
    axes = picture.axes[0]
    view = inside(axes, rendered(picture))
    down, across = share(where(view, palette.ROLES["student"]), view)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert (high - down * (high - low), left + across * (right - left)) == pytest.approx(PLACE, abs=0.3)


def test_ticks_are_metres_of_the_lidar_frame(frame):
    axes = draw_bev(frame, {}, region=REGION).axes[0]
    axes.figure.canvas.draw()
    texts = {t.get_text(): t.get_window_extent().x0 for t in axes.get_xticklabels()}
    assert texts["10"] < texts["0"] < texts["-10"]
    heights = {t.get_text(): t.get_window_extent().y0 for t in axes.get_yticklabels()}
    assert heights["10"] < heights["30"]


def test_the_ego_marker_points_up_at_the_origin(frame):
    picture = draw_bev(frame, {}, points=False, region=((-10.0, 30.0), (-20.0, 20.0)))
    view = inside(picture.axes[0], rendered(picture))
    pixels = where(view, palette.INK, 20)
    pixels = pixels[pixels[:, 0] > 0.7 * len(view)]
    assert share(pixels, view) == pytest.approx((0.74, 0.5), abs=0.02)
    top, bottom = pixels[:, 0].min(), pixels[:, 0].max()
    assert np.ptp(pixels[pixels[:, 0] <= top + 2, 1]) < np.ptp(pixels[pixels[:, 0] >= bottom - 4, 1])


def test_camera_wedge_is_the_field_of_view():
    camera, left, right = camera_wedge(make_calibration((96, 320), focal=160.0), 10.0)
    assert np.allclose(camera, [0.3, 0.0])
    # The image is as wide as twice the focal length: 45 degrees to either side.
    assert np.allclose(left - camera, 10 * np.array([1, 1]) / np.sqrt(2))
    assert np.allclose(right - camera, 10 * np.array([1, -1]) / np.sqrt(2))


def test_reductions_by_hand():
    grid = BevGrid((0.0, 0.0), (1.0, 1.0), (1.0, 1.0))
    bev = BevMap(torch.tensor([3.0, -4.0]).reshape(1, 2, 1, 1), grid)
    values = [float(bev_values(bev, how)[0, 0]) for how in ("rms", "mean", "max", 1)]
    assert values == pytest.approx([np.sqrt(12.5), -0.5, 3.0, -4.0])
    with pytest.raises(ValueError, match="2 channels"):
        bev_values(bev, 2)
    with pytest.raises(ValueError, match="1 samples"):
        bev_values(bev, 0, sample=1)


@pytest.mark.parametrize(
    ("options", "title"),
    [({}, "feature strength"), ({"signed": True}, "feature value"), ({"quantity": "score"}, "score")],
)
def test_the_colour_bar_says_what_the_colours_stand_for(options, title):
    grid = BevGrid((0.0, -4.0), (8.0, 4.0), (1.0, 1.0))
    picture = draw_bev_map(BevMap(torch.rand(1, 1, *grid.shape), grid), **options)
    assert picture.axes[0].child_axes[0].get_title() == title


def test_nan_features_are_named():
    grid = BevGrid((0.0, 0.0), (3.0, 2.0), (1.0, 1.0))
    features = torch.zeros(1, 1, *grid.shape)
    features[0, 0, 1, 2] = float("nan")
    with pytest.raises(DataError, match="cell y=1, x=2"):
        draw_bev_map(BevMap(features, grid))


def test_signed_maps_are_symmetric_about_zero():
    grid = BevGrid((0.0, 0.0), (4.0, 4.0), (1.0, 1.0))
    bev = BevMap(torch.linspace(-1, 3, 16).reshape(1, 1, 4, 4), grid)
    shown = draw_bev_map(bev, channel=0).axes[0].images[0]
    low, high = shown.get_clim()
    assert low == -high < 0


def test_an_empty_region_is_refused(frame):
    with pytest.raises(ValueError, match="is empty"):
        draw_bev(frame, region=((10.0, 0.0), (-5.0, 5.0)))


def test_asking_for_points_that_are_not_there(frame):
    bare = replace(frame, points=None)
    draw_bev(bare)
    with pytest.raises(DataError, match="no LiDAR points"):
        draw_bev(bare, points=True)
