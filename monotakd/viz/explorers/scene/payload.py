"""One frame in 3D for the browser: points as 16-bit numbers, boxes with everything that a click shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int16

from monotakd.geometry.boxes import box_corners
from monotakd.geometry.frames import camera_rays
from monotakd.scene import Calibration
from monotakd.viz import palette
from monotakd.viz.bev import REGION, camera_wedge
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.explorers.scene.camera import first_view
from monotakd.viz.explorers.scene.content import Scene3D
from monotakd.viz.explorers.scene.words import sentence_of, table_of
from monotakd.viz.explorers.shared.packing import ByteStore, camera_facts, colour_table, image_facts
from monotakd.viz.scene3d import FRUSTUM, thinned
from monotakd.viz.still import FIELD_OF_VIEW
from monotakd.viz.wireframe import wireframe

MOST_POINTS, MOST_PREDICTED = 150_000, 60_000
"""More are thinned out: a sweep at KITTI's size has 120,000."""
STEP = 1 / 128
"""Metres between two places that can be told apart; 16 bits then reach 255 m."""
GROUND = -1.73
"""Height of the grid on the ground below the LiDAR, metres."""


def pack_scene(scene: Scene3D) -> tuple[dict[str, Any], bytes]:
    """A frame's facts as JSON values, and its points as bytes that the facts point into."""
    frame = scene.frame
    (near, far), (right, left) = REGION
    changing, payload = pack_points(scene)
    return changing | {
        "frame": frame.frame_id,
        "image": image_facts(frame.image),
        "camera": camera_facts(frame.calibration),
        "frustum": _frustum(frame.calibration),
        "wedge": camera_wedge(frame.calibration, 120.0).tolist(),
        "field_of_view": FIELD_OF_VIEW,
        "first_view": first_view(),
        "grid": {"lower": [near, right], "upper": [far, left], "shape": [1, 1]},
        "ground": GROUND,
        "step": STEP,
        "colours": {
            "height": {"table": colour_table(palette.HEIGHT), "limits": [-2.0, 2.0]},
            "intensity": {"table": colour_table(palette.INTENSITY), "limits": [0.0, 0.7]},
            "distance": {"table": colour_table(palette.DEPTH), "limits": [3.0, 60.0]},
            "ink": palette.INK, "muted": palette.MUTED, "hairline": palette.HAIRLINE, "ground": palette.GROUND,
        },
    }, payload  # fmt: skip


def pack_points(scene: Scene3D) -> tuple[dict[str, Any], bytes]:
    """Of `pack_scene` what depends on the points: themselves, and how many lie in each box."""
    store = ByteStore()
    facts = {
        "sweep": _sweep(scene, store),
        "predicted": _predicted(scene, store),
        "sets": [_set(scene, boxes) for boxes in scene.sets],
    }
    there = [name for name, cloud in (("LiDAR", facts["sweep"]), ("predicted", facts["predicted"])) if cloud]
    facts["clouds"] = [*there, *(["both"] if len(there) == 2 else []), "none"]
    return facts, store.payload()


def _frustum(calibration: Calibration) -> list[list[float]]:
    """Corners of the picture that hangs before the camera, metres."""
    height, width = calibration.image_size
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    origin, rays = camera_rays(calibration, corners)
    return (origin + FRUSTUM * rays).tolist()


def places(points: np.ndarray, fourth: np.ndarray | float = 0.0) -> Int16[np.ndarray, "N 4"]:
    """x y z in steps of `STEP`, and a fourth number in 1/32767; what is too far for 16 bits is put on the rim."""
    values = np.empty((len(points), 4))
    values[:, :3] = points[:, :3] / STEP
    values[:, 3] = np.asarray(fourth) * 32767
    return np.clip(np.round(values), -32767, 32767).astype(np.int16)


def _sweep(scene: Scene3D, store: ByteStore) -> dict[str, Any] | None:
    points = scene.frame.points
    if points is None or not len(points):
        return None
    shown = thinned(points[np.isfinite(points).all(axis=1)], MOST_POINTS)
    return {"count": len(shown), "places": store.add(places(shown, np.clip(shown[:, 3], 0, 1)))}


def _predicted(scene: Scene3D, store: ByteStore) -> dict[str, Any] | None:
    if scene.cloud is None or not len(scene.cloud):
        return None
    both = thinned(np.column_stack([scene.cloud, scene.cloud_colours]), MOST_PREDICTED)
    rgba = np.column_stack([both[:, 3:], np.full(len(both), 255)]).astype(np.uint8)
    return {"count": len(both), "places": store.add(places(both)), "colours": store.add(rgba)}


def _set(scene: Scene3D, boxes: BoxSet) -> dict[str, Any]:
    values = boxes.boxes.values.astype(np.float64)
    corners, wires = box_corners(values), wireframe(values, scene.frame.calibration)
    packed = []
    for row in range(len(boxes)):
        lines = wires.edges[row][~wires.hidden[row]].reshape(-1, 4)
        numbers = scene.numbers(boxes.name, row)
        packed.append(
            {
                "values": values[row].tolist(),
                "score": None if boxes.scores is None else float(boxes.scores[row]),
                "corners": corners[row].round(3).tolist(),
                "lines": lines[~np.isnan(lines).any(axis=1)].round(2).tolist(),
                "label": boxes.label(row),
                "table": table_of(numbers),
                "words": sentence_of(boxes.name, row, numbers),
            }
        )
    return {"name": boxes.name, "colour": boxes.colour, "boxes": packed}
