"""Smooth bodies from cross-sections: skins between rings, tubes along a path, wheels, balls."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.mesh import Material, Mesh, Rows, Vector, grid_triangles, make_mesh

BLACK = (0.02, 0.02, 0.022)


def skin(
    rings: Float[np.ndarray, "R P 3"],
    materials: int | np.ndarray,
    colours: Vector,
    closed: bool = True,
    smooth: bool = True,
) -> Mesh:
    """The surface through successive rings of points; cells that are points or lines are left out.

    Args:
        rings: R rings of P points. The front side is where rings run to the right and points upwards.
        materials: one for all, or (R-1, P) with one per cell ((R-1, P-1) when not closed).
        colours: one RGB for all, or (R-1, P, 3) with one per cell.
        closed: the last point of every ring joins its first.
        smooth: shade with interpolated normals.
    """
    count, points = rings.shape[:2]
    triangles = grid_triangles(count, points, closed)
    cells = (count - 1) * (points if closed else points - 1)
    materials = np.repeat(np.broadcast_to(np.asarray(materials).reshape(-1), (cells,)), 2)
    colours = np.repeat(np.broadcast_to(np.asarray(colours, dtype=float).reshape(-1, 3), (cells, 3)), 2, axis=0)
    vertices = rings.reshape(-1, 3)
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-9
    return make_mesh(vertices, triangles[solid], materials[solid], colours[solid], smooth)


def tube(
    path: Rows,
    radii: Vector,
    sides: int,
    material: int,
    colour: Vector,
    squash: float = 1.0,
) -> Mesh:
    """A limb, trunk or pole: a closed tube along a path with a radius per point.

    Args:
        path: (K, 3) points of its axis.
        radii: (K,) radius at each.
        sides: corners of its cross-section.
        material: its surface.
        colour: linear RGB.
        squash: thickness along x relative to y (a chest is broader than deep).
    """
    path, radii = np.asarray(path, dtype=float), np.asarray(radii, dtype=float)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # The side axis is +y unless the tube itself runs along y (handlebars, axles).
    helper = np.array([1.0, 0.0, 0.0]) if abs(along[:, 1]).max() > 0.9 else np.array([0.0, 1.0, 0.0])
    side = helper - along * (along @ helper)[:, None]
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    front = np.cross(side, along)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    offset = side[:, None] * np.cos(angle)[None, :, None] + squash * front[:, None] * np.sin(angle)[None, :, None]
    rings = path[:, None] + radii[:, None, None] * offset
    ends = np.repeat(path[[0, -1], None], sides, axis=1)
    return skin(np.concatenate([ends[:1], rings, ends[1:]]), material, colour)


def ball(
    centre: Vector,
    radii: Vector,
    material: int,
    colour: Vector,
    rows: int = 5,
    sides: int = 8,
) -> Mesh:
    """An ellipsoid with its poles up and down."""
    polar = np.linspace(0, np.pi, rows + 1)[:, None]
    angle = np.linspace(0, -2 * np.pi, sides, endpoint=False)[None, :]
    unit = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), -np.cos(polar)), axis=-1
    )
    return skin(np.asarray(centre, dtype=float) + unit * np.asarray(radii, dtype=float), material, colour)


def wheel(centre: Vector, radius: float, width: float, outward: int, sides: int, rim: Vector) -> Mesh:
    """A wheel with tyre, rim and spokes; the rim shows towards y * outward.

    Args:
        centre: middle of the wheel, metres.
        radius: of the tyre.
        width: of the tyre.
        outward: +1 when its outer face looks to the left, -1 to the right.
        sides: corners of the circle; below 8 only the outer face is made.
        rim: linear RGB of the rim.
    """
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False) * outward
    profile = [(0.0, -0.5), (1.0, -0.5), (1.0, 0.5), (0.66, 0.47), (0.0, 0.47)]
    if sides < 8:
        profile = [(1.0, 0.45), (0.0, 0.5)]
    r, y = np.array(profile).T
    rings = np.stack(
        [
            centre[0] + radius * r[:, None] * np.cos(angle),
            np.broadcast_to(centre[1] + outward * width * y[:, None], (len(r), sides)),
            centre[2] + radius * r[:, None] * np.sin(angle),
        ],
        axis=-1,
    )
    materials = np.full((len(r) - 1, sides), Material.RUBBER)
    colours = np.full((len(r) - 1, sides, 3), BLACK)
    if sides >= 8:
        materials[-1] = Material.METAL
        colours[-1, ::2] = np.asarray(rim) * 0.25  # the gaps between the spokes
        colours[-1, 1::2] = rim
    return skin(rings, materials, colours, smooth=False)
