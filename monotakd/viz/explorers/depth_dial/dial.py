"""What the depth dial knows of one frame: depth, the lifted map, boxes and scores at every position of the dial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from monotakd.errors import require
from monotakd.geometry.rotated_iou import all_pairs_iou
from monotakd.metrics.found import Found, cars_found
from monotakd.scene import BevGrid, DepthBins, Detections, Frame
from monotakd.viz.depth_ray import feature_cell, true_depth
from monotakd.viz.explorers.shared.linking import summary

Key = tuple[float, float, float]
"""Share of the true depth, shift (metres), blur (metres)."""

SURE = 0.3
"""Boxes below this score count neither as found nor as false alarm."""


@dataclass(frozen=True, eq=False)
class Position:
    """What the student makes of the depth at one position.

    Attributes:
        norm: (Y, X) strength (RMS of the channels) of the lifted map F_vis: where the features went.
        detections: of the student.
        overlaps: (N,) best BEV IoU of each box with a labelled car; None without labels.
        found: cars found and false alarms; None without labels.
        ap: BEV AP at IoU 0.5 of this frame alone, out of 100; None without labels.
    """

    norm: Float[np.ndarray, "Y X"]
    detections: Detections
    overlaps: Float[np.ndarray, " N"] | None
    found: Found | None
    ap: float | None

    @classmethod
    def of(cls, frame: Frame, grid: BevGrid, norm: np.ndarray, detections: Detections, ap: float | None) -> Position:
        """Compares the boxes with the frame's labels, where it has any."""
        if frame.annotations is None:
            return cls(norm, detections, None, None, None)
        cars = frame.annotations.boxes.named("Car").values.astype(np.float64)
        iou, _ = all_pairs_iou(detections.boxes.values.astype(np.float64), cars)
        overlaps = iou.max(axis=1, initial=0.0)
        return cls(norm, detections, overlaps, cars_found([frame], [detections], grid, min_score=SURE), ap)

    def words(self, best_ap: float | None) -> str:
        """The result in words."""
        sure = int((np.asarray(self.detections.scores) > SURE).sum())
        if self.found is None:
            return f"{sure} boxes above score {SURE}; no labels to count against"
        alarms = f"{self.found.false_alarms} false alarm{'' if self.found.false_alarms == 1 else 's'}"
        counts = f"{self.found.hits} of {self.found.cars} cars found, {alarms}"
        return f"{counts}, AP {self.ap:.1f} (at most {best_ap:.1f} on this frame)"


@dataclass(frozen=True, eq=False)
class DialledFrame:
    """One frame at every position of the dial; made by `interactive.dialled_depth.DepthDial`.

    Attributes:
        frame: image, calibration; its depth and labels where there are any.
        grid: of the maps.
        bins: of the depth.
        truths: shares of the true depth, rising.
        shifts: metres, rising.
        blurs: metres, rising.
        predicted: (D + 1, h, w) the student's probabilities; the last one is "beyond".
        truth: (D + 1, h, w) one-hot true depth, 0 where it is not known.
        shift_matrices: (S, D, D) for every shift: to, from.
        blur_matrices: (B, D, D) for every blur.
        turned: the (D + 1, h, w) probabilities at any position.
        positions: what the student makes of them.
        best_ap: AP of the labels themselves: what a frame with so few cars allows; None without labels.
    """

    frame: Frame
    grid: BevGrid
    bins: DepthBins
    truths: tuple[float, ...]
    shifts: tuple[float, ...]
    blurs: tuple[float, ...]
    predicted: Float[np.ndarray, "D1 h w"]
    truth: Float[np.ndarray, "D1 h w"]
    shift_matrices: Float[np.ndarray, "S D D"]
    blur_matrices: Float[np.ndarray, "B D D"]
    turned: Callable[[Key], Float[np.ndarray, "D1 h w"]]
    positions: Mapping[Key, Position]
    best_ap: float | None

    def key(self, truth: int, shift: int, blur: int) -> Key:
        """The position of three places on the sliders.

        Raises:
            ValueError: no such place.
        """
        places = {"truth": (truth, self.truths), "shift": (shift, self.shifts), "blur": (blur, self.blurs)}
        for name, (place, values) in places.items():
            require(0 <= place < len(values), f"{name} {place}, expected a place on the slider, 0..{len(values) - 1}")
        return self.truths[truth], self.shifts[shift], self.blurs[blur]

    @property
    def start(self) -> tuple[int, int, int]:
        """Places of the untouched prediction."""
        return self.truths.index(0.0), self.shifts.index(0.0), self.blurs.index(0.0)

    @property
    def brightest(self) -> float:
        """Upper end of the maps' colours, one for all positions so that they can be compared."""
        return float(np.percentile(np.stack([position.norm for position in self.positions.values()]), 99.5))

    def reading(self, key: Key, uv: tuple[float | int, float | int]) -> PixelDepth:
        """The depth at a pixel, at a position.

        Raises:
            ValueError: a pixel outside the image.
        """
        distribution, rows, columns = feature_cell(self.frame, uv, self.turned(key), self.bins)
        mode, mean = summary(distribution[:, None], self.bins)
        true = true_depth(self.frame, rows, columns)
        return PixelDepth(distribution, float(mode[0]), float(mean[0]), true)


@dataclass(frozen=True, eq=False)
class PixelDepth:
    """The depth at one pixel.

    Attributes:
        distribution: (D + 1,) probabilities of its feature cell.
        mode: centre of the likeliest bin, metres.
        mean: without "beyond", metres; NaN where all of it is beyond.
        true: what the frame knows there, metres, or None.
    """

    distribution: Float[np.ndarray, " D1"]
    mode: float
    mean: float
    true: float | None


def key_words(key: Key) -> str:
    """A position in words."""
    truth, shift, blur = key
    words = [f"{truth:.0%} true depth"]
    if shift:
        words.append(f"{abs(shift):g} m too {'far' if shift > 0 else 'near'}")
    if blur:
        words.append(f"blurred by {blur:g} m")
    return ", ".join(words)
