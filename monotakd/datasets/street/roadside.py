"""What stands on the pavements and corners: street trees, lamps, signs, bins; and the woods on the horizon."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.ground import corner_radius
from monotakd.datasets.street.plot import (
    AHEAD,
    BEHIND,
    CATALOGUE,
    PLASTERS,
    WOODS,
    Colour,
    Plot,
    catalogue_size,
    facing,
)

_BINS: tuple[Colour, ...] = ((0.02, 0.02, 0.022), (0.03, 0.07, 0.03), (0.30, 0.24, 0.02), (0.02, 0.05, 0.15))


def street_trees(plot: Plot, sign: int, leaves: tuple[Colour, ...]) -> None:
    """A row of trees of one kind between the road and the houses."""
    rng, side = plot.rng, plot.road.side(sign)
    chance = 0.75 if side.verge > 0 else 0.3 if side.pavement > 2.2 else 0.06
    if rng.random() > chance:
        return
    inner = plot.road.half_width + side.parking
    d = inner + (side.verge / 2 if side.verge > 0 else 0.7)
    species = str(rng.choice(["round", "tall", "spreading"], p=[0.5, 0.2, 0.3]))
    height, pitch, colour = float(rng.uniform(5, 11)), float(rng.uniform(7, 14)), plot.pick(leaves)
    for s in np.arange(BEHIND + float(rng.uniform(0, pitch)), AHEAD, pitch):
        if rng.random() < 0.85:
            tall = height * float(rng.uniform(0.8, 1.15))
            width = tall * {"round": 0.6, "tall": 0.4, "spreading": 0.75}[species]
            plot.add(f"{species} tree", float(s) + float(rng.normal(0, 0.4)), sign * d, (width, width, tall), colour,
                     float(rng.uniform(0, 6.28)), tint=0.2)  # fmt: skip


def furniture(plot: Plot, sign: int, edge: float) -> None:
    """Lamps, signs, bins, boxes and bollards on the pavement."""
    rng, road = plot.rng, plot.road
    side = road.side(sign)
    kerb = road.half_width + side.parking + 0.35
    lamps = rng.random() < 0.55
    pitch, height = float(rng.uniform(22, 36)), float(rng.choice([4.5, 6.5, 9.0]))
    for s in np.arange(BEHIND + float(rng.uniform(0, pitch)), 95, pitch) if lamps else ():
        plot.add("lamp", float(s), sign * kerb, (0.2, 1.6, height), turn=facing(sign), shape=int(height) % 3)
    for _ in range(int(rng.poisson(1.6))):
        s = float(rng.uniform(4, 70))
        height = float(rng.choice([2.2, 2.6]))
        turn = float(rng.normal(0, 0.12)) + (0.0 if sign < 0 else np.pi)
        plot.add("sign", s, sign * kerb, (0.7, 0.1, height), turn=turn, shape=int(rng.integers(6)))
    for _ in range(int(rng.poisson(1.3))):
        colour = plot.pick(_BINS)
        plot.add("bin", float(rng.uniform(4, 60)), sign * (edge - 0.45), (0.55, 0.6, 1.05), colour,
                 float(rng.normal(0, 0.2)) + facing(sign), tint=0.0)  # fmt: skip
    if rng.random() < 0.4:
        plot.add(
            "cabinet",
            float(rng.uniform(5, 45)),
            sign * (edge - 0.3),
            (0.9, 0.4, 1.2),
            (0.36, 0.37, 0.36),
            facing(sign),
        )
    if rng.random() < 0.15:
        start = float(rng.uniform(4, 40))
        for k in range(int(rng.integers(3, 9))):
            plot.add("bollard", start + 1.8 * k, sign * kerb, (0.14, 0.14, 0.95), shape=0)
    if rng.random() < (0.35 if road.style == "arterial" else 0.12):
        for s in np.arange(float(rng.uniform(-20, 10)), 110, 32.0):
            plot.add(
                "pole", float(s), sign * (edge + 0.3), (0.26, 0.26, 9.0), (0.24, 0.22, 0.2), shape=int(rng.integers(3))
            )
    if side.pavement > 2.4 and rng.random() < 0.15:
        poster = tuple(rng.uniform(0.1, 0.6, 3).tolist())
        plot.add("shelter", float(rng.uniform(12, 50)), sign * (edge - 0.9), (4.0, 1.5, 2.4), poster, facing(sign))


def junction(plot: Plot) -> None:
    """Traffic lights or priority signs at the corners, and houses along the side road."""
    rng, road = plot.rng, plot.road
    if road.crossing is None:
        return
    signals = road.style in ("urban", "arterial") and rng.random() < 0.6
    reach = road.crossing.half_width + corner_radius(road, -1) + 0.6
    for sign, s, turn in ((-1, road.crossing.s - reach, 0.0), (1, road.crossing.s + reach, np.pi)):
        side = road.side(sign)
        d = sign * (road.half_width + side.parking + 0.6)
        if signals:
            plot.add("traffic light", s, d, (0.3, 0.35, 3.3), turn=turn)
        elif rng.random() < 0.7:
            plot.add("sign", s, d, (0.7, 0.1, 2.6), turn=turn, shape=2)
    for sign, present in ((1, road.crossing.left), (-1, road.crossing.right)):
        if not present or road.style == "country":
            continue
        # The rows of the main road leave the side road open to about 20 m; beyond, it has its own houses.
        d = road.half_width + road.side(sign).width + 19.0
        while d < 75:
            for along in (-1, 1):
                shape = int(rng.integers(CATALOGUE))
                kind = "block" if road.style == "urban" else "house"
                size = catalogue_size(kind, shape)
                offset = road.crossing.half_width + corner_radius(road, sign) + size[1] / 2 + 1.5
                turn = -sign * np.pi / 2 if along * sign < 0 else sign * np.pi / 2
                plot.add(kind, road.crossing.s + along * offset, sign * (d + size[0] / 2), size, plot.pick(PLASTERS),
                         turn, shape)  # fmt: skip
            d += 20.0


def horizon(plot: Plot) -> None:
    """Woods all round, far away, so that the world does not end in a straight line."""
    rng = plot.rng
    colour = plot.pick(WOODS)
    angles = np.arange(-np.pi, np.pi, 2 * np.pi / 22)
    distances = rng.uniform(125, 190, len(angles))
    s, d = plot.road.locate(distances * np.cos(angles), distances * np.sin(angles))
    turns = angles - np.pi / 2 - plot.road.pose(s, d)[2]
    for k in np.flatnonzero(np.abs(d) > 26):
        tall = float(rng.uniform(8, 17)) * (0.75 if plot.road.style in ("urban", "residential") else 1.0)
        plot.add("wood", float(s[k]), float(d[k]), (58.0, 10.0, tall), colour, float(turns[k]), tint=0.2)
