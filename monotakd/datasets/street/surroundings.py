"""Draws what stands beside the road: houses, gardens, trees, lamps, signs and the distant woods."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monotakd.datasets.street.footprints import overlaps
from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.road import Road
from monotakd.datasets.street.traffic import EGO
from monotakd.datasets.street.world import Actor, Prop

_BEHIND, _AHEAD = -32.0, 118.0
Colour = tuple[float, float, float]
_PLASTERS: tuple[Colour, ...] = (
    (0.66, 0.64, 0.58), (0.70, 0.69, 0.66), (0.62, 0.52, 0.33), (0.60, 0.40, 0.22), (0.55, 0.30, 0.22),
    (0.50, 0.49, 0.46), (0.40, 0.42, 0.44), (0.64, 0.56, 0.44), (0.52, 0.55, 0.45), (0.34, 0.26, 0.22),
)  # fmt: skip
_LEAVES: tuple[Colour, ...] = (
    (0.060, 0.105, 0.022), (0.075, 0.120, 0.030), (0.045, 0.085, 0.025), (0.110, 0.125, 0.030), (0.150, 0.105, 0.025)
)  # fmt: skip
_WOODS: tuple[Colour, ...] = ((0.045, 0.075, 0.020), (0.060, 0.090, 0.025), (0.075, 0.085, 0.025))
_TIMBER: tuple[Colour, ...] = (
    (0.20, 0.12, 0.06),
    (0.12, 0.08, 0.05),
    (0.30, 0.25, 0.18),
    (0.55, 0.55, 0.53),
    (0.05, 0.09, 0.06),
)
CATALOGUE = 40
"""Buildings come in this many fixed sizes and fronts, so that their meshes can be kept from scene to scene."""


@dataclass
class _Plot:
    """Collects the props of one street; positions are (s, d) of the road."""

    rng: np.random.Generator
    road: Road
    rows: list[tuple] = field(default_factory=list)

    def add(
        self, kind: str, s: float, d: float, size: tuple[float, float, float], colour: Colour = (0.5, 0.5, 0.5),
        turn: float = 0.0, shape: int | None = None, tint: float = 0.15,
    ) -> None:  # fmt: skip
        """One prop; its front (-y) faces the road when turn is 0 on the left side and pi on the right."""
        shape = int(self.rng.integers(1 << 20)) if shape is None else shape
        shade = self.rng.uniform(1 - tint, 1 + tint)
        self.rows.append((kind, s, d, size, tuple(min(0.9, shade * c) for c in colour), turn, shape))

    def pick(self, options: tuple[Colour, ...]) -> Colour:
        return options[int(self.rng.integers(len(options)))]

    def open_to(self, s: float, sign: int, reach: float) -> bool:
        """Whether something of this half length at s stays clear of the side road."""
        crossing = self.road.crossing
        if crossing is None or not (crossing.left if sign > 0 else crossing.right):
            return True
        return abs(s - crossing.s) > crossing.half_width + corner_radius(self.road, sign) + reach

    def props(self) -> list[Prop]:
        """All of them in world coordinates."""
        if not self.rows:
            return []
        s, d = (np.array([row[k] for row in self.rows], dtype=float) for k in (1, 2))
        x, y, angle = (a.tolist() for a in self.road.pose(s, d))
        return [
            Prop(kind, x[i], y[i], angle[i] + turn, size, shape, colour)
            for i, (kind, _, _, size, colour, turn, shape) in enumerate(self.rows)
        ]


def sample_props(rng: np.random.Generator, road: Road, actors: tuple[Actor, ...]) -> tuple[Prop, ...]:
    """The surroundings of a road; props that would stand in an actor's or the ego vehicle's place are left out."""
    plot = _Plot(rng, road)
    autumn = rng.random() < 0.2
    leaves = _LEAVES if autumn else _LEAVES[:4]
    for sign in (1, -1):
        edge = road.half_width + road.side(sign).width
        if road.style == "residential":
            _gardens(plot, sign, edge, leaves)
        elif road.style == "urban":
            _blocks(plot, sign, edge)
        elif road.style == "arterial":
            _mixed(plot, sign, edge, leaves)
        else:
            _countryside(plot, sign, edge)
        if road.style != "country":
            _street_trees(plot, sign, leaves)
            _furniture(plot, sign, edge)
    _junction(plot)
    _horizon(plot)
    return tuple(_clear(plot.props(), actors))


def _clear(props: list[Prop], actors: tuple[Actor, ...]) -> list[Prop]:
    """Only the props whose footprint (a tree's is its trunk's) no actor and not the ego vehicle stands on."""
    taken = np.array([EGO, *((a.x, a.y, a.length + 0.2, a.width + 0.2, a.yaw) for a in actors)])
    feet = np.array([(p.x, p.y, *_foot(p), p.yaw) for p in props])
    near = np.hypot(feet[:, 0], feet[:, 1]) < 130
    blocked = np.zeros(len(props), dtype=bool)
    blocked[near] = overlaps(feet[near], taken).any(axis=1)
    return [p for p, bad in zip(props, blocked, strict=True) if not bad]


def _foot(prop: Prop) -> tuple[float, float]:
    if prop.kind.endswith("tree"):
        return 0.8, 0.8
    if prop.kind in ("lamp", "pole", "sign", "traffic light", "bollard"):
        return 0.3, 0.3
    return prop.size[0], prop.size[1]


def _facing(sign: int) -> float:
    return 0.0 if sign > 0 else np.pi


def _catalogue_size(kind: str, shape: int) -> tuple[float, float, float]:
    """Length, depth and eaves of a catalogue building."""
    rng = np.random.default_rng([shape, len(kind)])
    if kind == "house":
        return float(rng.integers(8, 15)), float(rng.integers(8, 12)), float(rng.choice([2.9, 4.2, 5.7, 6.2, 8.6]))
    if kind == "block":
        return float(rng.integers(10, 20)), 12.0, float(rng.choice([8.7, 11.6, 14.5, 17.4]))
    return float(rng.integers(18, 40)), 16.0, float(rng.choice([4.5, 7.5, 11.0]))


def _building(plot: _Plot, kind: str, s: float, d: float, sign: int) -> tuple[float, float, float]:
    shape = int(plot.rng.integers(CATALOGUE))
    size = _catalogue_size(kind, shape)
    if plot.open_to(s + size[0] / 2, sign, size[0] / 2 + 0.5):
        plot.add(kind, s + size[0] / 2, sign * (d + size[1] / 2), size, plot.pick(_PLASTERS), _facing(sign), shape)
    return size


def _tree(plot: _Plot, s: float, d: float, leaves: tuple[Colour, ...], scale: float = 1.0) -> None:
    rng = plot.rng
    species = str(rng.choice(["round", "tall", "spreading", "conifer", "bare"], p=[0.42, 0.17, 0.26, 0.12, 0.03]))
    height = float(rng.uniform(5.0, 11.0)) * scale
    spread = {"round": 0.62, "tall": 0.40, "spreading": 0.80, "conifer": 0.45, "bare": 0.6}[species]
    width = height * spread * float(rng.uniform(0.85, 1.15))
    colour = (0.030, 0.055, 0.025) if species == "conifer" else plot.pick(leaves)
    plot.add(f"{species} tree", s, d, (width, width, height), colour, float(rng.uniform(0, 2 * np.pi)), tint=0.3)


def _front(plot: _Plot, kind: str, s0: float, s1: float, sign: int, d: float) -> None:
    """A hedge, wall or fence along the pavement in pieces that follow the bend."""
    rng = plot.rng
    shape = int(rng.integers(600))
    height = {"hedge": rng.uniform(0.9, 2.2), "wall": rng.uniform(0.5, 1.8), "fence": rng.uniform(0.8, 1.5)}[kind]
    height = round(float(height), 1)
    colour = {"hedge": plot.pick(_WOODS), "wall": plot.pick(_PLASTERS), "fence": plot.pick(_TIMBER)}[kind]
    if kind == "fence" and shape % 3 == 2:
        height += 0.6
    pieces = max(1, round((s1 - s0) / 3.6))
    length = (s1 - s0) / pieces
    thickness = {"hedge": 0.9, "wall": 0.24, "fence": 0.06}[kind]
    for k in range(pieces):
        s = s0 + (k + 0.5) * length
        if plot.open_to(s, sign, length / 2):
            plot.add(kind, s, sign * (d + thickness / 2 + 0.1), (length + 0.08, thickness, height), colour, _facing(sign),
                     shape + (k if kind == "hedge" else 0), tint=0.0)  # fmt: skip


def _gardens(plot: _Plot, sign: int, edge: float, leaves: tuple[Colour, ...]) -> None:
    """Houses behind hedges, walls and fences, with drives, garages, trees and shrubs."""
    rng = plot.rng
    setback = float(rng.choice([0.2, 2.5, 5.0], p=[0.25, 0.40, 0.35]))
    green = float(rng.uniform(0.2, 1.0))
    s = _BEHIND + float(rng.uniform(0, 10))
    while s < _AHEAD:
        back = max(0.1, setback + float(rng.normal(0, 0.25 * setback)))
        length = _building(plot, "house", s, edge + back, sign)[0]
        gap = float(rng.uniform(0.5, 3.0) if setback < 1 else rng.uniform(3.0, 9.0))
        if back > 1.2:
            kind = str(rng.choice(["hedge", "wall", "fence", "none"], p=[0.36, 0.22, 0.30, 0.12]))
            if kind != "none":
                _front(plot, kind, s, s + length + gap - 3.0 * (gap > 4), sign, edge)
            for _ in range(int(rng.poisson(2.2 * green))):
                place = s + float(rng.uniform(0, length + gap)), sign * (edge + float(rng.uniform(0.9, back)))
                size = float(rng.uniform(0.8, 2.4))
                plot.add("bush", *place, (size, size, size * float(rng.uniform(0.7, 1.2))), plot.pick(leaves), tint=0.3)
        if gap > 4 and plot.open_to(s + length + gap / 2, sign, 2.0):
            if rng.random() < 0.5:
                plot.add(
                    "garage",
                    s + length + gap / 2,
                    sign * (edge + 8.5),
                    (3.2, 6.0, 2.5),
                    (0.6, 0.6, 0.57),
                    _facing(sign),
                )
            if rng.random() < 0.9 * green:
                _tree(
                    plot, s + length + float(rng.uniform(0.5, gap)), sign * (edge + float(rng.uniform(1.5, 12))), leaves
                )
        if rng.random() < 0.6 * green:
            _tree(
                plot, s + float(rng.uniform(0, length)), sign * (edge + back + float(rng.uniform(12, 20))), leaves, 1.3
            )
        s += length + gap


def _blocks(plot: _Plot, sign: int, edge: float) -> None:
    """A closed row of town blocks with gaps for yards."""
    rng = plot.rng
    back = float(rng.choice([0.05, 1.5, 4.0], p=[0.6, 0.25, 0.15]))
    s = _BEHIND + float(rng.uniform(0, 10))
    while s < _AHEAD:
        kind = str(rng.choice(["block", "house", "hall", "gap"], p=[0.62, 0.20, 0.06, 0.12]))
        if kind == "gap":
            _front(plot, str(rng.choice(["hedge", "wall", "fence"])), s, s + 12, sign, edge)
            _tree(plot, s + 6, sign * (edge + 6.0), _LEAVES[:4], 1.2)
            s += 12.0
        else:
            s += _building(plot, kind, s, edge + back, sign)[0] + float(rng.choice([0.0, 3.0], p=[0.8, 0.2]))


def _mixed(plot: _Plot, sign: int, edge: float, leaves: tuple[Colour, ...]) -> None:
    """Beside a main road: halls, blocks and houses set back, hedges, thickets, meadows."""
    rng = plot.rng
    s = _BEHIND + float(rng.uniform(0, 15))
    while s < _AHEAD:
        kind = str(rng.choice(["wood", "hall", "house", "block", "meadow"], p=[0.36, 0.14, 0.18, 0.12, 0.20]))
        if kind == "wood":
            length = float(rng.uniform(14, 40))
            _thicket(plot, s, s + length, sign, edge + float(rng.uniform(1.5, 5.0)), float(rng.uniform(3.0, 9.0)))
        elif kind == "meadow":
            length = float(rng.uniform(10, 25))
            for _ in range(int(rng.integers(0, 4))):
                _tree(plot, s + float(rng.uniform(0, length)), sign * (edge + float(rng.uniform(3, 20))), leaves, 1.2)
        else:
            length = _building(plot, kind, s, edge + float(rng.uniform(4, 14)), sign)[0] + float(rng.uniform(2, 8))
            if rng.random() < 0.5:
                _front(plot, str(rng.choice(["hedge", "wall", "fence"])), s, s + length, sign, edge + 0.3)
        s += length
    if rng.random() < 0.25 and plot.open_to(20.0, sign, 4):
        place = float(rng.uniform(15, 50)), sign * (edge + 3.5)
        plot.add("billboard", *place, (4.5, 0.3, 4.0), tuple(rng.uniform(0.05, 0.6, 3)), _facing(sign) - sign * 0.9)


def _thicket(plot: _Plot, s0: float, s1: float, sign: int, d: float, height: float) -> None:
    """A wall of trees and shrubs."""
    rng = plot.rng
    colour = plot.pick(_WOODS)
    s = s0
    while s < s1:
        tall = round(height * float(rng.uniform(0.8, 1.2)), 1)
        length = max(tall * 1.7, 6.0)
        if plot.open_to(s + length / 2, sign, length / 2):
            size = (length * 1.15, tall * 0.55, tall)
            plot.add("wood", s + length / 2, sign * (d + tall * 0.3), size, colour, _facing(sign), tint=0.2)
        s += length


def _countryside(plot: _Plot, sign: int, edge: float) -> None:
    """Woods close to the road or meadows with single trees; marker posts, barriers, telegraph poles."""
    rng = plot.rng
    forest = rng.random() < 0.5
    s = _BEHIND
    while s < _AHEAD + 20:
        length = float(rng.uniform(20, 50))
        if rng.random() < (0.85 if forest else 0.25):
            d = edge + float(rng.uniform(2.5, 6.0))
            _thicket(plot, s, s + length, sign, d, float(rng.uniform(8, 14) if forest else rng.uniform(2.5, 8)))
            for _ in range(int(rng.integers(2, 6))):
                _tree(plot, s + float(rng.uniform(0, length)), sign * (d + float(rng.uniform(-1.5, 2.0))), _WOODS, 1.4)
        else:
            for _ in range(int(rng.poisson(1.5))):
                _tree(
                    plot,
                    s + float(rng.uniform(0, length)),
                    sign * (edge + float(rng.uniform(2.5, 30))),
                    _LEAVES[:4],
                    1.2,
                )
            for _ in range(int(rng.poisson(2.5))):
                size = float(rng.uniform(0.5, 2.0))
                place = s + float(rng.uniform(0, length)), sign * (edge + float(rng.uniform(1.0, 6)))
                plot.add("bush", *place, (size * 1.5, size, size * 0.8), plot.pick(_WOODS), tint=0.3)
        s += length
    rail = rng.random() < 0.3
    for s in np.arange(-20, 75, 4.0):
        if rail and plot.open_to(float(s), sign, 2.2):
            plot.add("guard rail", float(s), sign * (edge + 0.9), (4.05, 0.1, 0.8), turn=_facing(sign), shape=0)
    for s in np.arange(float(rng.uniform(-15, 5)), 100, 25.0):
        plot.add("bollard", float(s), sign * (edge + 0.6), (0.12, 0.12, 1.0), shape=1)


def _street_trees(plot: _Plot, sign: int, leaves: tuple[Colour, ...]) -> None:
    """A row of trees of one kind between the road and the houses."""
    rng, side = plot.rng, plot.road.side(sign)
    chance = 0.75 if side.verge > 0 else 0.3 if side.pavement > 2.2 else 0.06
    if rng.random() > chance:
        return
    inner = plot.road.half_width + side.parking
    d = inner + (side.verge / 2 if side.verge > 0 else 0.7)
    species = str(rng.choice(["round", "tall", "spreading"], p=[0.5, 0.2, 0.3]))
    height, pitch, colour = float(rng.uniform(5, 11)), float(rng.uniform(7, 14)), plot.pick(leaves)
    for s in np.arange(_BEHIND + float(rng.uniform(0, pitch)), _AHEAD, pitch):
        if rng.random() < 0.85 and plot.open_to(float(s), sign, 1.0):
            tall = height * float(rng.uniform(0.8, 1.15))
            width = tall * {"round": 0.6, "tall": 0.4, "spreading": 0.75}[species]
            plot.add(f"{species} tree", float(s) + float(rng.normal(0, 0.4)), sign * d, (width, width, tall), colour,
                     float(rng.uniform(0, 6.28)), tint=0.2)  # fmt: skip


def _furniture(plot: _Plot, sign: int, edge: float) -> None:
    """Lamps, signs, bins, boxes and bollards on the pavement."""
    rng, road = plot.rng, plot.road
    side = road.side(sign)
    kerb = road.half_width + side.parking + 0.35
    lamps = rng.random() < 0.55
    pitch, height = float(rng.uniform(22, 36)), float(rng.choice([4.5, 6.5, 9.0]))
    for s in np.arange(_BEHIND + float(rng.uniform(0, pitch)), 95, pitch) if lamps else ():
        if plot.open_to(float(s), sign, 0.5):
            plot.add("lamp", float(s), sign * kerb, (0.2, 1.6, height), turn=_facing(sign), shape=int(height) % 3)
    for _ in range(int(rng.poisson(1.6))):
        s = float(rng.uniform(4, 70))
        height = float(rng.choice([2.2, 2.6]))
        plot.add("sign", s, sign * kerb, (0.7, 0.1, height), turn=float(rng.normal(0, 0.12)) + (0 if sign < 0 else np.pi),
                 shape=int(rng.integers(6)))  # fmt: skip
    for _ in range(int(rng.poisson(1.3))):
        colour = ((0.02, 0.02, 0.022), (0.03, 0.07, 0.03), (0.30, 0.24, 0.02), (0.02, 0.05, 0.15))[int(rng.integers(4))]
        plot.add("bin", float(rng.uniform(4, 60)), sign * (edge - 0.45), (0.55, 0.6, 1.05), colour,
                 float(rng.normal(0, 0.2)) + _facing(sign), tint=0.0)  # fmt: skip
    if rng.random() < 0.4:
        plot.add(
            "cabinet",
            float(rng.uniform(5, 45)),
            sign * (edge - 0.3),
            (0.9, 0.4, 1.2),
            (0.36, 0.37, 0.36),
            _facing(sign),
        )
    if rng.random() < 0.15:
        start = float(rng.uniform(4, 40))
        for k in range(int(rng.integers(3, 9))):
            plot.add("bollard", start + 1.8 * k, sign * kerb, (0.14, 0.14, 0.95), shape=0)
    if rng.random() < (0.35 if road.style == "arterial" else 0.12):
        for s in np.arange(float(rng.uniform(-20, 10)), 110, 32.0):
            plot.add(
                "pole", float(s), sign * (edge + 0.3), (0.26, 0.26, 9.0), (0.24, 0.22, 0.2), shape=int(rng.integers(3))
            )
    if side.pavement > 2.4 and rng.random() < 0.15:
        plot.add("shelter", float(rng.uniform(12, 50)), sign * (edge - 0.9), (4.0, 1.5, 2.4), tuple(rng.uniform(0.1, 0.6, 3)),
                 _facing(sign))  # fmt: skip


def _junction(plot: _Plot) -> None:
    """Traffic lights or priority signs at the corners, and houses along the side road."""
    rng, road = plot.rng, plot.road
    if road.crossing is None:
        return
    signals = road.style in ("urban", "arterial") and rng.random() < 0.6
    reach = road.crossing.half_width + corner_radius(road, -1) + 0.6
    for sign, s, turn in ((-1, road.crossing.s - reach, 0.0), (1, road.crossing.s + reach, np.pi)):
        side = road.side(sign)
        d = sign * (road.half_width + side.parking + 0.6)
        if signals:
            plot.add("traffic light", s, d, (0.3, 0.35, 3.3), turn=turn)
        elif rng.random() < 0.7:
            plot.add("sign", s, d, (0.7, 0.1, 2.6), turn=turn, shape=2)
    for sign, present in ((1, road.crossing.left), (-1, road.crossing.right)):
        if not present or road.style == "country":
            continue
        # The rows of the main road leave the side road open to about 20 m; beyond, it has its own houses.
        d = road.half_width + road.side(sign).width + 19.0
        while d < 75:
            for along in (-1, 1):
                shape = int(rng.integers(CATALOGUE))
                kind = "block" if road.style == "urban" else "house"
                size = _catalogue_size(kind, shape)
                offset = road.crossing.half_width + corner_radius(road, sign) + size[1] / 2 + 1.5
                turn = -sign * np.pi / 2 if along * sign < 0 else sign * np.pi / 2
                plot.add(kind, road.crossing.s + along * offset, sign * (d + size[0] / 2), size, plot.pick(_PLASTERS),
                         turn, shape)  # fmt: skip
            d += 20.0


def _horizon(plot: _Plot) -> None:
    """Woods all round, far away, so that the world does not end in a straight line."""
    rng = plot.rng
    colour = plot.pick(_WOODS)
    for angle in np.arange(-np.pi, np.pi, 2 * np.pi / 22):
        distance = float(rng.uniform(125, 190))
        tall = float(rng.uniform(8, 17)) * (0.75 if plot.road.style in ("urban", "residential") else 1.0)
        x, y = distance * np.cos(angle), distance * np.sin(angle)
        s, d = plot.road.locate(np.array([x]), np.array([y]))
        if abs(float(d[0])) < 26:
            continue
        heading = float(plot.road.pose(s, d)[2][0])
        plot.add("wood", float(s[0]), float(d[0]), (58.0, 10.0, tall), colour, angle - np.pi / 2 - heading, tint=0.2)
