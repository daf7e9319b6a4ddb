"""Lorries: a cab with a load behind it, filling a unit box."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from monotakd.datasets.street.loft import BLACK, skin, wheel
from monotakd.datasets.street.mesh import Material, Mesh, box, join

_WHITE = (1.0, 1.0, 1.0)
_GLASS = (0.03, 0.035, 0.04)
_CHASSIS = (0.04, 0.04, 0.042)
_RED = (0.45, 0.02, 0.015)
_LAMP = (0.75, 0.77, 0.8)


class TruckShape(NamedTuple):
    """A lorry's side view, metres.

    Attributes:
        name: what the kind is called.
        length: typical length.
        width: typical width.
        height: typical height.
        cab: length of the cab.
        cab_height: height of the cab's roof.
        load: "box", "tarpaulin" or "flatbed".
        axles: distances of the axles from the front end.
        share: how common it is.
    """

    name: str
    length: float
    width: float
    height: float
    cab: float
    cab_height: float
    load: str
    axles: tuple[float, ...]
    share: float


TRUCKS = (
    TruckShape("box lorry", 8.4, 2.52, 3.35, 1.9, 2.75, "box", (1.3, 5.9), 0.30),
    TruckShape("tarpaulin lorry", 9.8, 2.55, 3.5, 2.1, 2.9, "tarpaulin", (1.35, 6.5, 7.8), 0.27),
    TruckShape("flatbed", 7.4, 2.5, 2.75, 1.9, 2.7, "flatbed", (1.3, 5.4), 0.18),
    TruckShape("articulated", 14.2, 2.60, 3.75, 2.3, 3.5, "tarpaulin", (1.4, 4.9, 10.6, 11.8), 0.25),
)


def truck_shape(shape: int) -> TruckShape:
    """The side view that an actor's ``shape`` number stands for."""
    return TRUCKS[shape % len(TRUCKS)]


@lru_cache(maxsize=16)
def unit_truck(shape: TruckShape, lod: int) -> Mesh:
    """A lorry that fills x, y in -0.5..0.5 and z in 0..1, with a white cab and load.

    Args:
        shape: its side view.
        lod: 0 near, 1 plainer, 2 for lorries of a few pixels.
    """
    front, half = shape.length / 2, shape.width / 2
    parts = [_cab(shape), *_load(shape)]
    chassis = shape.length - 0.5
    parts.append(
        box((chassis, shape.width * 0.72, 0.45), Material.PLASTIC, _CHASSIS, (front - 0.35 - chassis / 2, 0, 0.5))
    )
    sides = (12, 8, 6)[lod]
    for axle in shape.axles:
        for side in (1, -1):
            centre = (front - axle, side * (half - 0.17), 0.48)
            parts.append(wheel(centre, 0.48, 0.32, side, sides, (0.30, 0.30, 0.30)))
    rear = -front + 0.03
    for side in (1, -1):
        parts.append(box((0.06, 0.35, 0.14), Material.TAILLIGHT, _RED, (rear, side * (half - 0.3), 0.78)))
        parts.append(box((0.06, 0.4, 0.18), Material.HEADLIGHT, _LAMP, (front - 0.02, side * (half - 0.45), 0.72)))
    mesh = join(parts)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], dtype=np.float32)
    return Mesh((mesh.vertices - shift) / (high - low), mesh.triangles, mesh.materials, mesh.colours, mesh.smooth)


def _cab(shape: TruckShape) -> Mesh:
    """Rings from sill to roof; eight columns on each side, of which the first is half the windscreen."""
    top = shape.cab_height
    z = np.array([0.42, 0.62, 1.0, 0.52 * top, 0.86 * top, 0.96 * top, top])
    slope = np.array([0.05, 0.0, 0.0, 0.03, 0.22, 0.34, 0.55])
    inset = np.array([0.03, 0.0, 0.0, 0.01, 0.05, 0.10, 0.30])
    along = np.array([0.0, 0.03, 0.18, 0.30, 0.62, 1.0, 1.0])
    across = np.array([0.0, 0.86, 0.98, 1.0, 1.0, 1.0, 0.0])
    front = shape.length / 2 - slope[:, None]
    x = front - along * (shape.cab - slope[:, None])
    y = (shape.width / 2 - inset[:, None]) * across
    left = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1)[:, ::-1]
    rings = np.concatenate([left, left[:, -2:0:-1] * np.array([1.0, -1.0, 1.0])], axis=1)
    glass = np.zeros((len(z) - 1, 6), dtype=bool)
    glass[3, [0, 1, 3]] = True
    glass = np.concatenate([glass[:, ::-1], glass], axis=1)
    trim = np.zeros_like(glass)
    trim[0] = True
    trim[2, [5, 6]] = True  # the grille
    materials = np.where(glass, Material.GLASS, np.where(trim, Material.PLASTIC, Material.PAINT))
    colours = np.where(glass[..., None], _GLASS, np.where(trim[..., None], BLACK, _WHITE))
    peak = np.broadcast_to([shape.length / 2 - shape.cab / 2, 0, top], rings[-1:].shape)
    body = skin(rings, materials, colours, smooth=False)
    return join([body, skin(np.concatenate([rings[-1:], peak]), Material.PAINT, _WHITE, smooth=False)])


def _load(shape: TruckShape) -> list[Mesh]:
    start = shape.length / 2 - shape.cab - 0.15
    length = start + shape.length / 2
    centre = start - length / 2
    floor = 1.0
    if shape.load == "flatbed":
        wood, steel = (0.22, 0.15, 0.09), (0.25, 0.26, 0.27)
        deck = box((length, shape.width, 0.12), Material.METAL, steel, (centre, 0, floor))
        walls = [
            box((length, 0.05, 0.5), Material.PAINT, _WHITE, (centre, s * (shape.width / 2 - 0.025), floor + 0.12))
            for s in (1, -1)
        ]
        cargo = [
            box((length * 0.25, 1.9, 0.7 + 0.3 * k), Material.BARK, wood, (start - length * (0.2 + 0.3 * k), 0, floor))
            for k in range(3)
        ]
        rack = box((0.08, shape.width * 0.96, shape.height - floor), Material.METAL, steel, (start - 0.05, 0, floor))
        return [deck, *walls, *cargo, rack]
    cloth = shape.load == "tarpaulin"
    body = box(
        (length, shape.width, shape.height - floor), Material.CLOTH if cloth else Material.PAINT,
        (0.8, 0.8, 0.8), (centre, 0, floor),
    )  # fmt: skip
    # Corner posts and rails break the large faces up.
    frame = []
    for x in np.linspace(start - 0.06, -shape.length / 2 + 0.06, 5 if cloth else 3):
        frame.append(box((0.08, shape.width + 0.02, 0.06), Material.METAL, (0.4, 0.4, 0.41), (x, 0, shape.height)))
    for z in (floor - 0.04, shape.height - 0.1):
        frame.append(box((length, shape.width + 0.03, 0.08), Material.METAL, (0.35, 0.35, 0.36), (centre, 0, z)))
    return [body, *frame]
