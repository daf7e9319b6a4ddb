"""From a street value to triangles."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.ground import build_ground
from monotakd.datasets.street.mesh import Material, Placed, box, join
from monotakd.datasets.street.world import Actor, StreetScene


def pose_matrix(x: float, y: float, z: float, yaw: float) -> np.ndarray:
    """(4, 4) world_from_mesh of a thing that stands upright at (x, y, z)."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.array([[cos, -sin, 0.0, x], [sin, cos, 0.0, y], [0.0, 0.0, 1.0, z], [0.0, 0.0, 0.0, 1.0]])


def build_meshes(scene: StreetScene) -> list[Placed]:
    """Everything the rays can hit, in world coordinates.

    Returns:
        Ground meshes first, then one mesh per actor (``Placed.actor`` is its row), then the props.
    """
    placed = [Placed(join(build_ground(scene.road)), np.eye(4))]
    for row, actor in enumerate(scene.actors):
        placed.append(_place_actor(scene, actor, row))
    return placed


def _place_actor(scene: StreetScene, actor: Actor, row: int) -> Placed:
    z = float(scene.road.height(np.array([actor.x]), np.array([actor.y]))[0])
    mesh = box((actor.length, actor.width, actor.height), Material.PAINT, actor.colour)
    return Placed(mesh, pose_matrix(actor.x, actor.y, z, actor.yaw), row)
