"""One call, one picture: what camera and LiDAR saw in one moment, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping

from monotakd.scene import Frame
from monotakd.viz import style
from monotakd.viz.bev import REGION, Region, draw_bev
from monotakd.viz.boxsets import Drawable
from monotakd.viz.image import draw_image, draw_points_on_image
from monotakd.viz.still import still_scene3d

_EDGE, _GAP = 0.08, 0.12
_AXIS_LABELS = (0.62, 0.5)


def draw_overview(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    min_score: float | int | None = None,
    region: Region = REGION,
    title: str | None = None,
    width: float | int = 15.0,
) -> style.Picture:
    """Image with boxes, LiDAR over the image, 3D and BEV in one picture.

    Panels that need points are left out for a frame without any.

    Args:
        frame: the moment.
        boxes: None for the frame's labels, boxes, detections, or several by name; ``{}`` for none.
        min_score: leave out detections with a lower score.
        region: of the BEV, (from, to) along x and along y, metres.
        title: above the image; the frame's id by default.
        width: of the picture, inches.

    Raises:
        DataError: an impossible box.

    Example:
        ``draw_overview(lesson.frame(3))``
    """
    height_px, width_px = frame.image.shape[:2]
    strip = style.strip()
    title = f"frame {frame.frame_id}: camera" if title is None else title
    if frame.points is None or not len(frame.points):
        return draw_image(frame, boxes, min_score=min_score, title=title, width=width)
    image_width = (width - _GAP) / 2
    image_height = image_width * height_px / width_px
    bev_width = 0.37 * width
    (near, far), (right, left) = region
    bev_height = min(bev_width * (far - near) / (left - right), bev_width * 1.4)
    below = strip + image_height + _GAP + strip
    total = below + bev_height + _AXIS_LABELS[1]
    picture = style.new_picture(width, total)

    def panel(left_in: float | int, top_in: float | int, width_in: float, height_in: float):
        bottom = 1 - (top_in + height_in) / total
        return picture.add_axes((left_in / width, bottom, width_in / width, height_in / total))

    shared = {"boxes": boxes, "min_score": min_score}
    draw_image(frame, **shared, title=title, axes=panel(0, strip, image_width, image_height))
    overlay = panel(image_width + _GAP, strip, image_width, image_height)
    draw_points_on_image(frame, {}, title="LiDAR over the image", axes=overlay)
    beside = width - bev_width - _EDGE
    scene = panel(0, below, beside - _AXIS_LABELS[0] - _GAP, bev_height + _AXIS_LABELS[1])
    still_scene3d(frame, **shared, title="in 3D", axes=scene)
    draw_bev(frame, **shared, region=region, title="from above", axes=panel(beside, below, bev_width, bev_height))
    for axes in picture.axes[1:]:
        legend = axes.get_legend()
        if legend is not None:  # said once, above the image
            legend.remove()
    return picture
