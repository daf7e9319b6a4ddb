"""Paint, patches and covers on the road: thin sheets a few millimetres above it that follow its relief."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.mesh import Material, Mesh, join, make_mesh
from monotakd.datasets.street.road import Road

_PAINT = (0.62, 0.62, 0.60)
_IRON = (0.07, 0.07, 0.072)
_PIECE = 3.0  # long lines are cut into pieces of this length to follow bends and hills, metres
_REACH = (-40.0, 140.0)


def build_markings(road: Road) -> Mesh | None:
    """All sheets of a road as one mesh in world coordinates; None where there are none.

    Line lengths and gaps follow German practice: 3 m dashes with 6 m gaps in town, 4 m with 8 m outside.
    """
    parts = []
    paint = [*_zebra(road)]
    if road.markings:
        paint += [*_lane_lines(road), *_edge_lines(road), *_junction_lines(road)]
    if paint:
        parts.append(_sheets(road, np.array(paint), Material.MARKING, _PAINT, 0.008))
    parts += _wear(road)
    return join(parts) if parts else None


def _sheets(
    road: Road,
    rectangles: Float[np.ndarray, "N 4"],
    material: Material,
    colour: tuple[float, float, float],
    lift: float,
) -> Mesh:
    """Rectangles s0, s1, d0, d1 as sheets; far ones float higher because the ground is coarser there."""
    pieces = np.maximum(1, np.ceil((rectangles[:, 1] - rectangles[:, 0]) / _PIECE).astype(int))
    which = np.repeat(np.arange(len(rectangles)), pieces)
    number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    s0, s1, d0, d1 = rectangles[which].T
    step = (s1 - s0) / pieces[which]
    s0, s1 = s0 + number * step, s0 + (number + 1) * step
    s, d = np.stack([s0, s1, s1, s0], axis=1), np.stack([d0, d0, d1, d1], axis=1)
    x, y, _ = road.pose(s, d)
    z = road.relief.height(x, y) + lift + 0.0004 * np.abs(s)
    first = 4 * np.arange(len(s))[:, None, None]
    triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return make_mesh(np.stack([x, y, z], axis=-1), triangles, material, colour)


def _mouth(road: Road) -> tuple[float, float]:
    """Range of s without lines: the junction; empty where there is none."""
    if road.crossing is None:
        return np.inf, -np.inf
    reach = road.crossing.half_width + corner_radius(road, -1)
    return road.crossing.s - reach, road.crossing.s + reach


def _line(road: Road, d: float, width: float, dash: float, gap: float) -> list[tuple[float, float, float, float]]:
    """A line along the road, solid where gap is 0."""
    low, high = _mouth(road)
    if gap == 0:
        stretches = [_REACH] if low > high else [(_REACH[0], low), (high, _REACH[1])]
        return [(a, b, d - width / 2, d + width / 2) for a, b in stretches if b > a]
    # The pattern must not start with the ego vehicle: its position along the road is arbitrary.
    phase = 7.3 * road.half_width % (dash + gap)
    starts = np.arange(_REACH[0] + phase, _REACH[1], dash + gap)
    clear = (starts + dash < low) | (starts > high)
    return [(float(s), float(s) + dash, d - width / 2, d + width / 2) for s in starts[clear]]


def _lane_lines(road: Road) -> list[tuple[float, float, float, float]]:
    dash, gap = (4.0, 8.0) if road.style == "country" else (3.0, 6.0)
    rectangles = []
    if road.lanes == 1:
        solid = road.wear % 4 == 1
        rectangles += _line(road, 0.0, 0.13, dash, 0.0 if solid else gap)
    else:
        for d in (-0.12, 0.12):
            rectangles += _line(road, d, 0.12, dash, 0.0)
        for k in range(1, road.lanes):
            for sign in (1, -1):
                rectangles += _line(road, sign * k * road.lane_width, 0.13, dash, gap)
    return rectangles


def _edge_lines(road: Road) -> list[tuple[float, float, float, float]]:
    rectangles = []
    if road.style in ("country", "arterial"):
        for sign in (1, -1):
            rectangles += _line(road, sign * (road.half_width - 0.2), 0.16, 3.0, 0.0)
    for sign in (1, -1):
        side = road.side(sign)
        if side.parking > 0 and road.wear % 2:
            pitch = 6.0 if side.parking_angle == 0 else 2.6
            low, high = _mouth(road)
            edges = sorted((sign * road.half_width, sign * (road.half_width + side.parking)))
            for s in np.arange(_REACH[0], 90.0, pitch):
                if not low < s < high:
                    rectangles.append((float(s), float(s) + 0.1, *edges))
    return rectangles


def _junction_lines(road: Road) -> list[tuple[float, float, float, float]]:
    """Stop lines on the main road and give-way dashes across the mouths of the side road."""
    crossing = road.crossing
    if crossing is None:
        return []
    low, high = _mouth(road)
    rectangles = []
    if crossing.zebra or road.lanes > 1:
        rectangles += [(low - 0.6, low - 0.1, -road.half_width, -0.1), (high + 0.1, high + 0.6, 0.1, road.half_width)]
    for sign, present in ((1, crossing.left), (-1, crossing.right)):
        if present:
            edge = sign * (road.half_width + 0.3)
            starts = np.arange(crossing.s - crossing.half_width, crossing.s + crossing.half_width, 1.0)
            rectangles += [(float(s), float(s) + 0.5, edge - 0.2, edge + 0.2) for s in starts]
    return rectangles


def _zebra(road: Road) -> list[tuple[float, float, float, float]]:
    if road.crossing is None or not road.crossing.zebra:
        return []
    low, _ = _mouth(road)
    stripes = np.arange(-road.half_width + 0.3, road.half_width - 0.5, 1.0)
    return [(low - 4.6, low - 1.2, float(d), float(d) + 0.5) for d in stripes]


def _wear(road: Road) -> list[Mesh]:
    """Repairs of newer and older asphalt, seams of tar and manhole covers."""
    if road.wear == 0:
        return []
    rng = np.random.default_rng(road.wear)
    parts = []
    for shade in (0.6, 0.78, 1.35):
        count = int(rng.integers(1, 5))
        s, d = rng.uniform(-10, 60, count), rng.uniform(-0.9, 0.6, count) * road.half_width
        patches = np.stack([s, s + rng.uniform(1.0, 9.0, count), d, d + rng.uniform(0.5, 2.2, count)], axis=1)
        patches[:, 3] = np.minimum(patches[:, 3], road.half_width - 0.1)
        colour = tuple(shade * c for c in road.asphalt)
        parts.append(_sheets(road, patches, Material.ASPHALT, colour, 0.003))
    seams = []
    for _ in range(int(rng.integers(0, 4))):
        s, d = float(rng.uniform(0, 30)), float(rng.uniform(-0.8, 0.8) * road.half_width)
        # A seam wanders: short straight pieces that shift sideways.
        for k in range(int(rng.integers(4, 16))):
            d += float(rng.normal(0, 0.05))
            seams.append((s + k, s + k + 1.02, d, d + 0.07))
    if seams:
        parts.append(_sheets(road, np.array(seams), Material.ASPHALT, (0.03, 0.03, 0.03), 0.005))
    covers = int(rng.integers(0, 4))
    if covers:
        s, d = rng.uniform(4, 50, covers), rng.uniform(-0.7, 0.7, covers) * road.half_width
        rectangles = np.stack([s, s + 0.62, d, d + 0.62], axis=1)
        parts.append(_sheets(road, rectangles, Material.METAL, _IRON, 0.006))
    return parts
