"""What is known of every pixel: its depth, and the object seen there."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from monotakd.errors import DataError
from monotakd.scene import Frame
from monotakd.viz import palette, style
from monotakd.viz.image import dimmed, draw_labels, image_axes


def _spread(depth: np.ndarray) -> np.ndarray:
    """Each unknown pixel takes the nearest depth among its eight neighbours, so that single points are seen."""
    padded = np.pad(np.where(depth > 0, depth, np.inf), 1, constant_values=np.inf)
    height, width = depth.shape
    near = np.min([padded[i : i + height, j : j + width] for i in range(3) for j in range(3)], axis=0)
    return np.where(depth > 0, depth, np.where(np.isfinite(near), near, 0.0))


def draw_depth(
    frame: Frame,
    depth: Float[np.ndarray, "H W"] | None = None,
    *,
    max_depth: float | int = 60.0,
    title: str | None = None,
    width: float | int = style.WIDTH,
    axes: Axes | None = None,
) -> style.Picture:
    """A depth map in colours: near yellow, far violet, logarithmic, unknown dark.

    In a map with fewer than a quarter of its pixels known, points are drawn three pixels wide.

    Args:
        frame: the frame.
        depth: (H, W) metres along the camera's z axis, 0 where unknown; the frame's own by default.
        max_depth: depth in metres at which the colours end.
        title: above the map.
        width: of the picture, inches.
        axes: draw here instead.

    Raises:
        DataError: there is no depth, it has another shape than the image, or it is NaN or negative somewhere.
    """
    depth = frame.depth if depth is None else depth
    source = f"depth of frame {frame.frame_id}"
    if depth is None:
        raise DataError(source, "none", "an (H, W) map in metres", fix="Read the frame with a depth, or pass one")
    if depth.shape != frame.image.shape[:2]:
        raise DataError(source, f"shape {depth.shape}", f"the image's {frame.image.shape[:2]}")
    wrong = np.argwhere(~(np.isfinite(depth) & (depth >= 0)))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            source, f"{depth[row, column]}", "metres, 0 where unknown", place=f"pixel row {row}, column {column}"
        )
    known = float((depth > 0).mean())
    shown = depth if known >= 0.25 else _spread(depth)
    colours = palette.DEPTH(style.depth_scale(max_depth)(np.maximum(shown, 0.1)))[..., :3]
    colours[shown == 0] = 0.10
    title = f"frame {frame.frame_id}: depth known at {known:.1%} of the pixels" if title is None else title
    axes = image_axes(frame, colours, axes=axes, width=width, title=title)
    style.colour_bar(axes, ScalarMappable(style.depth_scale(max_depth), palette.DEPTH), "depth (m)")
    return axes.figure


def draw_instances(
    frame: Frame, *, title: str | None = None, width: float | int = style.WIDTH, axes: Axes | None = None
) -> style.Picture:
    """Object masks: each labelled object in its own colour over the greyed image.

    Args:
        frame: a frame with ``instances``.
        title: above the image.
        width: of the picture, inches.
        axes: draw here instead.

    Raises:
        DataError: the frame has no masks.
    """
    if frame.instances is None:
        raise DataError(
            f"frame {frame.frame_id}",
            "no instance masks",
            "an (H, W) map of object rows, -1 elsewhere",
            fix="Masks come with rendered streets only; KITTI's object set has none",
        )
    mask = frame.instances
    names = frame.annotations.boxes.names if frame.annotations is not None else ()
    rows = np.unique(mask[mask >= 0])
    picture = dimmed(frame.image, 0.8) / 255.0
    colours = palette.instance_colours(int(rows.max()) + 1 if len(rows) else 0)
    covered = mask >= 0
    picture[covered] = 0.45 * picture[covered] + 0.55 * colours[mask[covered]]
    title = f"frame {frame.frame_id}: {len(rows)} objects seen" if title is None else title
    axes = image_axes(frame, picture, axes=axes, width=width, title=title)
    tags = []
    for row in rows:
        v, u = np.nonzero(mask == row)
        name = names[row] if row < len(names) else "object"
        tags.append((float(u.mean()), float(v.min()), f"{row} {name}", palette.INK))
    draw_labels(axes, tags)
    return axes.figure
