"""How far a network of a job sees: recall and depth error by distance, from the predictions that were scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from monotakd.datasets.kitti.labels import KittiLabels, read_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.metrics.by_distance import errors_by_distance
from monotakd.pipeline.scoring import at_kitti_scale

EDGES = (0.0, 10.0, 20.0, 30.0, 47.0)
"""Metres; the toy networks' range ends at 46.8."""


@dataclass(frozen=True)
class Reach:
    """Cars, moderate, in bins of distance, see `EDGES`.

    Attributes:
        recall: share found with an overlap of 0.5 in 3D by any detection reported; None where there are no cars.
        depth_error: mean absolute error in depth of those found in the image, metres; None where there are none.
    """

    recall: tuple[float | None, ...]
    depth_error: tuple[float | None, ...]


@dataclass(frozen=True)
class Truth:
    """Labels of the reported frames, at KITTI's scale.

    Attributes:
        frame_ids: names of the frames.
        widths: of their images, pixels.
        labels: of each.
    """

    frame_ids: tuple[str, ...]
    widths: tuple[int, ...]
    labels: tuple[KittiLabels, ...]

    @classmethod
    def of(cls, root: KittiRoot, frame_ids: Sequence[str]) -> Truth:
        """Reads them."""
        widths = tuple(root.image_size(name)[1] for name in frame_ids)
        labels = (at_kitti_scale(root.labels(name), width) for name, width in zip(frame_ids, widths, strict=True))
        return cls(tuple(frame_ids), widths, tuple(labels))


def reach(truth: Truth, predictions: Path) -> Reach:
    """Scores a folder of KITTI results.

    Raises:
        DataError: a file is missing or damaged.
    """
    found = [
        at_kitti_scale(read_labels(predictions / f"{name}.txt"), width)
        for name, width in zip(truth.frame_ids, truth.widths, strict=True)
    ]
    seen = errors_by_distance(truth.labels, found, difficulty="moderate", metric="3d", level="loose", edges=EDGES)
    return Reach(_numbers(seen.recall), _numbers(seen.depth_error))


def _numbers(values: Float[np.ndarray, " B"]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(float(value), 4) for value in values)
