"""The feature-gap explorer's frame for the browser: everything that its views need to answer without the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from monotakd.geometry.depth_bins import bin_edges
from monotakd.viz import palette
from monotakd.viz.depth_ray import true_depth
from monotakd.viz.explorers.feature_gap.gap import FeatureGap
from monotakd.viz.explorers.shared.linking import COLUMN, HEIGHT, summary
from monotakd.viz.explorers.shared.packing import (
    ByteStore,
    box_facts,
    camera_facts,
    colour_table,
    grid_facts,
    image_facts,
    number,
    quantised,
)
from monotakd.viz.feature_panels import Shown, show_map, show_residual

MOST_BYTES = 6_000_000
"""Of channels in one frame's payload; beyond that only the `FEW` channels that vary most are sent."""
FEW = 16
_UNTEX = str.maketrans("", "", "${}")


def pack(gap: FeatureGap, store: ByteStore | None = None) -> tuple[dict[str, Any], bytes]:
    """A frame's facts as JSON values, and its numbers as bytes that the facts point into.

    Args:
        gap: what is shown.
        store: what else belongs to the payload; comes first in it.
    """
    store = ByteStore() if store is None else store
    depth = _depth(gap, store)
    head = store.payload()
    changing, payload = pack_channels(gap, _channels(gap), head)
    return changing | {
        "frame": gap.frame.frame_id,
        "image": image_facts(gap.frame.image),
        "grid": grid_facts(gap.grid),
        "camera": {**camera_facts(gap.frame.calibration), "height": HEIGHT, "column": list(COLUMN)},
        "reference": gap.reference,
        "matched": sorted(gap.matched),
        "all_channels": max(len(features) for features in gap.features.values()),
        "explained": [float(share) for share in gap.basis.explained],
        "boxes": [box_facts(boxes, gap.frame.calibration) for boxes in gap.boxes],
        "depth": depth,
        "head": len(head),
        "colours": {
            "features": colour_table(palette.FEATURES), "signed": colour_table(palette.SIGNED), "ink": palette.INK,
            "muted": palette.MUTED, **{role: palette.ROLES[role] for role in ("truth", "teacher", "student")},
            "chosen": palette.OTHERS[0], "mean": palette.OTHERS[1], "mode": palette.OTHERS[3],
        },
    }, payload  # fmt: skip


def pack_channels(gap: FeatureGap, channels: Int[np.ndarray, " channels"], head: bytes) -> tuple[dict[str, Any], bytes]:
    """Of `pack` what depends on which channels are sent.

    Args:
        gap: what is shown.
        channels: their numbers, rising.
        head: the beginning of the payload, with what does not depend on them; ``facts["head"]`` bytes.
    """
    store = ByteStore(head)
    maps = [_map(gap, name, channels, store) for name in gap.features]
    return {"channels": channels.tolist(), "maps": maps}, store.payload()


def _channels(gap: FeatureGap) -> Int[np.ndarray, " channels"]:
    """The channels to send: all of them, or those in which the reference varies most."""
    most = max(len(features) for features in gap.features.values())
    if sum(features.size for features in gap.features.values()) <= MOST_BYTES:
        return np.arange(most)
    variance = gap.features[gap.reference][:, gap.cells].var(axis=1)
    return np.sort(np.argsort(-variance, kind="stable")[:FEW])


def _map(gap: FeatureGap, name: str, channels: np.ndarray, store: ByteStore) -> dict[str, Any]:
    features = gap.features[name]
    plain = gap.plain(name)
    sent = channels[channels < len(features)]
    mine = name != gap.reference and name not in gap.matched
    alike = len(features) == len(gap.basis.mean)
    pca = show_map(features, "pca", basis=gap.basis, cells=gap.cells if mine else None).values if alike else None
    layers = [show_map(features, int(channel)) for channel in sent]
    layers.append(show_map(features, "norm"))
    layers.append(show_residual(features) if plain == "residual" else show_map(features, "mean"))
    codes, low, step = quantised(np.stack([layer.values for layer in layers]))
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
            "cka": number(found.cka), "cka_floor": number(found.cka_floor),
            "cosine": number(found.cosine), "cosine_floor": number(found.cosine_floor),
        },
    }  # fmt: skip


def _look(shown: Shown) -> dict[str, Any]:
    return {
        "limits": [float(limit) for limit in shown.limits],
        "table": "signed" if shown.cmap is palette.SIGNED else "features",
        "note": shown.note,
        "range": shown.range,
    }


def _depth(gap: FeatureGap, store: ByteStore) -> dict[str, Any] | None:
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
