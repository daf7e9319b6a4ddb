"""A street over time: the ego vehicle drives along it, others drive, ride and walk, ten moments a second."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.appearance import VEHICLES
from monotakd.datasets.street.footprints import first_come
from monotakd.datasets.street.road import Road
from monotakd.datasets.street.sample import sample_scene
from monotakd.datasets.street.settings import StreetSettings
from monotakd.datasets.street.traffic import EGO
from monotakd.datasets.street.world import Actor, Camera, Rig, StreetScene

PERIOD = 0.1
"""Seconds from one moment to the next, as in KITTI."""
_CRUISE = {"residential": (5.0, 9.0), "urban": (6.0, 13.0), "arterial": (9.0, 17.0), "country": (14.0, 22.0)}
_STANDING = 0.1  # share of drives in which the ego vehicle waits
_RIDE, _WALK = (3.0, 6.0), (0.9, 1.7)
_ALONG = np.cos(0.35)  # what heads along the road follows its bends; what does not goes straight on


def sample_drive(seed: int, index: int, frames: int, settings: StreetSettings) -> tuple[StreetScene, ...]:
    """The moments of drive number ``index`` of a world.

    Street, light and road users are those of `sample_scene`; everything in a lane moves with that lane's speed, the ego
    vehicle with its own lane's, riders and walkers move ahead, parked and crossing vehicles stand. Whoever would be run
    into is left out of the whole drive. The camera has no mounting error: all drives of a day share one calibration.

    Args:
        seed: of the world.
        index: which drive.
        frames: how many moments.
        settings: what kind of streets.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, index, 7]))
    start = sample_scene(seed, index, settings)
    start = replace(start, camera=Camera(width=settings.width, height=settings.height))
    ego_speed, speeds = _speeds(rng, start.road, start.actors)
    times = np.arange(frames) * PERIOD
    ways = [_way(start.road, actor, speed, times) for actor, speed in zip(start.actors, speeds, strict=True)]
    rigs = [_rig(start.road, start.rig, ego_speed * time) for time in times.tolist()]
    kept = _who_can_stay(start.actors, ways, rigs)
    return tuple(
        replace(
            start,
            actors=tuple(_placed(start.actors[row], ways[row][moment]) for row in kept),
            rig=rig,
            moment=moment,
        )
        for moment, rig in enumerate(rigs)
    )


def _speeds(rng: np.random.Generator, road: Road, actors: tuple[Actor, ...]) -> tuple[float, list[float]]:
    """The ego vehicle's speed and each road user's, m/s."""
    lanes = {lane: float(rng.uniform(*_CRUISE[road.style])) for lane in road.lane_list}
    if rng.random() < _STANDING:
        lanes = {lane: speed if lane.direction < 0 else 0.0 for lane, speed in lanes.items()}
    own = min((lane for lane in lanes if lane.direction > 0), key=lambda lane: abs(lane.d - road.ego_d))
    speeds = []
    for actor in actors:
        ride, walk = float(rng.uniform(*_RIDE)), float(rng.uniform(*_WALK))
        if actor.kind in VEHICLES:
            _, d, turn = _on_road(road, actor)
            near = min(lanes, key=lambda lane: abs(lane.d - d))
            moves = abs(d) < road.half_width and near.direction * np.cos(turn) > _ALONG
            speeds.append(lanes[near] if moves else 0.0)
        else:
            speeds.append({"Cyclist": ride, "Pedestrian": walk}.get(actor.kind, 0.0))
    return lanes[own], speeds


def _on_road(road: Road, actor: Actor) -> tuple[float, float, float]:
    """Where an actor is on the road (s, d), and its heading relative to the road's."""
    s, d = road.locate(np.array([actor.x]), np.array([actor.y]))
    return float(s[0]), float(d[0]), actor.yaw - road.pose_at(float(s[0]), float(d[0]))[2]


def _way(road: Road, actor: Actor, speed: float, times: np.ndarray) -> Float[np.ndarray, "T 3"]:
    """(T, 3) x, y, yaw of an actor at these times."""
    pose, gone = np.array([actor.x, actor.y, actor.yaw]), speed * times
    if speed == 0.0:
        return np.tile(pose, (len(times), 1))
    s, d, turn = _on_road(road, actor)
    if abs(np.cos(turn)) < _ALONG:
        return pose + gone[:, None] * (np.cos(actor.yaw), np.sin(actor.yaw), 0.0)
    there = np.stack(road.pose(s + np.sign(np.cos(turn)) * gone, np.full(len(times), d)), axis=1)
    return pose + there - there[0]


def _placed(actor: Actor, pose: np.ndarray) -> Actor:
    x, y, yaw = pose.tolist()
    return replace(actor, x=x, y=y, yaw=(yaw + np.pi) % (2 * np.pi) - np.pi)


def _rig(road: Road, start: Rig, s: float) -> Rig:
    """The rig after s metres, lying along the ground below it."""
    x, y, yaw = road.pose_at(s, road.ego_d)
    slope_x, slope_y = road.gradient(x, y)
    cos, sin = np.cos(yaw), np.sin(yaw)
    return Rig(
        height=start.height + float(road.relief.height(np.array([x]), np.array([y]))[0]),
        pitch=start.pitch + float(np.arctan(slope_x * cos + slope_y * sin)),
        roll=start.roll + float(np.arctan(slope_y * cos - slope_x * sin)),
        x=x,
        y=y,
        yaw=yaw,
    )


def _who_can_stay(actors: tuple[Actor, ...], ways: list[np.ndarray], rigs: list[Rig]) -> list[int]:
    """Rows of the actors that meet neither the ego vehicle nor one that takes precedence, at any moment."""
    kept = np.arange(len(actors))
    for moment, rig in enumerate(rigs):
        ego = np.array([(rig.x, rig.y, EGO[2], EGO[3], rig.yaw)])
        feet = np.array(
            [(*ways[row][moment, :2], actors[row].length, actors[row].width, ways[row][moment, 2]) for row in kept]
        ).reshape(-1, 5)
        kept = kept[first_come(feet, ego)]
    return kept.tolist()
