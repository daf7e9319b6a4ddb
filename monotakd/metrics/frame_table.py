"""All frames in one table: objects one after another, and the overlap of every truth with every detection.

Each overlap is computed once here and then read by every class, difficulty and threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from jaxtyping import Float, Int, Shaped

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.errors import DataError
from monotakd.metrics import matching_kernels as kernels


@dataclass(frozen=True, eq=False)
class Objects:
    """The labels, or the detections, of F frames as N rows; frame f owns rows offsets[f] to offsets[f + 1].

    Attributes:
        offsets: (F + 1,) first row of each frame.
        names: (N,) class names as written.
        truncated: (N,) share outside the image.
        occluded: (N,) 0 visible .. 3 unknown.
        alpha: (N,) observation angle, radians; -10 where there is none.
        boxes_2d: (N, 4) left, top, right, bottom, pixels.
        boxes_3d: (N, 7) x y z h w l ry, bottom centre in the camera frame (y down), metres and radians.
        scores: (N,) confidence; zeros for labels.
    """

    offsets: Int[np.ndarray, " F1"]
    names: Shaped[np.ndarray, " N"]
    truncated: Float[np.ndarray, " N"]
    occluded: Int[np.ndarray, " N"]
    alpha: Float[np.ndarray, " N"]
    boxes_2d: Float[np.ndarray, "N 4"]
    boxes_3d: Float[np.ndarray, "N 7"]
    scores: Float[np.ndarray, " N"]

    @classmethod
    def stack(cls, frames: Sequence[KittiLabels]) -> Objects:
        """Puts the frames' objects one after another."""
        counts = [len(frame.names) for frame in frames]

        def rows(field: str, width: tuple[int, ...] = (), dtype=np.float64) -> np.ndarray:
            parts = [getattr(frame, field) for frame in frames]
            return np.concatenate([np.zeros((0, *width)), *parts]).astype(dtype)

        scored = all(frame.scores is not None for frame in frames)
        yaws = rows("rotation_y")[:, None]
        return cls(
            offsets=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64),
            names=np.array(list(chain.from_iterable(frame.names for frame in frames)), dtype=np.str_),
            truncated=rows("truncated"),
            occluded=rows("occluded", dtype=np.int64),
            alpha=rows("alpha"),
            boxes_2d=np.ascontiguousarray(rows("boxes_2d", (4,))),
            boxes_3d=np.concatenate([rows("locations", (3,)), rows("dimensions", (3,)), yaws], axis=1),
            scores=rows("scores") if scored else np.zeros(sum(counts)),
        )

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def kinds(self) -> Shaped[np.ndarray, " N"]:
        """(N,) class names in lower case, because the benchmark does not regard case."""
        return np.char.lower(self.names)

    @property
    def heights_2d(self) -> Float[np.ndarray, " N"]:
        """(N,) height of the image box, pixels."""
        return self.boxes_2d[:, 3] - self.boxes_2d[:, 1]


@dataclass(frozen=True, eq=False)
class FrameTable:
    """F frames of truth and detections.

    Attributes:
        frame_ids: F names.
        truth: all labelled objects, DontCare among them.
        detected: all detections.
    """

    frame_ids: tuple[str, ...]
    truth: Objects
    detected: Objects

    @classmethod
    def build(
        cls,
        ground_truth: Sequence[KittiLabels],
        predictions: Sequence[KittiLabels],
        frame_ids: Sequence[str] | None = None,
    ) -> FrameTable:
        """Lines up labels and predictions, frame by frame.

        Raises:
            ValueError: the sequences differ in length.
            DataError: predictions without scores, or with scores that are not finite.
        """
        ids = tuple(frame_ids) if frame_ids is not None else tuple(f"{i:06d}" for i in range(len(ground_truth)))
        if not len(ground_truth) == len(predictions) == len(ids):
            raise ValueError(
                f"got {len(ground_truth)} frames of ground truth, {len(predictions)} of predictions and {len(ids)} "
                "frame ids; wanted one of each per frame, an empty prediction where nothing was detected"
            )
        for frame, labels in zip(ids, predictions, strict=True):
            if labels.scores is None and len(labels.names):
                raise DataError(f"predictions of frame {frame}", "no scores", "one score per detection")
        table = cls(ids, Objects.stack(ground_truth), Objects.stack(_scored(predictions)))
        bad = np.flatnonzero(~np.isfinite(table.detected.scores))
        if len(bad):
            frame = ids[int(np.searchsorted(table.detected.offsets, bad[0], side="right")) - 1]
            found = f"score {table.detected.scores[bad[0]]}"
            raise DataError(f"predictions of frame {frame}", found, "a finite number")
        return table

    @cached_property
    def pair_offsets(self) -> Int[np.ndarray, " F1"]:
        """(F + 1,) first pair of each frame; within it pairs are ordered truth by truth."""
        pairs = np.diff(self.truth.offsets) * np.diff(self.detected.offsets)
        return np.concatenate([[0], np.cumsum(pairs)]).astype(np.int64)

    @cached_property
    def overlaps(self) -> dict[str, Float[np.ndarray, " P"]]:
        """Overlap of every pair by metric: 2D, BEV and 3D intersection over union."""
        values = np.zeros((3, self.pair_offsets[-1]))
        kernels.fill_overlaps(*self.offsets, *self._boxes, values)
        return {"bbox": values[0], "bev": values[1], "3d": values[2]}

    @cached_property
    def dont_care_cover(self) -> Float[np.ndarray, " N"]:
        """(N,) largest share of each detection's own image box that one DontCare box covers."""
        cover = np.zeros(len(self.detected))
        kernels.fill_dont_care_cover(
            self.truth.offsets,
            self.detected.offsets,
            self.truth.kinds == "dontcare",
            self.truth.boxes_2d,
            self.detected.boxes_2d,
            cover,
        )
        return cover

    @property
    def has_alpha(self) -> bool:
        """Whether orientation can be scored: something was detected and nothing carries KITTI's "unknown", -10."""
        return len(self.detected) > 0 and not bool((self.detected.alpha == -10).any())

    @property
    def offsets(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row offsets of truth, detections and pairs, as the kernels take them."""
        return self.truth.offsets, self.detected.offsets, self.pair_offsets

    @property
    def _boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.truth.boxes_2d, self.detected.boxes_2d, self.truth.boxes_3d, self.detected.boxes_3d


def _scored(predictions: Sequence[KittiLabels]) -> list[KittiLabels]:
    # An empty file does not show whether it would have scores.
    return [KittiLabels.empty(scores=True) if labels.scores is None else labels for labels in predictions]
