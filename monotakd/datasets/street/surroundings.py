"""Draws what stands beside the road: houses, gardens, trees, lamps, signs and the distant woods."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street import neighbourhoods, roadside
from monotakd.datasets.street.footprints import overlaps
from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.plot import LEAVES, Plot
from monotakd.datasets.street.road import Road
from monotakd.datasets.street.traffic import EGO
from monotakd.datasets.street.world import Actor, Prop


def sample_props(rng: np.random.Generator, road: Road, actors: tuple[Actor, ...]) -> tuple[Prop, ...]:
    """The surroundings of a road; props that would stand in an actor's or the ego vehicle's place are left out."""
    plot = Plot(rng, road)
    autumn = rng.random() < 0.2
    leaves = LEAVES if autumn else LEAVES[:4]
    for sign in (1, -1):
        edge = road.half_width + road.side(sign).width
        if road.style == "residential":
            neighbourhoods.gardens(plot, sign, edge, leaves)
        elif road.style == "urban":
            neighbourhoods.blocks(plot, sign, edge)
        elif road.style == "arterial":
            neighbourhoods.mixed(plot, sign, edge, leaves)
        else:
            neighbourhoods.countryside(plot, sign, edge)
        if road.style != "country":
            roadside.street_trees(plot, sign, leaves)
            roadside.furniture(plot, sign, edge)
    roadside.junction(plot)
    roadside.horizon(plot)
    return tuple(_clear(plot.props(), road, actors))


def _clear(props: list[Prop], road: Road, actors: tuple[Actor, ...]) -> list[Prop]:
    """Only the props that stand on no actor, not on the ego vehicle and not on the side road."""
    taken = [EGO, *((a.x, a.y, a.length + 0.2, a.width + 0.2, a.yaw) for a in actors), *_arms(road)]
    feet = np.array([(p.x, p.y, *_foot(p), p.yaw) for p in props])
    return [p for p, bad in zip(props, overlaps(feet, np.array(taken)).any(axis=1), strict=True) if not bad]


def _arms(road: Road) -> list[tuple[float, float, float, float, float]]:
    """Footprints of the side road's arms, pavements included."""
    if road.crossing is None:
        return []
    rows = []
    for sign, present in ((1, road.crossing.left), (-1, road.crossing.right)):
        if present:
            start = road.half_width + road.side(sign).parking
            x, y, angle = road.pose_at(road.crossing.s, sign * (start + 60.0))
            width = 2 * (road.crossing.half_width + corner_radius(road, sign))
            rows.append((x, y, 120.0, width, angle + np.pi / 2))
    return rows


def _foot(prop: Prop) -> tuple[float, float]:
    """Length and width of what touches the ground: a tree's is its trunk's, not its crown's."""
    if prop.kind.endswith("tree"):
        return 0.8, 0.8
    if prop.kind in ("lamp", "pole", "sign", "traffic light", "bollard"):
        return 0.3, 0.3
    return prop.size[0], prop.size[1]
