"""The road as a value: its course, its cross-section and the relief it lies on.

Positions along a road are (s, d): metres along the centre line from the point abeam of the ego vehicle, and
metres to the left of it. Traffic keeps right: lanes with d < 0 run along +s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

Style = Literal["residential", "urban", "arterial", "country"]
KERB_HEIGHT = 0.12
CORRIDOR = 18.0  # half width of the band whose ground follows the road, metres
BEHIND, AHEAD, STEP = -110.0, 210.0, 2.0  # reach of the centre line along s and its sampling, metres


@dataclass(frozen=True)
class Relief:
    """A smooth ground surface that touches the plane z = 0 at the origin, where the ego vehicle stands.

    Attributes:
        slope: steepest gradient that the crest (negative) or dip (positive) ahead and behind reaches.
        reach: distance over which that gradient builds up, metres.
        bank: the same to the sides: hillside to the left where positive, to the right where negative.
        waves: undulations, rows of (wave number along x, along y, amplitude in metres, phase).
    """

    slope: float = 0.0
    reach: float = 60.0
    bank: float = 0.0
    waves: tuple[tuple[float, float, float, float], ...] = ()

    def height(self, x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Ground height in metres at world positions (x, y)."""
        # (t^2)/(1+t^2) is flat at 0, and its gradient peaks at 0.65/reach: a crest or dip that levels out.
        t = np.square(x / self.reach)
        z = self.slope * self.reach / 0.65 * t / (1.0 + t)
        z = z + self.bank * y * np.square(y) / (np.square(y) + 400.0)
        for kx, ky, amplitude, phase in self.waves:
            along = kx * x + ky * y
            z = (
                z
                + amplitude * (np.sin(along + phase) - np.sin(phase))
                - amplitude * np.cos(phase) * along / (1.0 + np.square(along))
            )
        return z


@dataclass(frozen=True)
class Side:
    """What lies beside the carriageway on one side, from the inside out.

    Attributes:
        parking: width of the parking strip, metres; 0 for none.
        parking_angle: heading of parked cars relative to the road, radians (0 is parallel parking).
        verge: width of the grass strip between the kerb and the pavement, metres.
        pavement: width of the raised pavement, metres; 0 for none (country roads).
    """

    parking: float = 0.0
    parking_angle: float = 0.0
    verge: float = 0.0
    pavement: float = 2.0

    @property
    def width(self) -> float:
        """Everything up to the boundary of the plots, metres."""
        return self.parking + self.verge + self.pavement


class Crossing(NamedTuple):
    """A side road that meets the main road at a right angle.

    Attributes:
        s: where, metres along the main road.
        half_width: half of its carriageway, metres.
        left: there is an arm to the left.
        right: there is an arm to the right.
        zebra: pedestrians cross the main road just before it.
    """

    s: float
    half_width: float
    left: bool
    right: bool
    zebra: bool


class Lane(NamedTuple):
    """One lane: its centre and the direction of its traffic, +1 along s."""

    d: float
    direction: int


@dataclass(frozen=True)
class Road:
    """A street and the ground around it.

    Attributes:
        style: what kind of neighbourhood it runs through.
        half_width: half of the carriageway, metres.
        lanes: lanes per direction.
        ego_d: where the ego vehicle drives, metres left of the centre line (negative: on the right).
        heading: of the centre line at s = 0, radians.
        bends: rows of (start s, end s, curvature in 1/m; positive turns left).
        left: what lies to the left of the carriageway.
        right: what lies to the right.
        crossing: a side road, or None.
        markings: paint on the road: centre line, edge lines.
        relief: the ground surface.
        asphalt: linear RGB of the carriageway.
        grass: linear RGB of verges and meadows.
        wear: seeds patches, manhole covers and seams of tar; 0 for a new road.
    """

    style: Style = "residential"
    half_width: float = 3.0
    lanes: int = 1
    ego_d: float = -1.5
    heading: float = 0.0
    bends: tuple[tuple[float, float, float], ...] = ()
    left: Side = field(default_factory=Side)
    right: Side = field(default_factory=Side)
    crossing: Crossing | None = None
    markings: bool = True
    relief: Relief = field(default_factory=Relief)
    asphalt: tuple[float, float, float] = (0.11, 0.11, 0.115)
    grass: tuple[float, float, float] = (0.07, 0.12, 0.03)
    wear: int = 0

    @cached_property
    def centre_line(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Samples (s, x, y, heading) of the centre line, every ``STEP`` metres."""
        s = np.arange(BEHIND, AHEAD + STEP / 2, STEP)
        middle = s[:-1] + STEP / 2
        curvature = np.zeros(len(middle))
        for start, end, value in self.bends:
            # Ramps of 10 m stand for the clothoids of a real road: no kink in the heading.
            ramp = np.clip((middle - start) / 10.0, 0, 1) * np.clip((end - middle) / 10.0, 0, 1)
            curvature += value * ramp
        turn = np.concatenate([[0.0], np.cumsum(curvature * STEP)])
        heading = self.heading + turn - np.interp(0.0, s, turn)
        chord = (heading[1:] + heading[:-1]) / 2
        x = np.concatenate([[0.0], np.cumsum(np.cos(chord) * STEP)])
        y = np.concatenate([[0.0], np.cumsum(np.sin(chord) * STEP)])
        x0 = self.ego_d * np.sin(self.heading)
        y0 = -self.ego_d * np.cos(self.heading)
        return s, x - np.interp(0.0, s, x) + x0, y - np.interp(0.0, s, y) + y0, heading

    def pose(
        self, s: Float[np.ndarray, "*shape"], d: Float[np.ndarray, "*shape"]
    ) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
        """World (x, y) and road heading at road positions (s, d)."""
        grid, x, y, heading = self.centre_line
        angle = np.interp(s, grid, heading)
        # np.interp holds the end values, so positions beyond the ends continue straight on.
        beyond = s - np.clip(s, grid[0], grid[-1])
        px = np.interp(s, grid, x) + beyond * np.cos(angle) - d * np.sin(angle)
        py = np.interp(s, grid, y) + beyond * np.sin(angle) + d * np.cos(angle)
        return px, py, angle

    def pose_at(self, s: float, d: float) -> tuple[float, float, float]:
        """`pose` of a single position."""
        x, y, heading = self.pose(np.array([s]), np.array([d]))
        return float(x[0]), float(y[0]), float(heading[0])

    def locate(
        self, x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"]
    ) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
        """Road positions (s, d) of world points: the nearest point of the centre line."""
        grid, cx, cy, heading = self.centre_line
        nearest = np.argmin(np.square(x[:, None] - cx) + np.square(y[:, None] - cy), axis=1)
        cos, sin = np.cos(heading[nearest]), np.sin(heading[nearest])
        dx, dy = x - cx[nearest], y - cy[nearest]
        s = grid[nearest] + np.clip(dx * cos + dy * sin, -STEP, STEP)
        px, py, angle = self.pose(s, np.zeros_like(s))
        # On the inside of a bend the first step is too long: measure again from where it led.
        s = s + (x - px) * np.cos(angle) + (y - py) * np.sin(angle)
        px, py, angle = self.pose(s, np.zeros_like(s))
        return s, (y - py) * np.cos(angle) - (x - px) * np.sin(angle)

    def height(self, x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """Height of the surface that feet and wheels stand on, pavements included, metres."""
        s, d = self.locate(x, y)
        return self.relief.height(x, y) + KERB_HEIGHT * self._raised(s, d)

    def gradient(self, x: float, y: float) -> tuple[float, float]:
        """Slope of the ground along x and y at one point (kerbs do not count)."""
        px = np.array([x + 1.0, x - 1.0, x, x])
        py = np.array([y, y, y + 1.0, y - 1.0])
        z = self.relief.height(px, py)
        return float(z[0] - z[1]) / 2, float(z[2] - z[3]) / 2

    def _raised(self, s: np.ndarray, d: np.ndarray) -> np.ndarray:
        """Whether a point lies on a raised pavement, verge or plot."""
        raised = np.zeros(len(s), dtype=bool)
        for side, sign in ((self.left, 1.0), (self.right, -1.0)):
            if side.pavement > 0:
                raised |= (sign * d > self.half_width + side.parking) & (sign * d < CORRIDOR)
        if self.crossing is not None:
            arm = np.where(d > 0, self.crossing.left, self.crossing.right)
            raised &= ~(arm & (np.abs(s - self.crossing.s) < self.crossing.half_width))
        return raised

    @property
    def lane_width(self) -> float:
        """Width of one lane, metres."""
        return self.half_width / self.lanes

    @property
    def lane_list(self) -> tuple[Lane, ...]:
        """All lanes, from the far right to the far left."""
        centres = (np.arange(self.lanes) + 0.5) * self.lane_width
        right = [Lane(-float(c), 1) for c in centres[::-1]]
        return (*right, *(Lane(float(c), -1) for c in centres))

    def side(self, sign: int) -> Side:
        """The left side for +1, the right for -1."""
        return self.left if sign > 0 else self.right
