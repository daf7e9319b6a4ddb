"""One frame for the browser: everything that linked views need to answer without the kernel.

Numbers that are drawn travel as bytes: every channel of every map with its own lowest value and step, so that none is
off by more than half a 255th of its range. Numbers that are read (depths, likeness, geometry) travel exactly.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.colors import Colormap, to_hex
from PIL import Image

from monotakd.geometry.boxes import box_corners
from monotakd.geometry.depth_bins import bin_edges
from monotakd.geometry.frames import camera_rays
from monotakd.viz import palette
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.depth_ray import true_depth
from monotakd.viz.explorers.gap import COLUMN, HEIGHT, FeatureGap, summary
from monotakd.viz.feature_panels import Shown, show_map, show_residual
from monotakd.viz.wireframe import wireframe

MOST_BYTES = 6_000_000
"""Of channels in one frame's payload; beyond that only the `FEW` channels that vary most are sent."""
FEW = 16
_UNTEX = str.maketrans("", "", "${}")


@dataclass
class _Bytes:
    """Arrays one after the other; the facts remember where each begins."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, array: np.ndarray) -> int:
        """Appends an array and returns where it begins, a multiple of 8 as typed arrays need."""
        start = self.size
        raw = np.ascontiguousarray(array).tobytes()
        raw += b"\0" * (-len(raw) % 8)
        self.parts.append(raw)
        self.size += len(raw)
        return start


def pack(gap: FeatureGap) -> tuple[dict[str, Any], bytes]:
    """A frame's facts as JSON values, and its numbers as bytes that the facts point into."""
    store = _Bytes()
    channels = _channels(gap)
    xy = np.asarray(gap.frame.calibration.img_from_lidar)
    origin, _ = camera_rays(gap.frame.calibration, np.zeros((1, 2)))
    facts = {
        "frame": gap.frame.frame_id,
        "image": {"png": _png(gap.frame.image), "size": list(gap.frame.image.shape[:2])},
        "grid": {"lower": list(gap.grid.lower), "upper": list(gap.grid.upper), "shape": list(gap.grid.shape)},
        "camera": {
            "img_from_lidar": xy.ravel().tolist(),
            "cam_from_lidar": gap.frame.calibration.cam_from_lidar[2].tolist(),
            "lidar_from_img": np.linalg.inv(xy[:, :3]).ravel().tolist(),
            "origin": origin.tolist(),
            "projective": float(gap.frame.calibration.img_from_cam[2, 3]),
            "height": HEIGHT,
            "column": list(COLUMN),
        },
        "reference": gap.reference,
        "matched": sorted(gap.matched),
        "channels": channels.tolist(),
        "explained": [float(share) for share in gap.basis.explained],
        "maps": [_map(gap, name, channels, store) for name in gap.features],
        "boxes": [_boxes(gap, boxes) for boxes in gap.boxes],
        "depth": _depth(gap, store),
        "colours": {
            "features": _table(palette.FEATURES), "signed": _table(palette.SIGNED), "ink": palette.INK,
            "muted": palette.MUTED, **{role: palette.ROLES[role] for role in ("truth", "teacher", "student")},
            "chosen": palette.OTHERS[0], "mean": palette.OTHERS[1], "mode": palette.OTHERS[3],
        },
    }  # fmt: skip
    return facts, b"".join(store.parts)


def _channels(gap: FeatureGap) -> Int[np.ndarray, " channels"]:
    """The channels to send: all of them, or those in which the reference varies most."""
    most = max(len(features) for features in gap.features.values())
    if sum(features.size for features in gap.features.values()) <= MOST_BYTES:
        return np.arange(most)
    variance = gap.features[gap.reference][:, gap.cells].var(axis=1)
    return np.sort(np.argsort(-variance, kind="stable")[:FEW])


def _map(gap: FeatureGap, name: str, channels: np.ndarray, store: _Bytes) -> dict[str, Any]:
    features = gap.features[name]
    plain = gap.plain(name)
    sent = channels[channels < len(features)]
    mine = name != gap.reference and name not in gap.matched
    alike = len(features) == len(gap.basis.mean)
    pca = show_map(features, "pca", basis=gap.basis, cells=gap.cells if mine else None).values if alike else None
    layers = [show_map(features, int(channel)) for channel in sent]
    layers.append(show_map(features, "norm"))
    layers.append(show_residual(features) if plain == "residual" else show_map(features, "mean"))
    codes, low, step = _quantised(np.stack([layer.values for layer in layers]))
    found = gap.likeness.get(name)
    return {
        "name": name,
        "plain": plain,
        "title": gap.title(name).translate(_UNTEX),
        "matched": not mine,
        "mark": "channels not matched" if gap.unmatched(name) else "",
        "channels": len(sent),
        "codes": store.add(codes),
        "low": low.tolist(),
        "step": step.tolist(),
        "looks": [_look(layer) for layer in layers],
        "pca": None if pca is None else store.add(np.round(255 * pca).astype(np.uint8)),
        "compared_with": gap.compared_with.get(name),
        "likeness": None if found is None else {
            "cka": _plain(found.cka), "cka_floor": _plain(found.cka_floor),
            "cosine": _plain(found.cosine), "cosine_floor": _plain(found.cosine_floor),
        },
    }  # fmt: skip


def _quantised(layers: Float[np.ndarray, "L Y X"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bytes, and the lowest value and step of each layer."""
    low, high = layers.min(axis=(1, 2)).astype(np.float64), layers.max(axis=(1, 2)).astype(np.float64)
    step = np.where(high > low, (high - low) / 255, 1.0)
    return np.round((layers - low[:, None, None]) / step[:, None, None]).astype(np.uint8), low, step


def _look(shown: Shown) -> dict[str, Any]:
    return {
        "limits": [float(limit) for limit in shown.limits],
        "table": "signed" if shown.cmap is palette.SIGNED else "features",
        "note": shown.note,
        "range": shown.range,
    }


def _boxes(gap: FeatureGap, boxes: BoxSet) -> dict[str, Any]:
    wires = wireframe(boxes.boxes.values, gap.frame.calibration)
    lines = wires.edges[~wires.hidden].reshape(-1, 4)
    return {
        "name": boxes.name,
        "colour": boxes.colour,
        "ground": box_corners(boxes.boxes.values.astype(np.float64))[:, :4, :2].round(3).tolist(),
        "lines": lines[~np.isnan(lines).any(axis=1)].round(2).tolist(),
    }


def _depth(gap: FeatureGap, store: _Bytes) -> dict[str, Any] | None:
    """Distributions as bytes in units of each cell's largest one; what is read of them exactly."""
    if gap.probabilities is None:
        return None
    p = gap.probabilities
    rows, columns = p.shape[1:]
    stride = round(gap.frame.image.shape[1] / columns)
    largest = np.maximum(p.max(axis=0), 1e-12)
    truth = np.full((rows, columns), np.nan)
    for row, column in np.ndindex(rows, columns):
        found = true_depth(
            gap.frame,
            slice(row * stride, (row + 1) * stride),
            slice(column * stride, (column + 1) * stride),
        )
        truth[row, column] = np.nan if found is None else found
    mode, mean = summary(p, gap.bins)
    tables = np.stack([largest, mode, mean, truth]).astype(np.float32)
    return {
        "shape": list(p.shape),
        "stride": stride,
        "edges": bin_edges(gap.bins).tolist(),
        "codes": store.add(np.round(255 * p / largest).astype(np.uint8)),
        "tables": store.add(tables),
    }


def _table(cmap: Colormap) -> list[int]:
    """256 colours as integers 0xRRGGBB."""
    return [int(to_hex(cmap(code))[1:], 16) for code in range(256)]


def _plain(value: float | None) -> float | None:
    """A number that JSON knows: NaN becomes None."""
    return None if value is None or np.isnan(value) else float(value)


def _png(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
