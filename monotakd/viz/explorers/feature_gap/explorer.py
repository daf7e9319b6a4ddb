"""The feature-gap explorer: linked maps of one frame that answer to clicks in the browser."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from monotakd.errors import require
from monotakd.viz import style
from monotakd.viz.explorers.feature_gap.choosing import ChoosingExplorer
from monotakd.viz.explorers.feature_gap.gap import FeatureGap, Reading
from monotakd.viz.explorers.feature_gap.payload import pack
from monotakd.viz.explorers.feature_gap.still import draw_gap

VIEWS = ("pca", "norm", "mean", "channel")
MODES = ("swipe", "difference")


class FeatureGapExplorer(ChoosingExplorer):
    """Linked views of one frame; ends a cell. Made by `explore_feature_gap`.

    The browser answers to clicks, keys and sliders itself; it reports what it shows, so that `state`, `selection`,
    `reading` and `still` always speak of what is on the screen. `choose_cell`, `choose_pixel` and `show` do from Python
    what a click does.

    Attributes:
        gap: what is shown.
    """

    scripts = ("feature_gap/core.js", "feature_gap/plots.js", "feature_gap/view.js")
    view = "FeatureGapView"
    fetched: ClassVar = {"view": "channel"}

    def __init__(self, gap: FeatureGap):
        names = list(gap.features)
        state = {
            "view": "pca", "channel": 0, "boxes": True, "mode": "swipe", "split": 0.5,
            "a": gap.reference, "b": "fused" if "fused" in names else names[-1],
        }  # fmt: skip
        super().__init__(gap, *pack(gap), state)

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
            words.append(self.cell_in_words(chosen.cell))
        words.append("outside the image" if chosen.uv is None else f"pixel ({chosen.uv[0]:.0f}, {chosen.uv[1]:.0f})")
        if reading.mode is not None:
            true = "unknown" if reading.true is None else f"{reading.true:.1f} m"
            words.append(f"likeliest depth {reading.mode:.1f} m, mean {reading.mean:.1f} m, true {true}")
        return "; ".join(words)

    @property
    def reading(self) -> Reading:
        """Depths and feature vectors at the selection."""
        return self.gap.read(self.selection)

    def show(self, view: str | int | None = None, *, a: str | None = None, b: str | None = None,
             mode: str | None = None, split: float | None = None, boxes: bool | None = None) -> None:  # fmt: skip
        """Moves the controls; what is not named stays.

        Args:
            view: one of `VIEWS`, or a channel's number; see `fetch`.
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
            self.fetch(view)
        elif view is not None:
            require(view in VIEWS, f"view {view!r}, expected one of {VIEWS} or a channel's number")
            change["view"] = view
        self.change(**{name: value for name, value in change.items() if value is not None})

    def still(self, width: float | int = 13.0) -> style.Picture:
        """What the views show as a picture, for pages without a kernel."""
        state = self.widget.state
        view = self.facts["channels"][state["channel"]] if state["view"] == "channel" else state["view"]
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
