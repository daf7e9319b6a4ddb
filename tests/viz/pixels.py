"""Reads rendered pictures back as pixels, to see where a colour ended up."""

import io

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image


def rendered(picture) -> np.ndarray:
    """(H, W, 3) RGB of a picture, 0..255."""
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))


def where(image: np.ndarray, colour, tolerance: int = 12) -> np.ndarray:
    """(K, 2) row, column of the pixels that have the colour."""
    target = 255 * np.array(to_rgb(colour))
    return np.argwhere(np.abs(image.astype(float) - target).max(axis=-1) <= tolerance)


def inside(axes, image: np.ndarray) -> np.ndarray:
    """The part of the rendered picture that the axes cover."""
    height = len(image)
    axes.figure.canvas.draw()
    box = axes.get_window_extent()
    return image[round(height - box.y1) : round(height - box.y0), round(box.x0) : round(box.x1)]


def share(found: np.ndarray, image: np.ndarray) -> tuple[float, float]:
    """Middle of the found pixels as (down, across) shares of the image, 0..1."""
    assert len(found), "the colour is nowhere in the picture"
    return tuple(((found.min(axis=0) + found.max(axis=0)) / 2 + 0.5) / image.shape[:2])
