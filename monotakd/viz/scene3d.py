"""The scene in 3D as a plotly figure: turn it, switch layers in the legend, export it as one offline page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from PIL import Image

from monotakd.geometry.boxes import BOX_EDGES, box_corners
from monotakd.geometry.frames import camera_rays, project_lidar
from monotakd.scene import Calibration, Frame
from monotakd.viz import palette
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets
from monotakd.viz.image import require_points
from monotakd.viz.wireframe import FRONT_CROSS

Volume = tuple[tuple[float | int, float | int], tuple[float | int, float | int], tuple[float | int, float | int]]
VOLUME: Volume = ((-15.0, 70.0), (-35.0, 35.0), (-3.0, 5.0))
"""What a 3D scene shows: (from, to) along x, y and z, metres."""
EYE, TARGET = (-12.0, 0.0, 10.0), (15.0, 0.0, -4.0)
"""Default view, metres in the LiDAR frame: from above and behind the ego vehicle, looking ahead."""
FRUSTUM = 4.0
"""How far in front of the camera its picture hangs, metres."""
MESH_COLUMNS = 160
"""Width of the picture in the frustum, in mesh vertices."""

_SCALES = {
    "height": (palette.HEIGHT, -2.0, 2.0),
    "intensity": (palette.INTENSITY, 0.0, 0.7),
    "depth": (palette.DEPTH, 3.0, 60.0),
}
_INTENSITY = 3


def _plotly_scale(colours) -> list[list]:
    stops = np.linspace(0, 1, 17)
    return [[float(s), "#{:02x}{:02x}{:02x}".format(*(round(255 * c) for c in colours(s)[:3]))] for s in stops]


def thinned(points: Float[np.ndarray, "N C"], limit: int) -> Float[np.ndarray, "M C"]:
    """At most ``limit`` of the points; always the same ones for the same input."""
    if len(points) <= limit:
        return points
    keep = np.random.default_rng(0).permutation(len(points))[:limit]
    return points[np.sort(keep)]


def _point_trace(frame: Frame, volume: Volume, colour_by: str, max_points: int) -> go.Scatter3d:
    points = require_points(frame)
    low, high = np.array(volume).T
    points = thinned(points[((points[:, :3] >= low) & (points[:, :3] <= high)).all(axis=1)], max_points)
    scale, least, most = _SCALES[colour_by]
    if colour_by == "depth":
        depth = project_lidar(frame.calibration, points[:, :3].astype(np.float64))[1]
        # Logarithmic like the depth colours of every other view.
        values, least, most = np.log(np.clip(depth, least, most)), np.log(least), np.log(most)
    else:
        values = points[:, 2 if colour_by == "height" else _INTENSITY]
    x, y, z = np.ascontiguousarray(points[:, :3].T, dtype=np.float32)
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        mode="markers",
        name=f"LiDAR ({len(points):,})",
        marker={
            "size": 1.6,
            "color": np.asarray(values, dtype=np.float32),
            "cmin": float(least),
            "cmax": float(most),
            "colorscale": _plotly_scale(scale),
        },
        hoverinfo="skip",
    )


def _line_trace(segments: np.ndarray, colour: str, width: float, name: str, group: str, **kwargs) -> go.Scatter3d:
    """One trace for many segments, which NaN rows keep apart."""
    gaps = np.full((len(segments), 1, 3), np.nan)
    x, y, z = np.concatenate([segments, gaps], axis=1).reshape(-1, 3).T.astype(np.float32)
    line = {"color": colour, "width": width}
    return go.Scatter3d(
        x=x, y=y, z=z, mode="lines", name=name, legendgroup=group, line=line, hoverinfo="skip", **kwargs
    )


def _box_traces(boxes: BoxSet) -> list[go.Scatter3d]:
    values = boxes.boxes.values.astype(np.float64)
    corners = box_corners(values)
    edges = corners[:, np.array(BOX_EDGES)].reshape(-1, 2, 3)
    cross = corners[:, np.array(FRONT_CROSS)].reshape(-1, 2, 3)
    x, y, z = values[:, :3].T.astype(np.float32)
    reach = np.hypot(values[:, 0], values[:, 1])
    text = [
        f"{boxes.name}: {boxes.label(row)}<br>{reach[row]:.1f} m away<br>l w h {length:.2f} {width:.2f} {height:.2f} m"
        for row, (length, width, height) in enumerate(values[:, 3:6])
    ]
    centres = go.Scatter3d(
        x=x,
        y=y,
        z=z,
        mode="markers",
        name=boxes.name,
        legendgroup=boxes.name,
        showlegend=False,
        marker={"size": 3, "color": boxes.colour},
        text=text,
        hoverinfo="text",
    )
    name = f"{boxes.name} ({len(boxes)})"
    return [
        _line_trace(edges, boxes.colour, 4.5, name, boxes.name),
        _line_trace(cross, boxes.colour, 2.0, name, boxes.name, showlegend=False),
        centres,
    ]


def _frustum_corners(calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
    height, width = calibration.image_size
    outline = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    origin, rays = camera_rays(calibration, outline)
    return origin, origin + FRUSTUM * rays


def _frustum_traces(frame: Frame, *, image: bool) -> list[go.Scatter3d | go.Mesh3d]:
    origin, corners = _frustum_corners(frame.calibration)
    sides = np.stack([np.broadcast_to(origin, (4, 3)), corners], axis=1)
    rim = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    traces = [_line_trace(np.concatenate([sides, rim]), palette.MUTED, 2.0, "camera", "camera")]
    if image:
        height, width = frame.image.shape[:2]
        columns = min(MESH_COLUMNS, width)
        rows = max(2, round(columns * height / width))
        small = np.asarray(Image.fromarray(frame.image).resize((columns, rows), Image.Resampling.BOX)).reshape(-1, 3)
        u, v = np.meshgrid(np.linspace(-0.5, width - 0.5, columns), np.linspace(-0.5, height - 0.5, rows))
        _, rays = camera_rays(frame.calibration, np.stack([u, v], axis=-1).reshape(-1, 2))
        x, y, z = (origin + FRUSTUM * rays).T.astype(np.float32)
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel().astype(np.uint16)
        first = np.stack([corner, corner + 1, corner + columns])
        second = np.stack([corner + 1, corner + columns + 1, corner + columns])
        i, j, k = np.concatenate([first, second], axis=1)
        traces.append(
            go.Mesh3d(
                x=x,
                y=y,
                z=z,
                i=i,
                j=j,
                k=k,
                vertexcolor=[f"#{r:02x}{g:02x}{b:02x}" for r, g, b in small],
                lighting={"ambient": 1.0, "diffuse": 0.0, "specular": 0.0},
                name="image",
                legendgroup="camera",
                hoverinfo="skip",
            )
        )
    return traces


def plotly_camera(volume: Volume, eye=EYE, target=TARGET) -> tuple[dict, dict]:
    """Plotly's camera and aspect ratio for a view given in metres.

    Plotly measures its camera from the middle of the volume, in units in which the volume has its aspect ratio.

    Returns:
        (camera, aspectratio) dictionaries for ``layout.scene``; one unit is the volume's longest side.
    """
    low, high = np.array(volume).T
    unit, middle = float((high - low).max()), (low + high) / 2

    def relative(place):
        return dict(zip("xyz", map(float, (np.asarray(place) - middle) / unit), strict=True))

    camera = {"eye": relative(eye), "center": relative(target), "up": {"x": 0, "y": 0, "z": 1}}
    return camera, dict(zip("xyz", map(float, (high - low) / unit), strict=True))


def draw_scene3d(
    frame: Frame,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    *,
    colour_by: str = "height",
    max_points: int = 40_000,
    image: bool = True,
    min_score: float | int | None = None,
    volume: Volume = VOLUME,
    eye: tuple[float, float, float] = EYE,
    target: tuple[float, float, float] = TARGET,
    title: str | None = None,
    size: tuple[int, int] = (960, 560),
) -> go.Figure:
    """Points, boxes and the camera in 3D.

    About 26 bytes a point in the page: 40,000 points weigh 1.0 MB. ``still.save(figure, "scene.html")`` writes a page
    that works offline, ``still.save(figure, "scene.png")`` a picture.

    Args:
        frame: calibration, points, labels, image.
        boxes: None for the frame's labels, boxes, detections, or several by name; ``{}`` for none.
        colour_by: ``"height"``, ``"intensity"`` or ``"depth"`` (camera depth).
        max_points: more are thinned out, always in the same way.
        image: hang the picture into the camera's frustum.
        min_score: leave out detections with a lower score.
        volume: what is shown, (from, to) along x, y and z, metres.
        eye: where the view is taken from, metres in the LiDAR frame.
        target: what is in the middle of the view.
        title: above the scene; the frame's id by default.
        size: width and height in pixels.

    Raises:
        DataError: the frame has no points, or a box is impossible.
        ValueError: an unknown colouring, fewer than one point, or an empty volume.
    """
    if colour_by not in _SCALES:
        raise ValueError(f"colour_by={colour_by!r}, expected one of {sorted(_SCALES)}")
    if max_points < 1:
        raise ValueError(f"max_points={max_points}, expected at least 1")
    if any(not low < high for low, high in volume):
        raise ValueError(f"volume {volume} is empty, expected (from, to) with from < to along x, y and z, metres")
    sets = box_sets(frame, boxes, min_score)
    traces = [_point_trace(frame, volume, colour_by, max_points)]
    for boxes_of_set in sets:
        if len(boxes_of_set):
            traces += _box_traces(boxes_of_set)
    traces += _frustum_traces(frame, image=image)
    camera, ratio = plotly_camera(volume, eye, target)
    axis = {"showbackground": False, "showspikes": False}
    axis |= {"gridcolor": palette.HAIRLINE, "zerolinecolor": palette.HAIRLINE}
    named = {
        f"{name}axis": {**axis, "range": list(limits), "title": {"text": f"{name} (m)"}}
        for name, limits in zip("xyz", volume, strict=True)
    }
    figure = go.Figure(traces)
    figure.update_layout(
        width=size[0],
        height=size[1],
        margin={"l": 0, "r": 0, "t": 36, "b": 0},
        title={"text": f"frame {frame.frame_id} in 3D" if title is None else title, "x": 0.01, "font": {"size": 15}},
        font={"color": palette.INK},
        paper_bgcolor=palette.PAPER,
        scene={"camera": camera, "aspectmode": "manual", "aspectratio": ratio, **named},
        legend={"x": 0.01, "y": 0.98, "bgcolor": "rgba(255,255,255,0.8)", "itemsizing": "constant"},
        template="none",
    )
    return figure
