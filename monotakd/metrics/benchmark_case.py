"""A made-up evaluation of KITTI's size, for timing the metric and for tests: seeded, plausible, not real.

3,769 frames hold about 28,000 label lines and 22,000 detections, as KITTI's validation split and a monocular
detector do. Objects stand on a flat road before KITTI's camera; detections are the truth with the errors of a monocular
detector (depth worst, and worse far away), some missing, some doubled, some invented.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels, write_labels

VALIDATION_FRAMES = 3769

# Class: mean number in a frame, and typical height, width, length in metres.
_POPULATION = {
    "Car": (4.20, (1.53, 1.63, 3.88)),
    "Pedestrian": (0.62, (1.76, 0.66, 0.84)),
    "Cyclist": (0.25, (1.74, 0.60, 1.76)),
    "Van": (0.44, (2.21, 1.90, 5.08)),
    "Person_sitting": (0.03, (1.27, 0.59, 0.80)),
    "Truck": (0.17, (3.25, 2.59, 10.1)),
    "Tram": (0.08, (3.53, 2.54, 16.1)),
    "Misc": (0.13, (1.91, 1.51, 3.58)),
    "DontCare": (1.52, (1.50, 1.60, 3.80)),
}
_NAMES = np.array(list(_POPULATION))
_RATES = np.array([rate for rate, _ in _POPULATION.values()])
_SIZES = np.array([size for _, size in _POPULATION.values()])
_SCORED = np.isin(_NAMES, ["Car", "Pedestrian", "Cyclist"])
_DONT_CARE = int(np.flatnonzero(_NAMES == "DontCare")[0])
_FOCAL, _CENTRE_X, _CENTRE_Y, _CAMERA_HEIGHT = 721.5, 609.6, 172.9, 1.65
_WIDTH, _HEIGHT = 1242, 375


def benchmark_case(
    frames: int = VALIDATION_FRAMES, seed: int = 0
) -> tuple[tuple[KittiLabels, ...], tuple[KittiLabels, ...]]:
    """Makes up labels and predictions of ``frames`` frames; the same seed gives the same values.

    Returns:
        The labels of each frame (DontCare rows last, as in KITTI) and the detections of each frame.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, frames]))
    counts = rng.poisson(_RATES, size=(frames, len(_NAMES)))
    frame = np.repeat(np.arange(frames), counts.sum(axis=1))
    kind = np.concatenate([np.repeat(np.arange(len(_NAMES)), row) for row in counts] or [np.zeros(0, int)])
    n = len(kind)
    sizes = _SIZES[kind] * rng.normal(1.0, 0.06, (n, 3)).clip(0.8, 1.2)
    depth = rng.gamma(3.0, 9.0, n).clip(4.0, 75.0)
    side = rng.normal(0.0, 0.3, n).clip(-0.8, 0.8) * depth
    locations = np.stack([side, np.full(n, _CAMERA_HEIGHT) + rng.normal(0.0, 0.1, n), depth], axis=1)
    yaws = np.where(rng.random(n) < 0.7, rng.choice([-np.pi / 2, np.pi / 2], n), 0.0) + rng.normal(0.0, 0.15, n)
    image, visible = _image_boxes(locations, sizes, yaws)
    truncated = np.round(1 - visible, 2)
    occluded = rng.choice(4, n, p=[0.5, 0.25, 0.2, 0.05])
    truth = np.concatenate(
        [truncated[:, None], occluded[:, None], _alpha(locations, yaws), image, sizes, locations, yaws[:, None]], axis=1
    )
    truth[kind == _DONT_CARE, :3] = -1, -1, -10
    truth[kind == _DONT_CARE, 7:] = -1, -1, -1, -1000, -1000, -1000, -10
    labels = _split(np.round(truth, 2), kind, frame, frames)

    found = _SCORED[kind] & (rng.random(n) < 0.90)
    source = np.flatnonzero(found)
    doubled = source[rng.random(len(source)) < 0.28]
    source = np.concatenate([source, doubled])
    invented = rng.random(len(source)) < 0.15
    m = len(source)
    noise = rng.normal(0.0, 1.0, (m, 7))
    at = locations[source] * (1 + 0.03 * noise[:, :1]) + noise[:, 1:4] * [0.1, 0.05, 0.1]
    at[invented, 0] += rng.normal(0.0, 8.0, invented.sum())
    guess = (sizes[source] * (1 + 0.04 * noise[:, 4:7])).clip(0.1)
    turn = yaws[source] + rng.normal(0.0, 0.1, m) + np.pi * (rng.random(m) < 0.05)
    scores = np.where(invented, rng.beta(1.5, 5.0, m), rng.beta(3.0, 2.0, m))
    nothing = np.full((m, 2), -1.0)
    columns = [nothing, _alpha(at, turn), _image_boxes(at, guess, turn)[0], guess, at, turn[:, None], scores[:, None]]
    order = np.argsort(frame[source], kind="stable")
    detected = np.round(np.concatenate(columns, axis=1), 4)[order]
    return labels, _split(detected, kind[source][order], frame[source][order], frames)


def write_benchmark_case(folder: Path, frames: int = VALIDATION_FRAMES, seed: int = 0) -> tuple[Path, Path]:
    """Writes the case as KITTI files and returns the folders of labels and predictions."""
    folders = folder / "label_2", folder / "predictions"
    for target, contents in zip(folders, benchmark_case(frames, seed), strict=True):
        target.mkdir(parents=True, exist_ok=True)
        for i, labels in enumerate(contents):
            write_labels(target / f"{i:06d}.txt", labels)
    return folders


def _alpha(locations: np.ndarray, yaws: np.ndarray) -> np.ndarray:
    alpha = yaws - np.arctan2(locations[:, 0], locations[:, 2])
    return ((alpha + np.pi) % (2 * np.pi) - np.pi)[:, None]


def _image_boxes(locations: np.ndarray, sizes: np.ndarray, yaws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Image boxes clipped to the picture, and the share of each that is inside; the box is seen as a flat sign."""
    (x, y, z), (h, w, length) = locations.T, sizes.T
    half = (np.abs(np.cos(yaws)) * length + np.abs(np.sin(yaws)) * w) / 2
    z = z.clip(1.0)
    left, right = _CENTRE_X + _FOCAL * (x - half) / z, _CENTRE_X + _FOCAL * (x + half) / z
    top, bottom = _CENTRE_Y + _FOCAL * (y - h) / z, _CENTRE_Y + _FOCAL * y / z
    clipped = np.stack(
        [left.clip(0, _WIDTH - 1), top.clip(0, _HEIGHT - 1), right.clip(0, _WIDTH - 1), bottom.clip(0, _HEIGHT - 1)],
        axis=1,
    )
    area = (clipped[:, 2] - clipped[:, 0]) * (clipped[:, 3] - clipped[:, 1])
    return clipped, area / ((right - left) * (bottom - top))


def _split(values: np.ndarray, kind: np.ndarray, frame: np.ndarray, frames: int) -> tuple[KittiLabels, ...]:
    bounds = np.searchsorted(frame, np.arange(frames + 1))
    names = _NAMES[kind].tolist()
    return tuple(
        KittiLabels(
            names=tuple(names[a:b]),
            truncated=values[a:b, 0],
            occluded=values[a:b, 1].astype(np.int64),
            alpha=values[a:b, 2],
            boxes_2d=values[a:b, 3:7],
            dimensions=values[a:b, 7:10],
            locations=values[a:b, 10:13],
            rotation_y=values[a:b, 13],
            scores=values[a:b, 14] if values.shape[1] > 14 else None,
        )
        for a, b in itertools.pairwise(bounds)
    )
