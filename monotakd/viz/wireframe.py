"""Boxes as lines: which edges the camera sees, and the cross that marks the front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from monotakd.geometry.boxes import BOX_EDGES, BOX_FACES, box_corners
from monotakd.geometry.frames import camera_rays
from monotakd.scene import Calibration
from monotakd.viz.segments import NEAR, cut_to_image, project_segments

_FACES = tuple(BOX_FACES.values())
_FRONT = BOX_FACES["front"]
FRONT_CROSS: tuple[tuple[int, int], ...] = ((_FRONT[0], _FRONT[2]), (_FRONT[1], _FRONT[3]))
"""The diagonals of the front face, as pairs of corners."""

# Row e: the two faces that meet in edge e.
_FACES_OF_EDGE = np.array([[f for f, corners in enumerate(_FACES) if set(edge) <= set(corners)] for edge in BOX_EDGES])


def visible_faces(corners: Float[np.ndarray, "N 8 3"], eye: Float[np.ndarray, " 3"]) -> Bool[np.ndarray, "N 6"]:
    """Which faces, in the order of `boxes.BOX_FACES`, show their outer side to the eye.

    Other boxes are not asked: this is about a box hiding its own back.
    """
    face = corners[:, np.array(_FACES)]
    normal = np.cross(face[:, :, 1] - face[:, :, 0], face[:, :, 2] - face[:, :, 0])
    return ((eye - face[:, :, 0]) * normal).sum(axis=-1) > 0


def visible_edges(corners: Float[np.ndarray, "N 8 3"], eye: Float[np.ndarray, " 3"]) -> Bool[np.ndarray, "N 12"]:
    """Which edges, in the order of `boxes.BOX_EDGES`, border a face that the eye sees."""
    return visible_faces(corners, eye)[:, _FACES_OF_EDGE].any(axis=-1)


@dataclass(frozen=True, eq=False)
class Wireframe:
    """N boxes as lines in the image; NaN where a line is behind the camera or outside.

    Attributes:
        edges: (N, 12, 2, 2) ends of the edges in pixels.
        hidden: (N, 12) whether the box's own body is in front of the edge.
        cross: (N, 2, 2, 2) ends of the front face's diagonals.
        front_hidden: (N,) whether the front face looks away from the camera.
        anchor: (N, 2) middle of the upper side of what is seen, for a label.
        height: (N,) from the highest to the lowest point seen, pixels; 0 for a box out of view.
        depth: (N,) projective depth of the centre, metres.
    """

    edges: Float[np.ndarray, "N 12 2 2"]
    hidden: Bool[np.ndarray, "N 12"]
    cross: Float[np.ndarray, "N 2 2 2"]
    front_hidden: Bool[np.ndarray, " N"]
    anchor: Float[np.ndarray, "N 2"]
    height: Float[np.ndarray, " N"]
    depth: Float[np.ndarray, " N"]


def wireframe(boxes: Float[np.ndarray, "N 7"], calibration: Calibration, near: float = NEAR) -> Wireframe:
    """Projects boxes and cuts them at the camera plane and at the image's border.

    Args:
        boxes: (N, 7) rows ``x y z l w h yaw`` in the LiDAR frame.
        calibration: camera and image size.
        near: parts nearer than this projective depth are cut off, metres.
    """
    count = len(boxes)
    corners = box_corners(np.asarray(boxes, dtype=np.float64))
    P = calibration.img_from_lidar
    eye, _ = camera_rays(calibration, np.zeros((1, 2)))
    pairs = np.array(BOX_EDGES + FRONT_CROSS)
    lines = project_segments(P, corners[:, pairs].reshape(-1, 2, 3), near)
    lines = cut_to_image(lines, calibration.image_size).reshape(count, len(pairs), 2, 2)
    edges, cross = lines[:, : len(BOX_EDGES)], lines[:, len(BOX_EDGES) :]
    ends = edges.reshape(count, 2 * len(BOX_EDGES), 2)
    gone = np.isnan(ends)
    lowest, highest = np.where(gone, np.inf, ends).min(axis=1), np.where(gone, -np.inf, ends).max(axis=1)
    unseen = gone.all(axis=(1, 2))
    lowest[unseen], highest[unseen] = np.nan, np.nan
    (left, top), (right, bottom) = lowest.T, highest.T
    return Wireframe(
        edges=edges,
        hidden=~visible_edges(corners, eye),
        cross=cross,
        front_hidden=~visible_faces(corners, eye)[:, 0],
        anchor=np.stack([(left + right) / 2, top], axis=1),
        height=np.where(unseen, 0.0, bottom - top),
        depth=boxes[:, :3] @ P[2, :3] + P[2, 3],
    )
