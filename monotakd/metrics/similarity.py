"""How alike two feature maps are, measured on cells.

A row is a cell, a column a channel; both maps need the same cells, N = M. None of the numbers says much alone: two maps
of one street are alike for reasons that nobody taught them, such as empty cells far away. `compare_maps` therefore
gives a floor beside each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from monotakd.errors import require
from monotakd.metrics.alignment_of_spaces import best_linear_map, explained, paired_rows


def occupied_cells(features: Float[np.ndarray, "C Y X"]) -> Bool[np.ndarray, "Y X"]:
    """Cells that say anything else than the map's most frequent feature vector.

    A sparse network writes one and the same vector into every empty cell, though not always zeros. A map in which no
    vector occurs twice, such as a camera network's, is occupied everywhere.
    """
    cells = np.ascontiguousarray(features.reshape(len(features), -1).T)
    _, inverse, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    most = counts.argmax()
    empty = (inverse.reshape(-1) == most) & (counts[most] > 1)
    return ~empty.reshape(features.shape[1:])


def block_checkerboard(shape: tuple[int, int], size: int) -> Bool[np.ndarray, "Y X"]:
    """Every other block of ``size`` x ``size`` cells.

    Neighbouring cells say nearly the same: held-out cells should lie together, away from the fitted ones.
    """
    require(size >= 1, f"blocks of {size} cells, expected at least 1")
    rows, columns = (np.arange(count) // size for count in shape)
    return (rows[:, None] + columns) % 2 == 1


def cosine(a: Float[np.ndarray, "N C"], b: Float[np.ndarray, "M D"]) -> float:
    """Mean over the cells of the cosine between the two feature vectors, -1..1; a vector of zeros counts 0.

    Compares channel by channel, so it means something only where both maps use their channels alike.

    Raises:
        ValueError: no cells, other shapes, or a number that is not finite.
    """
    a, b = paired_rows(a, b)
    require(a.shape == b.shape, f"cosine of {a.shape} and {b.shape} (cells, channels): both need the same channels")
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.mean((a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)))


def linear_cka(a: Float[np.ndarray, "N C"], b: Float[np.ndarray, "M D"]) -> float:
    """Linear centred kernel alignment, 0..1: whether the same cells lie near to each other in both feature spaces.

    1 for maps that are equal up to a rotation, a scale and an offset, so channels need not be matched. Above 0 also
    for unrelated maps, the more so the fewer the cells are against the channels. NaN where a map is constant.
    Source: Kornblith et al., Similarity of Neural Network Representations Revisited (ICML 2019), section 3.

    Raises:
        ValueError: no cells, different cells, or a number that is not finite.
    """
    a, b = (rows - rows.mean(axis=0) for rows in paired_rows(a, b))
    own = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(np.linalg.norm(a.T @ b) ** 2 / own) if own > 0 else float("nan")


def linear_map_r2(
    source: Float[np.ndarray, "N C"], target: Float[np.ndarray, "M D"], held_out: Bool[np.ndarray, " K"]
) -> float:
    """How much of the target's variance the best linear map (with offset) of the source explains.

    The map is fitted by least squares on the cells that are not held out; R2 is over all channels together, on the
    held-out cells, against their own mean. 1 is perfect, 0 no better than the mean; below 0 where the fit does not
    carry over. NaN where the target is constant.

    Args:
        source: features to predict from.
        target: features to predict.
        held_out: cells to judge by, see `block_checkerboard`.

    Raises:
        ValueError: different cells, none held out, or too few to fit.
    """
    source, target = paired_rows(source, target)
    held_out = np.asarray(held_out, dtype=bool)
    require(
        held_out.shape == (len(source),), f"held_out has shape {held_out.shape}, expected one per cell: {len(source)}"
    )
    cells, unknowns = int((~held_out).sum()), source.shape[1] + 1
    require(
        held_out.any() and cells >= unknowns,
        f"{cells} cells to fit {unknowns} numbers per channel and {len(source) - cells} held out: fit on at least "
        f"{unknowns} and hold out at least 1",
    )
    fitted = best_linear_map(source[~held_out], target[~held_out])
    return explained(fitted(source[held_out]), target[held_out])


@dataclass(frozen=True)
class Similarity:
    """Two maps compared on the occupied cells of one frame.

    Attributes:
        cosine: None where the maps differ in their number of channels.
        cka: linear CKA; NaN where a map is constant.
        cosine_floor: the same numbers against other frames' maps: what two maps have in common that have nothing to do
            with each other. None where there is no other frame.
        cka_floor: see above.
    """

    cosine: float | None
    cka: float
    cosine_floor: float | None
    cka_floor: float | None


def compare_maps(
    a: Float[np.ndarray, "B C Y X"],
    b: Float[np.ndarray, "_ _ _ _"],
    occupied: Bool[np.ndarray, "_ _ _"],
    sample: int = 0,
) -> Similarity:
    """Compares row ``sample`` of both maps; against the other rows of ``b`` it gives the floor, their mean.

    The floor looks at cells that both frames occupy: an occupied cell against an empty one would be too easy to tell
    apart. Frames with fewer such cells than channels are left out. Fewer cells make the floor of CKA a little higher,
    never lower.

    Args:
        a: a map of several frames, such as a student's.
        b: a map of the same frames, such as the teacher's.
        occupied: cells to look at in each frame, (B, Y, X), see `occupied_cells`.
        sample: the frame.

    Raises:
        ValueError: other frames or cells, no such sample, or no occupied cell.
    """
    require(
        (len(a), *a.shape[2:]) == (len(b), *b.shape[2:]) == occupied.shape,
        f"maps of shape {a.shape} and {b.shape} (B, C, Y, X) and cells {occupied.shape} (B, Y, X): "
        "pass the same frames on the same grid",
    )
    require(0 <= sample < len(a), f"sample {sample} of maps with {len(a)} frames (0..{len(a) - 1})")
    require(bool(occupied[sample].any()), "no occupied cell to compare the maps on")
    alike = a.shape[1] == b.shape[1]

    def against(frame: int) -> tuple[float | None, float]:
        cells = occupied[sample] & occupied[frame]
        own, other = a[sample][:, cells].T, b[frame][:, cells].T
        return (cosine(own, other) if alike else None), linear_cka(own, other)

    value, cka = against(sample)
    others = [
        frame
        for frame in range(len(a))
        if frame != sample and (occupied[sample] & occupied[frame]).sum() > max(a.shape[1], b.shape[1])
    ]
    if not others:
        return Similarity(value, cka, None, None)
    values, ckas = zip(*map(against, others), strict=True)
    return Similarity(value, cka, float(np.mean(values)) if alike else None, float(np.mean(ckas)))
