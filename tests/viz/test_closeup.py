from dataclasses import replace

import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.geometry.frames import lift_to_lidar
from monotakd.viz import palette
from monotakd.viz.closeup import draw_closeup, draw_ray


def _rings(axes):
    return [line.get_xydata().ravel() for line in axes.lines if line.get_marker() == "o"]


def test_a_closeup_shows_the_object_in_all_three_views(frame):
    image, depth, points = draw_closeup(frame, 1).axes[:3]
    left, top, right, bottom = frame.annotations.boxes_2d[1]
    for axes in (image, depth):
        assert axes.get_xlim()[0] < left < right < axes.get_xlim()[1]
        assert axes.get_ylim()[1] < top < bottom < axes.get_ylim()[0]
    x, y = frame.annotations.boxes.centres[1, :2]
    assert sum(points.get_ylim()) / 2 == pytest.approx(x)
    assert sum(points.get_xlim()) / 2 == pytest.approx(y)


def test_a_closeup_counts_the_points_on_the_object(frame):
    x, y, z = frame.annotations.boxes.centres[0]
    inside = np.tile([x, y, z, 0.5], (7, 1))
    alone = replace(frame, points=np.vstack([inside, [0.0, 0.0, 5.0, 0.5]]))
    assert draw_closeup(alone, 0).axes[2].get_title(loc="left") == "points: 7 on it"


def test_a_closeup_says_what_it_lacks(frame):
    with pytest.raises(DataError, match="no labels"):
        draw_closeup(replace(frame, annotations=None), 0)
    with pytest.raises(DataError, match="no LiDAR points"):
        draw_closeup(replace(frame, points=None), 0)
    with pytest.raises(ValueError, match=r"row 2 of a frame with 2 objects"):
        draw_closeup(frame, 2)


@pytest.mark.parametrize("depth", [3.0, 17.0, 60.0])
def test_the_ring_stays_in_the_image_and_wanders_in_the_bev(frame, depth):
    image, near_to, bev = draw_ray(frame, (120, 60), depth).axes[:3]
    for axes in (image, near_to):
        np.testing.assert_allclose(_rings(axes), [(120.0, 60.0)], atol=1e-9)
    x, y, _ = lift_to_lidar(frame.calibration, np.array([120.0, 60.0]), np.array(depth))
    np.testing.assert_allclose(_rings(bev), [(y, x)])


def test_the_ray_runs_through_the_point(frame):
    bev = draw_ray(frame, (40, 60), 20.0).axes[2]
    (ring,) = _rings(bev)
    (ray,) = [line.get_xydata() for line in bev.lines if line.get_color() == palette.ROLES["student"]][:1]
    along, to_ring = ray[1] - ray[0], ring - ray[0]
    assert along[0] * to_ring[1] - along[1] * to_ring[0] == pytest.approx(0.0, abs=1e-9)
    assert along @ to_ring > 0


def test_nothing_is_seen_behind_the_camera(frame):
    with pytest.raises(ValueError, match="in front of the camera"):
        draw_ray(frame, (40, 60), 0.0)
