"""Draws the road: neighbourhood, course, cross-section and relief."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.road import Crossing, Relief, Road, Side, Style

STYLES: dict[Style, float] = {"residential": 0.42, "urban": 0.22, "arterial": 0.20, "country": 0.16}
"""How common each kind of neighbourhood is."""
_ASPHALT = (0.115, 0.113, 0.11)
_GRASS = ((0.060, 0.105, 0.022), (0.075, 0.110, 0.028), (0.105, 0.105, 0.040))


def sample_road(rng: np.random.Generator, relief: float) -> Road:
    """A road with the ego vehicle in one of its lanes.

    Args:
        rng: source of chance.
        relief: scale of hills and dips; 0 for a plane.
    """
    style: Style = str(rng.choice(list(STYLES), p=list(STYLES.values())))
    lanes = 1 if style in ("residential", "country") else int(rng.choice([1, 2], p=[0.6, 0.4]))
    lane_width = float(rng.uniform(2.5, 3.4) if style == "residential" else rng.uniform(3.0, 3.6))
    half_width = lanes * lane_width
    lane = -lane_width * (0.5 + int(rng.integers(lanes)))
    # On narrow streets one drives nearer to the middle.
    ego_d = lane * float(rng.uniform(0.35, 1.0)) if style == "residential" else lane + float(rng.normal(0, 0.15))
    shade = float(rng.uniform(0.75, 1.7)) if style == "residential" else float(rng.uniform(0.7, 1.25))
    left, right = (_side(rng, style) for _ in range(2))
    crossing = _crossing(rng, style)
    return Road(
        style=style,
        half_width=half_width,
        lanes=lanes,
        ego_d=ego_d,
        heading=float(rng.normal(0, 0.025)),
        bends=_bends(rng, style, crossing),
        left=left,
        right=right,
        crossing=crossing,
        markings=bool(rng.random() < {"residential": 0.2, "urban": 0.85, "arterial": 1.0, "country": 0.92}[style]),
        relief=_relief(rng, relief),
        asphalt=tuple((shade * np.array(_ASPHALT) * rng.uniform(0.96, 1.04, 3)).tolist()),
        grass=tuple((np.array(_GRASS[int(rng.integers(3))]) * rng.uniform(0.8, 1.25)).tolist()),
        wear=int(rng.integers(1, 1 << 30)),
    )


def _side(rng: np.random.Generator, style: Style) -> Side:
    if style == "country":
        return Side(pavement=0.0)
    if style == "arterial":
        verge = float(rng.choice([0.0, rng.uniform(1.5, 4.0)], p=[0.35, 0.65]))
        parking = 2.2 if rng.random() < 0.25 else 0.0
        return Side(parking=parking, verge=verge, pavement=float(rng.uniform(1.8, 3.0)))
    kind = rng.choice(["none", "parallel", "angled"], p=[0.18, 0.72, 0.10])
    parking = {"none": 0.0, "parallel": 2.1, "angled": 4.9}[str(kind)]
    angle = float(rng.choice([np.pi / 2, np.pi / 3])) if kind == "angled" else 0.0
    verge = float(rng.uniform(1.0, 2.0)) if rng.random() < 0.2 else 0.0
    pavement = float(rng.uniform(1.2, 2.4) if style == "residential" else rng.uniform(2.0, 4.5))
    return Side(parking, angle, verge, pavement)


def _crossing(rng: np.random.Generator, style: Style) -> Crossing | None:
    chance = {"residential": 0.45, "urban": 0.55, "arterial": 0.4, "country": 0.15}[style]
    if rng.random() > chance:
        return None
    left, right = ((True, True), (True, False), (False, True))[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    return Crossing(
        s=float(rng.uniform(9.0, 55.0)),
        half_width=float(rng.uniform(2.6, 3.4) if style != "arterial" else rng.uniform(3.2, 6.0)),
        left=left,
        right=right,
        zebra=bool(style == "urban" and rng.random() < 0.5),
    )


def _bends(rng: np.random.Generator, style: Style, crossing: Crossing | None) -> tuple[tuple[float, float, float], ...]:
    """Straight, curved or S-shaped; straight again where a side road joins at a right angle."""
    kind = rng.choice(["straight", "curve", "s-curve"], p=[0.45, 0.37, 0.18])
    if kind == "straight":
        return ()
    sharpest = {"residential": 0.016, "urban": 0.010, "arterial": 0.006, "country": 0.011}[style]
    curvature = float(rng.uniform(0.15, 1.0) * sharpest * rng.choice([-1, 1]))
    start = float(rng.uniform(-60.0, 40.0))
    length = float(rng.uniform(40.0, 90.0))
    if crossing is not None:
        start = max(start, crossing.s + 22.0)
    bends = [(start, start + length, curvature)]
    if kind == "s-curve":
        bends.append((start + length, start + length * 2, -curvature * float(rng.uniform(0.7, 1.3))))
    return tuple(bends)


def _relief(rng: np.random.Generator, scale: float) -> Relief:
    if scale == 0:
        return Relief()
    # The steepest gradient allowed is an ordinary town street's; most streets are nearly flat.
    slope = float(np.clip(rng.normal(0, 0.028), -0.07, 0.07)) * scale
    bank = float(np.clip(rng.normal(0, 0.03), -0.10, 0.10)) * scale
    waves = []
    for _ in range(3):
        length, angle = float(rng.uniform(35, 90)), float(rng.uniform(0, 2 * np.pi))
        # Amplitude grows with wave length, so that the curvature stays that of a real road.
        amplitude = float(rng.normal(0, 0.16)) * scale * (length / 60) ** 2
        k = 2 * np.pi / length
        waves.append((float(k * np.cos(angle)), float(k * np.sin(angle)), amplitude, float(rng.uniform(0, 2 * np.pi))))
    return Relief(slope, float(rng.uniform(45, 90)), bank, tuple(waves))
