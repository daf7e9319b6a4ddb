"""Compiled loops of the KITTI metric. They release the interpreter, so threads may run them side by side.

Every kernel walks frames, truths and detections in file order and writes only its own output; the result is the same
bit for bit however many threads run. Roles are those of ``rules``: 0 valid, 1 ignored, -1 other.
"""

import math

import numpy as np
from numba import njit

from monotakd.geometry.rotated_iou_kernels import rectangle_intersection


@njit(cache=True, nogil=True)
def _image_intersection(a, b):
    """Area shared by two image boxes; edges are real numbers, so there is no "+ 1"."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0.0 and height > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _image_area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


@njit(cache=True, nogil=True)
def _camera_iou(a, b):
    """(BEV IoU, volume IoU) of two camera boxes x y z h w l ry, y being the bottom and pointing down."""
    shared = rectangle_intersection(a[0], a[2], a[5], a[4], -a[6], b[0], b[2], b[5], b[4], -b[6])
    if shared <= 0.0:
        return 0.0, 0.0
    area_a, area_b = a[5] * a[4], b[5] * b[4]
    bev = shared / (area_a + area_b - shared)
    vertical = min(a[1], b[1]) - max(a[1] - a[3], b[1] - b[3])
    if vertical <= 0.0:
        return bev, 0.0
    volume = shared * vertical
    return bev, volume / (area_a * a[3] + area_b * b[3] - volume)


@njit(cache=True, nogil=True)
def fill_overlaps(truth_at, det_at, pair_at, truth_2d, det_2d, truth_3d, det_3d, overlaps):
    """Writes 2D, BEV and 3D IoU of every pair of every frame into the three rows of ``overlaps`` (3, P)."""
    for f in range(len(truth_at) - 1):
        pair = pair_at[f]
        for t in range(truth_at[f], truth_at[f + 1]):
            for d in range(det_at[f], det_at[f + 1]):
                shared = _image_intersection(truth_2d[t], det_2d[d])
                if shared > 0.0:
                    overlaps[0, pair] = shared / (_image_area(truth_2d[t]) + _image_area(det_2d[d]) - shared)
                overlaps[1, pair], overlaps[2, pair] = _camera_iou(truth_3d[t], det_3d[d])
                pair += 1


@njit(cache=True, nogil=True)
def fill_dont_care_cover(truth_at, det_at, is_dont_care, truth_2d, det_2d, cover):
    """Writes the largest share of each detection's own box that lies in one DontCare box into ``cover`` (N,)."""
    for f in range(len(truth_at) - 1):
        for t in range(truth_at[f], truth_at[f + 1]):
            if is_dont_care[t]:
                for d in range(det_at[f], det_at[f + 1]):
                    shared = _image_intersection(truth_2d[t], det_2d[d])
                    if shared > 0.0:
                        cover[d] = max(cover[d], shared / _image_area(det_2d[d]))


@njit(cache=True, nogil=True)
def _match_by_score(rows, overlaps, truth_roles, det_roles, scores, min_overlap, det_of, truth_of):
    """First pass, one frame: each truth takes the free detection with the highest score (the first on a tie)."""
    t0, t1, d0, d1, pair0 = rows
    det_of[t0:t1] = -1
    truth_of[d0:d1] = -1
    for t in range(t0, t1):
        if truth_roles[t] == -1:
            continue
        best = -1
        for d in range(d0, d1):
            if det_roles[d] == -1 or truth_of[d] >= 0:
                continue
            if overlaps[pair0 + (t - t0) * (d1 - d0) + d - d0] > min_overlap and (
                best == -1 or scores[d] > scores[best]
            ):
                best = d
        if best >= 0:
            det_of[t], truth_of[best] = best, t


@njit(cache=True, nogil=True)
def _match_by_overlap(rows, overlaps, truth_roles, det_roles, scores, min_overlap, min_score, det_of, truth_of):
    """Second pass, one frame: the valid detection with the largest overlap; failing that, the first ignored one."""
    t0, t1, d0, d1, pair0 = rows
    det_of[t0:t1] = -1
    truth_of[d0:d1] = -1
    for t in range(t0, t1):
        if truth_roles[t] == -1:
            continue
        best, best_overlap = -1, 0.0
        for d in range(d0, d1):
            if det_roles[d] == -1 or truth_of[d] >= 0 or scores[d] < min_score:
                continue
            overlap = overlaps[pair0 + (t - t0) * (d1 - d0) + d - d0]
            if overlap <= min_overlap:
                continue
            if det_roles[d] == 1:
                best = d if best == -1 else best
            elif overlap > best_overlap:  # an ignored one leaves this at 0, so that any valid one replaces it
                best, best_overlap = d, overlap
        if best >= 0:
            det_of[t], truth_of[best] = best, t


@njit(cache=True, nogil=True)
def hit_scores(truth_at, det_at, pair_at, overlaps, truth_roles, det_roles, scores, min_overlap):
    """Scores of the hits (both sides valid) when every detection is kept, in the order they are found."""
    det_of, truth_of = np.empty(len(truth_roles), np.int64), np.empty(len(det_roles), np.int64)
    found = np.empty(len(truth_roles), np.float64)
    count = 0
    for f in range(len(truth_at) - 1):
        rows = (truth_at[f], truth_at[f + 1], det_at[f], det_at[f + 1], pair_at[f])
        _match_by_score(rows, overlaps, truth_roles, det_roles, scores, min_overlap, det_of, truth_of)
        for t in range(rows[0], rows[1]):
            d = det_of[t]
            if d >= 0 and truth_roles[t] == 0 and det_roles[d] == 0:
                found[count] = scores[d]
                count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def match_all(truth_at, det_at, pair_at, overlaps, truth_roles, det_roles, scores, min_overlap, min_score):
    """The second pass over all frames: the detection that each truth takes and the reverse, -1 for none."""
    det_of, truth_of = np.empty(len(truth_roles), np.int64), np.empty(len(det_roles), np.int64)
    for f in range(len(truth_at) - 1):
        rows = (truth_at[f], truth_at[f + 1], det_at[f], det_at[f + 1], pair_at[f])
        _match_by_overlap(rows, overlaps, truth_roles, det_roles, scores, min_overlap, min_score, det_of, truth_of)
    return det_of, truth_of


@njit(cache=True, nogil=True)
def count_matches(
    truth_at,
    det_at,
    pair_at,
    overlaps,
    truth_roles,
    det_roles,
    scores,
    min_overlap,
    min_scores,
    cover,
    truth_alpha,
    det_alpha,
):
    """Hits, false alarms and summed heading similarity at each of K score thresholds.

    ``cover`` (N,) is the share of each detection inside DontCare; all zeros where DontCare plays no part.
    """
    hits, false_alarms = np.zeros(len(min_scores), np.int64), np.zeros(len(min_scores), np.int64)
    similarity = np.zeros(len(min_scores), np.float64)
    for k in range(len(min_scores)):
        det_of, truth_of = match_all(
            truth_at, det_at, pair_at, overlaps, truth_roles, det_roles, scores, min_overlap, min_scores[k]
        )
        for t in range(len(truth_roles)):
            d = det_of[t]
            if d >= 0 and truth_roles[t] == 0 and det_roles[d] == 0:
                hits[k] += 1
                similarity[k] += (1.0 + math.cos(truth_alpha[t] - det_alpha[d])) / 2.0
        for d in range(len(det_roles)):
            kept = det_roles[d] == 0 and truth_of[d] == -1 and scores[d] >= min_scores[k]
            if kept and cover[d] <= min_overlap:
                false_alarms[k] += 1
    return hits, false_alarms, similarity


@njit(cache=True, nogil=True)
def pair_by_image(
    truth_at, det_at, pair_at, image_overlaps, truth_chosen, det_chosen, det_order, min_overlap, truth_of
):
    """One-to-one pairs by 2D overlap: in ``det_order``, each chosen detection takes the free truth it covers best.

    Writes the truth's row into ``truth_of`` (N,) and leaves the rows of detections without one as they are.
    """
    taken = np.zeros(len(truth_chosen), np.bool_)
    for f in range(len(truth_at) - 1):
        t0, n_det = truth_at[f], det_at[f + 1] - det_at[f]
        for i in range(det_at[f], det_at[f + 1]):
            d = det_order[i]
            if not det_chosen[d]:
                continue
            best, best_overlap = -1, min_overlap
            for t in range(t0, truth_at[f + 1]):
                overlap = image_overlaps[pair_at[f] + (t - t0) * n_det + d - det_at[f]]
                if truth_chosen[t] and not taken[t] and overlap > best_overlap:
                    best, best_overlap = t, overlap
            if best >= 0:
                truth_of[d] = best
                taken[best] = True
