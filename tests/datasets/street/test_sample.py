"""Sampled streets: repeatable, free of collisions, on the ground, and as varied as promised."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from monotakd.datasets.street.build import build_meshes, level_of_detail
from monotakd.datasets.street.footprints import overlaps
from monotakd.datasets.street.sample import sample_scene
from monotakd.datasets.street.settings import StreetSettings, image_height
from monotakd.datasets.street.statistics import KITTI
from monotakd.geometry.rotated_iou import all_pairs_iou

SETTINGS = StreetSettings.default(320)
VEHICLES = ("Car", "Van", "Truck")


@pytest.fixture(scope="module")
def scenes():
    return [sample_scene(3, index, SETTINGS) for index in range(160)]


def digest(scene):
    state = hashlib.sha256(
        repr((scene.road, scene.actors, scene.props, scene.lighting, scene.rig, scene.camera)).encode()
    )
    for part in build_meshes(scene):
        for array in (
            part.mesh.vertices,
            part.mesh.triangles,
            part.mesh.materials,
            part.mesh.colours,
            part.world_from_mesh,
        ):
            state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()


def test_same_seed_same_street_and_another_index_another_street():
    assert sample_scene(1, 5, SETTINGS) == sample_scene(1, 5, SETTINGS)
    assert sample_scene(1, 5, SETTINGS) != sample_scene(1, 6, SETTINGS)
    assert sample_scene(1, 5, SETTINGS).road != sample_scene(2, 5, SETTINGS).road


def test_same_bytes_in_another_process_and_after_other_scenes():
    for index in range(4):
        build_meshes(sample_scene(9, index, SETTINGS))  # fills the caches differently
    code = (
        "import test_sample as t; from monotakd.datasets.street.sample import sample_scene;"
        "print(t.digest(sample_scene(3, 17, t.SETTINGS)))"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "PYTHONHASHSEED": "123"}
    other = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(sample_scene(3, 17, SETTINGS))


def test_the_street_does_not_depend_on_the_camera_and_the_road_not_on_the_traffic():
    plain = sample_scene(1, 2, SETTINGS)
    other = sample_scene(1, 2, StreetSettings.cameras(1242))
    assert (plain.road, plain.actors, plain.props, plain.lighting) == (
        other.road,
        other.actors,
        other.props,
        other.lighting,
    )
    assert plain.camera.focal != other.camera.focal
    assert sample_scene(1, 2, SETTINGS.with_traffic(0.0)).road == plain.road


def test_flat_settings_give_a_plane_and_a_camera_that_never_moves():
    flat = [sample_scene(0, k, StreetSettings.flat(320)) for k in range(6)]
    assert len({(s.rig, s.camera) for s in flat}) == 1
    assert not any(s.road.relief.slope or s.road.relief.bank or s.road.relief.waves for s in flat)
    moving = [sample_scene(0, k, SETTINGS) for k in range(6)]
    assert len({(s.rig.pitch, s.rig.roll, s.rig.height, s.camera.pitch) for s in moving}) == 6


def test_traffic_scales_the_number_of_road_users():
    counts = [
        np.mean([len(sample_scene(0, k, SETTINGS.with_traffic(scale)).actors) for k in range(40)])
        for scale in (0.0, 0.5, 1.0, 2.0)
    ]
    assert counts[0] == 0
    assert counts[1] < 0.75 * counts[2]
    assert counts[3] > 1.3 * counts[2]


def test_no_two_actors_share_ground_and_nobody_stands_on_the_ego_vehicle(scenes):
    ego = np.array([[0.0, 0.0, 0.0, 5.0, 2.5, 10.0, 0.0]])
    pairs = 0
    for scene in scenes:
        if not scene.actors:
            continue
        boxes = np.array([(a.x, a.y, 0.0, a.length, a.width, 1.0, a.yaw) for a in scene.actors])
        bev, _ = all_pairs_iou(boxes, boxes)
        np.fill_diagonal(bev, 0.0)
        pairs += bev.size
        assert bev.max() == 0.0
        assert all_pairs_iou(boxes, ego)[0].max() == 0.0
    assert pairs > 10_000


def test_props_stand_on_nobody_and_not_on_the_road(scenes):
    for scene in scenes[:60]:
        posts = [
            p
            for p in scene.props
            if p.kind in ("lamp", "sign", "bollard", "bin", "house", "block", "hall", "wall", "hedge")
        ]
        feet = np.array([(p.x, p.y, *((0.2, 0.2) if p.kind in ("lamp", "sign") else p.size[:2]), p.yaw) for p in posts])
        users = np.array([(a.x, a.y, a.length, a.width, a.yaw) for a in scene.actors]).reshape(-1, 5)
        assert not overlaps(feet, users).any()
        _, d = scene.road.locate(feet[:, 0], feet[:, 1])
        assert np.abs(d).min() > scene.road.half_width


def test_the_side_road_is_clear(scenes):
    mouths = 0
    for scene in scenes:
        crossing = scene.road.crossing
        if crossing is None:
            continue
        x, y, angle = scene.road.pose_at(crossing.s, 0.0)
        # The wood on the horizon is allowed to close the view down the side road.
        feet = np.array([(p.x, p.y) for p in scene.props if np.hypot(p.x - x, p.y - y) < 90])
        along = (feet[:, 0] - x) * np.cos(angle) + (feet[:, 1] - y) * np.sin(angle)
        across = (feet[:, 1] - y) * np.cos(angle) - (feet[:, 0] - x) * np.sin(angle)
        arm = np.where(across > 0, crossing.left, crossing.right) & (np.abs(across) > scene.road.half_width)
        assert not (arm & (np.abs(along) < crossing.half_width)).any()
        mouths += crossing.left + crossing.right
    assert mouths > 60


def test_actors_stand_on_the_ground(scenes):
    for scene in scenes[:40]:
        for part in build_meshes(scene):
            if part.actor < 0:
                continue
            actor = scene.actors[part.actor]
            height = scene.road.height(np.array([actor.x]), np.array([actor.y]))[0]
            assert part.world_from_mesh[:3, 3] == pytest.approx((actor.x, actor.y, height))
            assert part.mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-5)
            forward = part.world_from_mesh[:3, 0]
            assert np.arctan2(forward[1], forward[0]) == pytest.approx(actor.yaw, abs=1e-9)


def test_wheels_touch_the_slope_and_walkers_stay_upright(scenes):
    tilted = 0
    for scene in scenes[:60]:
        for part in build_meshes(scene):
            if part.actor < 0:
                continue
            actor = scene.actors[part.actor]
            if actor.kind == "Pedestrian":
                assert part.world_from_mesh[:3, 2].tolist() == [0.0, 0.0, 1.0]
            elif actor.kind == "Car":
                wheels = np.array(
                    [[0.3 * actor.length * a, 0.45 * actor.width * b, 0, 1] for a in (1, -1) for b in (1, -1)]
                )
                world = wheels @ part.world_from_mesh.T
                below = scene.road.relief.height(world[:, 0], world[:, 1])
                kerb = world[:, 2].mean() - below.mean()
                np.testing.assert_allclose(world[:, 2] - below, kerb, atol=0.05)
                tilted += part.world_from_mesh[2, 2] < 0.9995
    assert tilted > 20


def test_every_actor_is_built_once_and_props_carry_no_label(scenes):
    for scene in scenes[:20]:
        rows = [part.actor for part in build_meshes(scene)]
        assert sorted(r for r in rows if r >= 0) == list(range(len(scene.actors)))
        assert rows.count(-1) == 1 + len(scene.props)


def test_moving_an_actor_moves_its_mesh_and_nothing_else(scenes):
    scene = next(s for s in scenes if len(s.actors) > 3)
    moved = scene.with_actor(1, x=21.5, y=-3.0, yaw=1.0)
    before, after = build_meshes(scene), build_meshes(moved)
    changed = [
        k
        for k, (a, b) in enumerate(zip(before, after, strict=True))
        if not np.array_equal(a.world_from_mesh, b.world_from_mesh)
    ]
    assert [after[k].actor for k in changed] == [1]
    assert after[changed[0]].world_from_mesh[:2, 3].tolist() == [21.5, -3.0]


def test_sizes_follow_kittis_mean_and_spread(scenes):
    more = [sample_scene(4, k, SETTINGS.with_traffic(2.0)) for k in range(60)]
    users = [a for scene in (*scenes, *more) for a in scene.actors]
    for kind, tolerance in (("Car", 0.035), ("Van", 0.06), ("Truck", 0.09), ("Pedestrian", 0.07), ("Cyclist", 0.06)):
        sizes = np.array([(a.height, a.width, a.length) for a in users if a.kind == kind])
        assert len(sizes) > 40
        np.testing.assert_allclose(sizes.mean(0), KITTI.classes[kind].size_mean, rtol=tolerance, err_msg=kind)
        np.testing.assert_allclose(sizes.std(0), KITTI.classes[kind].size_sd, rtol=0.45, err_msg=kind)


def test_a_quarter_of_the_cars_does_not_run_along_the_camera(scenes):
    cars = [a for s in scenes for a in s.actors if a.kind == "Car" and 0 < a.x < 60]
    parallel = np.mean([abs(np.cos(a.yaw)) > np.cos(np.deg2rad(20)) for a in cars])
    assert 0.65 < parallel < 0.85


def test_streets_differ_in_density(scenes):
    cars = np.array([sum(a.kind == "Car" and 0 < a.x < 60 for a in s.actors) for s in scenes])
    assert np.percentile(cars, 10) <= 1
    assert np.percentile(cars, 95) >= 12


def test_people_are_mostly_off_the_carriageway(scenes):
    off = []
    for scene in scenes:
        walkers = np.array([(a.x, a.y) for a in scene.actors if a.kind == "Pedestrian"]).reshape(-1, 2)
        _, d = scene.road.locate(walkers[:, 0], walkers[:, 1])
        off += (np.abs(d) > scene.road.half_width).tolist()
    assert len(off) > 60
    assert 0.6 < np.mean(off) < 0.99


def test_the_triangle_budget(scenes):
    counts = [sum(len(p.mesh) for p in build_meshes(s)) for s in scenes[:30]]
    assert np.mean(counts) < 60_000
    assert max(counts) < 120_000


def test_detail_falls_with_distance_and_grows_with_the_image(scenes):
    scene = scenes[0]
    levels = [level_of_detail(scene, x, 0.0, 1.5) for x in (3.0, 8.0, 30.0, 90.0)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 2)
    large = replace(scene, camera=replace(scene.camera, width=1242, height=375))
    assert level_of_detail(large, 15.0, 0.0, 1.5) < level_of_detail(scene, 15.0, 0.0, 1.5)
    assert level_of_detail(scene, -8.0, 0.0, 1.5) >= level_of_detail(scene, 8.0, 0.0, 1.5)


def test_image_heights_follow_kittis_ratio():
    assert (image_height(1242), image_height(320), image_height(640)) == (375, 96, 192)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"width": 10}, "width is 10"), ({"relief": -1.0}, "relief is -1"), ({"focal_range": (0.9, 0.5)}, "focal_range")],
)
def test_settings_refuse_nonsense(values, message):
    with pytest.raises(ValueError, match=message):
        StreetSettings(**values)
