"""What explorers send to the browser: JSON values ("facts"), and bytes that the facts point into.

Numbers that are drawn travel as bytes, `quantised` so that none is off by more than half a 255th of its layer's range.
Numbers that are read travel exactly.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.colors import Colormap
from PIL import Image

from monotakd.geometry.boxes import box_corners
from monotakd.geometry.frames import camera_rays
from monotakd.scene import BevGrid, Calibration
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.wireframe import wireframe


class ByteStore:
    """Arrays one after the other; the facts remember where each begins.

    Args:
        head: the payload of another store, which stays in front.
    """

    def __init__(self, head: bytes = b""):
        self._parts = [head]
        self._size = len(head)

    def add(self, array: np.ndarray) -> int:
        """Appends an array and returns where it begins, a multiple of 8 as typed arrays need."""
        start = self._size
        raw = np.ascontiguousarray(array).tobytes()
        raw += b"\0" * (-len(raw) % 8)
        self._parts.append(raw)
        self._size += len(raw)
        return start

    def payload(self) -> bytes:
        """All of them."""
        return b"".join(self._parts)


def quantised(
    layers: Float[np.ndarray, "L Y X"],
) -> tuple[UInt8[np.ndarray, "L Y X"], Float[np.ndarray, " L"], Float[np.ndarray, " L"]]:
    """Bytes, and the lowest value and step of each layer: value = low + step * byte."""
    low, high = layers.min(axis=(1, 2)).astype(np.float64), layers.max(axis=(1, 2)).astype(np.float64)
    step = np.where(high > low, (high - low) / 255, 1.0)
    return np.round((layers - low[:, None, None]) / step[:, None, None]).astype(np.uint8), low, step


def image_facts(image: UInt8[np.ndarray, "H W 3"]) -> dict[str, Any]:
    """``png``: the image as a data address; ``size``: its height and width."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="png")
    return {
        "png": "data:image/png;base64," + base64.b64encode(file.getvalue()).decode(),
        "size": list(image.shape[:2]),
    }


def grid_facts(grid: BevGrid) -> dict[str, Any]:
    """``lower``, ``upper`` (metres) and ``shape`` (rows along y, columns along x)."""
    return {"lower": list(grid.lower), "upper": list(grid.upper), "shape": list(grid.shape)}


def camera_facts(calibration: Calibration) -> dict[str, Any]:
    """What ``project`` and ``lift`` of shared/geometry.js need to go between pixels and the LiDAR frame."""
    projection = np.asarray(calibration.img_from_lidar)
    origin, _ = camera_rays(calibration, np.zeros((1, 2)))
    return {
        "img_from_lidar": projection.ravel().tolist(),
        "cam_from_lidar": calibration.cam_from_lidar[2].tolist(),
        "lidar_from_img": np.linalg.inv(projection[:, :3]).ravel().tolist(),
        "origin": origin.tolist(),
        "projective": float(calibration.img_from_cam[2, 3]),
    }


def box_facts(boxes: BoxSet, calibration: Calibration) -> dict[str, Any]:
    """Name, colour, ``ground`` (corners from above, metres) and ``lines`` (visible edges on the image, pixels)."""
    wires = wireframe(boxes.boxes.values, calibration)
    lines = wires.edges[~wires.hidden].reshape(-1, 4)
    return {
        "name": boxes.name,
        "colour": boxes.colour,
        "ground": box_corners(boxes.boxes.values.astype(np.float64))[:, :4, :2].round(3).tolist(),
        "lines": lines[~np.isnan(lines).any(axis=1)].round(2).tolist(),
    }


def colour_table(cmap: Colormap) -> list[int]:
    """256 colours as integers 0xRRGGBB."""
    rgb = np.round(255 * cmap(np.arange(256))[:, :3]).astype(int)
    return (rgb @ (65536, 256, 1)).tolist()


def number(value: float | None) -> float | None:
    """A number that JSON knows: NaN becomes None."""
    return None if value is None or np.isnan(value) else float(value)
