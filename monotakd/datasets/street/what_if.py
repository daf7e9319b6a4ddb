"""One car on a flat street, and what may be changed about it and about the camera, one thing at a time.

Which hint does a network read depth from? Move one and leave the others: a car that grows in proportion to its distance
keeps its size in the image but not the place where its wheels touch the road; a pitched camera moves everything in the
image and nothing in the world. (After van Dijk and de Croon, "How do neural networks see depth in single images?",
ICCV 2019, who did this with KITTI images.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from monotakd.datasets.street.sample import sample_scene
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.world import Actor, StreetScene
from monotakd.errors import require

SEED, INDEX = 11, 4
CAR = Actor("Car", 0.0, 0.0, 0.0, length=3.9, width=1.63, height=1.53, shape=3, colour=(0.35, 0.03, 0.03))
"""KITTI's mean car, in a red that no road has."""
FORWARD = 0.27
"""Of the camera before the LiDAR, metres."""


@dataclass(frozen=True)
class WhatIf:
    """A car and a camera.

    Attributes:
        distance: of the car's centre from the camera, metres ahead.
        size: factor of the car's length, width and height.
        yaw: of the car, degrees; 0 shows its rear.
        pitch: of the camera, nose up, degrees.
        height: of the camera above the road, metres; KITTI's is 1.65.
        focal: length in pixels of a 320-pixel image; KITTI's is 185.9 there.
    """

    distance: float = 14.0
    size: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0
    height: float = 1.65
    focal: float = 185.9

    def __post_init__(self):
        for name in ("distance", "size", "height", "focal"):
            value = getattr(self, name)
            require(value > 0, f"WhatIf.{name} is {value}, expected more than 0")


@dataclass(frozen=True)
class Sweep:
    """One thing changed step by step.

    Attributes:
        title: what is done, in words.
        label: of the value that is swept, with its unit.
        values: of the sweep, rising.
        cases: one for each value.
    """

    title: str
    label: str
    values: tuple[float, ...]
    cases: tuple[WhatIf, ...]


def _over(field: str, label: str, title: str, *values: float) -> Sweep:
    return Sweep(title, label, values, tuple(replace(WhatIf(), **{field: value}) for value in values))


_SAME = (8.0, 11.0, 14.0, 18.0, 23.0, 28.0)
SWEEPS: Mapping[str, Sweep] = {
    "distance": _over("distance", "distance (m)", "the car drives away", 6.0, 9.0, 12.0, 16.0, 20.0, 25.0, 30.0),
    "size": _over("size", "size of the car (factor)", "the car grows where it is", 0.6, 0.8, 1.0, 1.25, 1.5, 2.0),
    "same pixels": Sweep(
        "near and small, or far and big: the same pixels", "distance (m)", _SAME,
        tuple(WhatIf(distance=metres, size=metres / 14.0) for metres in _SAME),
    ),
    "yaw": _over("yaw", "yaw of the car (degrees)", "the car turns", -90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0),
    "horizon": _over("pitch", "camera, nose up (degrees)", "the camera pitches: the horizon moves",
                     -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0),
    "height": _over("height", "camera above the road (m)", "the camera rises", 1.0, 1.3, 1.65, 2.0, 2.5),
    "focal": _over("focal", "focal length (pixels)", "the camera zooms in", 130.0, 160.0, 185.9, 220.0, 260.0),
}  # fmt: skip
"""What is stored with the project; "same pixels" and "horizon" are the two that tell most."""


@cache
def street() -> StreetScene:
    """The street without any road user: flat, under a camera that holds still."""
    scene = sample_scene(SEED, INDEX, StreetSettings.flat(320))
    level = replace(scene.camera, pitch=0.0, roll=0.0, yaw=0.0)
    return replace(scene, actors=(), camera=level)


def what_if_scene(case: WhatIf) -> StreetScene:
    """The street with its car and camera as asked for; `render.render` draws it."""
    scene = street()
    car = replace(
        CAR, x=FORWARD + case.distance, yaw=float(np.deg2rad(case.yaw)),
        **{name: case.size * getattr(CAR, name) for name in ("length", "width", "height")},
    )  # fmt: skip
    changed = replace(scene, actors=(car,))
    return changed.with_camera(
        pitch=float(np.deg2rad(case.pitch)),
        focal=case.focal / scene.camera.width,
        offset=(FORWARD, 0.0, case.height - scene.rig.height),
    )
