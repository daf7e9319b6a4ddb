"""Many channels as one colour: principal components of one map as the colours of all maps beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from monotakd.errors import require

OPPONENT = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, 2.0], [1.0, -1.0, 0.0]]) / np.sqrt([[3.0], [6.0], [2.0]])
"""Where components 1, 2, 3 go: dark to light, yellow to blue, green to red. All common colour vision deficiencies keep
the first two; the third is the one that explains least."""
_REACH = 2.5
"""Standard deviations of a component from mid-grey to the end of its colour axis."""


@dataclass(frozen=True, eq=False)
class ColourBasis:
    """Three directions in a feature space, fitted once.

    Attributes:
        mean: (C,) what mid-grey stands for.
        directions: (3, C) unit vectors, the largest variance first; rows of zeros where there are fewer than three.
        deviations: (3,) standard deviation of the fitted cells along each.
        explained: (3,) share of their variance along each.
    """

    mean: Float[np.ndarray, " C"]
    directions: Float[np.ndarray, "3 C"]
    deviations: Float[np.ndarray, " 3"]
    explained: Float[np.ndarray, " 3"]

    @property
    def spread(self) -> float:
        """Root of the fitted cells' total variance."""
        return float(np.sqrt((self.deviations**2).sum() / max(self.explained.sum(), 1e-12)))


def fit_colours(features: Float[np.ndarray, "C Y X"], cells: Bool[np.ndarray, "Y X"]) -> ColourBasis:
    """Principal components of some cells.

    The sign of a component is arbitrary in theory and differs between computers in practice: here its largest entry is
    positive. Their order is that of their variance.

    Args:
        features: the map that gives the basis.
        cells: which of its cells to fit.

    Raises:
        ValueError: no cell.
    """
    rows = features[:, cells].T.astype(np.float64)
    require(len(rows) > 0, "no occupied cell to fit the colours to: the map is empty")
    mean = rows.mean(axis=0)
    centred = rows - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    count = min(3, len(variances))
    directions, found = np.zeros((3, len(mean))), np.zeros(3)
    directions[:count] = vectors[:, ::-1].T[:count]
    found[:count] = np.maximum(variances[::-1][:count], 0.0)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1, keepdims=True), axis=1)
    directions *= np.where(largest < 0, -1.0, 1.0)
    total = max(float(variances.sum()), 1e-12)
    return ColourBasis(mean, directions, np.sqrt(found), found / total)


def feature_colours(
    features: Float[np.ndarray, "C Y X"], basis: ColourBasis, cells: Bool[np.ndarray, "Y X"] | None = None
) -> Float[np.ndarray, "Y X 3"]:
    """A map in the colours of a basis: RGB, 0..1; mid-grey is the basis' mean.

    Args:
        features: as many channels as the basis has.
        basis: from `fit_colours`.
        cells: bring the map to the basis' mean and spread first, as these cells have them: for a map in units of its
            own, which would else be all one colour. None for a map in the basis' units.

    Raises:
        ValueError: another number of channels.
    """
    require(
        len(features) == len(basis.mean),
        f"a map with {len(features)} channels has no colours in a basis of {len(basis.mean)}; show it with view='norm'",
    )
    deviation = features.astype(np.float64) - basis.mean[:, None, None]
    if cells is not None:
        rows = features[:, cells].astype(np.float64)
        own = rows.mean(axis=1)
        spread = np.sqrt(((rows - own[:, None]) ** 2).sum(axis=0).mean())
        deviation = (features - own[:, None, None]) * (basis.spread / max(spread, 1e-12))
    scores = np.einsum("kc,cyx->kyx", basis.directions, deviation)
    scaled = scores / (_REACH * np.maximum(basis.deviations, 1e-12)[:, None, None])
    # Along each axis alone, mid-grey can move by 0.5 sqrt(3), 0.5 sqrt(1.5), 0.5 sqrt(2) before a channel is cut off.
    room = 0.5 / np.abs(OPPONENT).max(axis=1)
    return np.clip(0.5 + np.einsum("kyx,kc->yxc", room[:, None, None] * np.clip(scaled, -1, 1), OPPONENT), 0.0, 1.0)
