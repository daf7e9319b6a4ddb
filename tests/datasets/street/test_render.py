from dataclasses import replace

import numpy as np
import pytest
from street_cases import boxes_scene, car, distance_to_boxes

from monotakd.datasets.street.mesh import Material
from monotakd.datasets.street.world import Camera, Lidar, Lighting, Rig
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.frames import lift_to_lidar, pixel_centres, project_lidar

TILTED = {"rig": Rig(height=1.6, pitch=0.02, roll=-0.015), "camera": Camera(320, 96, pitch=-0.01, roll=0.02, yaw=0.03)}


def in_world(scene, points):
    """LiDAR points in the world, written out anew: roll about x, nose up about y, then up by the height."""
    cr, sr, cp, sp = np.cos(scene.rig.roll), np.sin(scene.rig.roll), np.cos(scene.rig.pitch), np.sin(scene.rig.pitch)
    x, y, z = points.T
    y, z = cr * y - sr * z, sr * y + cr * z
    return np.stack([cp * x - sp * z, y, sp * x + cp * z + scene.rig.height], 1)


@pytest.mark.parametrize("changes", [{}, TILTED], ids=["still", "tilted"])
def test_depth_lies_on_the_ground_and_on_the_box(render_boxes, changes):
    scene = boxes_scene(car(12.0, 1.0, yaw=0.4), **changes)
    frame = render_boxes(scene, lidar_sweep=False).frame
    seen = frame.depth > 0
    points = lift_to_lidar(frame.calibration, pixel_centres((96, 320))[seen], frame.depth[seen].astype(float))
    world = in_world(scene, points)
    on_car = frame.instances[seen] == 0
    assert on_car.sum() > 300
    assert (~on_car).sum() > 5000
    assert distance_to_boxes(world[on_car], [(12.0, 1.0, 0.75, 4.0, 1.8, 1.5, 0.4)]).max() < 1e-3
    near = ~on_car & (np.abs(world[:, 0]) < 60)
    assert np.abs(world[near, 2]).max() < 2e-3


def test_depth_of_a_wall_is_its_distance(render_boxes):
    scene = boxes_scene(extra=[((1.0, 60.0, 30.0), 20.5, 0.0, Material.PLASTER)], ground=False)
    frame = render_boxes(scene, lidar_sweep=False).frame
    # The wall's face is at x = 20; the optical centre at x = 0.27 lies 2.7 mm behind the rectified frame's origin.
    np.testing.assert_allclose(frame.depth[frame.depth > 0], 20 - 0.27 - 0.002745884, atol=2e-5)


def test_instances_fill_the_projected_boxes(render_boxes):
    scene = boxes_scene(car(10.0, 3.0, yaw=0.2), car(16.0, -2.0, yaw=-1.0), car(28.0, 1.0), width=621, height=188)
    frame = render_boxes(scene, lidar_sweep=False).frame
    projected = project_boxes(frame.annotations.boxes.values, frame.calibration)
    for row, box in enumerate(projected):
        v, u = np.nonzero(frame.instances == row)
        np.testing.assert_allclose([u.min(), v.min(), u.max(), v.max()], box, atol=1.2)


def test_nose_up_lowers_the_horizon(render_boxes):
    def horizon(scene):
        column = render_boxes(scene, lidar_sweep=False).frame.depth[:, 160]
        return np.flatnonzero(column > 0)[0]

    focal = 721.5377 * 320 / 1242
    level = horizon(boxes_scene(width=320, height=120))
    for pitch in (0.05, -0.08):
        rig = horizon(boxes_scene(width=320, height=120, rig=Rig(pitch=pitch)))
        camera = horizon(boxes_scene(width=320, height=120).with_camera(pitch=pitch))
        assert rig - level == pytest.approx(focal * np.tan(pitch), abs=1.1)
        assert camera - level == pytest.approx(focal * np.tan(pitch), abs=1.1)


def test_rolling_right_lowers_the_horizon_on_the_left(render_boxes):
    # The body leans to the right, so in its picture the world leans to the left.
    depth = render_boxes(boxes_scene(rig=Rig(roll=0.1)), lidar_sweep=False).frame.depth
    left, right = (np.flatnonzero(depth[:, u] > 0)[0] for u in (20, 299))
    assert left - right == pytest.approx(279 * np.tan(0.1), abs=1.5)


def test_focal_length_scales_the_picture(render_boxes):
    scene = boxes_scene(car(30.0))
    wide, tele = (
        (render_boxes(s, lidar_sweep=False).frame.instances == 0).sum()
        for s in (scene, scene.with_camera(focal=1.1619))
    )
    assert tele / wide == pytest.approx(4, rel=0.15)


def test_lidar_and_depth_agree(render_boxes):
    scene = boxes_scene(car(9.0, 2.0, yaw=0.3), car(20.0, -3.0), **TILTED, lidar=Lidar(range_noise=0.0))
    frame = render_boxes(scene).frame
    uv, depth = project_lidar(frame.calibration, frame.points[:, :3].astype(float))
    inside = (depth > 0) & (uv[:, 0] > 1) & (uv[:, 0] < 318) & (uv[:, 1] > 1) & (uv[:, 1] < 94)
    u, v = np.rint(uv[inside]).astype(int).T
    patch = np.stack([frame.depth[v + dv, u + du] for dv in (-1, 0, 1) for du in (-1, 0, 1)])
    known = (patch > 0).all(0)
    low, high = patch[:, known].min(0), patch[:, known].max(0)
    found = depth[inside][known]
    # A LiDAR ray falls between pixels: its depth lies between those around it. Behind edges parallax shows more.
    assert known.sum() > 3000
    assert ((found > low - 0.02) & (found < high + 0.02)).mean() > 0.99


def test_picture_and_sweep_do_not_depend_on_threads(render_boxes):
    scene = boxes_scene(car(9.0), extra=[((2.0, 2.0, 3.0), 14.0, 3.0, Material.FOLIAGE)])
    one, two, again = (render_boxes(scene, threads=threads).frame for threads in (1, 2, 1))
    for name in ("image", "points", "depth", "instances"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes() == getattr(again, name).tobytes()


def test_seed_changes_noise_but_not_geometry(render_boxes):
    scene = boxes_scene(car(9.0), lighting=Lighting(noise=1.0))
    a, b = (render_boxes(replace(scene, seed=seed)).frame for seed in (1, 2))
    assert (a.image != b.image).mean() > 0.3
    assert np.array_equal(a.depth, b.depth)


def test_shadow_falls_away_from_the_sun(render_boxes):
    light = Lighting(sun_azimuth=np.pi / 2, sun_elevation=0.6, overcast=0.0, haze=0.0, noise=0.0)
    wall = ((4.0, 0.5, 3.0), 12.0, 0.0, Material.PLASTER)
    with_wall, without = (
        render_boxes(boxes_scene(extra=extra, lighting=light, width=621, height=188), lidar_sweep=False).frame
        for extra in ([wall], [])
    )
    # The sun stands on the left, so the shadow lies to the right: 1 to 4.4 m right of the wall.
    for y, darker in ((-2.0, True), (2.0, False)):
        uv, _ = project_lidar(without.calibration, np.array([[12.0, y, -1.73]]))
        u, v = np.rint(uv[0]).astype(int)
        patch = np.s_[v - 1 : v + 2, u - 2 : u + 3]
        ratio = with_wall.image[patch].mean() / without.image[patch].mean()
        assert (ratio < 0.6) if darker else (0.85 < ratio < 1.1), (y, ratio)


def test_haze_pales_the_distance(render_boxes):
    scene = boxes_scene(extra=[((1.0, 40.0, 30.0), 80.0, 0.0, Material.RUBBER)])
    clear, hazy = (
        render_boxes(replace(scene, lighting=Lighting(haze=haze, noise=0.0)), lidar_sweep=False).frame.image
        for haze in (0.0, 0.01)
    )
    assert hazy[20:40, 150:170].mean() > clear[20:40, 150:170].mean() + 40


def test_exposure_brightens(render_boxes):
    dark, bright = (
        render_boxes(boxes_scene(lighting=Lighting(exposure=gain, noise=0.0)), lidar_sweep=False).frame.image
        for gain in (0.5, 1.5)
    )
    assert bright[70:].mean() > 1.5 * dark[70:].mean()


def test_more_samples_come_closer_to_many_samples(render_boxes):
    scene = boxes_scene(car(9.0, 1.0, yaw=0.5), car(30.0, -2.0), rig=Rig(roll=0.03))

    def picture(supersample):
        return render_boxes(scene, supersample=supersample, lidar_sweep=False).frame.image.astype(float)

    best = picture(6)
    errors = [np.square(picture(n) - best).mean() for n in (1, None, 3)]
    assert errors[0] > 1.5 * errors[1] > 1.5 * 1.2 * errors[2]


def test_without_lidar_there_are_no_points(render_boxes):
    assert render_boxes(boxes_scene(), lidar_sweep=False).frame.points is None
