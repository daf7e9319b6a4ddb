"""Triangles for the road, its pavements, a side road and the land around them: fine near, coarse far."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from monotakd.datasets.street.mesh import Material, Mesh, grid_triangles, make_mesh
from monotakd.datasets.street.road import CORRIDOR, KERB_HEIGHT, Road

_KERB_TOP = 0.14  # width of the kerb stones, metres
_PAVEMENT = (0.26, 0.25, 0.235)
_KERB = (0.34, 0.33, 0.31)
_DIRT = (0.16, 0.13, 0.09)
_RINGS = np.array([0, 5, 10, 15, 20, 26, 33, 41, 50, 62, 78, 100, 130, 170, 230, 320, 460], dtype=float)
_SPOKES = 96
_SINK = 0.35  # the land lies this far below the road's corridor so that it never shows through, metres


class Band(NamedTuple):
    """A strip of one surface between two offsets from the centre line.

    Attributes:
        inner: offset of its inner edge, metres (without sign).
        outer: offset of its outer edge.
        lift: height of the inner and of the outer edge above the bare relief, metres.
        material: its surface.
        colour: its linear RGB.
    """

    inner: float
    outer: float
    lift: tuple[float, float]
    material: Material
    colour: tuple[float, float, float]


def side_bands(road: Road, sign: int) -> list[Band]:
    """The bands of one side, from the edge of the carriageway to the edge of the corridor."""
    side, edge = road.side(sign), road.half_width
    bands = []
    if side.parking > 0:
        colour = tuple(0.85 * c + 0.02 for c in road.asphalt)
        bands.append(Band(edge, edge + side.parking, (0, 0), Material.ASPHALT, colour))
        edge += side.parking
    if side.pavement <= 0:
        bands.append(Band(edge, edge + 0.7, (0, -0.03), Material.DIRT, _DIRT))
        return [*bands, *_lawn(road, edge + 0.7, -0.03)]
    top = (KERB_HEIGHT, KERB_HEIGHT)
    bands.append(Band(edge, edge, (0, KERB_HEIGHT), Material.KERB, _KERB))
    bands.append(Band(edge, edge + _KERB_TOP, top, Material.KERB, _KERB))
    edge += _KERB_TOP
    if side.verge > 0:
        bands.append(Band(edge, edge + side.verge - _KERB_TOP, top, Material.GRASS, road.grass))
        edge += side.verge - _KERB_TOP
    outer = road.half_width + side.width
    bands.append(Band(edge, outer, top, Material.PAVEMENT, _PAVEMENT))
    return [*bands, *_lawn(road, outer, KERB_HEIGHT)]


def _lawn(road: Road, edge: float, lift: float) -> list[Band]:
    cuts = np.linspace(edge, CORRIDOR, 4)
    return [Band(a, b, (lift, lift), Material.GRASS, road.grass) for a, b in pairwise(cuts)]


def _rows(start: float, stop: float, extra: Sequence[float] = ()) -> np.ndarray:
    """Row positions: every 1.5 m within 30 m, then coarser."""
    near = np.arange(-30, 30.1, 1.5)
    middle = np.arange(33, 80, 3.0)
    far = np.arange(86, 220, 9.0)
    every = np.concatenate([-far, -middle, near, middle, far, [start, stop], extra])
    return np.unique(np.round(every[(every >= start) & (every <= stop)], 6))


class _Frame:
    """Maps (s, d) of the main road, or (t, e) of an arm of the crossing, to the world."""

    def __init__(self, road: Road, arm: int = 0):
        self.road, self.arm = road, arm
        if arm:
            self.x, self.y, heading = road.pose_at(road.crossing.s, 0.0)
            self.angle = heading + arm * np.pi / 2

    def world(self, s: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not self.arm:
            x, y, _ = self.road.pose(s, d)
            return x, y
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.x + s * cos - d * sin, self.y + s * sin + d * cos


def _strips(frame: _Frame, rows: np.ndarray, bands: Sequence[Band], sign: int, gap: tuple[float, float]) -> Mesh:
    """Grids of all bands on one side, without the cells whose middle lies in the gap."""
    edges = np.array([(b.inner, b.outer) for b in bands]).ravel() * sign
    lifts = np.array([b.lift for b in bands], dtype=float).ravel()
    s, d = np.broadcast_arrays(rows[:, None], edges[None, :])
    x, y = frame.world(s, d)
    z = frame.road.relief.height(x, y) + lifts
    middle = (rows[1:] + rows[:-1]) / 2
    kept = np.flatnonzero((middle < gap[0]) | (middle > gap[1]))
    width, count = len(edges), len(bands)
    i, j = kept[:, None], 2 * np.arange(count)[None, :]
    a, b, c, e = i * width + j, (i + 1) * width + j, (i + 1) * width + j + 1, i * width + j + 1
    order = (a, b, c, a, c, e) if sign > 0 else (a, c, b, a, e, c)
    triangles = np.stack(order, axis=-1).reshape(-1, 3)
    materials = np.tile(np.repeat([b.material for b in bands], 2), len(kept))
    colours = np.tile(np.repeat([b.colour for b in bands], 2, axis=0), (len(kept), 1))
    return make_mesh(np.stack([x, y, z], axis=-1), triangles, materials, colours)


_NO_GAP = (np.inf, -np.inf)


def corner_radius(road: Road, sign: int) -> float:
    """Radius of the kerb's bend at the crossing, metres: as wide as pavement and verge together."""
    side = road.side(sign)
    return max(side.verge + side.pavement, 2.5)


def build_ground(road: Road) -> list[Mesh]:
    """Meshes, in world coordinates, of carriageways, pavements, corridor and land."""
    frame, crossing = _Frame(road), road.crossing
    meshes = [build_land(road)]
    for sign in (1, -1):
        gap = _NO_GAP
        if crossing is not None and (crossing.left if sign > 0 else crossing.right):
            reach = crossing.half_width + corner_radius(road, sign)
            gap = (crossing.s - reach, crossing.s + reach)
            meshes.extend(_build_arm(road, sign))
        ends = [g for g in gap if np.isfinite(g)]
        rows = _rows(-100.0, 200.0, ends)
        cuts = np.linspace(0.0, road.half_width, 2 * road.lanes + 1)
        carriageway = [Band(a, b, (0, 0), Material.ASPHALT, road.asphalt) for a, b in pairwise(cuts)]
        meshes.append(_strips(frame, rows, carriageway, sign, _NO_GAP))
        meshes.append(_strips(frame, rows, side_bands(road, sign), sign, gap))
    return meshes


def _build_arm(road: Road, sign: int) -> list[Mesh]:
    """One arm of the side road, with rounded corners where its pavements meet the main road's."""
    frame, half = _Frame(road, sign), road.crossing.half_width
    side, radius = road.side(sign), corner_radius(road, sign)
    inner = road.half_width + side.parking
    cuts = (0.0, half / 2, half, half + radius)
    mouth = [Band(a, b, (0, 0), Material.ASPHALT, road.asphalt) for a, b in pairwise(cuts)]
    lift = KERB_HEIGHT if side.pavement > 0 else -0.03
    if side.pavement > 0:
        top = (lift, lift)
        beside = [
            Band(half, half, (0, lift), Material.KERB, _KERB),
            Band(half, half + _KERB_TOP, top, Material.KERB, _KERB),
            Band(half + _KERB_TOP, half + radius, top, Material.PAVEMENT, _PAVEMENT),
        ]
    else:
        beside = [Band(half, half + radius, (0, lift), Material.DIRT, _DIRT)]
    near = np.unique(np.append(np.linspace(road.half_width, inner + radius, 5), inner))
    far = np.unique(np.concatenate([np.linspace(inner + radius, 60, 16), [75.0, 95.0, 120.0]]))
    wide = far[far >= CORRIDOR - 1e-9]
    wide = np.concatenate([[CORRIDOR], wide[wide > CORRIDOR]])
    meshes = []
    for turn in (1, -1):
        meshes.append(_strips(frame, near, mouth, turn, _NO_GAP))
        meshes.append(_strips(frame, far, [*mouth[:2], *beside], turn, _NO_GAP))
        meshes.append(_strips(frame, wide, _lawn(road, half + radius, lift), turn, _NO_GAP))
        meshes.append(_corner(frame, inner + radius, turn * (half + radius), radius, turn, lift))
    return meshes


def _corner(frame: _Frame, t: float, e: float, radius: float, turn: int, lift: float) -> Mesh:
    """A quarter disc of pavement round (t, e) with its kerb."""
    angle = np.linspace(0, np.pi / 2, 9)
    arc_t, arc_e = t - radius * np.cos(angle), e - turn * radius * np.sin(angle)
    x, y = frame.world(np.concatenate([[t], arc_t, arc_t]), np.concatenate([[e], arc_e, arc_e]))
    z = frame.road.relief.height(x, y) + np.concatenate([np.full(10, lift), np.zeros(9)])
    i = np.arange(8)
    fan = np.stack([np.zeros(8, dtype=int), 1 + i, 2 + i], axis=-1)
    wall = np.concatenate([np.stack([1 + i, 10 + i, 11 + i], -1), np.stack([1 + i, 11 + i, 2 + i], -1)])
    triangles = np.concatenate([fan, wall])
    if turn < 0:
        triangles = triangles[:, ::-1]
    paved = lift > 0
    materials = np.repeat(
        [Material.PAVEMENT if paved else Material.DIRT, Material.KERB if paved else Material.DIRT], [8, 16]
    )
    colours = np.repeat([_PAVEMENT if paved else _DIRT, _KERB if paved else _DIRT], [8, 16], axis=0)
    return make_mesh(np.stack([x, y, z], axis=-1), triangles, materials, colours)


def build_land(road: Road) -> Mesh:
    """Meadows and gardens out to the horizon: a polar grid that dives below the road's corridor."""
    angle = np.linspace(-np.pi, np.pi, _SPOKES, endpoint=False)
    x, y = _RINGS[:, None] * np.cos(angle), _RINGS[:, None] * np.sin(angle)
    z = road.relief.height(x, y)
    _, d = road.locate(x.ravel(), y.ravel())
    under = np.abs(d).reshape(x.shape) < CORRIDOR
    if road.crossing is not None:
        px, py, heading = road.pose_at(road.crossing.s, 0.0)
        across = np.abs((x - px) * np.cos(heading) + (y - py) * np.sin(heading))
        under |= (across < CORRIDOR) & (np.hypot(x - px, y - py) < 125)
    z = z - _SINK * under
    triangles = grid_triangles(len(_RINGS), _SPOKES, closed=True)
    return make_mesh(np.stack([x, y, z], axis=-1), triangles, Material.GRASS, road.grass)
