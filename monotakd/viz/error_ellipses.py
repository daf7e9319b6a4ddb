"""How sure a position is, seen from above: one ellipse per place, its long side along the line of sight."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.patches import Ellipse

from monotakd.scene import Boxes3D
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, bev_axes, draw_box_outlines
from monotakd.viz.boxsets import box_sets


def draw_error_ellipses(
    cars: Float[np.ndarray, "N 7"],
    along: Float[np.ndarray, " A"],
    across: Float[np.ndarray, " B"],
    *,
    origin: tuple[float, float] = (0.0, 0.0),
    region: Region = ((-2.0, 68.0), (-22.0, 22.0)),
    title: str | None = None,
    width: float | int = 6.5,
) -> style.Picture:
    """Cars from above, each with the ellipse of one standard deviation of its estimated position.

    Args:
        cars: rows ``x y z l w h yaw``.
        along: (N,) standard deviation along the ray from ``origin``, metres.
        across: (N,) standard deviation across that ray, metres.
        origin: x y of the camera.
        region: what is shown, (from, to) along x and along y, metres.
        title: above the picture.
        width: of the picture, inches.

    Raises:
        ValueError: not one ``along`` and ``across`` per car, or a negative or NaN one.
    """
    for name, values in (("along", along), ("across", across)):
        values = np.asarray(values)
        if values.shape != (len(cars),) or not (values >= 0).all():
            raise ValueError(f"{name} is {values.tolist()}, expected {len(cars)} standard deviations >= 0, one per car")
    axes = bev_axes(region, width=width, title=title)
    if len(cars):
        draw_box_outlines(axes, box_sets(None, {"truth": Boxes3D(np.asarray(cars), ("Car",) * len(cars))})[0], zorder=4)
    for (x, y), deep, wide in zip(np.asarray(cars)[:, :2], along, across, strict=True):
        bearing = np.arctan2(y - origin[1], x - origin[0])
        axes.plot([origin[1], y], [origin[0], x], color=palette.MUTED, linewidth=0.6, alpha=0.6, zorder=2)
        # Drawn coordinates are (y, x): an angle from the x axis towards y becomes 90 degrees minus it.
        angle = 90.0 - np.degrees(bearing)
        for fill, opacity in ((True, 0.35), (False, 1.0)):
            axes.add_patch(
                Ellipse(
                    (y, x), 2 * deep, 2 * wide, angle=angle, fill=fill, alpha=opacity, linewidth=1.2,
                    facecolor=palette.ROLES["student"], edgecolor=palette.ROLES["student"], zorder=6,
                )
            )  # fmt: skip
    return axes.figure
