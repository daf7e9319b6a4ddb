from dataclasses import replace

import numpy as np
import pytest
from street_cases import boxes_scene, car, distance_to_boxes

from monotakd.datasets.street.lidar import beam_elevations, in_view
from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.world import Camera, Lidar


def test_beams_have_the_angles_of_the_data_sheet():
    angles = np.degrees(beam_elevations())
    assert len(angles) == 64
    np.testing.assert_allclose(angles[[0, 1, 31, 32, 33, 63]], [2.0, 5 / 3, -8.3333333, -8.83, -9.33, -24.33])
    assert (np.diff(angles) < 0).all()
    np.testing.assert_allclose(np.degrees(beam_elevations(16))[[0, -1]], [2.0, -24.33])


def test_points_lie_on_the_surfaces(render_boxes):
    scene = boxes_scene(car(9.0, 2.0, yaw=0.3), car(-14.0, -3.0, yaw=2.0), lidar=Lidar(range_noise=0.0))
    frame = render_boxes(scene).frame
    points = frame.points[:, :3].astype(float)
    points[:, 2] += 1.73
    boxes = [(9.0, 2.0, 0.75, 4.0, 1.8, 1.5, 0.3), (-14.0, -3.0, 0.75, 4.0, 1.8, 1.5, 2.0)]
    to_boxes, to_ground = distance_to_boxes(points, boxes), np.abs(points[:, 2])
    assert np.minimum(to_boxes, to_ground).max() < 2e-3
    for box in boxes:
        assert ((distance_to_boxes(points, [box]) < 2e-3) & (points[:, 2] > 0.1)).sum() > 100


def test_range_noise_has_its_size_and_points_along_the_ray(render_boxes):
    wall = [((1.0, 80.0, 20.0), 15.5, 0.0, Material.PLASTER)]
    exact, noisy = (
        render_boxes(boxes_scene(extra=wall, ground=False, lidar=Lidar(range_noise=noise))).frame.points
        for noise in (0.0, 0.02)
    )
    assert len(exact) == len(noisy) > 5000
    r, n = (np.linalg.norm(points[:, :3], axis=1) for points in (exact, noisy))
    assert (n - r).std() == pytest.approx(0.02, rel=0.05)
    np.testing.assert_allclose(noisy[:, :3] / n[:, None], exact[:, :3] / r[:, None], atol=1e-5)


def test_rings_run_from_the_top_and_counter_clockwise(render_boxes):
    hall = [((60.0, 60.0, 20.0), 0.0, 0.0, Material.PLASTER)]
    points = render_boxes(boxes_scene(extra=hall, ground=False)).frame.points
    # Inside a hall every beam comes back: 64 rings of falling elevation, each turning left from the front.
    elevation = np.degrees(np.arcsin(points[:, 2] / np.linalg.norm(points[:, :3], axis=1)))
    assert (np.diff(elevation) < 0.1).all()
    azimuth = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360
    same_ring = np.abs(np.diff(elevation)) < 0.05
    assert (np.diff(azimuth)[same_ring] > 0).mean() > 0.999
    assert 0.95 * 64 * 2083 < len(points) <= 64 * 2083


@pytest.mark.parametrize(
    "camera", [Camera(320, 96), Camera(320, 96, focal=0.4, offset=(-0.3, 0.5, 0.2), yaw=2.5, pitch=-0.3, roll=0.2)]
)
def test_camera_view_only_keeps_the_very_points_in_the_image(render_boxes, camera):
    scene = boxes_scene(car(9.0, 2.0), car(-3.5, 2.0), camera=camera)
    full = render_boxes(scene).frame
    part = render_boxes(replace(scene, lidar=Lidar(camera_view_only=True))).frame.points
    assert np.array_equal(part, full.points[in_view(full.points, full.calibration)])
    assert 0.1 < len(part) / len(full.points) < 0.4


def test_dark_glass_and_distance_lose_points(render_boxes):
    def echoes(material, x):
        return len(render_boxes(boxes_scene(extra=[((1.0, 8.0, 3.0), x, 0.0, material)], ground=False)).frame.points)

    near, far = echoes(Material.PLASTER, 20.0), echoes(Material.PLASTER, 60.0)
    assert far < near / 8  # fewer rays meet it
    assert echoes(Material.GLASS, 60.0) < 0.5 * far
    assert echoes(Material.RUBBER, 70.0) < 0.3 * echoes(Material.PLASTER, 70.0)


def test_intensity_tells_plates_from_tyres(render_boxes):
    def intensity(material):
        wall = [((1.0, 8.0, 3.0), 12.0, 0.0, material)]
        return render_boxes(boxes_scene(extra=wall, ground=False)).frame.points[:, 3]

    plate, plaster, tyre = (intensity(m) for m in (Material.PLATE, Material.PLASTER, Material.RUBBER))
    assert np.median(plate) > 0.8 > np.median(plaster) > 0.15 > np.median(tyre)
    for values in (plate, plaster, tyre):
        assert values.min() >= 0
        assert values.max() <= 0.99
        np.testing.assert_allclose(values * 100, np.rint(values * 100), atol=1e-4)


def test_sweep_is_float32_and_finite(render_boxes):
    points = render_boxes(boxes_scene(car(9.0))).frame.points
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert np.linalg.norm(points[:, :3], axis=1).max() < 120.2
