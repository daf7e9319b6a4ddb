"""Hand-made streets whose pictures can be computed with a pencil."""

from dataclasses import dataclass, field

import numpy as np

from monotakd.datasets.street.mesh import Material, Placed, box
from monotakd.datasets.street.world import Actor, Camera, Lighting, StreetScene

GREY = (0.3, 0.3, 0.3)


def pose(x, y, z=0.0, yaw=0.0):
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    matrix[:3, 3] = x, y, z
    return matrix


def car(x, y=0.0, yaw=0.0, kind="Car", size=(4.0, 1.8, 1.5)):
    return Actor(kind, float(x), float(y), float(yaw), *map(float, size))


@dataclass(frozen=True)
class Boxes:
    """Stands where a road would: flat ground and extra boxes (size, x, y, material)."""

    extra: tuple = field(default_factory=tuple)
    ground: bool = True


def build(scene):
    """In place of `build_meshes`: the ground z = 0, one box per actor, the extra boxes."""
    placed = [Placed(box((2000.0, 2000.0, 1.0), Material.ASPHALT, GREY), pose(0, 0, -1.0))] if scene.road.ground else []
    for row, actor in enumerate(scene.actors):
        mesh = box((actor.length, actor.width, actor.height), Material.PAINT, actor.colour)
        placed.append(Placed(mesh, pose(actor.x, actor.y, 0.0, actor.yaw), row))
    for size, x, y, material in scene.road.extra:
        placed.append(Placed(box(size, material, GREY), pose(x, y)))
    return placed


def boxes_scene(*actors, extra=(), ground=True, width=320, height=96, **changes):
    """A clear, still day over flat ground; the camera looks straight ahead from the LiDAR's place."""
    values = {
        "lighting": Lighting(haze=0.0, noise=0.0, overcast=0.0),
        "camera": Camera(width=width, height=height),
        "seed": 3,
        **changes,
    }
    return StreetScene(road=Boxes(tuple(extra), ground), actors=tuple(actors), **values)


def distance_to_boxes(points, boxes):
    """(N,) distance of points to the nearest surface of boxes x y z l w h yaw."""
    best = np.full(len(points), np.inf)
    for x, y, z, length, width, height, yaw in boxes:
        delta = points - (x, y, z)
        along = delta[:, 0] * np.cos(yaw) + delta[:, 1] * np.sin(yaw)
        across = delta[:, 1] * np.cos(yaw) - delta[:, 0] * np.sin(yaw)
        outside = np.abs(np.stack([along, across, delta[:, 2]], 1)) - np.array([length, width, height]) / 2
        signed = np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0)
        best = np.minimum(best, np.abs(signed))
    return best
