"""The counterfactual street: stored sweeps over one car and one camera, with a student's answers."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from monotakd.errors import require
from monotakd.viz import palette, style
from monotakd.viz.boxsets import box_sets
from monotakd.viz.explorers.shared.base import LinkedExplorer
from monotakd.viz.explorers.shared.packing import box_facts, number
from monotakd.viz.explorers.what_if.still import LEAST, draw_sweeps
from monotakd.viz.explorers.what_if.swept import Answer, Swept


class WhatIfExplorer(LinkedExplorer):
    """Sweeps with a slider; ends a cell. Made by `explore_what_if`.

    Attributes:
        sweeps: what is shown, by name.
    """

    scripts = ("what_if/view.js",)
    view = "WhatIfView"

    def __init__(self, sweeps: Mapping[str, Swept]):
        require(bool(sweeps), "no sweeps; expected Swept values by name, from interactive.what_if.swept")
        self.sweeps = dict(sweeps)
        name = next(iter(self.sweeps))
        super().__init__(pack_sweeps(self.sweeps), b"", {"sweep": name, "place": len(self.sweeps[name].values) // 2})

    @property
    def title(self) -> str:
        """Names the view."""
        return "counterfactual street"

    @property
    def answer(self) -> Answer:
        """What is shown."""
        state = self.widget.state
        return self.sweeps[state["sweep"]].answers[state["place"]]

    @property
    def alt(self) -> str:
        """The sweep, the place in it and the student's answer."""
        state = self.widget.state
        sweep = self.sweeps[state["sweep"]]
        return f"{sweep.title}: {sweep.label} {sweep.values[state['place']]:g}: {self.answer.words}"

    def show(self, sweep: str, place: int) -> None:
        """Goes to a place in a sweep.

        Raises:
            ValueError: no such sweep or place.
        """
        require(sweep in self.sweeps, f"sweep {sweep!r}, expected one of {[*self.sweeps]}")
        count = len(self.sweeps[sweep].values)
        require(0 <= place < count, f"place {place} in {sweep!r}, expected 0..{count - 1}")
        self.change(sweep=sweep, place=place)

    def still(self, width: float | int = 13.0) -> style.Picture:
        """All sweeps as small plots, the shown place marked."""
        return draw_sweeps(self.sweeps, width=width, mark=(self.widget.state["sweep"], self.widget.state["place"]))


def explore_what_if(sweeps: Mapping[str, Swept]) -> WhatIfExplorer:
    """One car on a street: drives away, grows, turns; the camera pitches, rises, zooms. Where does the student see it?

    Stored streets, so that it needs neither open3d nor, once shown, a kernel.

    Args:
        sweeps: of `interactive.what_if.swept`.

    Example:
        ``explore_what_if(swept(student))``
    """
    return WhatIfExplorer(sweeps)


def pack_sweeps(sweeps: Mapping[str, Swept]) -> dict[str, Any]:
    """All sweeps as JSON values; a street that is in several is sent once."""
    shown: dict[int, dict[str, Any]] = {}
    places: dict[int, int] = {}
    for sweep in sweeps.values():
        for answer in sweep.answers:
            if id(answer) not in places:
                places[id(answer)] = len(places)
                shown[places[id(answer)]] = _answer(answer)
    return {
        "sweeps": [
            {
                "name": name, "title": sweep.title, "label": sweep.label, "values": list(sweep.values),
                "answers": [places[id(answer)] for answer in sweep.answers],
            }
            for name, sweep in sweeps.items()
        ],
        "answers": list(shown.values()),
        "grid": {"lower": [0.0, -12.0], "upper": [42.0, 12.0]},
        "colours": {
            "ink": palette.INK, "muted": palette.MUTED, "hairline": palette.HAIRLINE, "ground": palette.GROUND,
            "truth": palette.ROLES["truth"], "student": palette.ROLES["student"], "box": palette.OTHERS[3],
        },
    }  # fmt: skip


def _image(image: UInt8[np.ndarray, "H W 3"]) -> dict[str, Any]:
    """As `packing.image_facts`, for the eye alone in a fifth of the bytes: there are many streets."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="webp", quality=85)
    encoded = base64.b64encode(file.getvalue()).decode()
    return {"png": f"data:image/webp;base64,{encoded}", "size": list(image.shape[:2])}


def _answer(answer: Answer) -> dict[str, Any]:
    sets = box_sets(answer.frame, {"truth": answer.car, "student": answer.detections}, LEAST)
    x, y, _ = answer.car.values[0, :3].tolist()
    return {
        "image": _image(answer.frame.image),
        "boxes": [box_facts(boxes, answer.frame.calibration) for boxes in sets],
        "surface": number(answer.surface),
        "depth": number(answer.depth),
        "spread": None if math.isnan(answer.depth) else list(answer.spread),
        "box": answer.box_distance,
        "slope": y / x,
        "words": answer.words,
    }
