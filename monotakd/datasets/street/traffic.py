"""Draws who is on the street: parked and moving vehicles, walkers, riders, without two in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monotakd.datasets.street.actors import natural_size
from monotakd.datasets.street.car_shapes import CARS, VANS
from monotakd.datasets.street.footprints import first_come
from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.people import CYCLISTS, PEDESTRIANS, SITTING
from monotakd.datasets.street.road import CORRIDOR, Road
from monotakd.datasets.street.trucks import TRUCKS
from monotakd.datasets.street.world import Actor

EGO = (0.0, 0.0, 5.6, 2.6, 0.0)
"""Footprint (x, y, length, width, yaw) that belongs to the ego vehicle: nothing else may stand there."""
_BEHIND, _AHEAD = -35.0, 105.0
_GAP = 0.25  # least distance between two vehicles, metres

# Colours of cars on German roads of KITTI's years: mostly black, silver and grey; linear RGB and share.
PAINTS = (
    ((0.012, 0.012, 0.014), 0.28),
    ((0.42, 0.43, 0.44), 0.22),
    ((0.10, 0.105, 0.11), 0.14),
    ((0.72, 0.72, 0.70), 0.10),
    ((0.015, 0.035, 0.13), 0.11),
    ((0.34, 0.015, 0.015), 0.08),
    ((0.02, 0.07, 0.035), 0.03),
    ((0.30, 0.25, 0.17), 0.02),
    ((0.60, 0.36, 0.02), 0.02),
)
_SPREAD = {
    "Car": (0.055, 0.035, 0.035), "Van": (0.08, 0.05, 0.06), "Truck": (0.12, 0.05, 0.06),
    "Pedestrian": (0.16, 0.16, 0.055), "Cyclist": (0.08, 0.17, 0.045), "Person_sitting": (0.1, 0.1, 0.05),
}  # fmt: skip


@dataclass
class _Crowd:
    """Candidates in order of precedence."""

    rng: np.random.Generator
    road: Road
    actors: list[Actor] = field(default_factory=list)

    def add(
        self, kind: str, s: float, d: float, turn: float = 0.0, frame_x: tuple[float, float, float] | None = None
    ) -> None:
        """One more of a kind at (s, d), turned relative to the road; or at a world pose."""
        rng = self.rng
        x, y, angle = frame_x or (float(v) for v in self.road.pose(np.array(s), np.array(d)))
        shape, size, colour = _look(rng, kind)
        yaw = (angle + turn + np.pi) % (2 * np.pi) - np.pi
        self.actors.append(Actor(kind, x, y, yaw, *size, shape=shape, colour=colour))


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
    feet = np.array([(a.x, a.y, a.length, a.width, a.yaw) for a in crowd.actors])
    roomy = feet + np.where([a.kind in ("Car", "Van", "Truck") for a in crowd.actors], _GAP, 0.1)[:, None] * [
        0,
        0,
        1,
        1,
        0,
    ]
    kept = first_come(roomy, np.array([EGO]))
    return tuple(a for a, keep in zip(crowd.actors, kept, strict=True) if keep)


def _look(rng: np.random.Generator, kind: str) -> tuple[int, tuple[float, float, float], tuple[float, float, float]]:
    """Shape, size and colour of one actor."""
    if kind in ("Car", "Van", "Truck"):
        table = {"Car": CARS, "Van": VANS, "Truck": TRUCKS}[kind]
        shares = np.array([m.share for m in table])
        shape = int(rng.choice(len(table), p=shares / shares.sum()))
        if kind == "Truck":
            shape += len(TRUCKS) * int(rng.integers(64))
        paints = np.array([share for _, share in PAINTS])
        base = PAINTS[int(rng.choice(len(PAINTS), p=paints / paints.sum()))][0]
        if kind != "Car" and rng.random() < 0.55:
            base = (0.72, 0.72, 0.70)
        colour = np.array(base) * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)
    else:
        shape = int(rng.integers({"Pedestrian": PEDESTRIANS, "Cyclist": CYCLISTS, "Person_sitting": SITTING}[kind]))
        tone = rng.choice(["dark", "light", "bright"], p=[0.5, 0.3, 0.2])
        low, high = {"dark": (0.01, 0.08), "light": (0.35, 0.75), "bright": (0.02, 0.5)}[str(tone)]
        colour = rng.uniform(low, high) * np.ones(3) if tone != "bright" else rng.uniform(low, high, 3)
        colour = colour * rng.uniform(0.85, 1.15, 3)
    spread = np.clip(
        rng.normal(1.0, _SPREAD[kind]), 1 - 2.5 * np.array(_SPREAD[kind]), 1 + 2.5 * np.array(_SPREAD[kind])
    )
    size = np.array(natural_size(kind, shape)) * spread
    return shape, tuple(np.round(size, 2).tolist()), tuple(np.clip(colour, 0, 0.9).tolist())


def _vehicle(rng: np.random.Generator, moving: bool) -> str:
    return str(rng.choice(["Car", "Van", "Truck"], p=[0.82, 0.10, 0.08] if moving else [0.90, 0.09, 0.01]))


def _drive(crowd: _Crowd, traffic: float) -> None:
    """Vehicles in the lanes of the main road, in gaps that are sometimes a queue's."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 95.0, "urban": 48.0, "arterial": 38.0, "country": 75.0}[road.style]
    mean *= float(rng.choice([0.45, 1.0, 2.5], p=[0.2, 0.45, 0.35]))
    for lane in road.lane_list:
        queue = rng.random() < (0.12 if road.style in ("urban", "arterial") else 0.02)
        spacing = 3.5 if queue else mean / max(traffic, 1e-3)
        s = _BEHIND + float(rng.exponential(spacing))
        while s < _AHEAD:
            kind = _vehicle(rng, moving=True)
            d = lane.d + float(rng.normal(0, 0.2))
            crowd.add(kind, s, d, (0.0 if lane.direction > 0 else np.pi) + float(rng.normal(0, 0.02)))
            gap = 2.0 + float(rng.exponential(3.0)) if queue else 7.0 + float(rng.exponential(spacing))
            s += crowd.actors[-1].length + gap


def _cross(crowd: _Crowd, traffic: float) -> None:
    """Vehicles on the side road, waiting at its mouth, and turning."""
    rng, road = crowd.rng, crowd.road
    if road.crossing is None:
        return
    x, y, angle = (float(v) for v in road.pose(np.array(road.crossing.s), np.array(0.0)))
    for arm, present in ((1, road.crossing.left), (-1, road.crossing.right)):
        if not present:
            continue
        heading = angle + arm * np.pi / 2
        edge = road.half_width + road.side(arm).width
        for direction in (1, -1):
            for _ in range(int(rng.poisson(0.55 * traffic))):
                t = float(rng.uniform(edge + 2.0, 55.0))
                e = -direction * road.crossing.half_width * 0.5
                pose = (x + t * np.cos(heading) - e * np.sin(heading), y + t * np.sin(heading) + e * np.cos(heading))
                crowd.add(_vehicle(rng, True), 0, 0, 0.0 if direction > 0 else np.pi, (*pose, heading))
        for _ in range(int(rng.poisson(1.0 * traffic))):
            t = float(rng.uniform(edge + 6.0, 50.0))
            e = float(rng.choice([-1, 1])) * (road.crossing.half_width - 1.1)
            pose = (x + t * np.cos(heading) - e * np.sin(heading), y + t * np.sin(heading) + e * np.cos(heading))
            crowd.add(_vehicle(rng, False), 0, 0, float(rng.choice([0.0, np.pi])), (*pose, heading))
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
        share = min(0.97, float(rng.beta(1.0, 1.5)) * traffic)
        flipped = rng.random() < 0.15
        along = 0.0 if (sign < 0) != flipped else np.pi
        pitch = 5.9 if side.parking_angle == 0 else 2.75
        d = sign * (road.half_width + side.parking / 2)
        for s in np.arange(_BEHIND + float(rng.uniform(0, pitch)), _AHEAD - 15, pitch):
            if rng.random() > share or not _clear_of_mouth(road, float(s), sign):
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
                    crowd.add(_vehicle(rng, False), float(s), sign * (edge + 3.2), turn)
        elif road.style in ("arterial", "urban") and rng.random() < 0.22:
            start, d = float(rng.uniform(12, 50)), edge + float(rng.uniform(4.0, 9.0))
            if d > CORRIDOR + 3:
                continue
            for k in range(int(rng.integers(4, 14))):
                if rng.random() < 0.7 * traffic and _clear_of_mouth(road, start + 2.7 * k, sign):
                    turn = sign * np.pi / 2 + float(rng.normal(0, 0.03)) + np.pi * float(rng.random() < 0.4)
                    crowd.add(_vehicle(rng, False), start + 2.7 * k, sign * d, turn)


def _ride(crowd: _Crowd, traffic: float) -> None:
    """Cyclists at the edge of the carriageway or on the pavement."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 0.28, "urban": 0.9, "arterial": 0.45, "country": 0.15}[road.style]
    for _ in range(int(rng.poisson(mean * traffic * float(rng.choice([0.3, 2.5], p=[0.7, 0.3]))))):
        sign = float(rng.choice([-1, 1], p=[0.6, 0.4]))
        side = road.side(int(sign))
        d = sign * (road.half_width - 0.7)
        if side.pavement > 1.6 and rng.random() < 0.4:
            d = sign * (road.half_width + side.width - side.pavement / 2)
        turn = (0.0 if sign < 0 else np.pi) + float(rng.normal(0, 0.08)) + np.pi * float(rng.random() < 0.2)
        crowd.add("Cyclist", 4.0 + float(rng.gamma(1.6, 14.0)), d, turn)


def _walk(crowd: _Crowd, traffic: float) -> None:
    """Pedestrians in twos and threes on the pavements, some crossing the road, a few sitting."""
    rng, road = crowd.rng, crowd.road
    mean = {"residential": 0.45, "urban": 2.6, "arterial": 0.5, "country": 0.08}[road.style]
    groups = int(rng.poisson(mean * traffic * float(rng.choice([0.0, 0.5, 3.0], p=[0.45, 0.3, 0.25]))))
    for _ in range(groups):
        sign = float(rng.choice([-1, 1]))
        side = road.side(int(sign))
        s = 3.0 + float(rng.gamma(1.6, 10.0))
        inner, outer = road.half_width + side.parking + side.verge + 0.4, road.half_width + side.width - 0.4
        d = float(rng.uniform(inner, max(outer, inner + 0.5)))
        turn = float(rng.choice([0.0, np.pi])) + float(rng.normal(0, 0.25))
        if rng.random() < 0.14:
            d = float(rng.uniform(-1, 1)) * (road.half_width + 1.0)
            turn = float(rng.choice([-1, 1])) * np.pi / 2 + float(rng.normal(0, 0.3))
            if road.crossing is not None and road.crossing.zebra:
                s = road.crossing.s - road.crossing.half_width - corner_radius(road, -1) - float(rng.uniform(1.5, 4.2))
            d *= -1 if abs(d - road.ego_d) < 1.6 and s < 8 else 1
        if rng.random() < 0.05:
            crowd.add("Person_sitting", s, sign * outer, -sign * np.pi / 2)
            continue
        for k in range(int(rng.choice([1, 2, 3], p=[0.55, 0.35, 0.10]))):
            crowd.add("Pedestrian", s + k * float(rng.normal(0, 0.9)), sign * abs(d) + 0.75 * k if turn else d, turn)
