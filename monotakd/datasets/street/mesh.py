"""Triangles with a material and a colour: what the builders make and the renderer casts rays at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


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

    vertices: np.ndarray
    triangles: np.ndarray
    materials: np.ndarray
    colours: np.ndarray
    smooth: np.ndarray


@dataclass(frozen=True, eq=False)
class Placed:
    """A mesh standing in the world.

    Attributes:
        mesh: in its own frame: x along its length, y left, z up, origin at the centre of its footprint.
        world_from_mesh: (4, 4) float64.
        actor: row of the actor in ``StreetScene.actors``; -1 for everything unlabelled.
    """

    mesh: Mesh
    world_from_mesh: np.ndarray
    actor: int = -1
