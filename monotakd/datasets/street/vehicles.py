"""Cars and vans: a lofted body, a cabin of glass and pillars, wheels, lights and plates, filling a unit box."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.car_shapes import CARS, VANS, CarShape
from monotakd.datasets.street.loft import BLACK, skin, wheel
from monotakd.datasets.street.mesh import Material, Mesh, box, join, make_mesh

_WHITE = (1.0, 1.0, 1.0)  # paint is multiplied by the actor's colour
_TRIM = (0.035, 0.035, 0.037)
_GLASS = (0.03, 0.035, 0.04)
_LAMP = (0.75, 0.77, 0.8)
_RED = (0.24, 0.010, 0.008)
_PLATE = (0.75, 0.75, 0.72)
# Half of a cross-section, from the middle of the floor up to the middle of the bonnet: share of the half width.
_RING_Y = np.array([0.0, 0.74, 0.985, 1.0, 0.985, 0.90, 0.5, 0.0])
# Columns of the front and rear end, left to right, as shares of the width there.
_COLUMNS = np.array([1.0, 0.62, 0.28, -0.28, -0.62, -1.0])
_REAR = np.array([1.0, 1.24, 1.2, 1.2, 1.24, 1.0])  # rear lamps are narrower


def car_shape(kind: str, shape: int) -> CarShape:
    """The side view that an actor's ``shape`` number stands for."""
    table = VANS if kind == "Van" else CARS
    return table[shape % len(table)]


@lru_cache(maxsize=64)
def unit_car(shape: CarShape, lod: int) -> Mesh:
    """A car that fills x, y in -0.5..0.5 and z in 0..1 (door mirrors stick out), with white paint.

    Args:
        shape: its side view.
        lod: 0 with mirrors and round wheels, 1 plainer, 2 for cars of a few pixels.
    """
    rings = _body_rings(shape, lod)
    points = rings.shape[1] // 2
    parts = [_body_skin(shape, rings, lod), _cabin(shape, lod)]
    parts += [_end(rings[0], points, front=True, shape=shape), _end(rings[-1], points, front=False, shape=shape)]
    parts += _wheels(shape, lod)
    mesh = join(parts)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    scale = 1.0 / (high - low)
    shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], dtype=np.float32)
    if lod == 0:
        mesh = join([mesh, *_mirrors(shape)])
    return Mesh((mesh.vertices - shift) * scale, mesh.triangles, mesh.materials, mesh.colours, mesh.smooth)


def _stations(shape: CarShape, lod: int) -> Float[np.ndarray, " S"]:
    """Where cross-sections are taken, as shares of the length from the front end."""
    if lod == 2:
        return np.array([0.0, shape.cowl_x, shape.rear_x - 0.02, 1.0])
    reach = 1.17 * shape.wheel / shape.length
    offsets = np.array([-1.0, -0.72, 0.0, 0.72, 1.0]) * reach
    arches = [a + o for a in shape.axles for o in offsets]
    return np.unique(np.array([0.0, 0.035, shape.cowl_x + 0.06, 0.52, 0.965, 1.0, *arches]).clip(0, 1))


def _body_rings(shape: CarShape, lod: int) -> Float[np.ndarray, "S P 3"]:
    """Closed cross-sections of the lower body from front to rear; each runs up the left side."""
    x = _stations(shape, lod)
    end = np.minimum(x, 1 - x)
    half = shape.width / 2 * (1 - 0.16 * np.square(np.clip(1 - end / 0.11, 0, 1)) - 0.03 * (end < 0.3))
    top = np.interp(
        x,
        [0.0, 0.035, shape.cowl_x, shape.rear_x, 0.97, 1.0],
        [shape.nose - 0.05, shape.nose, shape.cowl, shape.deck, shape.tail + 0.03, shape.tail],
    )
    # A bonnet bulges a little between its front edge and the windscreen.
    bonnet = np.clip(x / shape.cowl_x, 0, 1)
    top += 0.05 * np.sin(np.pi * bonnet)
    floor = shape.clearance + 0.09 * np.square(np.clip(1 - end / 0.09, 0, 1))
    sill = floor.copy()
    if lod < 2:
        for axle in shape.axles:
            reach = 1.17 * shape.wheel
            dx = np.minimum(np.abs(x - axle) * shape.length, reach)
            arch = shape.wheel + np.sqrt(np.square(reach) - np.square(dx))
            sill = np.where(dx < reach * 0.99, np.maximum(sill, arch), sill)
    low = np.maximum(floor + 0.42 * (top - floor), sill + 0.02)
    shoulder = np.maximum(floor + np.where(x < 0.05, 0.70, 0.80) * (top - floor), low + 0.02)
    crown = 0.03 * (end > 0.01)
    z = np.stack([floor, floor, np.maximum(sill, floor + 0.04), low, shoulder, top, top + 0.7 * crown, top + crown], 1)
    y = half[:, None] * _RING_Y
    keep = [0, 1, 3, 5, 7] if lod == 2 else list(range(8))
    y, z = y[:, keep], z[:, keep]
    y = np.concatenate([y, -y[:, -2:0:-1]], axis=1)
    z = np.concatenate([z, z[:, -2:0:-1]], axis=1)
    bulge = 0.05 * shape.length * np.exp(-end / 0.03)[:, None] * np.square(y / (shape.width / 2))
    across = np.where(x[:, None] < 0.5, -bulge, bulge)
    along = (0.5 - x[:, None]) * shape.length + across
    return np.stack([along, y, z], axis=-1)


def _body_skin(shape: CarShape, rings: Float[np.ndarray, "S P 3"], lod: int) -> Mesh:
    cells, points = len(rings) - 1, rings.shape[1]
    materials = np.full((cells, points), Material.PAINT)
    colours = np.full((cells, points, 3), _WHITE)
    trim = 1 if lod == 2 else 2
    for j in range(points):
        height = min(j, points - 1 - j)
        if height < trim or (shape.cladding and height < trim + 1 and lod < 2):
            materials[:, j], colours[:, j] = Material.PLASTIC, _TRIM
        if height == points // 2 - 3 and lod < 2:
            # The lamps wrap round the corners.
            materials[0, j], colours[0, j] = Material.HEADLIGHT, _LAMP
            materials[-1, j], colours[-1, j] = Material.TAILLIGHT, _RED
    return skin(rings, materials, colours)


def _end(ring: Float[np.ndarray, "P 3"], points: int, front: bool, shape: CarShape) -> Mesh:
    """The front or rear face: rows of trim, bumper, plate and lamps between the two sides of the last ring."""
    levels = ring[1 : points - 1] if points > 5 else ring[1:points]
    columns = _COLUMNS * (1.0 if front else _REAR) if points > 5 else _COLUMNS[[0, 1, 4, 5]]
    columns = columns if front else -columns
    y = levels[:, 1:2] * columns
    edge = np.square(levels[:, 1:2] / (shape.width / 2))
    bulge = 0.05 * shape.length * (edge - np.square(y / (shape.width / 2)))
    x = levels[:, :1] + (bulge if front else -bulge)
    z = np.broadcast_to(levels[:, 2:3], x.shape)
    rows, count = len(levels) - 1, len(columns) - 1
    materials = np.full((rows, count), Material.PAINT)
    colours = np.full((rows, count, 3), _WHITE)

    def set_cells(row: slice | int, column: slice | list | int, material: Material, colour: tuple) -> None:
        materials[row, column], colours[row, column] = material, colour

    set_cells(0, slice(None), Material.PLASTIC, _TRIM)
    if shape.cladding:
        set_cells(slice(0, 2), slice(None), Material.PLASTIC, _TRIM)
    if front:
        set_cells(rows - 1, slice(1, count - 1), Material.PLASTIC, BLACK)
        set_cells(rows - 1, [0, -1], Material.HEADLIGHT, _LAMP)
    else:
        set_cells(slice(max(rows - 2, 1), rows), [0, -1], Material.TAILLIGHT, _RED)
    faces = skin(np.stack([x, y, z], -1), materials, colours, closed=False)
    if rows < 3:
        return faces
    # The plate sits on the bumper in front and on the boot lid behind.
    middle = float(z[1, 0] + z[2, 0]) / 2 if front else float(z[2, 0] + z[3, 0]) / 2
    x0 = float(np.interp(middle, z[:, 2], x[:, 2])) + (0.012 if front else -0.012)
    corners = [[x0, s * 0.26, middle + t * 0.055] for s, t in ((1, -1), (-1, -1), (-1, 1), (1, 1))]
    order = [[2, 1, 0], [3, 2, 0]] if front else [[1, 2, 0], [2, 3, 0]]
    return join([faces, make_mesh(corners, order, Material.PLATE, _PLATE)])


def _cabin(shape: CarShape, lod: int) -> Mesh:
    """The greenhouse: rings of pillars and panes from the belt line to the roof."""
    levels = np.array([0.0, 0.10, 0.80, 0.93, 1.0]) if lod < 2 else np.array([0.0, 0.97])
    inset = np.array([0.0, 0.0, 0.0, 0.05, 0.35]) if lod < 2 else np.array([0.0, 0.1])
    t = np.minimum(levels / 0.93, 1.0)[:, None]
    half = shape.width / 2 * (0.955 - shape.rake * t * (0.6 + 0.4 * t)) * (1 - 0.6 * inset[:, None])
    front = shape.cowl_x - 0.02 + (shape.roof_front_x - shape.cowl_x + 0.02) * t + 0.30 * inset[:, None] * 0.4
    rear = shape.rear_x + (shape.roof_rear_x - shape.rear_x) * t - 0.30 * inset[:, None] * 0.4
    span = rear - front
    # Offsets from the front edge: share of the cabin, then of the half width. The right side is the mirror image.
    along = np.array([-0.035, 0.0, 0.07, 0.42, 0.465, 0.80, 0.93, 1.0, 1.015])
    across = np.array([0.0, 0.84, 0.99, 1.0, 1.0, 0.99, 0.95, 0.86, 0.0])
    x = front + span * np.where(along < 0, 0, np.minimum(along, 1.0)) + np.where(along < 0, along, 0)
    x = x + np.where(along > 1, along - 1, 0)
    y = half * across
    belt = np.interp(x, [shape.cowl_x, shape.rear_x], [shape.cowl - 0.02, shape.deck - 0.02])
    roof = shape.height - 0.035 * np.square(np.clip((x - (front + rear) / 2) / span * 2, -1, 1))
    z = belt + (roof - belt) * levels[:, None]
    left = np.stack([(0.5 - x) * shape.length, y, z], axis=-1)[:, ::-1]
    right = left[:, -2:0:-1] * np.array([1.0, -1.0, 1.0])
    rings = np.concatenate([left, right], axis=1)
    materials, colours = _panes(shape, len(levels) - 1, lod)
    # The roof closes over a point above the middle of the last ring.
    peak = np.broadcast_to([(rings[-1, :, 0].min() + rings[-1, :, 0].max()) / 2, 0, shape.height], rings[-1:].shape)
    return join([skin(rings, materials, colours), skin(np.concatenate([rings[-1:], peak]), Material.PAINT, _WHITE)])


def _panes(shape: CarShape, bands: int, lod: int) -> tuple[np.ndarray, np.ndarray]:
    """Material and colour of the cabin's cells; each side has eight, counted from the windscreen back."""
    windscreen, front_door, door_frame, rear_door, quarter, rear_window = 0, 2, 3, 4, 5, 7
    glass = np.zeros((bands, 8), dtype=bool)
    pane = 0 if lod == 2 else 1
    glass[pane, [windscreen, front_door]] = True
    glass[pane, [rear_door, rear_window]] = shape.rear_glass
    glass[pane, quarter] = shape.name in ("estate", "mpv", "suv", "transporter")
    trim = np.zeros_like(glass)
    trim[pane, door_frame] = shape.rear_glass
    both = [np.concatenate([m[:, ::-1], m], axis=1) for m in (glass, trim)]
    materials = np.where(both[0], Material.GLASS, np.where(both[1], Material.PLASTIC, Material.PAINT))
    colours = np.where(both[0][..., None], _GLASS, np.where(both[1][..., None], _TRIM, _WHITE))
    return materials, colours


def _wheels(shape: CarShape, lod: int) -> list[Mesh]:
    sides = (12, 8, 6)[lod]
    width = 0.2
    rim = (0.45, 0.46, 0.47)
    return [
        wheel(
            ((0.5 - axle) * shape.length, side * (shape.width * 0.485 - width / 2), shape.wheel),
            shape.wheel, width, side, sides, rim,
        )
        for axle in shape.axles
        for side in (1, -1)
    ]  # fmt: skip


def _mirrors(shape: CarShape) -> list[Mesh]:
    x = (0.5 - shape.cowl_x - 0.07) * shape.length
    return [
        box((0.10, 0.17, 0.12), Material.PAINT, _WHITE, (x, side * (shape.width / 2 + 0.03), shape.cowl + 0.03))
        for side in (1, -1)
    ]
