"""Rotated BEV overlap the plain way: cut one rectangle by the other's four edges, a pair at a time."""

from __future__ import annotations

import math

Point = tuple[float, float]


def _corners(x: float, y: float, length: float, width: float, yaw: float) -> list[Point]:
    c, s = math.cos(yaw), math.sin(yaw)
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    half = [(a * length / 2, b * width / 2) for a, b in signs]
    return [(x + c * u - s * v, y + s * u + c * v) for u, v in half]


def _cut(polygon: list[Point], a: Point, b: Point) -> list[Point]:
    """The part of a convex polygon on the left of the line from a to b (Sutherland and Hodgman, 1974)."""
    sides = [(b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) for p in polygon]
    kept = []
    for i, (p, side) in enumerate(zip(polygon, sides, strict=True)):
        q, other = polygon[i - 1], sides[i - 1]
        if (side >= 0) != (other >= 0):
            t = other / (other - side)
            kept.append((q[0] + t * (p[0] - q[0]), q[1] + t * (p[1] - q[1])))
        if side >= 0:
            kept.append(p)
    return kept


def bev_iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """IoU from above of two boxes ``x y z l w h yaw``."""
    polygon = _corners(a[0], a[1], a[3], a[4], a[6])
    edges = _corners(b[0], b[1], b[3], b[4], b[6])
    for i in range(4):
        polygon = _cut(polygon, edges[i], edges[(i + 1) % 4])
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    overlap = sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs) / 2
    return overlap / (a[3] * a[4] + b[3] * b[4] - overlap)
