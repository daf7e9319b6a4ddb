"""Triangles with a material and a colour: what the builders make and the renderer casts rays at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int

Vector = Sequence[float | int] | np.ndarray
"""A point, a size or a linear RGB colour (or an array with one of them per row)."""

Rows = Sequence[Vector] | np.ndarray
"""Several of them."""


class Material(IntEnum):
    """Surfaces the shader knows; each has its own texture, gloss and LiDAR reflectance."""

    ASPHALT = 0
    MARKING = 1
    PAVEMENT = 2
    KERB = 3
    GRASS = 4
    PLASTER = 5
    BRICK = 6
    WINDOW = 7
    ROOF = 8
    FOLIAGE = 9
    BARK = 10
    METAL = 11
    PAINT = 12
    GLASS = 13
    RUBBER = 14
    HEADLIGHT = 15
    TAILLIGHT = 16
    CLOTH = 17
    SKIN = 18
    SIGN = 19
    CONCRETE = 20
    DIRT = 21
    PLATE = 22
    PLASTIC = 23


@dataclass(frozen=True, eq=False)
class Mesh:
    """T triangles.

    Attributes:
        vertices: (V, 3) float32, metres.
        triangles: (T, 3) int32 rows into ``vertices``, counter-clockwise seen from outside.
        materials: (T,) int16 values of ``Material``.
        colours: (T, 3) float32 linear RGB albedo, 0..1.
        smooth: (T,) bool; shade with vertex normals (car bodies, heads) instead of the face normal.
    """

    vertices: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "T 3"]
    materials: Int[np.ndarray, " T"]
    colours: Float[np.ndarray, "T 3"]
    smooth: Bool[np.ndarray, " T"]

    def __len__(self) -> int:
        return len(self.triangles)

    def stretched(self, size: Vector) -> Mesh:
        """The mesh with its x, y and z multiplied by ``size``; unit meshes become metres."""
        return replace(self, vertices=self.vertices * np.asarray(size, dtype=np.float32))

    def painted(self, colour: Vector, *materials: Material) -> Mesh:
        """The mesh with every triangle of these materials (by default paint) multiplied by a colour."""
        chosen = np.zeros(len(self), dtype=bool)
        for material in materials or (Material.PAINT,):
            chosen |= self.materials == material
        factor = np.where(chosen[:, None], np.asarray(colour, dtype=np.float32), np.float32(1.0))
        return replace(self, colours=self.colours * factor)


@dataclass(frozen=True, eq=False)
class Placed:
    """A mesh standing in the world.

    Attributes:
        mesh: in its own frame: x along its length, y left, z up, origin at the centre of its footprint.
        world_from_mesh: (4, 4) float64.
        actor: row of the actor in ``StreetScene.actors``; -1 for everything unlabelled.
    """

    mesh: Mesh
    world_from_mesh: Float[np.ndarray, "4 4"]
    actor: int = -1


def make_mesh(
    vertices: Rows,
    triangles: Rows,
    material: int | np.ndarray,
    colour: Vector,
    smooth: bool = False,
) -> Mesh:
    """A mesh of one material (or one per triangle) and one colour (or one per triangle)."""
    triangles = np.asarray(triangles, dtype=np.int32).reshape(-1, 3)
    count = len(triangles)
    return Mesh(
        np.asarray(vertices, dtype=np.float32).reshape(-1, 3),
        triangles,
        np.broadcast_to(np.asarray(material, dtype=np.int16), (count,)),
        np.broadcast_to(np.asarray(colour, dtype=np.float32), (count, 3)),
        np.full(count, smooth),
    )


def join(meshes: Sequence[Mesh]) -> Mesh:
    """All meshes as one, in order."""
    offsets = np.concatenate([[0], np.cumsum([len(m.vertices) for m in meshes])[:-1]]).astype(np.int32)
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.triangles + o for m, o in zip(meshes, offsets, strict=True)]),
        np.concatenate([m.materials for m in meshes]),
        np.concatenate([m.colours for m in meshes]),
        np.concatenate([m.smooth for m in meshes]),
    )


def grid_triangles(rows: int, columns: int, closed: bool = False) -> Int[np.ndarray, "T 3"]:
    """Two triangles per cell of a (rows, columns) grid of vertices.

    Their front side is the one from which rows run to the right and columns upwards.

    Args:
        rows: vertices along the first axis.
        columns: vertices along the second axis.
        closed: the last column joins the first (tubes, lofted bodies).
    """
    i = np.arange(rows - 1)[:, None]
    j = np.arange(columns if closed else columns - 1)[None, :]
    k = (j + 1) % columns
    a, b, c, d = i * columns + j, (i + 1) * columns + j, (i + 1) * columns + k, i * columns + k
    return np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.int32)


_BOX = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)], dtype=np.float32)
# -x, +x, -y, +y, bottom, top: corners in order round each face
_BOX_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
_BOX_FACES = _BOX_QUADS[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype(np.int32)


def box(
    size: Vector,
    material: int,
    colour: Vector,
    centre: Vector = (0.0, 0.0, 0.0),
) -> Mesh:
    """A closed box of 12 triangles that stands on ``centre`` (the middle of its bottom face)."""
    vertices = _BOX * np.asarray(size, dtype=np.float32) + np.asarray(centre, dtype=np.float32)
    return make_mesh(vertices, _BOX_FACES, material, colour)


def signed_volume(mesh: Mesh) -> float:
    """Volume enclosed by the triangles; positive when they face outwards, in the units of the vertices cubed."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    return float(np.einsum("ti,ti->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)
