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
def find_candidates(truth_at, det_at, pair_at, overlaps, truth_roles, det_roles, min_overlap):
    """The pairs that may match: neither side of another class, overlap strictly above ``min_overlap``.

    Returns starts (T + 1,), detections (C,) and overlaps (C,): truth t may take detections[starts[t]:starts[t + 1]].
    """
    starts = np.zeros(len(truth_roles) + 1, np.int64)
    detections, values = np.empty(len(overlaps), np.int64), np.empty(len(overlaps), np.float64)
    count = 0
    for f in range(len(truth_at) - 1):
        pair = pair_at[f]
        for t in range(truth_at[f], truth_at[f + 1]):
            for d in range(det_at[f], det_at[f + 1]):
                if truth_roles[t] != -1 and det_roles[d] != -1 and overlaps[pair] > min_overlap:
                    detections[count], values[count] = d, overlaps[pair]
                    count += 1
                pair += 1
            starts[t + 1] = count
    return starts, detections[:count].copy(), values[:count].copy()


@njit(cache=True, nogil=True)
def hit_scores(candidates, truth_roles, det_roles, scores):
    """First pass, nothing cut: the scores of the hits (both sides valid), in the order they are found.

    Each truth in file order takes the free candidate with the highest score, the first on a tie.
    """
    starts, detections, _ = candidates
    used = np.zeros(len(det_roles), np.bool_)
    found = np.empty(len(truth_roles), np.float64)
    count = 0
    for t in range(len(truth_roles)):
        best = -1
        for d in detections[starts[t] : starts[t + 1]]:
            if not used[d] and (best == -1 or scores[d] > scores[best]):
                best = d
        if best >= 0:
            used[best] = True
            if truth_roles[t] == 0 and det_roles[best] == 0:
                found[count] = scores[best]
                count += 1
    return found[:count].copy()


@njit(cache=True, nogil=True)
def match(candidates, n_truth, det_roles, scores, min_score):
    """Second pass, scores below ``min_score`` dropped: the detection each truth takes, and the reverse; -1 for none.

    Each truth in file order takes the free valid candidate with the largest overlap; failing that, the first ignored.
    """
    starts, detections, overlaps = candidates
    det_of, truth_of = np.full(n_truth, -1, np.int64), np.full(len(det_roles), -1, np.int64)
    for t in range(n_truth):
        best, best_overlap = -1, 0.0
        for c in range(starts[t], starts[t + 1]):
            d = detections[c]
            if truth_of[d] >= 0 or scores[d] < min_score:
                continue
            if det_roles[d] == 1:
                best = d if best == -1 else best
            elif overlaps[c] > best_overlap:  # an ignored one leaves this at 0, so that any valid one replaces it
                best, best_overlap = d, overlaps[c]
        if best >= 0:
            det_of[t], truth_of[best] = best, t
    return det_of, truth_of


@njit(cache=True, nogil=True)
def count_matches(candidates, truth_roles, det_roles, scores, min_scores, suppressed, truth_alpha, det_alpha):
    """Hits, false alarms and summed heading similarity at each of K score thresholds.

    ``suppressed`` (N,) marks detections that DontCare keeps from being false alarms.
    """
    hits, false_alarms = np.zeros(len(min_scores), np.int64), np.zeros(len(min_scores), np.int64)
    similarity = np.zeros(len(min_scores), np.float64)
    for k in range(len(min_scores)):
        det_of, truth_of = match(candidates, len(truth_roles), det_roles, scores, min_scores[k])
        for t in range(len(truth_roles)):
            d = det_of[t]
            if d >= 0 and truth_roles[t] == 0 and det_roles[d] == 0:
                hits[k] += 1
                similarity[k] += (1.0 + math.cos(truth_alpha[t] - det_alpha[d])) / 2.0
        for d in range(len(det_roles)):
            if det_roles[d] == 0 and truth_of[d] == -1 and scores[d] >= min_scores[k] and not suppressed[d]:
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
