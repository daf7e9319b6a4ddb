"""From a street value to triangles."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.datasets.street.actors import actor_mesh
from monotakd.datasets.street.ground import build_ground
from monotakd.datasets.street.markings import build_markings
from monotakd.datasets.street.mesh import Placed, join
from monotakd.datasets.street.props import prop_extent, prop_mesh
from monotakd.datasets.street.world import Actor, StreetScene

_ROLLING = ("Car", "Van", "Truck", "Cyclist", "Tram", "Misc")


def pose_matrix(
    x: float, y: float, z: float, yaw: float, gradient: tuple[float, float] = (0.0, 0.0)
) -> Float[np.ndarray, "4 4"]:
    """(4, 4) world_from_mesh of a thing at (x, y, z) on ground of this gradient along x and y; upright without one."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    forward = np.array([cos, sin, gradient[0] * cos + gradient[1] * sin])
    forward /= np.linalg.norm(forward)
    up = np.array([-gradient[0], -gradient[1], 1.0])
    up /= np.linalg.norm(up)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = forward, np.cross(up, forward), up, (x, y, z)
    return pose


def level_of_detail(scene: StreetScene, x: float, y: float, size: float) -> int:
    """0 for things that look large, 2 for those of a few pixels.

    What lies outside the camera's view counts as far: only LiDAR and shadows reach it.
    """
    rig = scene.rig
    dx, dy = x - rig.x, y - rig.y
    pixels = scene.camera.focal * scene.camera.width * size / max(np.hypot(dx, dy), 1.0)
    if dx * np.cos(rig.yaw) + dy * np.sin(rig.yaw) < -2.0:
        pixels *= 0.15
    return 0 if pixels > 70 else 1 if pixels > 26 else 2


def build_meshes(scene: StreetScene) -> list[Placed]:
    """Everything the rays can hit, in world coordinates.

    Returns:
        Ground meshes first, then one mesh per actor (``Placed.actor`` is its row), then the props.
    """
    ground = build_ground(scene.road)
    markings = build_markings(scene.road)
    if markings is not None:
        ground.append(markings)
    placed = [Placed(join(ground), np.eye(4))]
    if scene.actors:
        x, y = (np.array([getattr(a, axis) for a in scene.actors]) for axis in "xy")
        heights = scene.road.height(x, y)
        for row, (actor, z) in enumerate(zip(scene.actors, heights, strict=True)):
            placed.append(_place_actor(scene, actor, float(z), row))
    if scene.props:
        # Props stand a little into the ground, which is coarser than its height function far away.
        x, y = (np.array([getattr(p, axis) for p in scene.props]) for axis in "xy")
        for prop, z in zip(scene.props, scene.road.height(x, y), strict=True):
            lod = level_of_detail(scene, prop.x, prop.y, prop_extent(prop))
            matrix = pose_matrix(prop.x, prop.y, float(z) - 0.05, prop.yaw)
            placed.append(Placed(prop_mesh(prop, lod), matrix))
    return placed


def _place_actor(scene: StreetScene, actor: Actor, z: float, row: int) -> Placed:
    lod = level_of_detail(scene, actor.x, actor.y, actor.height)
    # What rolls lies along the ground; what walks stays upright.
    gradient = scene.road.gradient(actor.x, actor.y) if actor.kind in _ROLLING else (0.0, 0.0)
    return Placed(actor_mesh(actor, lod), pose_matrix(actor.x, actor.y, z, actor.yaw, gradient), row)
