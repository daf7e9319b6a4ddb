"""The feature-gap explorer: linked maps of one frame that answer to clicks in the browser."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from monotakd.errors import require
from monotakd.geometry.grids import cell_of_points
from monotakd.viz import style
from monotakd.viz.explorers.base import LinkedExplorer
from monotakd.viz.explorers.gap import FeatureGap, Reading, Selection
from monotakd.viz.explorers.payload import pack
from monotakd.viz.explorers.still import draw_gap

VIEWS = ("pca", "norm", "mean", "channel")
MODES = ("swipe", "difference")
BEGIN = 15.0
"""How far ahead the box is that is chosen first, if there is such a one, metres."""


class FeatureGapExplorer(LinkedExplorer):
    """Linked views of one frame; ends a cell. Made by `explore_feature_gap`.

    The browser answers to clicks, keys and sliders itself; it reports what it shows, so that `state`, `selection`,
    `reading` and `still` always speak of what is on the screen. `choose_cell`, `choose_pixel` and `show` do from Python
    what a click does.

    Attributes:
        gap: what is shown.
    """

    scripts = ("feature_gap_core.js", "feature_gap_plots.js", "feature_gap_view.js")
    view = "FeatureGapView"

    def __init__(self, gap: FeatureGap):
        self.gap = gap
        facts, payload = pack(gap)
        names = list(gap.features)
        state = {
            "view": "pca", "channel": 0, "boxes": True, "mode": "swipe", "split": 0.5,
            "a": gap.reference, "b": "fused" if "fused" in names else names[-1], **_fields(_first(gap)),
        }  # fmt: skip
        super().__init__(facts, payload, state)

    @property
    def title(self) -> str:
        """Names the frame."""
        return f"feature gap, frame {self.gap.frame.frame_id}"

    @property
    def alt(self) -> str:
        """Where the selection lies, and which depths the student sees there."""
        chosen, reading, words = self.selection, self.reading, []
        if chosen.cell is None:
            words.append("no cell: the pixel lies outside the grid, or no depth is known")
        else:
            x, y, _ = self.gap.place(chosen.cell)
            side = "left" if y >= 0 else "right"
            words.append(f"cell ({chosen.cell[0]}, {chosen.cell[1]}): {x:.1f} m ahead, {abs(y):.1f} m to the {side}")
        words.append("outside the image" if chosen.uv is None else f"pixel ({chosen.uv[0]:.0f}, {chosen.uv[1]:.0f})")
        if reading.mode is not None:
            true = "unknown" if reading.true is None else f"{reading.true:.1f} m"
            words.append(f"likeliest depth {reading.mode:.1f} m, mean {reading.mean:.1f} m, true {true}")
        return "; ".join(words)

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
        self.change(**_fields(self.gap.at_cell(row, column)))
        return self.selection

    def choose_pixel(self, u: float, v: float) -> Selection:
        """Chooses a pixel, as a click on the image does.

        Raises:
            ValueError: no such pixel.
        """
        self.change(**_fields(self.gap.at_pixel(u, v)))
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
        self.change(**{name: value for name, value in change.items() if value is not None})

    def still(self, width: float = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        state = self.widget.state
        view = self.widget.facts["channels"][state["channel"]] if state["view"] == "channel" else state["view"]
        return draw_gap(
            self.gap, self.selection, view=view, compared=(state["a"], state["b"]), mode=state["mode"],
            split=state["split"], boxes=state["boxes"], width=width,
        )  # fmt: skip


def explore_feature_gap(*frame_and_maps: Any, **options: Any) -> FeatureGapExplorer:
    """Image and BEV maps of one frame, linked: a click on a cell or pixel is answered in all of them.

    A cell lights up its column and pixel in the image, with the depth distribution there and the cell's features in two
    maps; a pixel draws its ray over the maps. Two maps can be swiped or subtracted. Arrow keys move the choice.

    Args:
        frame_and_maps: the first two arguments of `FeatureGap.of`.
        options: the others, such as ``depth`` and ``bins``.

    Raises:
        ValueError: maps that do not fit each other, or probabilities that do not fit the image.
        DataError: NaN features, or an impossible box.

    Example:
        ``explore_feature_gap(frame, {"teacher": t.bev, "fused": s.bev}, depth=p, bins=student.scale.bins)``
    """
    return FeatureGapExplorer(FeatureGap.of(*frame_and_maps, **options))


# What a notebook's help shows: the arguments by name.
explore_feature_gap.__signature__ = inspect.signature(FeatureGap.of)


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
