"""Pictures as files, and the 3D view as a picture without a browser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from monotakd.geometry.frames import project_to_image
from monotakd.scene import Frame
from monotakd.viz import palette, scene3d, style
from monotakd.viz.boxsets import Drawable
from monotakd.viz.segments import cut_to_image, project_segments

FIELD_OF_VIEW = np.pi / 4
"""Vertical field of view of plotly's camera, radians."""
SUPERSAMPLING = 2


def save(figure: Figure | go.Figure, path: str | os.PathLike[str], *, dpi: float | None = None) -> Path:
    """Writes a view to a file and returns its path; folders are made.

    A matplotlib picture is written as whatever the ending says (``.png``, ``.pdf``, ``.svg``). A plotly scene becomes
    an offline page (``.html``, plotly.js inside, about 5 MB) or a picture (``.png``, seen from the scene's camera).

    Raises:
        ValueError: an ending that the figure cannot be written as.
    """
    path = Path(path)
    is_scene = isinstance(figure, go.Figure)
    endings = (".html", ".png") if is_scene else (".png", ".pdf", ".svg")
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path}: a {type(figure).__name__} can be saved as {' or '.join(endings)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not is_scene:
        figure.savefig(path, dpi=figure.dpi if dpi is None else dpi)
    elif path.suffix.lower() == ".html":
        figure.write_html(path, include_plotlyjs=True, full_html=True)
    else:
        still_of(figure).savefig(path, dpi=style.DPI if dpi is None else dpi)
    return path


def still_scene3d(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    width: float | int = style.WIDTH,
    aspect: float = 1.9,
    title: str | None = None,
    axes: Axes | None = None,
    **options,
) -> style.Picture:
    """The 3D scene as a picture: the same points, boxes, camera and view as `scene3d.draw_scene3d`.

    Args:
        frame: calibration, points, labels, image.
        boxes: None for the frame's labels, boxes, detections, or several by name; ``{}`` for none.
        width: of the picture, inches.
        aspect: its width divided by its height.
        title: above the picture; the frame's id by default.
        axes: draw here instead of in a picture of its own.
        options: any other option of `scene3d.draw_scene3d`, such as ``colour_by`` or ``eye``.

    Raises:
        DataError: the frame has no points, or a box is impossible.
    """
    options = {"max_points": 150_000, **options}
    return still_of(scene3d.draw_scene3d(frame, boxes, title=title, **options), width=width, aspect=aspect, axes=axes)


def still_of(
    figure: go.Figure, *, width: float | int = style.WIDTH, aspect: float = 1.9, axes: Axes | None = None
) -> style.Picture:
    """A picture of a 3D scene made by `scene3d.draw_scene3d`, through the camera stored in it.

    Args:
        figure: the scene.
        width: of the picture, inches.
        aspect: its width divided by its height.
        axes: draw here instead of in a picture of its own.
    """
    if axes is None:
        height = width / aspect
        picture = style.new_picture(width, height + style.strip())
        axes = picture.add_axes((0, 0, 1, height / (height + style.strip())))
    place = axes.get_position()
    inches = place.width * axes.figure.get_figwidth(), place.height * axes.figure.get_figheight()
    size = tuple(round(side * style.DPI * SUPERSAMPLING) for side in inches[::-1])
    P = view_matrix(figure, size)
    axes.imshow(_splat(figure, P, size), extent=(-0.5, size[1] - 0.5, size[0] - 0.5, -0.5), aspect="auto", zorder=0)
    for trace in _traces(figure, "lines"):
        xyz = _xyz(trace)
        segments = cut_to_image(project_segments(P, np.stack([xyz[0::3], xyz[1::3]], axis=1), near=0.5), size)
        segments = segments[~np.isnan(segments).any(axis=(1, 2))]
        thickness = 0.38 * trace.line.width
        lines = LineCollection(segments, colors=trace.line.color, linewidths=thickness, capstyle="round", zorder=3)
        axes.add_collection(lines, autolim=False)
    axes.set_xlim(-0.5, size[1] - 0.5)
    axes.set_ylim(size[0] - 0.5, -0.5)
    style.bare(axes)
    style.title(axes, figure.layout.title.text)
    shown = [t for t in _traces(figure, "lines") if t.showlegend is not False and t.name != "camera"]
    style.legend(axes, [Line2D([], [], color=t.line.color, linewidth=2.2, label=t.name) for t in shown], above=True)
    return axes.figure


def _traces(figure: go.Figure, mode: str) -> list[go.Scatter3d]:
    return [trace for trace in figure.data if trace.type == "scatter3d" and trace.mode == mode]


def _xyz(trace) -> np.ndarray:
    return np.stack([trace.x, trace.y, trace.z], axis=1).astype(np.float64)


def view_matrix(figure: go.Figure, size: tuple[int, int]) -> Float[np.ndarray, "3 4"]:
    """(3, 4) projection from the scene's metres to pixels of a (height, width) picture, through the figure's camera."""
    scene = figure.layout.scene
    low, high = np.array([scene.xaxis.range, scene.yaxis.range, scene.zaxis.range], dtype=float).T
    unit = (high - low) / [scene.aspectratio.x, scene.aspectratio.y, scene.aspectratio.z]
    eye, target = (
        (low + high) / 2 + unit * [place.x, place.y, place.z] for place in (scene.camera.eye, scene.camera.center)
    )
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    height, width = size
    focal = _focal(height)
    intrinsics = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    return intrinsics @ np.concatenate([rotation, -(rotation @ eye)[:, None]], axis=1)


def _focal(height: int) -> float:
    """Focal length in pixels of plotly's camera on a picture of that height."""
    return height / 2 / np.tan(FIELD_OF_VIEW / 2)


def _coloured_points(figure: go.Figure) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """(places, RGB 0..255, width in metres) of everything that is painted as dots: LiDAR points and the image."""
    found = []
    for trace in _traces(figure, "markers"):
        marker = trace.marker
        if isinstance(marker.color, str):
            continue
        stops = np.array([stop for stop, _ in marker.colorscale])
        colours = np.array([palette.rgb255(colour) for _, colour in marker.colorscale], dtype=float)
        share = (np.asarray(marker.color, dtype=float) - marker.cmin) / (marker.cmax - marker.cmin)
        rgb = np.stack([np.interp(share, stops, channel) for channel in colours.T], axis=1)
        found.append((_xyz(trace), rgb, 0.05))
    for trace in figure.data:
        if trace.type == "mesh3d":
            rgb = np.array([palette.rgb255(colour) for colour in trace.vertexcolor], dtype=float)
            places = _xyz(trace)
            found.append((places, rgb, 1.6 * float(np.linalg.norm(places[1] - places[0]))))
    return found


def _splat(figure: go.Figure, P: np.ndarray, size: tuple[int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """Paints points far to near as squares whose side follows their distance, then darkens depth steps."""
    height, width = size
    focal = _focal(height)
    nothing = np.zeros(0, dtype=int)
    rows, columns, depths, colours = [nothing], [nothing], [np.zeros(0)], [np.zeros((0, 3))]
    for places, rgb, metres in _coloured_points(figure):
        uv, depth = project_to_image(P, places)
        kept = (depth > 0.5) & (np.abs(uv - [width / 2, height / 2]) < [width, height]).all(axis=1)
        uv, depth, rgb = uv[kept], depth[kept], rgb[kept]
        side = np.clip(np.rint(focal * metres / depth), SUPERSAMPLING, 9).astype(int)
        for pixels in np.unique(side):
            same = side == pixels
            first = np.rint(uv[same] - (pixels - 1) / 2).astype(int)
            for down in range(pixels):
                for across in range(pixels):
                    rows.append(first[:, 1] + down)
                    columns.append(first[:, 0] + across)
                    depths.append(depth[same])
                    colours.append(rgb[same])
    row, column, depth, rgb = (np.concatenate(parts) for parts in (rows, columns, depths, colours))
    order = np.flatnonzero((row >= 0) & (row < height) & (column >= 0) & (column < width))
    order = order[np.argsort(-depth[order], kind="stable")]
    row, column = row[order], column[order]
    canvas = np.empty((height, width, 3))
    canvas[:] = palette.rgb255(palette.GROUND)
    distance = np.full((height, width), np.inf)
    # Of several values for one pixel numpy keeps the last, which is the nearest.
    canvas[row, column], distance[row, column] = rgb[order], depth[order]
    return (canvas * _eye_dome(distance)[..., None]).astype(np.uint8)


def _eye_dome(distance: np.ndarray, reach: int = 2, strength: float = 2.5) -> np.ndarray:
    """Shade 0.45..1: dark where something lies clearly nearer next to a point (Boucheny, 2009), which shows shapes."""
    log = np.log2(np.where(np.isfinite(distance), distance, np.nanmax(distance[np.isfinite(distance)], initial=1.0)))
    padded = np.pad(log, reach, mode="edge")
    height, width = log.shape
    steps = ((0, reach), (2 * reach, reach), (reach, 0), (reach, 2 * reach))
    near = sum(np.maximum(log - padded[i : i + height, j : j + width], 0.0) for i, j in steps) / len(steps)
    return np.where(np.isfinite(distance), np.maximum(np.exp(-strength * near), 0.45), 1.0)
