"""What stands on pavements and verges: lamps, signs, traffic lights, walls, fences, bins and rails."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.loft import BLACK, ball, tube
from monotakd.datasets.street.mesh import Material, Mesh, box, join, make_mesh
from monotakd.datasets.street.world import Prop

_STEEL = (0.32, 0.33, 0.34)
_DARK = (0.06, 0.065, 0.07)
_WHITE = (0.75, 0.75, 0.73)
_RED = (0.50, 0.03, 0.03)
_BLUE = (0.02, 0.10, 0.42)
_YELLOW = (0.70, 0.50, 0.04)


def _post(height: float, radius: float, colour: tuple[float, float, float], lod: int, x: float = 0.0) -> Mesh:
    return tube([[x, 0, 0], [x, 0, height]], [radius, radius * 0.85], (8, 6, 4)[lod], Material.METAL, colour)


def _plate(outline: np.ndarray, z: float, colour: tuple[float, float, float], forward: float) -> Mesh:
    """A flat sign: an outline (N, 2) of y and z round (0, z); it faces -x, towards traffic that drives along +x."""
    count = len(outline)
    points = np.column_stack([np.full(count, -forward), -outline[:, 0], outline[:, 1] + z])
    fan = np.array([[0, k, k + 1] for k in range(1, count - 1)])
    return make_mesh(points, fan, Material.SIGN, colour)


def _polygon(corners: int, radius: float, turn: float = 0.0) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False) + turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def lamp(prop: Prop, lod: int) -> Mesh:
    """A street lamp; its arm reaches along -y, over the road."""
    height, reach = prop.size[2], prop.size[1]
    colour = _STEEL if prop.shape % 3 else _DARK
    mast = _post(height, 0.08, colour, lod)
    arm = tube([[0, 0, height - 0.1], [0, -reach * 0.5, height + 0.15], [0, -reach, height + 0.2]], [0.05, 0.04, 0.035],
               (6, 5, 3)[lod], Material.METAL, colour)  # fmt: skip
    head = box((0.24, 0.7, 0.12), Material.PLASTIC, (0.5, 0.5, 0.5), (0, -reach, height + 0.12))
    return join([mast, arm, head])


def pole(prop: Prop, lod: int) -> Mesh:
    """A bare pole: tram mast, flag pole or telegraph pole."""
    material = Material.BARK if prop.shape % 3 == 0 else Material.METAL
    return tube(
        [[0, 0, 0], [0, 0, prop.size[2]]], [prop.size[0] / 2, prop.size[0] * 0.4], (8, 6, 4)[lod], material, prop.colour
    )


def sign(prop: Prop, lod: int) -> Mesh:
    """A traffic sign of one of six kinds on a post; it faces -x."""
    height = prop.size[2]
    z = height - 0.35
    parts = [_post(height, 0.03, _STEEL, lod)]
    kind = prop.shape % 6
    if kind == 0:
        shapes = [(_polygon(12, 0.32), _RED), (_polygon(12, 0.25), _WHITE)]
    elif kind == 1:
        shapes = [(_polygon(3, 0.42, np.pi / 2), _RED), (_polygon(3, 0.27, np.pi / 2), _WHITE)]
    elif kind == 2:
        shapes = [(_polygon(4, 0.45), _WHITE), (_polygon(4, 0.36), _YELLOW)]
    elif kind == 3:
        shapes = [(_polygon(4, 0.42, np.pi / 4), _BLUE), (_polygon(4, 0.18, np.pi / 4), _WHITE)]
    elif kind == 4:
        shapes = [(_polygon(3, 0.42, -np.pi / 2), _RED), (_polygon(3, 0.27, -np.pi / 2), _WHITE)]
    else:
        shapes = [(_polygon(12, 0.32), _BLUE)]
    parts += [_plate(outline, z, colour, 0.045 + 0.004 * k) for k, (outline, colour) in enumerate(shapes)]
    return join([*parts, _back_side(shapes[0][0] * np.array([-1.0, 1.0]), z)])


def _back_side(outline: np.ndarray, z: float) -> Mesh:
    count = len(outline)
    points = np.column_stack([np.full(count, -0.04), outline[:, 0], outline[:, 1] + z])
    return make_mesh(points, [[0, k, k + 1] for k in range(1, count - 1)], Material.METAL, _STEEL)


def traffic_light(prop: Prop, lod: int) -> Mesh:
    """A signal of three lamps on a post, one of them lit; it faces -x."""
    height = prop.size[2]
    parts = [_post(height, 0.07, _STEEL if prop.shape % 2 else (0.5, 0.5, 0.5), lod)]
    parts.append(box((0.25, 0.34, 0.95), Material.PLASTIC, BLACK, (-0.16, 0, height - 0.95)))
    lit = prop.shape % 2 * 2
    for k, on in enumerate(((1.0, 0.05, 0.03), (1.0, 0.6, 0.02), (0.05, 0.9, 0.5))):
        parts.append(_plate(_polygon(10, 0.10), height - 0.16 - 0.3 * k, on if k == lit else _DARK, 0.29))
    if prop.shape % 4 < 2:
        parts += [box((0.16, 0.17, 0.5), Material.SIGN, c, (0, 0, z)) for c, z in ((_RED, 0.9), (_WHITE, 1.4))]
    return join(parts)


def rubbish_bin(prop: Prop, lod: int) -> Mesh:
    """A wheeled rubbish bin with its lid."""
    length, width, height = prop.size
    lid = tuple(min(1.0, 1.6 * c + 0.02) for c in prop.colour)
    body = box((length, width, height * 0.9), Material.PLASTIC, prop.colour)
    return join([body, box((length * 1.1, width * 1.1, height * 0.1), Material.PLASTIC, lid, (0, 0, height * 0.9))])


def cabinet(prop: Prop, lod: int) -> Mesh:
    """A grey junction box."""
    return box(prop.size, Material.METAL, prop.colour)


def bollard(prop: Prop, lod: int) -> Mesh:
    """A short post with a white ring, or a roadside marker post with its black slant."""
    height = prop.size[2]
    if prop.shape % 2:
        parts = [tube([[0, 0, 0], [0, 0, height]], [0.06, 0.055], (8, 6, 4)[lod], Material.PLASTIC, _WHITE)]
        parts.append(tube([[0, 0, height * 0.68], [0, 0, height * 0.88]], [0.064, 0.062], 6, Material.PLASTIC, BLACK))
        return join(parts)
    parts = [tube([[0, 0, 0], [0, 0, height]], [0.07, 0.07], (8, 6, 4)[lod], Material.METAL, _DARK)]
    parts.append(tube([[0, 0, height * 0.75], [0, 0, height * 0.85]], [0.075, 0.075], 6, Material.PLASTIC, _WHITE))
    return join([*parts, ball((0, 0, height), (0.07, 0.07, 0.05), Material.METAL, _DARK, 3, 5)])


def wall(prop: Prop, lod: int) -> Mesh:
    """A garden wall with coping stones."""
    length, width, height = prop.size
    material = (Material.PLASTER, Material.BRICK, Material.CONCRETE)[prop.shape % 3]
    cap = tuple(min(1.0, 1.2 * c) for c in prop.colour)
    body = box((length, width, height + 0.2), material, prop.colour, (0, 0, -0.28))
    return join([body, box((length, width + 0.08, 0.08), Material.CONCRETE, cap, (0, 0, height - 0.08))])


def fence(prop: Prop, lod: int) -> Mesh:
    """Pickets, bars or boards between posts."""
    length, _, height = prop.size
    kind = prop.shape % 3
    parts = [box((0.08, 0.08, height), Material.BARK, prop.colour, (x, 0, 0)) for x in (-length / 2, 0.0)]
    if kind == 2:
        return join([*parts, box((length, 0.03, height - 0.1), Material.BARK, prop.colour, (0, 0, 0.05))])
    material = Material.METAL if kind == 1 else Material.BARK
    parts += [box((length, 0.04, 0.07), material, prop.colour, (0, 0, z * height)) for z in (0.2, 0.8)]
    pitch, wide = (0.14, 0.02) if kind == 1 else (0.16, 0.10)
    pitch *= (1.0, 1.0, 2.0)[lod]
    x = np.arange(-length / 2 + pitch / 2, length / 2, pitch)
    bottom, top = np.full(len(x), 0.08), np.full(len(x), height)
    y = np.full(len(x), -0.03)
    corners = np.stack(
        [[x - wide / 2, y, bottom], [x + wide / 2, y, bottom], [x + wide / 2, y, top], [x - wide / 2, y, top]]
    )
    triangles = (4 * np.arange(len(x))[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return join([*parts, make_mesh(corners.transpose(2, 0, 1), triangles, material, prop.colour)])


def guard_rail(prop: Prop, lod: int) -> Mesh:
    """A steel crash barrier on posts; its rail bulges towards -y."""
    length = prop.size[0]
    profile = np.array([[0.0, 0.45], [-0.07, 0.52], [-0.02, 0.60], [-0.07, 0.68], [0.0, 0.75]])
    points = np.concatenate([np.column_stack([np.full(5, x), profile]) for x in (-length / 2, length / 2)])
    k = np.arange(4)
    triangles = np.concatenate([np.stack([k, k + 5, k + 6], 1), np.stack([k, k + 6, k + 1], 1)])
    posts = [box((0.10, 0.06, 0.7), Material.METAL, _STEEL, (x, 0.06, 0)) for x in (-length / 4, length / 4)]
    return join([make_mesh(points, triangles, Material.METAL, (0.5, 0.5, 0.5)), *posts])


def billboard(prop: Prop, lod: int) -> Mesh:
    """An advertising board on two legs; it faces -y."""
    length, _, height = prop.size
    legs = [_post(height, 0.09, _DARK, lod, x) for x in (-length * 0.3, length * 0.3)]
    board = box((length, 0.2, height * 0.6), Material.METAL, _DARK, (0, 0, height * 0.4))
    face = box((length * 0.94, 0.02, height * 0.54), Material.SIGN, prop.colour, (0, -0.11, height * 0.43))
    stripe = tuple(1.0 - c for c in prop.colour)
    text = box((length * 0.6, 0.02, height * 0.12), Material.SIGN, stripe, (-length * 0.05, -0.13, height * 0.62))
    return join([*legs, board, face, text])


def shelter(prop: Prop, lod: int) -> Mesh:
    """A bus shelter: glass walls under a flat roof, open towards -y."""
    length, width, height = prop.size
    posts = [
        box((0.07, 0.07, height), Material.METAL, _DARK, (x, y, 0))
        for x in (-length / 2, length / 2)
        for y in (-width / 2, width / 2)
    ]
    roof = box((length + 0.3, width + 0.4, 0.12), Material.METAL, _STEEL, (0, 0, height))
    back = box((length, 0.03, height * 0.75), Material.GLASS, (0.08, 0.09, 0.09), (0, width / 2, 0.3))
    ad = box((0.12, width * 0.8, 1.7), Material.SIGN, prop.colour, (length / 2, 0, 0.3))
    bench = box((length * 0.7, 0.4, 0.06), Material.BARK, (0.2, 0.12, 0.06), (0, width / 4, 0.45))
    return join([*posts, roof, back, ad, bench])
