"""The feature-gap explorer: linked maps of one frame that answer to clicks in the browser."""

from __future__ import annotations

import base64
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from monotakd.errors import require
from monotakd.geometry.grids import cell_of_points
from monotakd.scene import BevMap, DepthBins, Frame
from monotakd.viz import style
from monotakd.viz.boxsets import Drawable
from monotakd.viz.explorers.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.payload import pack
from monotakd.viz.explorers.still import draw_gap

VIEWS = ("pca", "norm", "mean", "channel")
MODES = ("swipe", "difference")
BEGIN = 15.0
"""How far ahead the box is that is chosen first, if there is such a one, metres."""


class FeatureGapExplorer:
    """Linked views of one frame; ends a cell. Made by `explore_feature_gap`.

    The browser answers to clicks, keys and sliders itself; it reports what it shows, so that `state`, `selection`,
    `reading` and `still` always speak of what is on the screen. `choose_cell`, `choose_pixel` and `show` do from Python
    what a click does.

    Attributes:
        gap: what is shown.
        widget: the linked views.
    """

    def __init__(self, gap: FeatureGap):
        from monotakd.viz.explorers.widget import make_widget

        self.gap = gap
        facts, payload = pack(gap)
        names = list(gap.features)
        state = {
            "view": "pca", "channel": 0, "boxes": True, "mode": "swipe", "split": 0.5,
            "a": gap.reference, "b": "fused" if "fused" in names else names[-1], **_fields(_first(gap)),
        }  # fmt: skip
        self.widget = make_widget(facts, payload, state, stage=style.is_stage())

    @property
    def state(self) -> dict[str, Any]:
        """What the views show: view, channel, boxes, a, b, mode, split, cell, uv, by."""
        return dict(self.widget.state)

    @property
    def selection(self) -> Selection:
        """The chosen cell and pixel."""
        state = self.widget.state
        cell, uv = (None if state[name] is None else tuple(state[name]) for name in ("cell", "uv"))
        return Selection(cell, uv, state["by"])

    @property
    def reading(self) -> Reading:
        """Depths and feature vectors at the selection."""
        return self.gap.read(self.selection)

    def choose_cell(self, row: int, column: int) -> Selection:
        """Chooses a BEV cell, as a click on a map does.

        Raises:
            ValueError: no such cell.
        """
        self._change(**_fields(self.gap.at_cell(row, column)))
        return self.selection

    def choose_pixel(self, u: float, v: float) -> Selection:
        """Chooses a pixel, as a click on the image does.

        Raises:
            ValueError: no such pixel.
        """
        self._change(**_fields(self.gap.at_pixel(u, v)))
        return self.selection

    def show(self, view: str | int | None = None, *, a: str | None = None, b: str | None = None,
             mode: str | None = None, split: float | None = None, boxes: bool | None = None) -> None:  # fmt: skip
        """Moves the controls; what is not named stays.

        Args:
            view: one of `VIEWS`, or a channel's number.
            a: the first of the two maps that are compared.
            b: the second.
            mode: one of `MODES`.
            split: where the swipe stands, 0..1 from the left.
            boxes: whether boxes are drawn.

        Raises:
            ValueError: no such view, channel, map or mode.
        """
        change: dict[str, Any] = {"a": a, "b": b, "mode": mode, "split": split, "boxes": boxes}
        for name in (a, b):
            require(name is None or name in self.gap.features, f"map {name!r}, expected one of {[*self.gap.features]}")
        require(mode is None or mode in MODES, f"mode {mode!r}, expected one of {MODES}")
        require(split is None or 0 <= split <= 1, f"split {split}, expected 0..1")
        if isinstance(view, int):
            sent = self.widget.facts["channels"]
            require(view in sent, f"channel {view}, expected one of {sent}")
            change |= {"view": "channel", "channel": sent.index(view)}
        elif view is not None:
            require(view in VIEWS, f"view {view!r}, expected one of {VIEWS} or a channel's number")
            change["view"] = view
        self._change(**{name: value for name, value in change.items() if value is not None})

    def still(self, width: float = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        state = self.widget.state
        view = self.widget.facts["channels"][state["channel"]] if state["view"] == "channel" else state["view"]
        return draw_gap(
            self.gap, self.selection, view=view, compared=(state["a"], state["b"]), mode=state["mode"],
            split=state["split"], boxes=state["boxes"], width=width,
        )  # fmt: skip

    def save_page(self, path: str | os.PathLike[str]) -> Path:
        """Writes the explorer, as it stands, as one page that works in any browser without kernel or network."""
        from monotakd.viz.explorers.widget import page

        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(self.widget, f"feature gap, frame {self.gap.frame.frame_id}"), encoding="utf-8")
        return path

    def _change(self, **change: Any) -> None:
        self.widget.state = {**self.widget.state, **change}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle, metadata = self.widget._repr_mimebundle_(), {}
        if isinstance(bundle, tuple):
            bundle, metadata = bundle
        picture = {"image/png": base64.b64encode(self.still().png()).decode(), "text/plain": "<picture>"}
        display({**bundle, **picture}, metadata=metadata, raw=True)


def explore_feature_gap(
    frame: Frame,
    maps: Mapping[str, BevMap],
    *,
    before: Mapping[str, BevMap] | None = None,
    before_name: str = "before",
    depth: Float[np.ndarray | torch.Tensor, "D h w"] | None = None,
    bins: DepthBins | None = None,
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    matched: Collection[str] = (),
    compared_with: Mapping[str, str] | None = None,
    sample: int = 0,
) -> FeatureGapExplorer:
    """Image and BEV maps of one frame, linked: a click on a cell or pixel is answered in all of them.

    A cell lights up its column and pixel in the image, with the depth distribution there and the cell's features in two
    maps; a pixel draws its ray over the maps. Two maps can be swiped or subtracted. Arrow keys move the choice.

    Args:
        frame: image and calibration; its depth and labels are used where there are any.
        maps: by name, in drawing order; `viz.feature_gap.NAMES` are known, others stand for themselves. Maps of a batch
            give floors to the measures of likeness.
        before: the same student maps of another student, such as an untrained one.
        before_name: what these are called in the titles.
        depth: probabilities of every image feature cell, ``student_output.depth_logits.softmax(1)[sample]``.
        bins: of these probabilities.
        boxes: None for the frame's labels, others, or several by name.
        matched: names of maps whose channels were trained to mean what the teacher's do; pairs of others are marked
            "channels not matched".
        compared_with: name to name of the map that it is measured against; `viz.feature_gap.TAUGHT_BY` by default.
        sample: row of the batch that shows the frame.

    Raises:
        ValueError: maps that do not fit each other, or probabilities that do not fit the image.
        DataError: NaN features, or an impossible box.

    Example:
        ``explore_feature_gap(frame, {"teacher": t.bev, "fused": s.bev}, depth=p, bins=student.scale.bins)``
    """
    return FeatureGapExplorer(
        FeatureGap.of(
            frame, maps, before=before, before_name=before_name, depth=depth, bins=bins, boxes=boxes, matched=matched,
            compared_with=compared_with, sample=sample,
        )
    )  # fmt: skip


def _first(gap: FeatureGap) -> Selection:
    """Where to begin: at the box nearest to `BEGIN` in grid and image, else in the middle of the grid."""
    centres = np.concatenate([boxes.boxes.centres for boxes in gap.boxes] or [np.zeros((0, 3))]).astype(np.float64)
    cells, inside = cell_of_points(gap.grid, centres)
    for row in np.argsort(np.abs(centres[:, 0] - BEGIN), kind="stable"):
        if inside[row]:
            chosen = gap.at_cell(*(int(index) for index in cells[row]))
            if chosen.uv is not None:
                return chosen
    return gap.at_cell(gap.grid.shape[0] // 2, gap.grid.shape[1] // 2)


def _fields(selection: Selection) -> dict[str, Any]:
    cell, uv = (None if value is None else list(value) for value in (selection.cell, selection.uv))
    return {"cell": cell, "uv": uv, "by": selection.by}
