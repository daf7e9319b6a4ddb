"""Benchmark of reading KITTI: label files, whole frames, and frames as a training asks for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from monotakd import paths
from monotakd.benchmarks.timing import Row, measure, measure_both
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.metrics.benchmark_case import write_benchmark_case

LABEL_FILES = 1000


def _unchecked_labels(path: Path) -> list[tuple[str, list[float]]]:
    lines = (line.split() for line in path.read_text().splitlines())
    return [(name, [float(v) for v in values]) for name, *values in lines]


def _unchecked_frame(root: Path, frame_id: str) -> tuple[np.ndarray, np.ndarray]:
    folder = root / "training"
    image = np.asarray(Image.open(folder / "image_2" / f"{frame_id}.png").convert("RGB"))
    return image, np.fromfile(folder / "velodyne" / f"{frame_id}.bin", dtype=np.float32).reshape(-1, 4)


def run() -> Iterator[Row]:
    """Yields the rows: label files and frames, each against reading without any check."""
    with tempfile.TemporaryDirectory() as folder:
        labels, _ = write_benchmark_case(Path(folder), frames=LABEL_FILES)
        files = sorted(labels.glob("*.txt"))
        yield Row(
            f"reading {LABEL_FILES:,} label files, every value checked",
            "file",
            *measure_both(
                lambda: [read_labels(f) for f in files],
                lambda: [_unchecked_labels(f) for f in files],
                units=len(files),
            ),
            "split and float, unchecked",
        )
    root = KittiRoot(paths.tiny_set())
    ids = root.split("trainval").ids
    yield Row(
        "reading a 1242x375 frame: image, LiDAR, calibration, labels",
        "frame",
        *measure_both(
            lambda: [root.frame(i) for i in ids],
            lambda: [_unchecked_frame(paths.tiny_set(), i) for i in ids],
            units=len(ids),
        ),
        "image and LiDAR only, unchecked",
    )
    # What a training's --workers share: a step of 4 frames takes no less than four times this, by their number.
    frames = CameraFrames(root, ids, points=True, depth="completed")
    rng = np.random.default_rng(0)
    yield Row(
        "the same as a kitti_r50 student trains on it: view cut out, depth completed, mirrored or not, collated",
        "frame",
        measure(lambda: collate([frames.sample(i, rng) for i in range(len(ids))]), units=len(ids)),
    )
