"""Houses, blocks and garages: walls with windows and doors under gable, hip or flat roofs.

In its own frame a building's length runs along x and its front looks towards -y, to the street.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.mesh import Material, Mesh, box, join, make_mesh
from monotakd.datasets.street.world import Prop

Colour = tuple[float, float, float]
_FLOOR = 2.85  # height of a storey, metres
_CELLAR = 1.5  # walls reach this far into sloping ground, metres
_UP = np.array([0.0, 0.0, 1.0])
_ROOFS: tuple[Colour, ...] = ((0.30, 0.10, 0.055), (0.24, 0.09, 0.06), (0.08, 0.075, 0.075), (0.16, 0.10, 0.07))
_FRAMES: tuple[Colour, ...] = ((0.65, 0.65, 0.63), (0.65, 0.65, 0.63), (0.18, 0.10, 0.05), (0.10, 0.11, 0.12))
_SHUTTERS: tuple[Colour, ...] = ((0.05, 0.13, 0.08), (0.20, 0.11, 0.06), (0.10, 0.14, 0.20), (0.45, 0.42, 0.36))
_PANE = (0.03, 0.035, 0.04)


def panels(
    centres: Float[np.ndarray, "N 3"],
    right: Float[np.ndarray, " 3"],
    size: tuple[float, float],
    material: Material,
    colour: Colour,
) -> Mesh:
    """N upright rectangles of one size; their front looks along right x up."""
    half, rise = np.asarray(right) * size[0] / 2, _UP * size[1] / 2
    corners = centres[:, None] + np.array([-half - rise, half - rise, half + rise, -half + rise])
    first = 4 * np.arange(len(centres))[:, None]
    triangles = (first[:, :, None] + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return make_mesh(corners, triangles, material, colour)


def house(prop: Prop, lod: int) -> Mesh:
    """A detached house or one of a row; ``prop.size`` holds length, depth and the height of its eaves."""
    rng = np.random.default_rng(prop.shape)
    length, depth, eaves = prop.size
    wall = Material.BRICK if rng.random() < 0.12 else Material.PLASTER
    parts = [box((length, depth, eaves), wall, prop.colour)]
    plinth = tuple(0.55 * c for c in prop.colour)
    parts.append(box((length + 0.06, depth + 0.06, 0.45 + _CELLAR), Material.CONCRETE, plinth, (0, 0, -_CELLAR)))
    parts += _openings(rng, length, depth, eaves, lod, shop=False)
    kind = rng.choice(["gable", "front gable", "hip"], p=[0.5, 0.25, 0.25])
    roof = _ROOFS[int(rng.integers(len(_ROOFS)))]
    parts += _roof(rng, str(kind), (length, depth, eaves), wall, prop.colour, roof, lod)
    return join(parts)


def block(prop: Prop, lod: int) -> Mesh:
    """A town block of several storeys, with shops on some ground floors and a flat or gable roof."""
    rng = np.random.default_rng(prop.shape)
    length, depth, eaves = prop.size
    wall = Material.BRICK if rng.random() < 0.2 else Material.PLASTER
    parts = [box((length, depth, eaves), wall, prop.colour)]
    shop = rng.random() < 0.35
    base = tuple(np.clip(np.array(prop.colour) * rng.uniform(0.45, 0.9), 0, 1).tolist())
    parts.append(box((length + 0.04, depth + 0.08, _FLOOR + _CELLAR), Material.CONCRETE, base, (0, 0, -_CELLAR)))
    parts += _openings(rng, length, depth, eaves, lod, shop)
    if rng.random() < 0.5:
        ledges = np.arange(1, int(eaves / _FLOOR) + 1) * _FLOOR
        trim = tuple(np.clip(np.array(prop.colour) * 1.25, 0, 0.8).tolist())
        parts += [box((length, 0.12, 0.18), Material.CONCRETE, trim, (0, -depth / 2 - 0.05, z)) for z in ledges]
    if rng.random() < 0.45:
        parts.append(box((length + 0.3, depth + 0.3, 0.5), Material.CONCRETE, base, (0, 0, eaves)))
    else:
        roof = _ROOFS[int(rng.integers(len(_ROOFS)))]
        parts += _roof(rng, "gable", (length, depth, eaves), wall, prop.colour, roof, lod)
    return join(parts)


def hall(prop: Prop, lod: int) -> Mesh:
    """A flat office, shop or factory building with ribbon windows."""
    rng = np.random.default_rng(prop.shape)
    length, depth, eaves = prop.size
    metal = rng.random() < 0.5
    wall = Material.CONCRETE if metal else Material.PLASTER
    parts = [box((length, depth, eaves + _CELLAR), wall, prop.colour, (0, 0, -_CELLAR))]
    parts.append(box((length + 0.2, depth + 0.2, 0.35), Material.CONCRETE, (0.25, 0.25, 0.25), (0, 0, eaves)))
    for z in np.arange(1.8, eaves - 0.8, 3.4):
        for y, right in ((-depth / 2 - 0.03, 1.0), (depth / 2 + 0.03, -1.0)):
            centre = np.array([[0.0, y, z]])
            parts.append(panels(centre, np.array([right, 0, 0]), (length * 0.92, 1.5), Material.WINDOW, _PANE))
    sign = tuple(rng.uniform(0.05, 0.6, 3).tolist())
    front = np.array([[length * rng.uniform(-0.3, 0.3), -depth / 2 - 0.06, eaves - 0.7]])
    parts.append(panels(front, np.array([1.0, 0, 0]), (5.0, 1.0), Material.SIGN, sign))
    return join(parts)


def garage(prop: Prop, lod: int) -> Mesh:
    """A garage: a white box with a wide door to the street."""
    rng = np.random.default_rng(prop.shape)
    length, depth, height = prop.size
    door = tuple((np.array([0.25, 0.26, 0.27]) * rng.uniform(0.3, 2.0)).tolist())
    wall = box((length, depth, height + _CELLAR), Material.PLASTER, prop.colour, (0, 0, -_CELLAR))
    roof = box((length + 0.3, depth + 0.3, 0.18), Material.CONCRETE, (0.12, 0.12, 0.12), (0, 0, height))
    doors = max(1, round(length / 3))
    x = (np.arange(doors) - (doors - 1) / 2) * 3.0
    centres = np.stack([x, np.full(doors, -depth / 2 - 0.02), np.full(doors, 1.1)], axis=1)
    return join([wall, roof, panels(centres, np.array([1.0, 0, 0]), (2.5, 2.15), Material.METAL, door)])


def _openings(rng: np.random.Generator, length: float, depth: float, eaves: float, lod: int, shop: bool) -> list[Mesh]:
    """Windows of all four walls, with frames and shutters where they can be seen, and the front door."""
    floors = max(1, round(eaves / _FLOOR))
    storey = eaves / floors
    width, height = float(rng.uniform(0.9, 1.35)), float(rng.uniform(1.2, 1.55))
    frame = _FRAMES[int(rng.integers(len(_FRAMES)))]
    shutter = _SHUTTERS[int(rng.integers(len(_SHUTTERS)))] if rng.random() < 0.35 else None
    pitch = float(rng.uniform(2.2, 3.2))
    parts = []
    walls = ((length, depth, 0.0), (depth, length, np.pi / 2), (length, depth, np.pi), (depth, length, -np.pi / 2))
    for k, (span, across, angle) in enumerate(walls):
        right = np.array([np.cos(angle), np.sin(angle), 0.0])
        out = np.cross(right, _UP)
        columns = max(1, int(span / (pitch if k % 2 == 0 else pitch * 1.4)))
        u = (np.arange(columns) - (columns - 1) / 2) * (span / columns)
        z = (np.arange(floors) + 0.56) * storey
        uu, zz = (a.ravel() for a in np.meshgrid(u, z))
        kept = np.ones(len(uu), dtype=bool)
        if k == 0:
            door = int(rng.integers(columns))
            kept[door if not shop else slice(0, columns)] = False
            parts += _entrance(rng, u, door, right, out, across, shop, span)
        if k % 2:
            kept &= rng.random(len(uu)) < 0.7
        centres = uu[kept, None] * right + zz[kept, None] * _UP + (across / 2 + 0.012) * out
        if not len(centres):
            continue
        if lod < 2:
            parts.append(panels(centres, right, (width + 0.16, height + 0.16), Material.PLASTIC, frame))
        parts.append(panels(centres + 0.012 * out, right, (width, height), Material.WINDOW, _PANE))
        if lod == 0 and k == 0:
            parts.append(panels(centres + 0.02 * out, right, (0.06, height), Material.PLASTIC, frame))
        if shutter is not None and lod < 2 and k % 2 == 0:
            for side in (1, -1):
                offset = side * (width * 0.75 + 0.1) * right + 0.03 * out
                parts.append(panels(centres + offset, right, (width * 0.48, height + 0.1), Material.BARK, shutter))
    return parts


def _entrance(
    rng: np.random.Generator,
    u: Float[np.ndarray, " C"],
    door: int,
    right: Float[np.ndarray, " 3"],
    out: Float[np.ndarray, " 3"],
    across: float,
    shop: bool,
    span: float,
) -> list[Mesh]:
    colour = tuple((rng.uniform(0.3, 1.0) * np.array([0.30, 0.17, 0.09])).tolist())
    face = (across / 2 + 0.06) * out
    step = box(
        (1.8, 1.8, 0.15), Material.CONCRETE, (0.3, 0.3, 0.3), tuple((u[door] * right + across / 2 * out).tolist())
    )
    parts = [panels((u[door] * right + 1.1 * _UP + face)[None], right, (1.05, 2.15), Material.BARK, colour), step]
    if shop:
        others = np.delete(u, door)
        if len(others):
            centres = others[:, None] * right + 1.35 * _UP + face
            size = (0.8 * span / len(u), 2.1)
            parts.append(panels(centres, right, size, Material.WINDOW, _PANE))
        banner = tuple(rng.uniform(0.02, 0.55, 3).tolist())
        parts.append(panels((2.6 * _UP + face * 1.002)[None], right, (span * 0.9, 0.45), Material.SIGN, banner))
    return parts


def _roof(
    rng: np.random.Generator,
    kind: str,
    size: tuple[float, float, float],
    wall: Material,
    colour: Colour,
    tiles: Colour,
    lod: int,
) -> list[Mesh]:
    length, depth, eaves = size
    turned = kind == "front gable"
    if turned:
        length, depth = depth, length
    slope = float(rng.uniform(0.6, 0.95))
    rise = min(slope * depth / 2, 4.5)
    slope = rise / (depth / 2)
    over = 0.45
    ridge = length / 2 + (0.3 if kind != "hip" else -min(depth / 2, length / 2 - 0.4))
    x, y, low, top = length / 2 + 0.3, depth / 2 + over, eaves - slope * over, eaves + rise
    points = [[-x, -y, low], [x, -y, low], [x, y, low], [-x, y, low], [-ridge, 0, top], [ridge, 0, top]]
    faces = [[0, 1, 5], [0, 5, 4], [2, 3, 4], [2, 4, 5]]
    parts = []
    if kind == "hip":
        faces += [[1, 2, 5], [3, 0, 4]]
    else:
        gx, gy = length / 2, depth / 2
        gables = [[gx, -gy, eaves], [gx, gy, eaves], [gx, 0, top], [-gx, gy, eaves], [-gx, -gy, eaves], [-gx, 0, top]]
        parts.append(make_mesh(gables, [[0, 1, 2], [3, 4, 5]], wall, colour))
        if turned:
            peak = np.array([[gx + 0.02, 0.0, eaves + rise * 0.35]])
            parts += [
                panels(s * peak * [1, 1, s], np.array([0, s, 0.0]), (0.9, 1.1), Material.WINDOW, _PANE) for s in (1, -1)
            ]
    parts.append(make_mesh(points, faces, Material.ROOF, tiles))
    if lod < 2:
        for _ in range(int(rng.integers(0, 3))):
            place = (float(rng.uniform(-0.3, 0.3)) * length, float(rng.uniform(-0.2, 0.2)) * depth, eaves)
            parts.append(box((0.6, 0.6, rise + 0.7), Material.ROOF, (0.25, 0.11, 0.08), place))
        if kind == "gable" and rng.random() < 0.5:
            parts += _dormers(length, depth, eaves, rise, colour, tiles, int(rng.integers(1, 4)))
    if turned:
        parts = [Mesh(_quarter_turn(m.vertices), m.triangles, m.materials, m.colours, m.smooth) for m in parts]
    return parts


def _quarter_turn(vertices: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 3"]:
    return np.stack([vertices[:, 1], -vertices[:, 0], vertices[:, 2]], axis=1)


def _dormers(
    length: float, depth: float, eaves: float, rise: float, colour: Colour, tiles: Colour, count: int
) -> list[Mesh]:
    """Flat-roofed dormers on the street side."""
    parts = []
    for x in (np.arange(count) - (count - 1) / 2) * (length / count):
        y = -depth * 0.27
        z = eaves + 0.25 * rise
        parts.append(box((1.7, depth * 0.3, rise * 0.48), Material.PLASTER, colour, (x, y, z)))
        parts.append(box((2.0, depth * 0.36, 0.14), Material.ROOF, tiles, (x, y, z + rise * 0.48)))
        centre = np.array([[x, y - depth * 0.15 - 0.02, z + rise * 0.28]])
        parts.append(panels(centre, np.array([1.0, 0, 0]), (1.2, rise * 0.3), Material.WINDOW, _PANE))
    return parts
