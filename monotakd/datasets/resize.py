"""A frame as a camera with fewer pixels would have taken it: image, calibration and image boxes together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from monotakd.geometry.frames import resize_calibration
from monotakd.scene import Frame


def resize_frame(frame: Frame, size: tuple[int, int]) -> Frame:
    """The frame at another image size.

    Points and boxes stay where they are. Depth and instance maps are dropped: depth is made anew from the points
    (`depth_maps.sparse_depth`), because averaging depths across an edge invents surfaces.

    Args:
        frame: any frame.
        size: (height, width) of the new image, pixels.
    """
    if tuple(frame.image.shape[:2]) == tuple(size):
        return frame
    height, width = size
    # PIL's box filter averages what a larger pixel covers; BOX would leave blocks when enlarging.
    smaller = width <= frame.image.shape[1]
    resampling = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    image = np.array(Image.fromarray(frame.image).resize((width, height), resampling))
    scale = np.array([width / frame.image.shape[1], height / frame.image.shape[0]] * 2)
    annotations = frame.annotations
    if annotations is not None:
        annotations = replace(
            annotations,
            boxes_2d=(annotations.boxes_2d + 0.5) * scale - 0.5,
            ignore_regions=(annotations.ignore_regions + 0.5) * scale - 0.5,
        )
    return replace(
        frame,
        image=image,
        calibration=resize_calibration(frame.calibration, size),
        depth=None,
        annotations=annotations,
        instances=None,
    )
