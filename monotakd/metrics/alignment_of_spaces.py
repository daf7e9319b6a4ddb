"""Carries one feature space into another: by a rotation (Procrustes) or by the best linear map, judged by R2.

A network is free to name its channels as it likes: turn them by any rotation, undo it in the next layer, and it says
the same. What two networks share is therefore what is left after the best map between their channels was found.
A row is a cell, a column a channel; both maps need the same cells, N = M.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from monotakd.errors import require


@dataclass(frozen=True, eq=False)
class SpaceMap:
    """An affine map from the channels of one network to those of another: ``rows @ matrix + offset``.

    Attributes:
        matrix: (C, D).
        offset: (D,).
    """

    matrix: Float[np.ndarray, "C D"]
    offset: Float[np.ndarray, " D"]

    def __call__(self, rows: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N D"]:
        """The cells' features in the other network's channels.

        Raises:
            ValueError: another number of channels than the map was fitted to.
        """
        require(
            rows.ndim == 2 and rows.shape[1] == len(self.matrix),
            f"features of shape {rows.shape}, expected (cells, {len(self.matrix)}); of a map (C, Y, X) take "
            "features[:, cells].T",
        )
        return rows @ self.matrix + self.offset

    def on_map(self, features: Float[np.ndarray, "C Y X"]) -> Float[np.ndarray, "D Y X"]:
        """A whole BEV map in the other network's channels."""
        rows = self(features.reshape(len(features), -1).T)
        return rows.T.reshape(-1, *features.shape[1:])


def procrustes(source: Float[np.ndarray, "N C"], target: Float[np.ndarray, "M _"], *, scale: bool = True) -> SpaceMap:
    """The rotation (or reflection) that brings the source nearest to the target, after both were centred.

    Minimises ``|s A R - B|`` over orthogonal R, and over the one factor s too, with A and B the centred features.
    R = U V' for the singular value decomposition ``A' B = U S V'``, and s = sum(S) / |A|^2.
    Source: Schoenemann, A generalized solution of the orthogonal Procrustes problem (Psychometrika 1966).

    Args:
        source: features to carry over.
        target: where to; as many channels.
        scale: allow the factor; off, the map keeps all lengths.

    Raises:
        ValueError: no cells, different cells or channels, a number that is not finite, or a constant source.
    """
    source, target = paired_rows(source, target)
    require(
        source.shape == target.shape,
        f"Procrustes of {source.shape} and {target.shape} (cells, channels): a rotation needs as many channels on both "
        "sides; best_linear_map does not",
    )
    from_mean, to_mean = source.mean(axis=0), target.mean(axis=0)
    centred = source - from_mean
    left, sizes, right = np.linalg.svd(centred.T @ (target - to_mean))
    matrix = left @ right
    if scale:
        length = float((centred**2).sum())
        require(length > 0, "the source says the same in every cell: there is nothing to turn")
        matrix = matrix * (sizes.sum() / length)
    return SpaceMap(matrix, to_mean - from_mean @ matrix)


def best_linear_map(source: Float[np.ndarray, "N C"], target: Float[np.ndarray, "M D"]) -> SpaceMap:
    """Least squares with an offset: the most that a linear layer can make of the source.

    Raises:
        ValueError: different cells, fewer cells than numbers to fit per channel, or a number that is not finite.
    """
    source, target = paired_rows(source, target)
    unknowns = source.shape[1] + 1
    require(
        len(source) >= unknowns,
        f"{len(source)} cells to fit {unknowns} numbers per channel: fit on at least {unknowns}",
    )
    design = np.column_stack([source, np.ones(len(source))])
    best, *_ = np.linalg.lstsq(design, target, rcond=None)
    return SpaceMap(best[:-1], best[-1])


def explained(predicted: Float[np.ndarray, "N D"], target: Float[np.ndarray, "M _"]) -> float:
    """R2: the share of the target's variance that the prediction explains, over all channels together.

    1 is perfect, 0 no better than saying the target's mean in every cell, below 0 worse than that. NaN where the target
    is constant.

    Raises:
        ValueError: different shapes, no cells, or a number that is not finite.
    """
    predicted, target = paired_rows(predicted, target)
    require(
        predicted.shape == target.shape,
        f"prediction of {predicted.shape} for a target of {target.shape} (cells, channels)",
    )
    variance = ((target - target.mean(axis=0)) ** 2).sum()
    return float(1.0 - ((target - predicted) ** 2).sum() / variance) if variance > 0 else float("nan")


def random_rotation(channels: int, rng: np.random.Generator) -> Float[np.ndarray, "C C"]:
    """An orthogonal matrix, uniformly drawn from all of them (reflections included).

    QR of normal numbers, with the signs of R moved into Q; without that step the draw is not uniform.
    Source: Mezzadri, How to generate random matrices from the classical compact groups (Notices of the AMS 2007).
    """
    q, r = np.linalg.qr(rng.normal(size=(channels, channels)))
    return q * np.sign(np.diag(r))


def paired_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features of the same cells in float64.

    Raises:
        ValueError: not two tables of the same cells, no cells, or a number that is not finite.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    require(
        a.ndim == b.ndim == 2 and len(a) == len(b) > 0,
        f"features of shape {a.shape} and {b.shape}, expected (cells, channels) with the same cells, at least one; "
        "of a map (C, Y, X) take features[:, occupied].T",
    )
    for name, rows in (("first", a), ("second", b)):
        require(bool(np.isfinite(rows).all()), f"the {name} map has NaN or infinite features")
    return a, b
