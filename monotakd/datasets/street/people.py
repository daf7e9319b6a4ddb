"""Pedestrians and cyclists from rounded limbs, filling a unit box; each shape number is one person in one pose."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from monotakd.datasets.street.loft import BLACK, ball, tube
from monotakd.datasets.street.mesh import Material, Mesh, box, join

PEDESTRIANS, CYCLISTS, SITTING = 24, 12, 6  # how many different persons there are of each kind
_SKINS = ((0.55, 0.36, 0.27), (0.48, 0.30, 0.21), (0.60, 0.42, 0.33), (0.22, 0.12, 0.08))
_HAIR = ((0.03, 0.02, 0.015), (0.10, 0.06, 0.03), (0.28, 0.19, 0.09), (0.35, 0.34, 0.33))
_TROUSERS = (
    (0.03, 0.035, 0.06), (0.02, 0.02, 0.022), (0.06, 0.08, 0.14), (0.22, 0.18, 0.12), (0.10, 0.10, 0.10)
)  # fmt: skip
_WHITE = (1.0, 1.0, 1.0)  # the upper body's cloth is multiplied by the actor's colour


class Person(NamedTuple):
    """A mesh in a unit box and the size in metres at which it looks right."""

    mesh: Mesh
    size: tuple[float, float, float]


@lru_cache(maxsize=128)
def pedestrian(shape: int, lod: int) -> Person:
    """A walking or standing person.

    Args:
        shape: 0..PEDESTRIANS-1.
        lod: 0 near, 1 plainer, 2 for people of a few pixels.
    """
    rng = np.random.default_rng(shape)
    stride = float(rng.uniform(0.06, 0.33))
    return _unit(_walker(rng, stride, lod))


@lru_cache(maxsize=64)
def sitting(shape: int, lod: int) -> Person:
    """A person on a bench."""
    rng = np.random.default_rng(1000 + shape)
    hip = np.array([-0.1, 0.0, 0.5])
    limbs = [_torso(rng, hip, 0.02, lod), *_head(rng, _from(hip, 0.02, 0, 0.74), lod)]
    trousers = _TROUSERS[shape % len(_TROUSERS)]
    for side in (1, -1):
        knee = _from(hip, 0.46, side * 0.13, 0.02)
        limbs += _leg(_from(hip, 0, side * 0.09, 0), knee, np.array([knee[0] + 0.04, knee[1], 0.08]), trousers, lod)
        limbs += _arm(
            _from(hip, 0.02, side * 0.2, 0.46),
            _from(hip, 0.1, side * 0.24, 0.2),
            _from(hip, 0.34, side * 0.1, 0.14),
            lod,
        )
    limbs.append(box((0.4, 0.6, 0.05), Material.BARK, (0.2, 0.13, 0.07), (-0.1, 0, 0.40)))
    limbs += [box((0.3, 0.05, 0.4), Material.METAL, (0.1, 0.1, 0.1), (-0.1, y, 0)) for y in (0.25, -0.25)]
    return _unit(limbs)


@lru_cache(maxsize=64)
def cyclist(shape: int, lod: int) -> Person:
    """A rider on a bicycle."""
    rng = np.random.default_rng(2000 + shape)
    return _unit([*_bicycle(rng, lod), *_rider(rng, lod)])


def _from(point: np.ndarray, *step: float | int) -> np.ndarray:
    return point + np.array(step)


def _unit(parts: list[Mesh]) -> Person:
    mesh = join(parts)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], dtype=np.float32)
    unit = Mesh((mesh.vertices - shift) / (high - low), mesh.triangles, mesh.materials, mesh.colours, mesh.smooth)
    length, width, height = (float(v) for v in high - low)
    return Person(unit, (length, width, height))


def _sides(lod: int) -> int:
    return (7, 5, 4)[lod]


def _torso(rng: np.random.Generator, hip: np.ndarray, lean: float, lod: int) -> Mesh:
    """A chest, broader than deep, that narrows at the waist; a coat or skirt reaches further down."""
    build = float(rng.uniform(0.9, 1.15))
    coat = float(rng.choice([0.0, 0.0, 0.12, 0.35]))
    z = np.array([-0.08 - coat, 0.05, 0.22, 0.40, 0.52, 0.57])
    radius = np.array([0.17 + 0.15 * coat, 0.165, 0.155, 0.19, 0.17, 0.07]) * build
    path = hip + np.stack([lean * (z + 0.05) / 0.55, np.zeros(6), z], axis=1)
    keep = slice(None) if lod == 0 else [0, 2, 3, 5]
    return tube(path[keep], radius[keep], (8, 6, 4)[lod], Material.CLOTH, _WHITE, squash=0.62)


def _head(rng: np.random.Generator, centre: np.ndarray, lod: int) -> list[Mesh]:
    skin = _SKINS[int(rng.choice(4, p=[0.4, 0.25, 0.25, 0.1]))]
    hair = _HAIR[int(rng.integers(4))]
    rows, sides = ((6, 8), (4, 6), (3, 4))[lod]
    neck = tube([_from(centre, -0.01, 0, -0.2), _from(centre, 0, 0, -0.08)], [0.055, 0.05], 5, Material.SKIN, skin)
    face = ball(centre, (0.095, 0.075, 0.115), Material.SKIN, skin, rows, sides)
    length = float(rng.uniform(0.0, 0.08))
    cap = ball(
        _from(centre, -0.025, 0, 0.025 - length / 2), (0.095, 0.084, 0.105 + length), Material.CLOTH, hair, rows, sides
    )
    # Hair is cloth to the shader; a colour above 1 would survive painting, so it is marked as plastic instead.
    cap = Mesh(cap.vertices, cap.triangles, np.full_like(cap.materials, Material.BARK), cap.colours, cap.smooth)
    return [face, cap] if lod == 2 else [neck, face, cap]


def _leg(hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray, colour: tuple, lod: int) -> list[Mesh]:
    limb = tube([hip, knee, ankle], [0.088, 0.062, 0.046], _sides(lod), Material.PLASTIC, colour)
    if lod == 2:
        return [limb]
    shoe = box((0.26, 0.09, 0.09), Material.PLASTIC, BLACK, (ankle[0] + 0.06, ankle[1], ankle[2] - 0.08))
    return [limb, shoe]


def _arm(shoulder: np.ndarray, elbow: np.ndarray, hand: np.ndarray, lod: int) -> list[Mesh]:
    limb = tube([shoulder, elbow, hand], [0.06, 0.047, 0.035], _sides(lod), Material.CLOTH, _WHITE)
    if lod == 2:
        return [limb]
    return [limb, ball(hand, (0.045, 0.035, 0.05), Material.SKIN, _SKINS[0], 3, 5)]


def _walker(rng: np.random.Generator, stride: float, lod: int) -> list[Mesh]:
    trousers = _TROUSERS[int(rng.integers(len(_TROUSERS)))]
    hip = np.array([0.0, 0.0, 0.92 - 0.35 * stride**2])
    parts = [_torso(rng, hip, 0.05, lod), *_head(rng, _from(hip, 0.06, 0, 0.74), lod)]
    swing = float(rng.uniform(0.6, 1.1))
    for side, phase in ((1, 1.0), (-1, -1.0)):
        foot = stride * phase
        lift = 0.10 if phase < 0 and stride > 0.12 else 0.0
        root = _from(hip, 0, side * 0.09, 0)
        knee = _from(hip, 0.55 * foot + 0.05, side * 0.095, -0.44 - 0.02 * phase)
        parts += _leg(root, knee, np.array([foot - 0.04, side * 0.10, 0.08 + lift * stride]), trousers, lod)
        shoulder = _from(hip, 0.04, side * 0.175, 0.50)
        back = -foot * swing
        elbow = _from(shoulder, 0.55 * back - 0.02, side * 0.045, -0.28)
        parts += _arm(shoulder, elbow, _from(elbow, 0.6 * back + 0.1, side * -0.01, -0.22), lod)
    if rng.random() < 0.3:
        side = float(rng.choice([-1, 1]))
        bag = (0.25, 0.10, 0.30)
        parts.append(box(bag, Material.PLASTIC, tuple(rng.uniform(0.02, 0.3, 3)), (0.0, side * 0.29, 0.5)))
    elif rng.random() < 0.3:
        parts.append(
            ball(
                _from(hip, -0.16, 0, 0.33), (0.11, 0.15, 0.22), Material.PLASTIC, tuple(rng.uniform(0.02, 0.3, 3)), 4, 6
            )
        )
    return parts


def _hoop(x: float, radius: float, lod: int) -> Mesh:
    """A bicycle wheel: a thin upright ring."""
    segments = (16, 10, 6)[lod]
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    path = np.stack(
        [x + (radius - 0.02) * np.cos(angle), np.zeros_like(angle), radius + (radius - 0.02) * np.sin(angle)], 1
    )
    return tube(path, np.full(segments + 1, 0.02), 3, Material.RUBBER, BLACK)


def _bicycle(rng: np.random.Generator, lod: int) -> list[Mesh]:
    colour = tuple(rng.uniform(0.02, 0.4, 3))
    rear, front, crank = np.array([-0.52, 0, 0.34]), np.array([0.52, 0, 0.34]), np.array([-0.08, 0, 0.30])
    seat, head = np.array([-0.22, 0, 0.82]), np.array([0.36, 0, 0.82])
    bar = _from(head, -0.02, 0, 0.22)
    sides = 4 if lod == 0 else 3
    parts = [_hoop(-0.52, 0.34, lod), _hoop(0.52, 0.34, lod)]
    lines = [(rear, crank), (rear, seat), (crank, seat), (crank, head), (seat, head), (head, front), (head, bar)]
    parts += [tube(line, [0.02, 0.02], sides, Material.METAL, colour) for line in (lines if lod < 2 else lines[2:6])]
    parts.append(tube([_from(bar, 0, 0.28, 0), _from(bar, 0, -0.28, 0)], [0.015, 0.015], sides, Material.METAL, BLACK))
    parts.append(box((0.24, 0.14, 0.05), Material.PLASTIC, BLACK, tuple(_from(seat, 0, 0, 0.05))))
    if rng.random() < 0.4:
        parts.append(box((0.3, 0.3, 0.22), Material.PLASTIC, tuple(rng.uniform(0.05, 0.3, 3)), (-0.52, 0, 0.72)))
    return parts


def _rider(rng: np.random.Generator, lod: int) -> list[Mesh]:
    trousers = _TROUSERS[int(rng.integers(len(_TROUSERS)))]
    hip = np.array([-0.2, 0.0, 0.93])
    lean = float(rng.uniform(0.12, 0.34))
    top = _from(hip, lean + 0.02, 0, 0.70 - 0.4 * lean**2)
    parts = [_torso(rng, hip, lean, lod), *_head(rng, _from(top, 0.04, 0, 0.03), lod)]
    turn = float(rng.uniform(0, 2 * np.pi))
    for side, phase in ((1, turn), (-1, turn + np.pi)):
        pedal = np.array([-0.08 + 0.16 * np.cos(phase), side * 0.13, 0.30 + 0.16 * np.sin(phase)])
        root = _from(hip, 0.02, side * 0.09, 0)
        knee = _from((root + pedal) / 2, 0.25, 0, 0.10)
        parts += _leg(root, knee, _from(pedal, 0, 0, 0.08), trousers, lod)
        shoulder = _from(hip, lean * 0.9, side * 0.2, 0.46)
        hand = np.array([0.32, side * 0.25, 1.05])
        parts += _arm(shoulder, _from((shoulder + hand) / 2, -0.03, side * 0.06, -0.08), hand, lod)
    return parts
