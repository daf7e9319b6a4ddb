"""Draws streets: which road, who drives, parks and walks on it, what stands beside it."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.road import Relief, Road, Side
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.world import Actor, Camera, Lidar, Lighting, Rig, StreetScene


def sample_scene(seed: int, index: int, settings: StreetSettings) -> StreetScene:
    """The street number ``index`` of the world ``seed``."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, index, 0]))
    road = Road(
        half_width=3.2,
        ego_d=-1.6,
        heading=float(rng.normal(0, 0.02)),
        bends=((20.0, 90.0, float(rng.normal(0, 0.006))),),
        left=Side(parking=2.1, pavement=2.0),
        right=Side(parking=2.1, pavement=2.0),
        relief=Relief(slope=float(rng.normal(0, 0.02)) * settings.relief),
    )
    actors = []
    for sign in (1, -1):
        for s in np.arange(8.0, 70.0, 7.0):
            if rng.random() < 0.5:
                x, y, angle = road.pose(np.array(s + rng.uniform(-0.5, 0.5)), np.array(sign * 4.25))
                actors.append(
                    Actor(
                        "Car",
                        float(x),
                        float(y),
                        float(angle),
                        3.9,
                        1.65,
                        1.5,
                        int(rng.integers(1 << 30)),
                        tuple(rng.uniform(0.02, 0.6, 3)),
                    )
                )
    return StreetScene(
        road=road,
        actors=tuple(actors),
        lighting=Lighting(sun_azimuth=float(rng.uniform(-np.pi, np.pi)), sun_elevation=float(rng.uniform(0.4, 1.0))),
        rig=Rig(),
        camera=Camera(width=settings.width, height=settings.height),
        lidar=Lidar(camera_view_only=settings.camera_view_only),
        seed=int(np.random.SeedSequence([seed, index, 1]).generate_state(1)[0]),
    )
