"""Anchors around an object, coloured by what the assignment made of them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from matplotlib.lines import Line2D

from monotakd.scene import Boxes3D
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, _draw_boxes, bev_axes
from monotakd.viz.boxsets import box_sets

KINDS = (("positive", palette.ROLES["student"], 30), ("ignored", palette.OTHERS[3], 12), ("background", "#AEB7BE", 5))
"""Name, colour and dot size of each kind."""


def draw_matching(
    anchors: Float[np.ndarray, "Y X rotations 7"],
    labels: Int[np.ndarray, "*A"],
    box: Float[np.ndarray, " 7"],
    *,
    region: Region | None = None,
    width: float = 8.4,
) -> style.Picture:
    """One panel per anchor rotation: a dot on every anchor of one class, and the object that they are matched with.

    Args:
        anchors: of one class, as `geometry.anchors.anchor_boxes` lays them.
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
        _draw_boxes(axes, truth, zorder=2)
        for (_, colour, dot), chosen in zip(KINDS, (own > 0, own < 0, own == 0), strict=True):
            axes.scatter(
                anchors[:, :, r, 1][chosen],
                anchors[:, :, r, 0][chosen],
                s=dot,
                color=colour,
                linewidths=0,
                zorder=4,
            )
        if r:
            axes.set_ylabel("")
    handles = [Line2D([], [], color=truth.colour, linewidth=2.2, label="object")]
    handles += [Line2D([], [], linestyle="", marker="o", markersize=5, color=c, label=name) for name, c, _ in KINDS]
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
