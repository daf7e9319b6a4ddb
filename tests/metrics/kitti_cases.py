"""Small cases for the metric: objects as dictionaries (the form of reference/kitti_ap.py) and as KittiLabels."""

import math

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.metrics.kitti import evaluate

DONT_CARE = {"truncated": -1.0, "occluded": -1, "alpha": -10.0, "size": (-1.0,) * 3, "at": (-1000.0,) * 3, "ry": -10.0}


def thing(name="Car", box=(100.0, 100.0, 200.0, 150.0), score=None, **changes):
    """A well visible object 20 m ahead; 50 pixels tall, so valid at every difficulty."""
    base = {"truncated": 0.0, "occluded": 0, "alpha": 0.0, "size": (1.5, 1.6, 4.0), "at": (0.0, 1.6, 20.0), "ry": 0.0}
    if name.lower() == "dontcare":
        base = DONT_CARE
    made = {"name": name, "box": tuple(map(float, box)), **base, **changes}
    return made if score is None else {**made, "score": float(score)}


def labels(things, scores=None):
    """KittiLabels of one frame; ``scores`` is needed only to say what an empty list is."""
    if not things:
        return KittiLabels.empty(scores=bool(scores))

    def column(key, width=None):
        values = np.array([t[key] for t in things], dtype=np.float64)
        return values if width is None else values.reshape(-1, width)

    return KittiLabels(
        names=tuple(t["name"] for t in things),
        truncated=column("truncated"),
        occluded=column("occluded").astype(np.int64),
        alpha=column("alpha"),
        boxes_2d=column("box", 4),
        dimensions=column("size", 3),
        locations=column("at", 3),
        rotation_y=column("ry"),
        scores=column("score") if "score" in things[0] else None,
    )


def packed(truth_frames, detection_frames):
    """Both sides as KittiLabels, ready for ``evaluate``."""
    return [labels(f) for f in truth_frames], [labels(f, scores=True) for f in detection_frames]


def curve(truths, detections, name="Car", metric="bbox", difficulty="easy", level="strict"):
    """The curve of a single frame."""
    return evaluate(*packed([truths], [detections]), workers=1).curve(name, metric, difficulty, level)


def counts(*args, **kwargs):
    """(valid truths, hits, false alarms) at the lowest threshold."""
    found = curve(*args, **kwargs)
    assert len(found.thresholds), "nothing was hit"
    return found.n_truth, int(found.hits[-1]), int(found.false_alarms[-1])


def witness(n=1, score=0.01):
    """Truths far from the rest, each found with a low score, so that a threshold exists at which all is counted."""
    boxes = [(900.0, 10.0 + 60 * i, 1000.0, 60.0 + 60 * i) for i in range(n)]
    places = [(30.0, 1.6, 40.0 + 10 * i) for i in range(n)]
    truths = [thing(box=box, at=at) for box, at in zip(boxes, places, strict=True)]
    return truths, [{**truth, "score": score} for truth in truths]


def random_case(rng, frames=6):
    """Crowded little frames rich in what the rules are about.

    Ties of score, doubled detections, DontCare, neighbour and other classes, heights about the limits, detections of
    the wrong class, names in other case, empty frames, objects so close that matches compete.
    """
    truth_frames, detection_frames = [], []
    for _ in range(frames):
        truths, detections = [], []
        for _ in range(rng.integers(0, 9)):
            truths.append(_random_truth(rng, truths))
        for truth in truths:
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                detections.append(_random_detection(rng, truth))
        order = rng.permutation(len(detections))
        truth_frames.append(truths)
        detection_frames.append([detections[i] for i in order])
    return truth_frames, detection_frames


def _random_truth(rng, earlier):
    name = str(rng.choice(["Car", "Car", "car", "Van", "Pedestrian", "Person_sitting", "Cyclist", "Truck", "DontCare"]))
    height = float(rng.choice([20.0, 25.0, 25.5, 30.0, 40.0, 40.5, 60.0]))
    left, top = rng.uniform(0, 300, 2)
    at = np.array([rng.uniform(-4, 4), rng.uniform(1.4, 1.8), rng.uniform(8, 16)])
    if earlier and earlier[-1]["name"] != "DontCare" and rng.random() < 0.4:  # near the one before
        left, top = np.array(earlier[-1]["box"][:2]) + rng.uniform(-8, 8, 2)
        at = np.array(earlier[-1]["at"]) + rng.uniform(-0.5, 0.5, 3) * [1, 0.2, 1]
    box = (left, top, left + rng.uniform(40, 90), top + height)
    if name == "DontCare":
        return thing(name, box)
    return thing(
        name,
        box,
        truncated=float(rng.choice([0.0, 0.15, 0.16, 0.3, 0.5, 0.6], p=[0.7, 0.06, 0.06, 0.06, 0.06, 0.06])),
        occluded=int(rng.choice(4, p=[0.6, 0.2, 0.15, 0.05])),
        alpha=float(rng.uniform(-math.pi, math.pi)),
        size=tuple(rng.uniform([1.3, 1.4, 3.0], [1.9, 2.0, 4.5])),
        at=tuple(at),
        ry=float(rng.uniform(-math.pi, math.pi)),
    )


def _random_detection(rng, truth):
    names = ["Car", "Pedestrian", "Cyclist", "Truck"]
    name = truth["name"] if truth["name"] in names and rng.random() < 0.8 else str(rng.choice(names))
    spread = rng.choice([0.0, 1.0, 4.0])
    left, top, right, bottom = truth["box"]
    left, top, right = np.array([left, top, right]) + rng.normal(0, spread, 3)
    bottom = top + (bottom - truth["box"][1]) * rng.choice([1.0, 1.0, 0.9, 1.1])
    known = truth["name"] != "DontCare"
    at = np.array(truth["at"] if known else (0.0, 1.6, 12.0)) + rng.normal(0, 0.05 * (1 + spread), 3) * [1, 0.3, 1]
    size = np.array(truth["size"] if known else (1.5, 1.6, 4.0)) * rng.uniform(0.95, 1.05, 3)
    return thing(
        name,
        (left, top, max(right, left + 5), bottom),
        score=rng.integers(1, 11) / 10,
        alpha=float(truth["alpha"] + rng.normal(0, 0.4)) if known else 0.5,
        size=tuple(size),
        at=tuple(at),
        ry=float(truth["ry"] + rng.normal(0, 0.05)),
    )
