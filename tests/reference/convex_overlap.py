"""The slow, obviously right overlap of rotated rectangles: clip one polygon by the sides of the other, in fractions.

Floating-point input is taken at face value and every step is exact, except sine and cosine (2^-200) and the corner
coordinates, which are rounded to the same grid to keep the fractions short.
"""

from fractions import Fraction

_GRID = 2**200


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * _GRID), _GRID)


def precise_sin_cos(angle: float) -> tuple[Fraction, Fraction]:
    """Taylor series; good for the few radians that headings span."""
    x = Fraction(angle)
    term, series = Fraction(1), [Fraction(0), Fraction(0)]
    for n in range(120):
        series[n % 2] += term if n % 4 < 2 else -term
        term = _rounded(term * x / (n + 1))
    cos, sin = series
    return sin, cos


def corners(x, y, length, width, yaw) -> list[tuple[Fraction, Fraction]]:
    """Four corners, counter-clockwise."""
    sin, cos = precise_sin_cos(yaw)
    half_l, half_w = Fraction(length) / 2, Fraction(width) / 2
    local = [(half_l, half_w), (-half_l, half_w), (-half_l, -half_w), (half_l, -half_w)]
    return [(_rounded(Fraction(x) + cos * p - sin * q), _rounded(Fraction(y) + sin * p + cos * q)) for p, q in local]


def _clip(polygon, start, end):
    """The part of the polygon on the left of the line from start to end."""

    def side(point):
        return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])

    kept = []
    for previous, current in zip([*polygon[-1:], *polygon[:-1]], polygon, strict=True):
        before, now = side(previous), side(current)
        if (before < 0 < now) or (now < 0 < before):
            share = before / (before - now)
            kept.append(tuple(p + share * (c - p) for p, c in zip(previous, current, strict=True)))
        if now >= 0:
            kept.append(current)
    return kept


def overlap_area(a, b) -> Fraction:
    """Shared area of two rectangles, each (x, y, length, width, yaw)."""
    polygon, window = corners(*a), corners(*b)
    for start, end in zip(window, window[1:] + window[:1], strict=True):
        polygon = _clip(polygon, start, end)
    twice = sum(p[0] * q[1] - p[1] * q[0] for p, q in zip(polygon, polygon[1:] + polygon[:1], strict=True))
    return Fraction(twice) / 2


def box_iou(a, b) -> tuple[float, float]:
    """(BEV IoU, volume IoU) of two rows x y z l w h yaw."""
    a, b = ([float(v) for v in row] for row in (a, b))
    shared = overlap_area((a[0], a[1], a[3], a[4], a[6]), (b[0], b[1], b[3], b[4], b[6]))
    area_a, area_b = (Fraction(row[3]) * Fraction(row[4]) for row in (a, b))
    (low_a, high_a), (low_b, high_b) = (
        (Fraction(row[2]) - Fraction(row[5]) / 2, Fraction(row[2]) + Fraction(row[5]) / 2) for row in (a, b)
    )
    volume = shared * max(Fraction(0), min(high_a, high_b) - max(low_a, low_b))
    union = area_a * Fraction(a[5]) + area_b * Fraction(b[5]) - volume
    return float(shared / (area_a + area_b - shared)), float(volume / union)
