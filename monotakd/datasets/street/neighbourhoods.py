"""What lies beyond the pavement: gardens, town blocks, halls and thickets, woods and meadows."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.plot import (
    AHEAD,
    BEHIND,
    LEAVES,
    WOODS,
    Colour,
    Plot,
    building,
    facing,
    front,
    thicket,
    tree,
)


def gardens(plot: Plot, sign: int, edge: float, leaves: tuple[Colour, ...]) -> None:
    """Houses behind hedges, walls and fences, with drives, garages, trees and shrubs."""
    rng = plot.rng
    setback = float(rng.choice([0.2, 2.5, 5.0], p=[0.25, 0.40, 0.35]))
    green = float(rng.uniform(0.2, 1.0))
    s = BEHIND + float(rng.uniform(0, 10))
    while s < AHEAD:
        back = max(0.1, setback + float(rng.normal(0, 0.25 * setback)))
        length = building(plot, "house", s, edge + back, sign)[0]
        gap = float(rng.uniform(0.5, 3.0) if setback < 1 else rng.uniform(3.0, 9.0))
        if back > 1.2:
            kind = str(rng.choice(["hedge", "wall", "fence", "none"], p=[0.36, 0.22, 0.30, 0.12]))
            if kind != "none":
                front(plot, kind, s, s + length + gap - 3.0 * (gap > 4), sign, edge)
            for _ in range(int(rng.poisson(2.2 * green))):
                place = s + float(rng.uniform(0, length + gap)), sign * (edge + float(rng.uniform(0.9, back)))
                size = float(rng.uniform(0.8, 2.4))
                plot.add("bush", *place, (size, size, size * float(rng.uniform(0.7, 1.2))), plot.pick(leaves), tint=0.3)
        if gap > 4:
            if rng.random() < 0.5:
                plot.add(
                    "garage",
                    s + length + gap / 2,
                    sign * (edge + 8.5),
                    (3.2, 6.0, 2.5),
                    (0.6, 0.6, 0.57),
                    facing(sign),
                )
            if rng.random() < 0.9 * green:
                tree(
                    plot, s + length + float(rng.uniform(0.5, gap)), sign * (edge + float(rng.uniform(1.5, 12))), leaves
                )
        if rng.random() < 0.6 * green:
            tree(
                plot, s + float(rng.uniform(0, length)), sign * (edge + back + float(rng.uniform(12, 20))), leaves, 1.3
            )
        s += length + gap


def blocks(plot: Plot, sign: int, edge: float) -> None:
    """A closed row of town blocks with gaps for yards."""
    rng = plot.rng
    back = float(rng.choice([0.05, 1.5, 4.0], p=[0.6, 0.25, 0.15]))
    s = BEHIND + float(rng.uniform(0, 10))
    while s < AHEAD:
        kind = str(rng.choice(["block", "house", "hall", "gap"], p=[0.62, 0.20, 0.06, 0.12]))
        if kind == "gap":
            front(plot, str(rng.choice(["hedge", "wall", "fence"])), s, s + 12, sign, edge)
            tree(plot, s + 6, sign * (edge + 6.0), LEAVES[:4], 1.2)
            s += 12.0
        else:
            s += building(plot, kind, s, edge + back, sign)[0] + float(rng.choice([0.0, 3.0], p=[0.8, 0.2]))


def mixed(plot: Plot, sign: int, edge: float, leaves: tuple[Colour, ...]) -> None:
    """Beside a main road: halls, blocks and houses set back, hedges, thickets, meadows."""
    rng = plot.rng
    s = BEHIND + float(rng.uniform(0, 15))
    while s < AHEAD:
        kind = str(rng.choice(["wood", "hall", "house", "block", "meadow"], p=[0.36, 0.14, 0.18, 0.12, 0.20]))
        if kind == "wood":
            length = float(rng.uniform(14, 40))
            thicket(plot, s, s + length, sign, edge + float(rng.uniform(1.5, 5.0)), float(rng.uniform(3.0, 9.0)))
        elif kind == "meadow":
            length = float(rng.uniform(10, 25))
            for _ in range(int(rng.integers(0, 4))):
                tree(plot, s + float(rng.uniform(0, length)), sign * (edge + float(rng.uniform(3, 20))), leaves, 1.2)
        else:
            length = building(plot, kind, s, edge + float(rng.uniform(4, 14)), sign)[0] + float(rng.uniform(2, 8))
            if rng.random() < 0.5:
                front(plot, str(rng.choice(["hedge", "wall", "fence"])), s, s + length, sign, edge + 0.3)
        s += length
    if rng.random() < 0.25:
        place = float(rng.uniform(15, 50)), sign * (edge + 3.5)
        plot.add(
            "billboard", *place, (4.5, 0.3, 4.0), tuple(rng.uniform(0.05, 0.6, 3).tolist()), facing(sign) - sign * 0.9
        )


def countryside(plot: Plot, sign: int, edge: float) -> None:
    """Woods close to the road or meadows with single trees; marker posts, barriers, telegraph poles."""
    rng = plot.rng
    forest = rng.random() < 0.5
    s = BEHIND
    while s < AHEAD + 20:
        length = float(rng.uniform(20, 50))
        if rng.random() < (0.85 if forest else 0.25):
            d = edge + float(rng.uniform(2.5, 6.0))
            thicket(plot, s, s + length, sign, d, float(rng.uniform(8, 14) if forest else rng.uniform(2.5, 8)))
            for _ in range(int(rng.integers(2, 6))):
                tree(plot, s + float(rng.uniform(0, length)), sign * (d + float(rng.uniform(-1.5, 2.0))), WOODS, 1.4)
        else:
            for _ in range(int(rng.poisson(1.5))):
                tree(
                    plot,
                    s + float(rng.uniform(0, length)),
                    sign * (edge + float(rng.uniform(2.5, 30))),
                    LEAVES[:4],
                    1.2,
                )
            for _ in range(int(rng.poisson(2.5))):
                size = float(rng.uniform(0.5, 2.0))
                place = s + float(rng.uniform(0, length)), sign * (edge + float(rng.uniform(1.0, 6)))
                plot.add("bush", *place, (size * 1.5, size, size * 0.8), plot.pick(WOODS), tint=0.3)
        s += length
    rail = rng.random() < 0.3
    for s in np.arange(-20, 75, 4.0):
        if rail:
            plot.add("guard rail", float(s), sign * (edge + 0.9), (4.05, 0.1, 0.8), turn=facing(sign), shape=0)
    for s in np.arange(float(rng.uniform(-15, 5)), 100, 25.0):
        plot.add("bollard", float(s), sign * (edge + 0.6), (0.12, 0.12, 1.0), shape=1)
