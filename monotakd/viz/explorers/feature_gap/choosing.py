"""What explorers of BEV maps share: a cell or a pixel is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from monotakd.errors import require
from monotakd.geometry.grids import cell_of_points
from monotakd.viz.explorers.feature_gap.gap import FeatureGap, Selection
from monotakd.viz.explorers.feature_gap.payload import pack_channels
from monotakd.viz.explorers.shared.base import LinkedExplorer

if TYPE_CHECKING:
    from traitlets import Bunch

BEGIN = 15.0
"""How far ahead the box is that is chosen first, if there is such a one, metres."""


NOTHING = -1
"""State of ``asked`` while the browser asks for no channel."""


class ChoosingExplorer(LinkedExplorer):
    """Linked views of one frame's maps, in which a click chooses.

    Attributes:
        gap: maps and geometry.
        fetched: what else changes in the state when a channel has been fetched.
    """

    fetched: ClassVar[dict[str, Any]] = {}

    def __init__(self, gap: FeatureGap, facts: dict[str, Any], payload: bytes, state: dict[str, Any]):
        self.gap = gap
        super().__init__(facts, payload, {**state, "asked": NOTHING, **_fields(_first(gap))})
        self.widget.observe(self._answer, "state")

    @property
    def selection(self) -> Selection:
        """The chosen cell and pixel."""
        state = self.widget.state
        cell, uv = (None if state[name] is None else tuple(state[name]) for name in ("cell", "uv"))
        return Selection(cell, uv, state["by"])

    def choose_cell(self, row: int, column: int) -> Selection:
        """Chooses a BEV cell, as a click on a map does.

        Raises:
            ValueError: no such cell.
        """
        self.change(**_fields(self.gap.at_cell(row, column)))
        return self.selection

    def choose_pixel(self, u: float | int, v: float | int) -> Selection:
        """Chooses a pixel, as a click on the image does.

        Raises:
            ValueError: no such pixel.
        """
        self.change(**_fields(self.gap.at_pixel(u, v)))
        return self.selection

    def fetch(self, channel: int) -> None:
        """Shows a channel, and sends it first where it is not in the browser yet.

        Of large maps only the channels that vary most travel with the views; a page without a kernel has no others.

        Raises:
            ValueError: no map has that channel.
        """
        count, sent = self.facts["all_channels"], self.facts["channels"]
        require(0 <= channel < count, f"channel {channel}, expected 0..{count - 1}")
        now = sorted({*sent, channel})
        packed = ()
        if channel not in sent:
            packed = pack_channels(self.gap, np.array(now), self.widget.payload[: self.facts["head"]])
        self.send(*packed, channel=now.index(channel), asked=NOTHING, **self.fetched)

    def _answer(self, change: Bunch) -> None:
        asked = change.new["asked"]
        if 0 <= asked < self.facts["all_channels"]:  # written by the browser
            self.fetch(asked)

    def cell_in_words(self, cell: tuple[int, int]) -> str:
        """Where a cell lies."""
        x, y, _ = self.gap.place(cell)
        return f"cell ({cell[0]}, {cell[1]}): {x:.1f} m ahead, {abs(y):.1f} m to the {'left' if y >= 0 else 'right'}"


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
