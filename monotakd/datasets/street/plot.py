"""The land along a road, on which props are placed at road positions, and the things most often placed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monotakd.datasets.street.road import Road
from monotakd.datasets.street.world import Prop

BEHIND, AHEAD = -32.0, 118.0
"""Where along the road things are placed one by one, metres."""
Colour = tuple[float, float, float]
PLASTERS: tuple[Colour, ...] = (
    (0.66, 0.64, 0.58), (0.70, 0.69, 0.66), (0.62, 0.52, 0.33), (0.60, 0.40, 0.22), (0.55, 0.30, 0.22),
    (0.50, 0.49, 0.46), (0.40, 0.42, 0.44), (0.64, 0.56, 0.44), (0.52, 0.55, 0.45), (0.34, 0.26, 0.22),
)  # fmt: skip
LEAVES: tuple[Colour, ...] = (
    (0.078, 0.137, 0.029), (0.098, 0.156, 0.039), (0.058, 0.111, 0.033), (0.143, 0.163, 0.039), (0.195, 0.137, 0.033)
)  # fmt: skip
WOODS: tuple[Colour, ...] = ((0.061, 0.101, 0.027), (0.081, 0.121, 0.034), (0.101, 0.115, 0.034))
TIMBER: tuple[Colour, ...] = (
    (0.20, 0.12, 0.06),
    (0.12, 0.08, 0.05),
    (0.30, 0.25, 0.18),
    (0.55, 0.55, 0.53),
    (0.05, 0.09, 0.06),
)
CATALOGUE = 40
"""Buildings come in this many fixed sizes and fronts, so that their meshes can be kept from scene to scene."""


@dataclass
class Plot:
    """Collects the props of one street; positions are (s, d) of the road."""

    rng: np.random.Generator
    road: Road
    rows: list[tuple] = field(default_factory=list)

    def add(
        self, kind: str, s: float, d: float, size: tuple[float, float, float], colour: Colour = (0.5, 0.5, 0.5),
        turn: float = 0.0, shape: int | None = None, tint: float = 0.15,
    ) -> None:  # fmt: skip
        """One prop; its front (-y) faces the road when turn is 0 on the left side and pi on the right."""
        shape = int(self.rng.integers(1 << 20)) if shape is None else shape
        shade = self.rng.uniform(1 - tint, 1 + tint)
        self.rows.append((kind, s, d, size, tuple(min(0.9, shade * c) for c in colour), turn, shape))

    def pick(self, options: tuple[Colour, ...]) -> Colour:
        """One of some colours."""
        return options[int(self.rng.integers(len(options)))]

    def props(self) -> list[Prop]:
        """All of them in world coordinates."""
        if not self.rows:
            return []
        s, d = (np.array([row[k] for row in self.rows], dtype=float) for k in (1, 2))
        x, y, angle = (a.tolist() for a in self.road.pose(s, d))
        return [
            Prop(kind, x[i], y[i], angle[i] + turn, size, shape, colour)
            for i, (kind, _, _, size, colour, turn, shape) in enumerate(self.rows)
        ]


def facing(sign: int) -> float:
    """Turn that makes a prop on this side (+1 left, -1 right) look at the road, radians."""
    return 0.0 if sign > 0 else np.pi


def catalogue_size(kind: str, shape: int) -> tuple[float, float, float]:
    """Length, depth and eaves of a catalogue building."""
    rng = np.random.default_rng([shape, len(kind)])
    if kind == "house":
        return float(rng.integers(8, 15)), float(rng.integers(8, 12)), float(rng.choice([2.9, 4.2, 5.7, 6.2, 8.6]))
    if kind == "block":
        return float(rng.integers(10, 20)), 12.0, float(rng.choice([8.7, 11.6, 14.5, 17.4]))
    return float(rng.integers(18, 40)), 16.0, float(rng.choice([4.5, 7.5, 11.0]))


def building(plot: Plot, kind: str, s: float, d: float, sign: int) -> tuple[float, float, float]:
    """A catalogue building that starts at s, its front at d from the centre line; returns its size."""
    shape = int(plot.rng.integers(CATALOGUE))
    size = catalogue_size(kind, shape)
    plot.add(kind, s + size[0] / 2, sign * (d + size[1] / 2), size, plot.pick(PLASTERS), facing(sign), shape)
    return size


def tree(plot: Plot, s: float, d: float, leaves: tuple[Colour, ...], scale: float = 1.0) -> None:
    """A single tree of any species."""
    rng = plot.rng
    species = str(rng.choice(["round", "tall", "spreading", "conifer", "bare"], p=[0.42, 0.17, 0.26, 0.12, 0.03]))
    height = float(rng.uniform(5.0, 11.0)) * scale
    spread = {"round": 0.62, "tall": 0.40, "spreading": 0.80, "conifer": 0.45, "bare": 0.6}[species]
    width = height * spread * float(rng.uniform(0.85, 1.15))
    colour = (0.036, 0.070, 0.030) if species == "conifer" else plot.pick(leaves)
    plot.add(f"{species} tree", s, d, (width, width, height), colour, float(rng.uniform(0, 2 * np.pi)), tint=0.3)


def front(plot: Plot, kind: str, s0: float, s1: float, sign: int, d: float) -> None:
    """A hedge, wall or fence along the pavement in pieces that follow the bend."""
    rng = plot.rng
    shape = int(rng.integers(600))
    height = {"hedge": rng.uniform(0.9, 2.2), "wall": rng.uniform(0.5, 1.8), "fence": rng.uniform(0.8, 1.5)}[kind]
    height = round(float(height), 1)
    colour = {"hedge": plot.pick(WOODS), "wall": plot.pick(PLASTERS), "fence": plot.pick(TIMBER)}[kind]
    if kind == "fence" and shape % 3 == 2:
        height += 0.6
    pieces = max(1, round((s1 - s0) / 3.6))
    length = (s1 - s0) / pieces
    thickness = {"hedge": 0.9, "wall": 0.24, "fence": 0.06}[kind]
    for k in range(pieces):
        s = s0 + (k + 0.5) * length
        plot.add(kind, s, sign * (d + thickness / 2 + 0.1), (length + 0.08, thickness, height), colour, facing(sign),
                 shape + (k if kind == "hedge" else 0), tint=0.0)  # fmt: skip


def thicket(plot: Plot, s0: float, s1: float, sign: int, d: float, height: float) -> None:
    """A wall of trees and shrubs."""
    rng = plot.rng
    colour = plot.pick(WOODS)
    s = s0
    while s < s1:
        tall = round(height * float(rng.uniform(0.8, 1.2)), 1)
        length = max(tall * 1.7, 6.0)
        size = (length * 1.15, tall * 0.55, tall)
        plot.add("wood", s + length / 2, sign * (d + tall * 0.3), size, colour, facing(sign), tint=0.2)
        s += length
