"""The KITTI metric written slowly from its rules: plain loops, dictionaries, shapely for rotated overlap.

Kept apart from the package and sharing no code with it, so that the two can be compared. An object is a dictionary
with name, truncated, occluded, alpha, box (left, top, right, bottom), size (h, w, l), at (x, y, z), ry and, if
detected, score.
"""

import math

from shapely.geometry import Polygon

LIMITS = {"easy": (40, 0, 0.15), "moderate": (25, 1, 0.30), "hard": (25, 2, 0.50)}
CLASSES = {
    "Car": (["van"], (0.7, 0.5)),
    "Pedestrian": (["person_sitting"], (0.5, 0.25)),
    "Cyclist": ([], (0.5, 0.25)),
}


def evaluate(truth_frames, detection_frames):
    """The JSON form of the evaluation of lists (one entry per frame) of lists of objects."""
    alphas = [d["alpha"] for frame in detection_frames for d in frame]
    with_alpha = bool(alphas) and -10 not in alphas
    tables = {
        metric: [
            [[overlap(t, d) for d in ds] for t in ts] for ts, ds in zip(truth_frames, detection_frames, strict=True)
        ]
        for metric, overlap in (("bbox", image_iou), ("bev", bev_iou), ("3d", volume_iou))
    }
    result = {}
    for name, (_, thresholds) in CLASSES.items():
        result[name] = {}
        for threshold in thresholds:
            entry = result[name][f"{threshold:.2f}"] = {"aos": {"R40": [], "R11": []} if with_alpha else None}
            for metric, table in tables.items():
                entry[metric] = {"R40": [], "R11": []}
                for limits in LIMITS.values():
                    precision, orientation = curve(
                        truth_frames, detection_frames, table, name, limits, threshold, metric == "bbox"
                    )
                    entry[metric]["R40"].append(100 * sum(precision[1:]) / 40)
                    entry[metric]["R11"].append(100 * sum(precision[::4]) / 11)
                    if metric == "bbox" and with_alpha:
                        entry["aos"]["R40"].append(100 * sum(orientation[1:]) / 40)
                        entry["aos"]["R11"].append(100 * sum(orientation[::4]) / 11)
    return {"classes": result}


def curve(truth_frames, detection_frames, table, name, limits, threshold, is_2d):
    """Precision and orientation similarity at the 41 positions."""
    n_truth = sum(truth_role(t, name, limits) == "valid" for frame in truth_frames for t in frame)
    scores = []
    for truths, detections, overlaps in zip(truth_frames, detection_frames, table, strict=True):
        scores += first_pass(truths, detections, overlaps, name, limits, threshold)
    precision, orientation = [0.0] * 41, [0.0] * 41
    for k, cut in enumerate(score_cuts(scores, n_truth)):
        hits = false_alarms = 0
        similarity = 0.0
        for truths, detections, overlaps in zip(truth_frames, detection_frames, table, strict=True):
            counted = second_pass(truths, detections, overlaps, name, limits, threshold, cut, is_2d)
            hits, false_alarms, similarity = hits + counted[0], false_alarms + counted[1], similarity + counted[2]
        if hits + false_alarms:
            precision[k] = hits / (hits + false_alarms)
            orientation[k] = similarity / (hits + false_alarms)
    return [max(precision[k:]) for k in range(41)], [max(orientation[k:]) for k in range(41)]


def truth_role(truth, name, limits):
    height, occlusion, truncation = limits
    kind = truth["name"].lower()
    if kind == name.lower():
        fits = truth["occluded"] <= occlusion and truth["truncated"] <= truncation and tall(truth) > height
        return "valid" if fits else "ignored"
    return "ignored" if kind in CLASSES[name][0] else "other"


def detection_role(detection, name, limits):
    if tall(detection) < limits[0]:
        return "ignored"
    return "valid" if detection["name"].lower() == name.lower() else "other"


def first_pass(truths, detections, overlaps, name, limits, threshold):
    used, scores = set(), []
    for t, truth in enumerate(truths):
        role = truth_role(truth, name, limits)
        if role == "other":
            continue
        candidates = [
            d
            for d, detection in enumerate(detections)
            if d not in used and detection_role(detection, name, limits) != "other" and overlaps[t][d] > threshold
        ]
        if candidates:
            best = max(candidates, key=lambda d: detections[d]["score"])  # max keeps the first of equals
            used.add(best)
            if role == "valid" and detection_role(detections[best], name, limits) == "valid":
                scores.append(detections[best]["score"])
    return scores


def score_cuts(scores, n_truth):
    scores = sorted(scores, reverse=True)
    cuts, r = [], 0.0
    for i, score in enumerate(scores):
        is_last = i == len(scores) - 1
        left = (i + 1) / n_truth
        right = left if is_last else (i + 2) / n_truth
        if right - r < r - left and not is_last:
            continue
        cuts.append(score)
        r += 1 / 40
    return cuts


def second_pass(truths, detections, overlaps, name, limits, threshold, cut, is_2d):
    roles = [detection_role(d, name, limits) if d["score"] >= cut else "dropped" for d in detections]
    used, hits, similarity = set(), 0, 0.0
    for t, truth in enumerate(truths):
        role = truth_role(truth, name, limits)
        if role == "other":
            continue
        near = [d for d in range(len(detections)) if d not in used and overlaps[t][d] > threshold]
        valid = [d for d in near if roles[d] == "valid"]
        ignored = [d for d in near if roles[d] == "ignored"]
        if valid:
            taken = max(valid, key=lambda d: overlaps[t][d])
            if role == "valid":
                hits += 1
                similarity += (1 + math.cos(truth["alpha"] - detections[taken]["alpha"])) / 2
        elif ignored:
            taken = ignored[0]
        else:
            continue
        used.add(taken)
    wrong = [d for d in range(len(detections)) if roles[d] == "valid" and d not in used]
    if is_2d:
        regions = [t for t in truths if t["name"].lower() == "dontcare"]
        wrong = [d for d in wrong if not any(covered(detections[d], region) > threshold for region in regions)]
    return hits, len(wrong), similarity


def tall(thing):
    return thing["box"][3] - thing["box"][1]


def image_shared(a, b):
    width = min(a["box"][2], b["box"][2]) - max(a["box"][0], b["box"][0])
    height = min(a["box"][3], b["box"][3]) - max(a["box"][1], b["box"][1])
    return max(width, 0) * max(height, 0)


def image_area(a):
    return (a["box"][2] - a["box"][0]) * (a["box"][3] - a["box"][1])


def image_iou(a, b):
    shared = image_shared(a, b)
    return shared / (image_area(a) + image_area(b) - shared) if shared else 0.0


def covered(detection, region):
    shared = image_shared(detection, region)
    return shared / image_area(detection) if shared else 0.0


def footprint(a):
    (_, w, length), (x, _, z), ry = a["size"], a["at"], a["ry"]
    corners = [(length / 2, w / 2), (length / 2, -w / 2), (-length / 2, -w / 2), (-length / 2, w / 2)]
    return Polygon(
        [(x + math.cos(ry) * u + math.sin(ry) * v, z - math.sin(ry) * u + math.cos(ry) * v) for u, v in corners]
    )


def is_region(a):
    return a["size"][0] <= 0


def bev_iou(a, b):
    if is_region(a) or is_region(b):
        return 0.0
    first, second = footprint(a), footprint(b)
    shared = first.intersection(second).area
    return shared / (first.area + second.area - shared)


def volume_iou(a, b):
    if is_region(a) or is_region(b):
        return 0.0
    first, second = footprint(a), footprint(b)
    vertical = min(a["at"][1], b["at"][1]) - max(a["at"][1] - a["size"][0], b["at"][1] - b["size"][0])
    shared = first.intersection(second).area * max(vertical, 0)
    return shared / (first.area * a["size"][0] + second.area * b["size"][0] - shared)
