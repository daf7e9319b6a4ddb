"""The mesh and the typical size of every labelled kind."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.mesh import Material, Mesh, box
from monotakd.datasets.street.people import CYCLISTS, PEDESTRIANS, SITTING, cyclist, pedestrian, sitting
from monotakd.datasets.street.trucks import truck_shape, unit_truck
from monotakd.datasets.street.vehicles import car_shape, unit_car
from monotakd.datasets.street.world import Actor

_PEOPLE = {
    "Pedestrian": (pedestrian, PEDESTRIANS),
    "Person_sitting": (sitting, SITTING),
    "Cyclist": (cyclist, CYCLISTS),
}
_TARPAULINS = ((0.75, 0.75, 0.73), (0.05, 0.14, 0.36), (0.30, 0.31, 0.32), (0.06, 0.20, 0.10), (0.42, 0.05, 0.04))


def natural_size(kind: str, shape: int) -> tuple[float, float, float]:
    """Length, width and height (metres) at which the mesh of this kind and shape is undistorted."""
    if kind in _PEOPLE:
        build, count = _PEOPLE[kind]
        return build(shape % count, 0).size
    model = truck_shape(shape) if kind == "Truck" else car_shape(kind, shape)
    return model.length, model.width, model.height


def actor_mesh(actor: Actor, lod: int) -> Mesh:
    """The actor's mesh in metres, in its own frame.

    It fills the box of the actor's length, width and height exactly; only the door mirrors of cars stick out, as
    they do out of KITTI's boxes.

    Args:
        actor: whose.
        lod: level of detail: 0 near, 1 plainer, 2 for a few pixels.
    """
    size = (actor.length, actor.width, actor.height)
    if actor.kind in _PEOPLE:
        build, count = _PEOPLE[actor.kind]
        return build(actor.shape % count, lod).mesh.stretched(size).painted(actor.colour, Material.CLOTH)
    if actor.kind == "Truck":
        mesh = unit_truck(truck_shape(actor.shape), lod).stretched(size).painted(actor.colour)
        tarpaulin = np.multiply(_TARPAULINS[actor.shape // 7 % len(_TARPAULINS)], 1.2)
        return mesh.painted(tuple(tarpaulin.tolist()), Material.CLOTH)
    if actor.kind in ("Car", "Van"):
        return unit_car(car_shape(actor.kind, actor.shape), lod).stretched(size).painted(actor.colour)
    return box(size, Material.PAINT, actor.colour)
