import itertools

import numpy as np
import pytest

from monotakd.datasets.street.camera import world_from_lidar
from monotakd.datasets.street.drive import PERIOD, sample_drive
from monotakd.datasets.street.footprints import overlaps
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.traffic import EGO

SETTINGS = StreetSettings(width=128)


@pytest.fixture(scope="module")
def drives():
    return [sample_drive(11, index, 12, SETTINGS) for index in range(12)]


def test_the_same_numbers_give_the_same_drive():
    assert sample_drive(3, 1, 4, SETTINGS) == sample_drive(3, 1, 4, SETTINGS)
    assert sample_drive(3, 1, 4, SETTINGS) != sample_drive(3, 2, 4, SETTINGS)


def test_more_moments_do_not_change_those_before(drives):
    """But for whom the longer drive runs into later, who is left out of all of it."""
    short, long = sample_drive(11, 0, 3, SETTINGS), drives[0]
    for a, b in zip(short, long, strict=False):
        assert (a.rig, a.camera, a.road, a.props, a.seed) == (b.rig, b.camera, b.road, b.props, b.seed)
        assert set(b.actors) <= set(a.actors)


def test_the_street_stays_and_only_what_moves_moves(drives):
    for scenes in drives:
        first = scenes[0]
        assert [scene.moment for scene in scenes] == list(range(12))
        assert len({scene.noise_seed for scene in scenes}) == 12
        for scene in scenes:
            assert (scene.road, scene.props, scene.lighting, scene.camera, scene.seed) == (
                first.road, first.props, first.lighting, first.camera, first.seed
            )  # fmt: skip
            for a, b in zip(first.actors, scene.actors, strict=True):
                assert (a.kind, a.length, a.width, a.height, a.shape, a.colour) == (
                    b.kind, b.length, b.width, b.height, b.shape, b.colour
                )  # fmt: skip


def test_speeds_are_those_of_traffic(drives):
    moved = {}
    for scenes in drives:
        for before, after in itertools.pairwise(scenes):
            for a, b in zip(before.actors, after.actors, strict=True):
                step = np.array([b.x - a.x, b.y - a.y])
                speed = float(np.hypot(*step)) / PERIOD
                moved.setdefault(a.kind, []).append(speed)
                if speed > 0:
                    # Everyone goes where the nose points.
                    assert step @ (np.cos(a.yaw), np.sin(a.yaw)) > 0.9 * np.hypot(*step)
    cars = np.array(moved["Car"])
    assert 0.1 < (cars > 0).mean() < 0.9  # parked ones stand
    assert cars.max() < 25
    walking = np.array(moved["Pedestrian"])
    assert 0.8 < np.median(walking) < 1.8
    assert walking.max() < 2.0
    own = [np.hypot(s[1].rig.x - s[0].rig.x, s[1].rig.y - s[0].rig.y) / PERIOD for s in drives]
    assert 3 < np.median(own) < 23


def test_nobody_is_run_into():
    """In five seconds some drives have a meeting, which shows in who is left out of them."""
    drives = [sample_drive(11, index, 50, SETTINGS) for index in range(6)]
    assert sum(len(d[0].actors) < len(sample_drive(11, i, 1, SETTINGS)[0].actors) for i, d in enumerate(drives)) > 0
    for scenes in drives:
        for scene in scenes:
            feet = np.array([(a.x, a.y, a.length, a.width, a.yaw) for a in scene.actors]).reshape(-1, 5)
            ego = np.array([(scene.rig.x, scene.rig.y, EGO[2], EGO[3], scene.rig.yaw)])
            both = np.concatenate([ego, feet])
            assert not overlaps(both, both)[~np.eye(len(both), dtype=bool)].any()


def test_the_rig_lies_on_the_road(drives):
    """Height above the ground, nose and side follow the slope below the vehicle."""
    for scenes in drives:
        start = scenes[0].rig
        for scene in scenes:
            rig, relief = scene.rig, scene.road.relief
            pose = world_from_lidar(rig)
            for axis, reach in ((0, 1.0), (1, 1.0)):
                along = pose[:2, axis] / np.linalg.norm(pose[:2, axis])
                ahead, behind = (
                    float(relief.height(*(np.array([v]) for v in (rig.x, rig.y) + sign * reach * along))[0])
                    for sign in (1, -1)
                )
                own = (start.pitch, start.roll)[axis]
                assert (rig.pitch, rig.roll)[axis] - own == pytest.approx(np.arctan((ahead - behind) / 2), abs=2e-3)
            assert rig.height - start.height == pytest.approx(
                float(relief.height(np.array([rig.x]), np.array([rig.y]))[0]), abs=1e-9
            )
