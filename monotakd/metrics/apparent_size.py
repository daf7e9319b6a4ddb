"""How far apparent size alone can take a camera: an ideal detector that judges distance by the height of a box.

An object of height H at depth z covers h = f H / z pixels. Who sees h and assumes the height H' puts it at z H' / H:
too near if it is higher than assumed, too far if it is lower, whatever the network. Everything else is right here:
every object is found once, its direction, size and yaw are the true ones, and no box is on nothing. So the AP of this
detector is what is left when only the depth is guessed, and guessed from size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.errors import require
from monotakd.metrics.oracle import UP_TO_BOTTOM, box_centres


def seen_by_size(
    truth: KittiLabels, name: str, *, assumed_height: float | None, pixels: float, rng: np.random.Generator
) -> KittiLabels:
    """What the ideal detector says of a frame.

    Args:
        truth: labels, with image boxes in the pixels of the image that is looked at.
        name: the class that is looked for.
        assumed_height: of every object, metres; None for the true height of each.
        pixels: standard deviation of the error in the height of a box.
        rng: draws those errors.

    Returns:
        One detection per object of the class, moved along its ray; nearer ones are surer.
    """
    require(pixels >= 0, f"pixels is {pixels}; a standard deviation is 0 or more")
    objects = truth[np.array([found == name for found in truth.names], dtype=bool)]
    height = objects.dimensions[:, 0]
    in_pixels = np.maximum(objects.boxes_2d[:, 3] - objects.boxes_2d[:, 1], 1.0)
    ratio = np.ones(len(objects)) if assumed_height is None else assumed_height / height
    ratio = ratio * (1 + rng.standard_normal(len(objects)) * pixels / in_pixels)
    locations = box_centres(objects) * ratio[:, None] + np.outer(height, UP_TO_BOTTOM)
    return replace(objects, locations=locations, scores=1 / np.maximum(locations[:, 2], 1.0))


def mean_height(labels: Sequence[KittiLabels], name: str) -> float:
    """Mean height of the objects of a class, metres.

    Raises:
        ValueError: there are none.
    """
    heights = [
        height
        for frame in labels
        for height, found in zip(frame.dimensions[:, 0], frame.names, strict=True)
        if found == name
    ]
    require(heights, f"no {name} in {len(labels)} frames; expected some to take the mean height of")
    return float(np.mean(heights))
