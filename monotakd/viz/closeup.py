"""One object near to: the same few square metres as pixels, as depth and as points; and the ray behind one pixel."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.errors import DataError
from monotakd.geometry.boxes import points_in_boxes
from monotakd.geometry.frames import camera_rays, lift_to_lidar, project_lidar
from monotakd.scene import Frame
from monotakd.viz import palette, style
from monotakd.viz.bev import Region, draw_bev
from monotakd.viz.image import draw_image, require_points
from monotakd.viz.pixelmaps import draw_depth

_GAP = 0.12


def draw_closeup(frame: Frame, row: int, *, margin: float = 0.35, width: float | int = style.WIDTH) -> style.Picture:
    """One labelled object three times: its pixels, its depth, its LiDAR points from above.

    Args:
        frame: image, labels, depth and points.
        row: of the object in ``frame.annotations``.
        margin: around its image box, as a share of the box's larger side.
        width: of the picture, inches.

    Raises:
        DataError: the frame lacks labels, depth or points.
        ValueError: no such row.
    """
    labels = frame.annotations
    if labels is None:
        raise DataError(f"frame {frame.frame_id}", "no labels", "labels with the object to show")
    if not 0 <= row < len(labels):
        raise ValueError(f"row {row} of a frame with {len(labels)} objects (0..{len(labels) - 1})")
    left, top, right, bottom = labels.boxes_2d[row]
    half = (0.5 + margin) * max(right - left, bottom - top)
    u, v = (left + right) / 2, (top + bottom) / 2
    x, y = labels.boxes.centres[row, :2]
    own = labels.boxes[np.array([row])]
    inside = int((points_in_boxes(require_points(frame), own.values) == 0).sum())
    side = (width - 2 * _GAP - 0.7) / 3
    total = side + style.strip() + 0.5
    picture = style.new_picture(width, total)
    low, height = 0.5 / total, side / total
    lefts = (0.0, side + _GAP, 2 * side + 2 * _GAP + 0.6)
    panels = [picture.add_axes((start / width, low, side / width, height)) for start in lefts]
    draw_image(frame, {}, title=f"pixels: {right - left:.0f} x {bottom - top:.0f}", axes=panels[0])
    draw_depth(frame, title="depth (m)", axes=panels[1])
    for axes in panels[:2]:
        axes.set_xlim(u - half, u + half)
        axes.set_ylim(v + half, v - half)
        axes.set_facecolor(palette.INK)
    reach = 0.5 + 0.9 * float(own.sizes[0, 0])
    region = ((x - reach, x + reach), (y - reach, y + reach))
    draw_bev(frame, {"truth": own}, region=region, title=f"points: {inside} on it", axes=panels[2])
    if panels[2].get_legend() is not None:
        panels[2].get_legend().remove()
    for dots in panels[2].collections[:1]:
        dots.set_sizes([6.0])
    return picture


def draw_ray(
    frame: Frame,
    uv: tuple[float | int, float | int],
    depth: float | int,
    *,
    region: Region = ((-2.0, 46.0), (-16.0, 16.0)),
    width: float | int = style.WIDTH,
) -> style.Picture:
    """A pixel in the image and near to, its ray from above, and the point on the ray that has this depth.

    Args:
        frame: image and calibration; points and labels are drawn where there are any.
        uv: the pixel.
        depth: camera depth of the point, metres.
        region: of the view from above, (from, to) along x and y, metres.
        width: of the picture, inches.

    Raises:
        ValueError: a depth that is not positive.
    """
    if not depth > 0:
        raise ValueError(f"depth {depth} m: a pixel sees only what lies in front of the camera, depth > 0")
    pixel = np.asarray(uv, dtype=np.float64)
    point = lift_to_lidar(frame.calibration, pixel, np.array(depth, dtype=np.float64))
    origin, direction = camera_rays(frame.calibration, pixel)
    end = origin + 200.0 * direction
    height_px, width_px = frame.image.shape[:2]
    (near, far), (right, left) = region
    strip, below = style.strip(), 0.5
    bev_width = 0.31 * width
    bev_height = bev_width * (far - near) / (left - right)
    image_width = width - bev_width - 0.65
    image_height = image_width * height_px / width_px
    total = strip + max(bev_height, 1.6 * image_height + strip) + below
    picture = style.new_picture(width, total)

    def panel(left_in: float, top_in: float, width_in: float, height_in: float):
        bottom = 1 - (top_in + height_in) / total
        return picture.add_axes((left_in / width, bottom, width_in / width, height_in / total))

    ring = {"marker": "o", "markersize": 9, "markerfacecolor": "none", "markeredgewidth": 2.0, "zorder": 15}
    ring["color"] = palette.ROLES["student"]
    where = ", ".join(f"{value:.1f}" for value in point)
    rest = total - 2 * strip - image_height - 0.06
    image = panel(0.0, strip, image_width, image_height)
    draw_image(frame, {}, title=f"pixel ({pixel[0]:.0f}, {pixel[1]:.0f})", axes=image)
    near_to = panel(0.0, total - rest, image_width, rest)
    draw_image(frame, {}, title=f"the point: x, y, z = {where} m", axes=near_to)
    half = width_px / 8
    near_to.set_xlim(pixel[0] - half, pixel[0] + half)
    near_to.set_ylim(pixel[1] + half * rest / image_width, pixel[1] - half * rest / image_width)
    for axes in (image, near_to):
        axes.plot(*_seen(frame, point), **ring)
    bev = panel(width - bev_width, strip, bev_width, total - strip - below)
    draw_bev(frame, region=region, title=f"depth {depth:.1f} m", axes=bev)
    if bev.get_legend() is not None:
        bev.get_legend().remove()
    bev.plot([origin[1], end[1]], [origin[0], end[0]], color=ring["color"], linewidth=1.6, zorder=11)
    bev.plot([point[1]], [point[0]], **ring)
    return picture


def _seen(frame: Frame, point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "2 1"]:
    """Where the image shows the point, projected anew: it must come out at the pixel that it was lifted from."""
    uv, _ = project_lidar(frame.calibration, point[None])
    return uv.T
