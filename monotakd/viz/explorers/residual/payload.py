"""The residual explorer's frame for the browser: the maps of `payload.pack`, and the cue at every stand of the slider.

The pictures of the cue travel as bytes, one layer per form and threshold, made of all channels whatever the size of the
maps. Energies and likeness travel exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from monotakd.metrics.similarity import Similarity
from monotakd.viz import palette
from monotakd.viz.explorers.feature_gap.payload import pack
from monotakd.viz.explorers.residual.cue import FORMS, GROUPS, Form, ResidualCue, summed
from monotakd.viz.explorers.shared.packing import ByteStore, number, quantised

GROUP_COLOURS = dict(zip(GROUPS, (palette.ROLES["truth"], palette.ROLES["teacher"], palette.MUTED), strict=True))
NOTES = {"binarised": "share of channels that are 1", "magnitude": "RMS of channels", "signed": "mean of channels"}
_PERCENTILE = 99.5


def pack_cue(cue: ResidualCue) -> tuple[dict[str, Any], bytes]:
    """A frame's facts as JSON values, and its numbers as bytes that the facts point into."""
    store = ByteStore()
    forms = {form: _form(cue, form, store) for form in FORMS}
    facts, payload = pack(cue.gap, store)
    edges, _ = cue.distances()
    facts["colours"]["assistant"] = palette.ROLES["assistant"]
    facts |= {
        "unit": cue.unit,
        "mark": cue.mark,
        "aligned": cue.aligned,
        "thresholds": list(cue.thresholds),
        "edges": edges.tolist(),
        "groups": [{"name": name, "colour": GROUP_COLOURS[name], "cells": float(cue.groups[name].mean())}
                   for name in GROUPS],
        "forms": forms,
    }  # fmt: skip
    return facts, payload


def limits_of(cue: ResidualCue, form: Form) -> tuple[float, float]:
    """What the ends of the colours stand for, the same at every threshold."""
    if form == "binarised":
        return 0.0, 1.0
    reach = max(float(np.percentile(np.abs(summed(cue.target(form, 0.0), form)), _PERCENTILE)), 1e-9)
    return (-reach, reach) if form == "signed" else (0.0, reach)


def channel_limits(cue: ResidualCue, form: Form) -> Float[np.ndarray, "C 2"]:
    """The same for every channel on its own."""
    sizes = cue.target("magnitude", 0.0)
    reach = np.maximum(np.percentile(sizes, _PERCENTILE, axis=(1, 2)), 1e-9)
    reach = np.ones(len(sizes)) if form == "binarised" else reach
    return np.stack([-reach if form == "signed" else np.zeros(len(sizes)), reach], axis=1)


def _form(cue: ResidualCue, form: Form, store: ByteStore) -> dict[str, Any]:
    layers = np.stack([summed(cue.target(form, threshold), form) for threshold in cue.thresholds])
    codes, low, step = quantised(layers)
    energies = [cue.energy(form, threshold) for threshold in cue.thresholds]
    return {
        "codes": store.add(codes),
        "low": low.tolist(),
        "step": step.tolist(),
        "limits": list(limits_of(cue, form)),
        "channel_limits": channel_limits(cue, form).tolist(),
        "table": "signed" if form == "signed" else "features",
        "note": NOTES[form],
        "energy": [
            {
                "whole": [number(energy.whole[name]) for name in GROUPS],
                "share": [number(energy.share[name]) for name in GROUPS],
                "by_distance": [[number(value) for value in energy.by_distance[name]] for name in GROUPS],
            }
            for energy in energies
        ],
        "likeness": [
            {name: _likeness(found) for name, found in cue.likeness(form, threshold).items()}
            for threshold in cue.thresholds
        ],
    }


def _likeness(found: Similarity | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    return {
        "cka": number(found.cka), "cka_floor": number(found.cka_floor),
        "cosine": number(found.cosine), "cosine_floor": number(found.cosine_floor),
    }  # fmt: skip
