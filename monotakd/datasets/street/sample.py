"""Draws whole scenes: road, road users, surroundings, light and how the sensors are carried."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.layout import sample_road
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.surroundings import sample_props
from monotakd.datasets.street.traffic import sample_actors
from monotakd.datasets.street.world import Camera, Lidar, Lighting, Rig, StreetScene


def sample_scene(seed: int, index: int, settings: StreetSettings) -> StreetScene:
    """The street number ``index`` of the world ``seed``.

    Every part has its own stream of chance: the same seed and index give the same road whatever the traffic, and the
    same road and traffic whatever the camera.
    """
    road = sample_road(_rng(seed, index, 0), settings.relief)
    actors = sample_actors(_rng(seed, index, 1), road, settings.traffic)
    return StreetScene(
        road=road,
        actors=actors,
        props=sample_props(_rng(seed, index, 2), road, actors),
        lighting=_lighting(_rng(seed, index, 3)),
        rig=_rig(_rng(seed, index, 4), settings.rig_motion),
        camera=_camera(_rng(seed, index, 5), settings),
        lidar=Lidar(camera_view_only=settings.camera_view_only),
        seed=int(np.random.SeedSequence([seed, index, 6]).generate_state(1)[0]),
    )


def _rng(seed: int, index: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, index, purpose]))


def _lighting(rng: np.random.Generator) -> Lighting:
    """Mostly sunshine, as in KITTI; some veiled, some overcast days."""
    sky = rng.choice(["clear", "veiled", "closed"], p=[0.62, 0.20, 0.18])
    overcast = {"clear": (0.0, 0.25), "veiled": (0.3, 0.65), "closed": (0.75, 1.0)}[str(sky)]
    return Lighting(
        sun_azimuth=float(rng.uniform(-np.pi, np.pi)),
        sun_elevation=float(rng.uniform(0.35, 1.05)),
        overcast=float(rng.uniform(*overcast)),
        haze=float(np.exp(rng.uniform(np.log(0.0004), np.log(0.004)))),
        exposure=float(np.exp(rng.normal(0.0, 0.18))),
        noise=float(rng.uniform(0.5, 1.5)),
    )


def _rig(rng: np.random.Generator, motion: float) -> Rig:
    """Braking, acceleration, load and bumps; KITTI's car moves by about half a degree."""
    height, pitch, roll = rng.normal(0.0, [0.04, 0.011, 0.008]) * motion
    return Rig(height=1.73 + float(height), pitch=float(pitch), roll=float(roll))


def _camera(rng: np.random.Generator, settings: StreetSettings) -> Camera:
    pitch, roll, yaw = (rng.normal(0.0, [0.004, 0.003, 0.003]) * settings.rig_motion).tolist()
    focal = float(rng.uniform(*settings.focal_range)) if settings.varied_focal else Camera.focal
    return Camera(width=settings.width, height=settings.height, focal=focal, pitch=pitch, roll=roll, yaw=yaw)
