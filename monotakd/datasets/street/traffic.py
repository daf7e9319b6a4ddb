"""Draws who is on the street: parked and moving vehicles, walkers, riders, without two in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monotakd.datasets.street.appearance import VEHICLES, sample_look
from monotakd.datasets.street.footprints import first_come
from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.road import Road
from monotakd.datasets.street.world import Actor

EGO = (0.0, 0.0, 5.6, 2.6, 0.0)
"""Footprint (x, y, length, width, yaw) that belongs to the ego vehicle: nothing else may stand there."""
_BEHIND, _AHEAD = -35.0, 105.0
_GAP = 0.25  # least distance between two vehicles, metres


@dataclass
class _Crowd:
    """Candidates in order of precedence."""

    rng: np.random.Generator
    road: Road
    actors: list[Actor] = field(default_factory=list)

    def add(self, kind: str, s: float, d: float, turn: float = 0.0, thin: bool = False) -> float:
        """One more of a kind at (s, d), turned relative to the road; returns its length.

        With ``thin`` it may be left out, the more likely the farther away it is.
        """
        x, y, angle = self.road.pose_at(s, d)
        return self.add_at(kind, x, y, angle + turn, thin)

    def add_at(self, kind: str, x: float, y: float, yaw: float, thin: bool = False) -> float:
        """The same at a pose in the world."""
        shape, size, colour = sample_look(self.rng, kind)
        if not thin or self._stays(kind, float(np.hypot(x, y))):
            yaw = (yaw + np.pi) % (2 * np.pi) - np.pi
            self.actors.append(Actor(kind, x, y, yaw, *size, shape=shape, colour=colour))
        return size[0]

    def _stays(self, kind: str, distance: float) -> bool:
        chance = _density(distance)
        if kind == "Truck":  # seen from afar, rarely from close by
            chance = _density(0.5 * distance) * (0.4 if distance < 25 else 1.0)
        return bool(self.rng.random() < chance)


def sample_actors(rng: np.random.Generator, road: Road, traffic: float) -> tuple[Actor, ...]:
    """Road users of one street, nearest precedence to moving traffic.

    Args:
        rng: source of chance.
        road: where they are.
        traffic: scale of their number.
    """
    crowd = _Crowd(rng, road)
    if traffic > 0:
        _drive(crowd, traffic)
        _cross(crowd, traffic)
        _park(crowd, traffic)
        _park_off_street(crowd, traffic)
        _ride(crowd, traffic)
        _walk(crowd, traffic)
    if not crowd.actors:
        return ()
    seen = crowd.actors
    margin = np.array([_GAP if a.kind in VEHICLES else 0.1 for a in seen])
    feet = np.array([(a.x, a.y, a.length, a.width, a.yaw) for a in seen])
    feet[:, 2:4] += margin[:, None]
    kept = first_come(feet, np.array([EGO]))
    return tuple(a for a, keep in zip(seen, kept, strict=True) if keep)


def _density(distance: float) -> float:
    """Share of the vehicles that are there; streets thin out as KITTI's labels do, of which 5 % lie beyond 59 m."""
    return 0.75 / (1.0 + (distance / 44.0) ** 6)


def _vehicle(rng: np.random.Generator, moving: bool) -> str:
    return str(rng.choice(["Car", "Van", "Truck"], p=[0.84, 0.10, 0.06] if moving else [0.915, 0.075, 0.01]))


def _drive(crowd: _Crowd, traffic: float) -> None:
    """Vehicles in the lanes of the main road, in gaps that are sometimes a queue's."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 95.0, "urban": 48.0, "arterial": 38.0, "country": 75.0}[road.style]
    mean *= float(rng.choice([0.45, 1.0, 2.5], p=[0.2, 0.45, 0.35]))
    for lane in road.lane_list:
        queue = rng.random() < (0.12 if road.style in ("urban", "arterial") else 0.02)
        # The labels show more oncoming traffic than traffic ahead: the ego vehicle moves with the latter.
        spacing = 3.5 if queue else mean * (1.5 if lane.direction > 0 else 0.7) / traffic
        s = _BEHIND + float(rng.exponential(spacing))
        while s < (60.0 if queue else _AHEAD):
            kind = _vehicle(rng, moving=True)
            d = lane.d + float(rng.normal(0, 0.2))
            turn = (0.0 if lane.direction > 0 else np.pi) + float(rng.normal(0, 0.02))
            length = crowd.add(kind, s, d, turn, thin=not queue)
            gap = 2.0 + float(rng.exponential(3.0)) if queue else 7.0 + float(rng.exponential(spacing))
            s += length + gap


def _cross(crowd: _Crowd, traffic: float) -> None:
    """Vehicles that drive or are parked on the side road, and some that turn into or out of it."""
    rng, road = crowd.rng, crowd.road
    if road.crossing is None:
        return
    x, y, angle = road.pose_at(road.crossing.s, 0.0)
    for arm, present in ((1, road.crossing.left), (-1, road.crossing.right)):
        if not present:
            continue
        heading = angle + arm * np.pi / 2
        cos, sin = np.cos(heading), np.sin(heading)
        edge = road.half_width + road.side(arm).width
        for moving in (True, True, False):
            for _ in range(int(rng.poisson((1.0 if arm > 0 else 0.55) * traffic))):
                t = float(rng.uniform(edge + 3.0, 55.0))
                direction = int(rng.choice([-1, 1]))
                e = -direction * (road.crossing.half_width * 0.5 if moving else road.crossing.half_width - 1.1)
                turn = 0.0 if direction > 0 else np.pi
                crowd.add_at(
                    _vehicle(rng, moving), x + t * cos - e * sin, y + t * sin + e * cos, heading + turn, thin=True
                )
    if rng.random() < 0.25 * traffic:
        crowd.add(
            "Car",
            road.crossing.s + float(rng.uniform(-2, 2)),
            float(rng.uniform(-2, 2)),
            float(rng.uniform(-np.pi, np.pi)),
        )


def _clear_of_mouth(road: Road, s: float, sign: int) -> bool:
    crossing = road.crossing
    if crossing is None or not (crossing.left if sign > 0 else crossing.right):
        return True
    return abs(s - crossing.s) > crossing.half_width + corner_radius(road, sign) + 3.0


def _park(crowd: _Crowd, traffic: float) -> None:
    """Rows of parked vehicles along the kerbs."""
    rng, road = crowd.rng, crowd.road
    for sign in (1, -1):
        side = road.side(sign)
        if side.parking <= 0:
            continue
        share = min(0.97, float(rng.beta(0.55, 1.2)) * traffic)
        flipped = rng.random() < 0.15
        along = 0.0 if (sign < 0) != flipped else np.pi
        pitch = 5.9 if side.parking_angle == 0 else 2.75
        d = sign * (road.half_width + side.parking / 2)
        occupied = False
        for s in np.arange(_BEHIND + float(rng.uniform(0, pitch)), _AHEAD - 15, pitch):
            # Parked cars come in runs: that is what hides them behind each other.
            chance = (0.55 + 0.42 * share if occupied else 0.6 * share) * _density(abs(float(s)) * 0.9) / 0.79
            occupied = bool(rng.random() < chance)
            if not occupied or not _clear_of_mouth(road, float(s), sign):
                continue
            turn = along + float(rng.normal(0, 0.025)) + (np.pi if rng.random() < 0.08 else 0.0)
            if side.parking_angle:
                nose_in = 1.0 if rng.random() < 0.8 else -1.0
                turn = sign * side.parking_angle + (0.0 if nose_in > 0 else np.pi) + float(rng.normal(0, 0.03))
            crowd.add(_vehicle(rng, False), float(s) + float(rng.normal(0, 0.3)), d + float(rng.normal(0, 0.08)), turn)


def _park_off_street(crowd: _Crowd, traffic: float) -> None:
    """Cars on drives in front of houses, and whole car parks beside main roads."""
    rng, road = crowd.rng, crowd.road
    for sign in (1, -1):
        edge = road.half_width + road.side(sign).width
        if road.style == "residential":
            for s in rng.uniform(5, 70, int(rng.poisson(1.0 * traffic))):
                if _clear_of_mouth(road, float(s), sign):
                    turn = sign * np.pi / 2 + float(rng.normal(0, 0.05)) + np.pi * float(rng.random() < 0.6)
                    crowd.add(_vehicle(rng, False), float(s), sign * (edge + 3.2), turn, thin=True)
        elif road.style in ("arterial", "urban") and rng.random() < (0.35 if sign > 0 else 0.15):
            start, d = float(rng.uniform(12, 45)), edge + float(rng.uniform(4.0, 14.0 if sign > 0 else 9.0))
            for k in range(int(rng.integers(4, 14))):
                if rng.random() < 0.7 * traffic and _clear_of_mouth(road, start + 2.7 * k, sign):
                    turn = sign * np.pi / 2 + float(rng.normal(0, 0.03)) + np.pi * float(rng.random() < 0.4)
                    crowd.add(_vehicle(rng, False), start + 2.7 * k, sign * d, turn, thin=True)


def _ride(crowd: _Crowd, traffic: float) -> None:
    """Cyclists at the edge of the carriageway or on the pavement."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 0.28, "urban": 0.5, "arterial": 0.28, "country": 0.1}[road.style]
    for _ in range(int(rng.poisson(mean * traffic * float(rng.choice([0.3, 2.5], p=[0.7, 0.3]))))):
        sign = float(rng.choice([-1, 1], p=[0.6, 0.4]))
        side = road.side(int(sign))
        d = sign * (road.half_width - 0.7)
        if side.pavement > 1.6 and rng.random() < 0.4:
            d = sign * (road.half_width + side.width - side.pavement / 2)
        turn = (0.0 if sign < 0 else np.pi) + float(rng.normal(0, 0.08)) + np.pi * float(rng.random() < 0.2)
        crowd.add("Cyclist", 4.0 + float(rng.gamma(1.6, 13.0)), d, turn)


def _walk(crowd: _Crowd, traffic: float) -> None:
    """Pedestrians in twos and threes on the pavements, some crossing the road, a few sitting."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 0.45, "urban": 2.0, "arterial": 0.4, "country": 0.08}[road.style]
    for _ in range(int(rng.poisson(mean * traffic * float(rng.choice([0.1, 0.7, 2.6], p=[0.40, 0.35, 0.25]))))):
        sign = int(rng.choice([-1, 1]))
        side = road.side(sign)
        s = 3.0 + float(rng.gamma(1.6, 7.6))
        inner, outer = road.half_width + side.parking + side.verge + 0.4, road.half_width + side.width - 0.4
        if rng.random() < 0.05:
            crowd.add("Person_sitting", s, sign * outer, -sign * np.pi / 2)
            continue
        if rng.random() < 0.14:
            _cross_on_foot(crowd, s)
            continue
        d = sign * float(rng.uniform(inner, max(outer, inner + 0.5)))
        turn = float(rng.choice([0.0, np.pi])) + float(rng.normal(0, 0.25))
        for k in range(int(rng.choice([1, 2, 3], p=[0.55, 0.35, 0.10]))):
            crowd.add("Pedestrian", s + float(rng.normal(0, 0.4)), d + sign * 0.8 * k, turn)


def _cross_on_foot(crowd: _Crowd, s: float) -> None:
    """A pedestrian on the carriageway, on the zebra crossing where there is one."""
    rng, road = crowd.rng, crowd.road
    if road.crossing is not None and road.crossing.zebra:
        s = road.crossing.s - road.crossing.half_width - corner_radius(road, -1) - float(rng.uniform(1.5, 4.2))
    d = float(rng.uniform(-1, 1)) * (road.half_width + 1.0)
    crowd.add("Pedestrian", s, d, float(rng.choice([-1, 1])) * np.pi / 2 + float(rng.normal(0, 0.3)))
