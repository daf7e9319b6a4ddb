"""The 3D explorer's scene outside the browser: as a PLY file, and in open3d's desktop viewer."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from jaxtyping import Float

from monotakd.datasets.ply import ColouredPoints
from monotakd.errors import DataError
from monotakd.geometry.boxes import BOX_EDGES, box_corners
from monotakd.viz import palette
from monotakd.viz.bev import HEIGHTS
from monotakd.viz.explorers.scene.camera import eye_of
from monotakd.viz.explorers.scene.content import Scene3D, visible_rows
from monotakd.viz.wireframe import FRONT_CROSS

SPACING = 0.03
"""Between the points of a box's edges, metres."""
LINES = BOX_EDGES + FRONT_CROSS


def coloured_scene(scene: Scene3D, state: dict[str, Any]) -> ColouredPoints:
    """Points, and the edges of the boxes as points in the colours of their sets.

    Args:
        scene: the frame and its boxes.
        state: what the explorer shows: sets, score threshold, kind of points.
    """
    points, colours = [np.zeros((0, 3))], [np.zeros((0, 3), dtype=np.uint8)]
    for cloud, rgb in _clouds(scene, state["cloud"]):
        points.append(cloud)
        colours.append(rgb)
    for corners, colour in _boxes(scene, state):
        line = dotted(corners)
        points.append(line)
        colours.append(np.tile(np.array(palette.rgb255(colour), dtype=np.uint8), (len(line), 1)))
    return ColouredPoints(np.concatenate(points), np.concatenate(colours))


def dotted(corners: Float[np.ndarray, "8 3"]) -> Float[np.ndarray, "N 3"]:
    """The edges of a box and the cross on its front as points, `SPACING` apart or a little less."""
    dots = []
    for a, b in LINES:
        steps = int(np.ceil(np.linalg.norm(corners[b] - corners[a]) / SPACING))
        dots.append(corners[a] + np.linspace(0, 1, steps + 1)[:, None] * (corners[b] - corners[a]))
    return np.concatenate(dots)


def open_on_desktop(scene: Scene3D, state: dict[str, Any]) -> None:
    """Opens the scene in open3d's desktop viewer; returns when its window is closed.

    Raises:
        DataError: open3d is not installed, or there is no display.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise DataError(
            "desktop viewer", "no display (DISPLAY and WAYLAND_DISPLAY are empty)", "a screen to open a window on",
            fix="On a server write a page instead, which any browser opens: monotakd view FRAME --html FILE",
        )  # fmt: skip
    try:
        import open3d
    except ImportError as error:
        raise DataError(
            "open3d", f"it cannot be imported ({error})", "open3d for the desktop viewer",
            fix="Install the extra `pip install -e .[open3d]`, or write a page: monotakd view FRAME --html FILE",
        ) from None  # fmt: skip
    shapes = []
    for points, rgb in _clouds(scene, state["cloud"]):
        cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points.astype(np.float64)))
        cloud.colors = open3d.utility.Vector3dVector(rgb / 255)
        shapes.append(cloud)
    for corners, colour in _boxes(scene, state):
        box = open3d.geometry.LineSet(
            open3d.utility.Vector3dVector(corners), open3d.utility.Vector2iVector(np.array(LINES))
        )
        box.paint_uniform_color(np.array(palette.rgb255(colour)) / 255)
        shapes.append(box)
    eye, target = np.array(eye_of(state["view"])), np.array(state["view"]["target"])
    away = eye - target
    open3d.visualization.draw_geometries(
        shapes, window_name=f"frame {scene.frame.frame_id}", lookat=target, up=(0.0, 0.0, 1.0), zoom=0.15,
        front=away / np.linalg.norm(away),
    )  # fmt: skip


def _clouds(scene: Scene3D, cloud: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """(points, RGB 0..255) of the clouds that are shown: the sweep by height, predicted depth as in the photograph."""
    found = []
    if cloud in ("LiDAR", "both") and scene.frame.points is not None:
        points = scene.frame.points[np.isfinite(scene.frame.points).all(axis=1), :3]
        share = (points[:, 2] - HEIGHTS[0]) / (HEIGHTS[1] - HEIGHTS[0])
        found.append((points.astype(np.float64), palette.HEIGHT(np.clip(share, 0, 1), bytes=True)[:, :3]))
    if cloud in ("predicted", "both") and scene.cloud is not None:
        found.append((scene.cloud.astype(np.float64), scene.cloud_colours))
    return found


def _boxes(scene: Scene3D, state: dict[str, Any]) -> list[tuple[np.ndarray, str]]:
    """(corners, colour) of every box that is shown."""
    found = []
    for boxes in scene.sets:
        if boxes.name not in state["hidden"]:
            rows = visible_rows(boxes, state["min_score"])
            found += [(corners, boxes.colour) for corners in box_corners(boxes.boxes.values[rows].astype(np.float64))]
    return found
