"""Compiled kernels for the exact overlap of rotated rectangles and upright boxes (float64, no allocation).

The overlap is an integral and not a polygon: in the frame of rectangle ``a``, a vertical line at x meets the convex
rectangle ``b`` between a bottom and a top edge, and the length inside ``a`` is ``clamp(top) - clamp(bottom)``.
Integrating over x and walking round ``b`` counter-clockwise turns the overlap into a sum over the four edges of ``b``
of ``-integral of clamp(y) dx``. No corner has to be classified as inside or outside, so identical, touching, contained
and nearly parallel rectangles need no special case, and the error stays near machine precision times the areas.
"""

import math

from numba import njit


@njit(cache=True, inline="always")
def _mean_clamped(y0, y1, half):
    """Mean of ``clamp(y, -half, half)`` while y runs evenly from y0 to y1."""
    low, high = min(y0, y1), max(y0, y1)
    if low >= half:
        return half
    if high <= -half:
        return -half
    if low >= -half and high <= half:
        return 0.5 * (low + high)
    inner_low, inner_high = max(low, -half), min(high, half)
    inner = 0.5 * (inner_low + inner_high) * (inner_high - inner_low)
    # The parts outside count as +-half; written so that nothing larger than half is ever subtracted.
    return (inner + half * ((high - inner_high) - (inner_low - low))) / (high - low)


@njit(cache=True, inline="always")
def _area_above_edge(x0, y0, x1, y1, half_x, half_y):
    """``-integral of clamp(y) dx`` along one directed edge, for x inside [-half_x, half_x]."""
    if x0 < x1:
        sign, left_x, left_y, right_x, right_y = -1.0, x0, y0, x1, y1
    else:
        sign, left_x, left_y, right_x, right_y = 1.0, x1, y1, x0, y0
    start, stop = max(left_x, -half_x), min(right_x, half_x)
    if stop <= start:
        return 0.0
    slope = (right_y - left_y) / (right_x - left_x)
    y_start = left_y if start == left_x else left_y + (start - left_x) * slope
    y_stop = right_y if stop == right_x else right_y - (right_x - stop) * slope
    return sign * (stop - start) * _mean_clamped(y_start, y_stop, half_y)


@njit(cache=True)
def rectangle_intersection(ax, ay, al, aw, ayaw, bx, by, bl, bw, byaw):
    """Exact area shared by two rotated rectangles of the plane.

    ``x y`` is the centre, ``l`` the length along the heading, ``w`` the width across, ``yaw`` the heading in radians,
    counter-clockwise from +x. For KITTI camera boxes seen from above pass ``(x, z, l, w, -ry)``.
    A rectangle without positive length and width shares nothing. Two 2 x 2 squares, one at the origin and one at
    (1, 1), share 1; turn the second by any multiple of 90 degrees and they still do.
    """
    if not (al > 0.0 and aw > 0.0 and bl > 0.0 and bw > 0.0):
        return 0.0
    offset_x, offset_y = bx - ax, by - ay
    # The circles round both have diameters p and q; they are apart beyond (p + q) / 2, whose square is at most
    # (p^2 + q^2) / 2. The looser bound needs no square root.
    if offset_x * offset_x + offset_y * offset_y >= 0.5 * (al * al + aw * aw + bl * bl + bw * bw):
        return 0.0
    cos_a, sin_a = math.cos(ayaw), math.sin(ayaw)
    centre_x = cos_a * offset_x + sin_a * offset_y
    centre_y = cos_a * offset_y - sin_a * offset_x
    turn = byaw - ayaw
    cos_t, sin_t = math.cos(turn), math.sin(turn)
    half_x, half_y = 0.5 * al, 0.5 * aw
    # A gap along one of the four edge directions means exactly nothing shared; the sum below would leave dust of 1e-16.
    part_cos, part_sin = abs(cos_t), abs(sin_t)
    if (
        abs(centre_x) >= half_x + 0.5 * (bl * part_cos + bw * part_sin)
        or abs(centre_y) >= half_y + 0.5 * (bl * part_sin + bw * part_cos)
        or abs(cos_t * centre_x + sin_t * centre_y) >= 0.5 * bl + half_x * part_cos + half_y * part_sin
        or abs(cos_t * centre_y - sin_t * centre_x) >= 0.5 * bw + half_x * part_sin + half_y * part_cos
    ):
        return 0.0
    # Half-diagonals of b in a's frame: from the centre to its front-left and rear-left corners.
    front_x, front_y = 0.5 * (bl * cos_t - bw * sin_t), 0.5 * (bl * sin_t + bw * cos_t)
    rear_x, rear_y = 0.5 * (-bl * cos_t - bw * sin_t), 0.5 * (-bl * sin_t + bw * cos_t)
    x0, y0 = centre_x + front_x, centre_y + front_y
    x1, y1 = centre_x + rear_x, centre_y + rear_y
    x2, y2 = centre_x - front_x, centre_y - front_y
    x3, y3 = centre_x - rear_x, centre_y - rear_y
    area = (
        _area_above_edge(x0, y0, x1, y1, half_x, half_y)
        + _area_above_edge(x1, y1, x2, y2, half_x, half_y)
        + _area_above_edge(x2, y2, x3, y3, half_x, half_y)
        + _area_above_edge(x3, y3, x0, y0, half_x, half_y)
    )
    return max(0.0, min(area, al * aw, bl * bw))


@njit(cache=True)
def interval_overlap(a_centre, a_length, b_centre, b_length):
    """Length shared by two intervals given by centre and length; exactly ``a_length`` where they are equal."""
    offset = b_centre - a_centre
    stop = min(0.5 * a_length, offset + 0.5 * b_length)
    start = max(-0.5 * a_length, offset - 0.5 * b_length)
    return max(0.0, stop - start)


@njit(cache=True)
def box_iou(a, b):
    """(BEV IoU, volume IoU) of two rows ``x y z l w h yaw``; 0 where the union is empty."""
    shared = rectangle_intersection(a[0], a[1], a[3], a[4], a[6], b[0], b[1], b[3], b[4], b[6])
    if shared <= 0.0:
        return 0.0, 0.0
    area_a, area_b = a[3] * a[4], b[3] * b[4]
    bev = shared / (area_a + area_b - shared)
    shared_volume = shared * interval_overlap(a[2], a[5], b[2], b[5])
    if shared_volume <= 0.0:
        return bev, 0.0
    return bev, shared_volume / (area_a * a[5] + area_b * b[5] - shared_volume)


@njit(cache=True)
def fill_paired_iou(a, b, bev, volume):
    """Writes the IoUs of a[i] and b[i] into ``bev`` and ``volume``, each (N,)."""
    for i in range(len(a)):
        bev[i], volume[i] = box_iou(a[i], b[i])


@njit(cache=True)
def fill_all_pairs_iou(a, b, bev, volume):
    """Writes the IoUs of a[i] and b[j] into ``bev`` and ``volume``, each (N, M)."""
    for i in range(len(a)):
        for j in range(len(b)):
            bev[i, j], volume[i, j] = box_iou(a[i], b[j])
