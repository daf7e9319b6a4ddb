"""Dense depth from one LiDAR sweep without learning, after the recipe of IP-Basic.

Ku, Harakeh and Waslander, "In Defense of Classical Image Processing: Fast Depth Completion on the CPU", CRV 2018.
Depth is turned round (far becomes small), so that a dilation lets near objects win over what lies behind them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from monotakd.datasets.depth_completion_kernels import bilateral_5x5, median_5x5

_SMALL_HOLE = 7
_LARGE_HOLE = 31
_CLOSING = 5
_SPACE_SIGMA = 2.0
_RANGE_SIGMA = 1.5


def complete_depth(
    sparse: Float[np.ndarray, "H W"],
    *,
    max_depth: float = 100.0,
    fill_to_top: bool = True,
    blur: Literal["bilateral", "gaussian"] | None = "bilateral",
) -> Float32[np.ndarray, "H W"]:
    """Fills a sparse depth map.

    Args:
        sparse: (H, W) metres, 0 where unknown, as `depth_maps.sparse_depth` gives it.
        max_depth: what is farther counts as unknown, metres.
        fill_to_top: carry the highest known depth of each column up to the image's upper edge (LiDAR ends below the
            sky) and fill what is still empty within 15 pixels.
        blur: smooths the result; ``"bilateral"`` keeps edges, ``"gaussian"`` errs least on average.

    Returns:
        (H, W) metres, 0 where nothing known is near enough.

    Raises:
        ValueError: the map has NaN, infinite or negative values.
    """
    if not np.isfinite(sparse).all() or (sparse < 0).any():
        raise ValueError("a sparse depth map has finite values of 0 (unknown) or more; got NaN, infinite or negative")
    known = (sparse > 0) & (sparse < max_depth)
    # One metre is added so that even a point at max_depth is told from "unknown", which is 0.
    far = np.float32(max_depth + 1)
    inverted = np.where(known, far - sparse.astype(np.float32), np.float32(0))
    filled = _close(_dilate_diamond(inverted))
    filled = _fill_holes(filled, _SMALL_HOLE)
    if fill_to_top:
        filled = _fill_holes(_extend_upwards(filled), _LARGE_HOLE)
    filled = median_5x5(np.pad(filled, 2, mode="edge"))
    if blur is not None:
        range_sigma = _RANGE_SIGMA if blur == "bilateral" else 1e6
        filled = bilateral_5x5(np.pad(filled, 2, mode="edge"), _SPACE_SIGMA, range_sigma)
    return np.where(filled > 0, far - filled, np.float32(0))


def _dilate_diamond(image: np.ndarray) -> np.ndarray:
    """Maximum over all pixels at most two steps away (steps go up, down, left and right)."""
    for _ in range(2):
        previous = image
        image = previous.copy()
        np.maximum(image[1:], previous[:-1], out=image[1:])
        np.maximum(image[:-1], previous[1:], out=image[:-1])
        np.maximum(image[:, 1:], previous[:, :-1], out=image[:, 1:])
        np.maximum(image[:, :-1], previous[:, 1:], out=image[:, :-1])
    return image


def _close(image: np.ndarray) -> np.ndarray:
    """Dilation then erosion over a square: holes narrower than the square are filled."""
    return _square(_square(image, _CLOSING, np.maximum, 0.0), _CLOSING, np.minimum, np.inf)


def _fill_holes(image: np.ndarray, size: int) -> np.ndarray:
    """Gives unknown pixels the maximum of the square around them."""
    return np.where(image > 0, image, _square(image, size, np.maximum, 0.0))


def _square(image: np.ndarray, size: int, extremum: np.ufunc, outside: float) -> np.ndarray:
    """Running maximum or minimum over a ``size`` x ``size`` square; beyond the border lies ``outside``."""
    return _running(_running(image, size, extremum, outside).T, size, extremum, outside).T


def _running(image: np.ndarray, size: int, extremum: np.ufunc, outside: float) -> np.ndarray:
    """Along the rows' axis. Doubling: windows of 2, 4, 8 ... rows, then two overlapping ones make ``size``."""
    rows = len(image)
    window, width = np.pad(image, ((size // 2, size // 2), (0, 0)), constant_values=np.float32(outside)), 1
    while 2 * width <= size:
        window = extremum(window[:-width], window[width:])
        width *= 2
    return extremum(window[:rows], window[size - width : size - width + rows])


def _extend_upwards(image: np.ndarray) -> np.ndarray:
    """Above the highest known pixel of a column, repeats it up to the border."""
    highest = (image > 0).argmax(axis=0)
    columns = np.arange(image.shape[1])
    above = np.arange(image.shape[0])[:, None] < highest
    return np.where(above, image[highest, columns], image)
