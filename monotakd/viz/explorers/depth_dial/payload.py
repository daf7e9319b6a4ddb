"""The depth dial's frame for the browser: depth, maps, boxes and scores at every position."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from monotakd.geometry.boxes import box_corners
from monotakd.geometry.depth_bins import bin_centres, bin_edges
from monotakd.viz import palette
from monotakd.viz.boxsets import box_sets
from monotakd.viz.depth_ray import true_depth
from monotakd.viz.explorers.depth_dial.dial import SURE, DialledFrame, Position
from monotakd.viz.explorers.shared.linking import HEIGHT
from monotakd.viz.explorers.shared.packing import (
    ByteStore,
    box_facts,
    camera_facts,
    colour_table,
    grid_facts,
    image_facts,
)
from monotakd.viz.wireframe import wireframe

LEAST = 0.1
"""Boxes below this score are not drawn."""


def pack_dial(dialled: DialledFrame) -> tuple[dict[str, Any], bytes]:
    """A dialled frame's facts as JSON values, and its numbers as bytes that the facts point into.

    Maps are bytes between 0 and the brightest value of all positions; probabilities are bytes in units of each cell's
    largest one; matrices and true depths are exact float32.
    """
    store, frame = ByteStore(), dialled.frame
    truth = box_sets(frame, None)
    facts = {
        "frame": frame.frame_id,
        "image": image_facts(frame.image),
        "grid": grid_facts(dialled.grid),
        "camera": {**camera_facts(frame.calibration), "height": HEIGHT},
        "truths": list(dialled.truths),
        "shifts": list(dialled.shifts),
        "blurs": list(dialled.blurs),
        "start": list(dialled.start),
        "brightest": dialled.brightest,
        "best_ap": dialled.best_ap,
        "sure": SURE,
        "boxes": [box_facts(boxes, frame.calibration) for boxes in truth],
        "depth": _depth(dialled, store),
        "positions": [_position(dialled, dialled.positions[key], store) for key in _keys(dialled)],
        "colours": {
            "features": colour_table(palette.FEATURES), "ink": palette.INK, "muted": palette.MUTED,
            "truth": palette.ROLES["truth"], "student": palette.ROLES["student"],
            "mean": palette.OTHERS[1], "mode": palette.OTHERS[3],
        },
    }  # fmt: skip
    return facts, store.payload()


def _keys(dialled: DialledFrame):
    """In the order of the positions in the facts: blur runs fastest."""
    return product(dialled.truths, dialled.shifts, dialled.blurs)


def _depth(dialled: DialledFrame, store: ByteStore) -> dict[str, Any]:
    p = dialled.predicted
    _, rows, columns = p.shape
    stride = round(dialled.frame.image.shape[1] / columns)
    largest = np.maximum(p.max(axis=0), 1e-12)
    true = np.full((rows, columns), np.nan)
    for row, column in np.ndindex(rows, columns):
        block = (slice(i * stride, (i + 1) * stride) for i in (row, column))
        found = true_depth(dialled.frame, *block)
        true[row, column] = np.nan if found is None else found
    known = dialled.truth.max(axis=0) > 0
    return {
        "shape": list(p.shape),
        "stride": stride,
        "edges": bin_edges(dialled.bins).tolist(),
        "centres": bin_centres(dialled.bins).tolist(),
        "codes": store.add(np.round(255 * p / largest).astype(np.uint8)),
        "tables": store.add(np.stack([largest, true]).astype(np.float32)),
        "true_bin": store.add(np.where(known, dialled.truth.argmax(axis=0), 255).astype(np.uint8)),
        "shift_matrices": store.add(dialled.shift_matrices.astype(np.float32)),
        "blur_matrices": store.add(dialled.blur_matrices.astype(np.float32)),
    }


def _position(dialled: DialledFrame, position: Position, store: ByteStore) -> dict[str, Any]:
    codes = np.round(255 * np.clip(position.norm / dialled.brightest, 0, 1)).astype(np.uint8)
    shown = np.asarray(position.detections.scores) >= LEAST
    values = position.detections.boxes.values[shown].astype(np.float64)
    sure = np.asarray(position.detections.scores)[shown] > SURE  # the others would hide the image
    wires = wireframe(values[sure], dialled.frame.calibration)
    lines = wires.edges[~wires.hidden].reshape(-1, 4)
    overlaps = None if position.overlaps is None else position.overlaps[shown]
    return {
        "codes": store.add(codes),
        "ground": box_corners(values)[:, :4, :2].round(2).tolist(),
        "lines": lines[~np.isnan(lines).any(axis=1)].round(1).tolist(),
        "scores": np.asarray(position.detections.scores)[shown].round(3).tolist(),
        "overlaps": None if overlaps is None else overlaps.round(3).tolist(),
        "words": position.words(dialled.best_ap),
    }
