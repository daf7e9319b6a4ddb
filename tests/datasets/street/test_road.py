"""The road's coordinates, its relief and its kerbs."""

import numpy as np
import pytest

from monotakd.datasets.street.layout import sample_road
from monotakd.datasets.street.road import KERB_HEIGHT, Crossing, Relief, Road, Side

WINDING = Road(bends=((-40.0, 10.0, -0.008), (20.0, 90.0, 0.012)), heading=0.05, ego_d=-1.6)


def roads(count, relief=1.0):
    return [sample_road(np.random.default_rng(seed), relief) for seed in range(count)]


def test_locate_inverts_pose_on_a_winding_road():
    rng = np.random.default_rng(0)
    s, d = rng.uniform(-80, 150, 500), rng.uniform(-15, 15, 500)
    x, y, _ = WINDING.pose(s, d)
    found_s, found_d = WINDING.locate(x, y)
    np.testing.assert_allclose(found_d, d, atol=0.02)
    np.testing.assert_allclose(found_s, s, atol=0.05)


def test_heading_is_the_direction_in_which_the_centre_line_runs():
    s = np.linspace(-90, 180, 400)
    x, y, heading = WINDING.pose(s, np.zeros_like(s))
    direction = np.arctan2(np.gradient(y, s), np.gradient(x, s))
    assert np.abs(direction - heading)[1:-1].max() < 0.01


def test_the_ego_vehicle_stands_in_its_lane_at_the_origin():
    for road in roads(20):
        assert road.pose_at(0.0, road.ego_d) == pytest.approx((0.0, 0.0, road.heading), abs=1e-9)
        assert -road.half_width < road.ego_d < 0.2


def test_bends_turn_by_their_curvature_times_length():
    road = Road(bends=((20.0, 80.0, 0.01),))
    _, _, heading = road.pose(np.array([0.0, 120.0]), np.zeros(2))
    # 60 m at 0.01/m, less the two 10 m ramps, which turn half as much.
    assert heading[1] - heading[0] == pytest.approx(0.01 * (60 - 10), rel=0.02)


def test_positive_d_is_left():
    _, y, _ = Road(ego_d=0.0).pose(np.zeros(2), np.array([2.0, -2.0]))
    assert y.tolist() == [2.0, -2.0]


def test_the_ground_touches_the_plane_at_the_origin_with_no_slope():
    for road in roads(30):
        step = 1e-3
        z = road.relief.height(np.array([0.0, step, -step, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, step, -step]))
        assert z[0] == 0.0
        assert np.abs(z / step).max() < 1e-3


def test_relief_is_never_flat_by_default_and_always_drivable():
    heights, gradients = [], []
    for road in roads(60):
        s = np.linspace(-60, 100, 161)
        x, y, _ = road.pose(s, np.zeros_like(s))
        z = road.relief.height(x, y)
        heights.append(np.ptp(z))
        gradients.append(np.abs(np.gradient(z, s)).max())
    assert min(heights) > 0.05
    assert np.median(heights) > 0.8
    assert max(gradients) < 0.20


def test_no_relief_is_a_plane():
    for road in roads(5, relief=0.0):
        x = np.linspace(-100, 200, 50)
        assert not road.relief.height(x, 0.3 * x).any()


def test_pavements_are_raised_by_the_kerb_and_carriageways_are_not():
    road = Road(half_width=3.0, left=Side(parking=2.0, pavement=2.0), right=Side(pavement=0.0), ego_d=0.0)
    d = np.array([0.0, 2.9, 4.9, 5.1, 6.9, -2.9, -3.5])
    assert road.height(np.full(7, 10.0), d).tolist() == [0, 0, 0, KERB_HEIGHT, KERB_HEIGHT, 0, 0]


def test_the_side_road_cuts_the_pavement_on_its_own_side_only():
    side = Side(pavement=2.0)
    road = Road(half_width=3.0, left=side, right=side, crossing=Crossing(30.0, 3.0, True, False, False), ego_d=0.0)
    assert road.height(np.array([30.0, 30.0, 40.0]), np.array([4.0, -4.0, 4.0])).tolist() == [
        0,
        KERB_HEIGHT,
        KERB_HEIGHT,
    ]


def test_roads_are_straight_where_a_side_road_joins():
    seen = 0
    for road in roads(80):
        if road.crossing is None:
            continue
        seen += 1
        _, _, heading = road.pose(road.crossing.s + np.array([-12.0, 12.0]), np.zeros(2))
        assert abs(heading[1] - heading[0]) < 1e-9
    assert seen > 20


def test_all_kinds_of_layout_occur():
    drawn = roads(150)
    assert {r.style for r in drawn} == {"residential", "urban", "arterial", "country"}
    assert {len(r.bends) for r in drawn} == {0, 1, 2}
    assert {r.lanes for r in drawn} == {1, 2}
    assert any(r.left.parking_angle for r in drawn)
    arms = {(r.crossing.left, r.crossing.right) for r in drawn if r.crossing}
    assert arms == {(True, True), (True, False), (False, True)}


def test_lanes_keep_right():
    road = Road(half_width=6.0, lanes=2)
    assert [(lane.d, lane.direction) for lane in road.lane_list] == [(-4.5, 1), (-1.5, 1), (1.5, -1), (4.5, -1)]


def test_relief_height_takes_any_shape():
    relief = Relief(0.02, 50.0, 0.01, ((0.1, 0.0, 0.2, 1.0),))
    grid = relief.height(np.zeros((3, 4)) + 7.0, np.ones((3, 4)))
    assert grid.shape == (3, 4)
    assert np.ptp(grid) == 0
