"""Anchors around an object, coloured by what the assignment made of them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from monotakd.scene import Boxes3D
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, bev_axes, draw_box_outlines
from monotakd.viz.boxsets import box_sets

KINDS = {"positive": palette.ROLES["student"], "ignored": palette.OTHERS[3], "background": "#AEB7BE"}
"""Colour of what an anchor is told to be."""


def draw_matching(
    anchors: Float[np.ndarray, "Y X rotations 7"],
    labels: Int[np.ndarray, "*A"],
    box: Float[np.ndarray, " 7"],
    *,
    region: Region | None = None,
    width: float | int = 7.6,
) -> style.Picture:
    """One panel per anchor rotation: the cells whose anchors count for an object, and the object.

    Args:
        anchors: of one class, at least two rows and columns, as `geometry.anchors.anchor_boxes` lays them.
        labels: (Y, X, rotations) -1 ignored, 0 background, above 0 positive; `models.heads.anchor_targets` makes them.
        box: the object, row ``x y z l w h yaw``.
        region: what is shown, (from, to) along x and y; by default 3 m around the centre.
        width: of the picture, inches.

    Raises:
        ValueError: labels of another shape than the anchors.
    """
    anchors, labels = np.asarray(anchors), np.asarray(labels)
    if labels.shape != anchors.shape[:-1]:
        raise ValueError(
            f"labels have shape {labels.shape}, expected one per anchor: {anchors.shape[:-1]}; "
            "assign_anchors gives them flat in the order y, x, class, rotation: reshape, then take one class"
        )
    x, y = (float(v) for v in box[:2])
    (near, far), (right, left) = region or ((x - 3.0, x + 3.0), (y - 3.0, y + 3.0))
    rotations = anchors.shape[2]
    step = anchors[1, 1, 0, 1::-1] - anchors[0, 0, 0, 1::-1]  # along y and x
    cell_outline = step * 0.46 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    margin, gap, lower, upper = 0.62, 0.3, 0.5, style.strip() + 0.3
    panel = (width - margin - 0.1 - gap * (rotations - 1)) / rotations
    tall = panel * (far - near) / (left - right)
    height = tall + lower + upper
    picture = style.new_picture(width, height)
    truth = box_sets(None, {"truth": Boxes3D(np.asarray(box, dtype=np.float64)[None], ("object",))})[0]
    for r in range(rotations):
        place = ((margin + r * (panel + gap)) / width, lower / height, panel / width, tall / height)
        own = labels[:, :, r]
        title = (
            f"anchors at {np.degrees(anchors[0, 0, r, 6]):.0f}°: {(own > 0).sum()} positive, {(own < 0).sum()} ignored"
        )
        axes = bev_axes(((near, far), (right, left)), axes=picture.add_axes(place), title=title)
        draw_box_outlines(axes, truth, zorder=2)
        for name, chosen in (("positive", own > 0), ("ignored", own < 0)):
            squares = anchors[:, :, r, None, 1::-1][chosen] + cell_outline
            axes.add_collection(
                PolyCollection(squares, facecolors=KINDS[name], alpha=0.85, edgecolors=palette.PAPER, zorder=4),
                autolim=False,
            )
        axes.scatter(*anchors[:, :, r, 1::-1][own == 0].T, s=4, color=KINDS["background"], linewidths=0, zorder=3)
        if r:
            axes.set_ylabel("")
    handles = [Line2D([], [], color=truth.colour, linewidth=2.2, label="object")]
    for name, colour in KINDS.items():
        marker = {"marker": "o", "markersize": 3} if name == "background" else {"marker": "s", "markersize": 7}
        handles.append(Line2D([], [], linestyle="", color=colour, label=name, **marker))
    picture.legend(
        handles=handles,
        loc="upper right",
        ncols=len(handles),
        frameon=False,
        fontsize=style.size("text"),
        labelcolor=palette.INK,
        borderaxespad=0.1,
        handletextpad=0.4,
    )
    return picture
