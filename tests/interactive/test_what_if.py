"""The counterfactual street: reading depth and boxes of one car, and the sweeps that come with the project."""

import numpy as np
import pytest

from monotakd.datasets.street.what_if import SWEEPS, WhatIf, what_if_scene
from monotakd.interactive.what_if import (
    Case,
    answers,
    box_of_car,
    depth_on,
    render_case,
    store_cases,
    stored_cases,
    swept,
)
from monotakd.scene import Boxes3D, Calibration, DepthBins, Detections, Frame

BINS = DepthBins("UD", 4, 2.0, 10.0)
CAMERA = Calibration(
    np.array([[100.0, 0, 79.5, 0], [0, 100, 47.5, 0], [0, 0, 1, 0]]),
    np.array([[0, -1.0, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    (96, 160),
)


def test_depth_on_the_car_by_hand():
    """Two cells show the car, one at 2-4 m for sure, one as likely there as at 6-8 m: together 3/4 and 1/4."""
    p = np.zeros((5, 2, 3))
    p[0, 0, 0] = p[3, 1, 2] = 1.0
    p[0, 0, 1] = p[2, 0, 1] = 0.5
    car = np.zeros((8, 12), dtype=bool)
    car[:4, :8] = True
    car[4:, 8:9] = True  # a quarter of a cell does not count
    assert depth_on(car, p, BINS, 4) == pytest.approx((2 + 2 * 0.1 / 0.75, 2 + 2 * 0.5 / 0.75, 6 + 2 * 0.15 / 0.25))
    assert np.isnan(depth_on(np.zeros_like(car), p, BINS, 4)).all()


def test_beyond_is_left_out_of_the_depth():
    p = np.zeros((5, 1, 1))
    p[1], p[4] = 0.2, 0.8
    assert depth_on(np.ones((4, 4), dtype=bool), p, BINS, 4)[1] == pytest.approx(5.0)


def case(car: tuple[int, int, int, int]) -> Case:
    mask = np.zeros((96, 160), dtype=bool)
    mask[car[1] : car[3], car[0] : car[2]] = True
    frame = Frame("what if", np.zeros((96, 160, 3), dtype=np.uint8), CAMERA)
    return Case(WhatIf(), frame, np.array([12.0, 0, 0, 4, 2, 2, 0]), mask, 10.0)


def test_the_surest_box_on_the_cars_pixels_answers():
    boxes = np.array([[12.0, 0, 0, 4, 2, 2, 0], [13.0, 0, 0, 4, 2, 2, 0], [12.0, 5, 0, 4, 2, 2, 0]])
    found = Detections(Boxes3D(boxes, ("Car",) * 3), np.array([0.4, 0.6, 0.9]))
    there = case((69, 37, 91, 59))
    assert box_of_car(there, found) == 1
    assert box_of_car(there, Detections(found.boxes, np.array([0.1, 0.1, 0.9]))) is None
    assert box_of_car(case((0, 0, 20, 10)), found) is None
    assert box_of_car(there, Detections(Boxes3D.empty(), np.zeros(0))) is None


def test_same_pixels_means_the_same_angle():
    """Size and distance grow together; the car's centre keeps its place ahead of the camera."""
    for what in SWEEPS["same pixels"].cases:
        (car,) = what_if_scene(what).actors
        assert car.width / what.distance == pytest.approx(1.63 / 14.0)
        assert car.x - 0.27 == what.distance


def test_the_camera_is_where_it_was_asked_to_be():
    scene = what_if_scene(WhatIf(height=2.4, pitch=3.0, focal=200.0))
    assert scene.rig.height + scene.camera.offset[2] == pytest.approx(2.4)
    assert np.rad2deg(scene.camera.pitch) == pytest.approx(3.0)
    assert scene.camera.focal * scene.camera.width == pytest.approx(200.0)


@pytest.mark.parametrize("wrong", ["distance", "size", "height", "focal"])
def test_impossible_streets_are_refused(wrong):
    with pytest.raises(ValueError, match=rf"WhatIf\.{wrong} is 0"):
        WhatIf(**{wrong: 0.0})


def test_every_sweep_is_stored_and_tells_the_truth_about_its_car():
    stored = stored_cases()
    for name, sweep in SWEEPS.items():
        assert list(sweep.values) == sorted(sweep.values), name
        for what in sweep.cases:
            kept = stored[what]
            assert kept.frame.image.shape == (96, 320, 3)
            assert kept.car.sum() > 20
            assert kept.frame.calibration.focal[0] == pytest.approx(what.focal)
            if what.yaw == 0:
                rear = what.distance - 0.5 * 3.9 * what.size
                assert kept.surface == pytest.approx(rear, abs=0.6)


def test_a_student_answers_one_sweep():
    told = swept(names=("distance",))["distance"]
    assert len(told.answers) == len(told.values)
    np.testing.assert_allclose(told.column("distance"), told.values, atol=0.05)
    seen = told.column("depth")
    assert (told.near <= seen).all()
    assert (seen <= told.far).all()
    assert seen[0] < seen[-1], "farther cars are seen farther away"


def test_rendered_and_stored_streets_are_the_same(tmp_path):
    pytest.importorskip("open3d")
    what = WhatIf(pitch=1.0)
    fresh, kept = render_case(what), stored_cases()[what]
    np.testing.assert_array_equal(fresh.frame.image, kept.frame.image)
    np.testing.assert_array_equal(fresh.car, kept.car)
    assert answers([fresh])[0].words == answers([kept])[0].words
    store_cases(tmp_path, sweeps={"horizon": type("One", (), {"cases": (what,)})})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames.npz", "frames.webp"]
