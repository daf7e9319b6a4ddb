"""Depth completion written in the obvious way: scipy's filters, and loops where scipy has none."""

import numpy as np
from scipy import ndimage

DIAMOND = np.abs(np.arange(-2, 3))[:, None] + np.abs(np.arange(-2, 3)) <= 2


def complete_slowly(sparse, *, max_depth=100.0, fill_to_top=True, blur="bilateral"):
    far = max_depth + 1
    image = np.where((sparse > 0) & (sparse < max_depth), far - sparse.astype(np.float64), 0.0)
    image = ndimage.maximum_filter(image, footprint=DIAMOND, mode="constant")
    image = ndimage.maximum_filter(image, 5, mode="constant")
    image = ndimage.minimum_filter(image, 5, mode="constant", cval=np.inf)
    image = np.where(image > 0, image, ndimage.maximum_filter(image, 7, mode="constant"))
    if fill_to_top:
        for column in image.T:
            if column.any():
                first = np.flatnonzero(column)[0]
                column[:first] = column[first]
        image = np.where(image > 0, image, ndimage.maximum_filter(image, 31, mode="constant"))
    image = np.where(image > 0, ndimage.median_filter(image, 5, mode="nearest"), 0)
    if blur is not None:
        image = weighted_mean(image, 1.5 if blur == "bilateral" else np.inf)
    return np.where(image > 0, far - image, 0)


def weighted_mean(image, range_sigma):
    padded = np.pad(image, 2, mode="edge")
    result = np.zeros_like(image)
    for row, column in np.argwhere(image > 0):
        window = padded[row : row + 5, column : column + 5]
        steps = np.arange(-2, 3)
        weights = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * 2.0**2))
        difference = window - image[row, column]
        weights = weights * np.exp(-(difference**2) / (2 * range_sigma**2))
        weights = weights * ((window > 0) & (np.abs(difference) < 4 * range_sigma))
        result[row, column] = (weights * window).sum() / weights.sum()
    return result
