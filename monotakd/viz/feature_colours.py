"""Many channels as one colour: principal components of one map as the colours of all maps beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from monotakd.errors import require
from monotakd.metrics.similarity import occupied_cells

OPPONENT = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, 2.0], [1.0, -1.0, 0.0]])
"""What components 1, 2, 3 add to red, green and blue: light, blue against yellow, red against green. All common colour
vision deficiencies keep the first two; the third is the one that explains least."""
_DARK, _LIGHT, _TINT = 0.10, 0.82, 0.24
_PERCENTILES = (1.0, 99.0)
_EMPTY_SHARE = 0.01
"""A map has empty cells if at least this share of them say one and the same."""


@dataclass(frozen=True, eq=False)
class ColourBasis:
    """Three directions in a feature space, fitted once.

    Attributes:
        origin: (C,) the features of an empty cell, where there are any, else the mean: components count from here.
        mean: (C,) of the fitted cells.
        spread: root of their mean squared distance from the mean.
        size: the same from the origin.
        directions: (3, C) unit vectors, the largest second moment about the origin first; rows of zeros where there
            are fewer than three channels.
        explained: (3,) share of that second moment along each.
        low: (3,) components of the fitted cells start here, but for a few extremes.
        high: (3,) and end here.
    """

    origin: Float[np.ndarray, " C"]
    mean: Float[np.ndarray, " C"]
    spread: float
    size: float
    directions: Float[np.ndarray, "3 C"]
    explained: Float[np.ndarray, " 3"]
    low: Float[np.ndarray, " 3"]
    high: Float[np.ndarray, " 3"]


def fit_colours(features: Float[np.ndarray, "C Y X"], cells: Bool[np.ndarray, "Y X"]) -> ColourBasis:
    """Principal components of the occupied cells, about the value of the empty ones.

    Counted from there, component 1 is mostly how much a cell says, and empty cells are dark. The sign of a component is
    arbitrary in theory and differs between computers in practice: here its mean over the cells is positive, or where
    that is nearly 0 its largest entry.

    Args:
        features: the map that gives the basis.
        cells: the occupied ones.

    Raises:
        ValueError: no cell.
    """
    rows = features[:, cells].T.astype(np.float64)
    require(len(rows) > 0, "no occupied cell to fit the colours to: the map says the same everywhere")
    mean = rows.mean(axis=0)
    origin = mean if cells.all() else features[:, ~cells].mean(axis=1).astype(np.float64)
    moments, vectors = np.linalg.eigh((rows - origin).T @ (rows - origin) / len(rows))
    count = min(3, len(moments))
    directions, explained = np.zeros((3, len(mean))), np.zeros(3)
    directions[:count] = vectors[:, ::-1].T[:count]
    explained[:count] = np.maximum(moments[::-1][:count], 0.0) / max(float(moments.sum()), 1e-12)
    scores = (rows - origin) @ directions.T
    leaning = scores.mean(axis=0)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1, keepdims=True), axis=1)[:, 0]
    clear = np.abs(leaning) > 1e-3 * np.sqrt(np.square(scores).mean(axis=0))
    sign = np.where(np.where(clear, leaning, largest) < 0, -1.0, 1.0)
    low, high = np.percentile(scores * sign, _PERCENTILES, axis=0)
    spread, size = (float(np.sqrt(np.square(rows - zero).sum(axis=1).mean())) for zero in (mean, origin))
    return ColourBasis(origin, mean, spread, size, directions * sign[:, None], explained, low, high)


def feature_colours(
    features: Float[np.ndarray, "C Y X"], basis: ColourBasis, cells: Bool[np.ndarray, "Y X"] | None = None
) -> Float[np.ndarray, "Y X 3"]:
    """A map in the colours of a basis: RGB, 0..1.

    Args:
        features: as many channels as the basis has.
        basis: from `fit_colours`.
        cells: show the map in units of its own, or it might be all one colour: its empty cells (its mean, where there
            are none) go to the basis' origin (mean), and these cells' distance from there to that of the fitted cells.
            None for a map in the basis' units.

    Raises:
        ValueError: another number of channels.
    """
    require(
        len(features) == len(basis.mean),
        f"a map with {len(features)} channels has no colours in a basis of {len(basis.mean)}; show it with view='norm'",
    )
    rows = features.reshape(len(features), -1).T.astype(np.float64)
    if cells is not None:
        own, empty = rows[cells.ravel()], ~occupied_cells(features).ravel()
        has_empty = empty.mean() > _EMPTY_SHARE
        zero = rows[empty].mean(axis=0) if has_empty else own.mean(axis=0)
        size = np.sqrt(np.square(own - zero).sum(axis=1).mean())
        rows = (rows - zero) / max(size, 1e-12)
        rows = basis.origin + rows * basis.size if has_empty else basis.mean + rows * basis.spread
    scores = (rows - basis.origin) @ basis.directions.T
    low = min(0.0, float(basis.low[0]))
    light = (scores[:, 0] - low) / max(float(basis.high[0]) - low, 1e-12)
    reach = np.maximum(np.abs([basis.low[1:], basis.high[1:]]).max(axis=0), 1e-12)
    tint = np.clip(scores[:, 1:] / reach, -1.0, 1.0)
    lightness = _DARK + (_LIGHT - _DARK) * np.sqrt(np.clip(light, 0.0, 1.0))  # or weak cells would be lost in the dark
    rgb = lightness[:, None] * OPPONENT[0] + _TINT * tint @ OPPONENT[1:]
    return np.clip(rgb, 0.0, 1.0).reshape(*features.shape[1:], 3)
