"""The feature gap: what teacher, assistant and student make of one street, side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Bool, Float

from monotakd.errors import DataError, require
from monotakd.metrics.similarity import compare_maps, occupied_cells
from monotakd.scene import BevGrid, BevMap, Frame
from monotakd.viz import palette, style
from monotakd.viz.bev import bev_axes
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets
from monotakd.viz.feature_colours import ColourBasis, fit_colours
from monotakd.viz.feature_panels import View, draw_shown, outline_boxes, show_map, show_residual
from monotakd.viz.image import draw_boxes_on, image_axes

NAMES = {
    "teacher": "teacher $F_T$",
    "assistant": "assistant $F_A$",
    "residual": "residual $F_{res}$",
    "visual": "visual $F_{vis}$",
    "spatial": "spatial $F_{spa}$",
    "fused": "fused $F_S$",
}
"""How the panels of known maps are titled."""
TAUGHT_BY = {"assistant": "teacher", "visual": "assistant", "spatial": "residual", "fused": "teacher"}
"""Which map each one is compared with, unless said otherwise."""
SYMBOLS = {name: title.split()[-1] for name, title in NAMES.items()}

Array = Float[np.ndarray, "B C Y X"]


def draw_feature_gap(
    frame: Frame,
    maps: Mapping[str, BevMap],
    *,
    before: Mapping[str, BevMap] | None = None,
    view: View = "pca",
    boxes: Drawable | Mapping[str, Drawable] | None = None,
    matched: Collection[str] = ("teacher",),
    compared_with: Mapping[str, str] | None = None,
    sample: int = 0,
    width: float | int = 13.0,
) -> style.Picture:
    """The image and the BEV maps of one frame; above the student's maps the same ones before distillation.

    Under each panel its likeness to the map that taught it, on the cells that the teacher's map (else the first one)
    occupies: cosine and linear CKA, each beside its floor, the same number against other frames.

    A map named ``"residual"`` is drawn as the mean over its channels, red and blue when it is signed and bright on
    dark when it is not, but for a view of one channel.

    Args:
        frame: the moment, with its labels.
        maps: by name, in drawing order; `NAMES` are known, others stand for themselves. Maps of a batch give floors.
        before: the same student maps of another student, such as an untrained one, or one trained on boxes only.
        view: ``"pca"``: three principal components of the teacher's map as colours, the same for all; ``"norm"``: root
            mean square over the channels; a number: that channel.
        boxes: None for the frame's labels, boxes, detections, or several by name; ``{}`` for none.
        matched: names of maps whose channels were trained to mean what the teacher's do. The others, and all of
            ``before``, are marked and drawn in units of their own: their colours tell cells apart, and cannot be
            compared between panels.
        compared_with: name to name of the map it is compared with; `TAUGHT_BY` by default, else the teacher.
        sample: row of the batch that shows the frame.
        width: of the picture, inches.

    Raises:
        ValueError: no maps, different grids, no such sample or channel, or ``before`` has a map that ``maps`` has not.
        DataError: NaN features, or an impossible box.

    Example:
        ``draw_feature_gap(frame, {"teacher": t.bev, "assistant": a.bev, "visual": s.bev_visual, "fused": s.bev})``
    """
    after, earlier = map_arrays(maps, sample), map_arrays(before or {}, sample)
    require_alike(maps, before or {})
    reference = "teacher" if "teacher" in maps else next(iter(maps))
    occupied = np.stack([occupied_cells(features) for features in after[reference]])
    cells = occupied[sample]
    basis = fit_colours(after[reference][sample], cells) if view == "pca" else None
    taught_by = {**TAUGHT_BY, **(compared_with or {})}
    sets = box_sets(frame, boxes)
    order = [name for name in maps if name not in earlier] + [name for name in maps if name in earlier]
    layout = _Layout(width, len(order), len(earlier), maps[reference].grid, frame.image.shape[:2])
    picture = style.new_picture(width, layout.height)

    _draw_image(picture, layout, frame, sets)
    left, top, room = layout.note
    several = len(after[reference]) > 1
    picture.text(
        left,
        top,
        _explanation(basis, reference, floors=several, columns=int(room * 15.5 * 7.5 / style.size("small"))),
        va="top",
        fontsize=style.size("small"),
        color=palette.MUTED,
        linespacing=1.45,
    )
    for column, name in enumerate(order):
        for upper in (False, True) if name in earlier else (False,):
            features = (earlier if upper else after)[name]
            own_units = name != reference and (upper or name not in matched)
            if name == "residual" and not isinstance(view, int):
                shown = show_residual(features[sample])
            else:
                shown = show_map(features[sample], view, scale=after[name][sample], basis=basis,
                                 cells=cells if own_units else None)  # fmt: skip
            words = [shown.range] if shown.range else []
            target = taught_by.get(name, reference)
            if name not in (reference, "residual") and target in after:
                words += _likeness(features, after[target], occupied, sample, SYMBOLS.get(target, target))
            title = NAMES.get(name, name) + (" before" if upper else " after" if name in earlier else "")
            mark = "channels not matched" if own_units and name != "residual" else shown.note
            axes = picture.add_axes(layout.panel(column, upper=upper))
            bev_axes(layout.region, axes=axes, ground="dark" if shown.dark else "light")
            axes.grid(False)
            draw_shown(axes, shown, maps[name].grid)
            outline_boxes(axes, sets, dark=shown.dark)
            _say(axes, layout, title, mark, words, ticks=column == 0)
    return picture


class _Layout:
    """Places in inches, given as shares of the picture.

    Above: the image over the columns of the maps that have no earlier version, beside the earlier versions. Below: all
    maps in a row.
    """

    def __init__(self, width: float | int, columns: int, earlier: int, grid: BevGrid, image_size: tuple[int, int]):
        scale = style.size("small") / 7.5
        self.left, self.gap, self.right = 0.42 * scale, 0.14, 0.1
        self.width = width
        self.region = tuple(zip(grid.lower, grid.upper, strict=True))
        (near, far), (low, high) = self.region
        self.side = min((width - self.left - self.right - self.gap * (columns - 1)) / columns, 3.2)
        self.tall = self.side * (far - near) / (high - low)
        self.title, self.words = 0.42 * scale, 0.66 * scale
        row = self.title + self.tall + self.words
        free = columns - earlier
        room = self.left + free * self.side + (free - 1) * self.gap if earlier else 0.62 * width
        self.picture_width = min(room, width)
        self.image_height = self.picture_width * image_size[0] / image_size[1]
        note = 1.0 * scale
        self.above = max(row, style.strip() + self.image_height + note) if earlier else (
            style.strip() + self.image_height + 0.12)  # fmt: skip
        self.beside = not earlier
        self.height = self.above + row

    def _place(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        return left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height

    @property
    def image(self) -> tuple[float, float, float, float]:
        return self._place(0.0, style.strip(), self.picture_width, self.image_height)

    @property
    def note(self) -> tuple[float, float, float]:
        """Left and top of the explanation as shares, and its width in inches."""
        if self.beside:
            left, top = self.picture_width + 0.2, style.strip()
            return left / self.width, 1 - top / self.height, self.width - left - self.right
        return 0.08 / self.width, 1 - (style.strip() + self.image_height + 0.12) / self.height, self.picture_width

    def panel(self, column: int, *, upper: bool) -> tuple[float, float, float, float]:
        top = (self.above - self.words - self.tall) if upper else self.above + self.title
        return self._place(self.left + column * (self.side + self.gap), top, self.side, self.tall)


def map_arrays(maps: Mapping[str, BevMap], sample: int) -> dict[str, Array]:
    """The maps' features as arrays, known to be finite and to have row ``sample``."""
    arrays = {name: bev.features.detach().cpu().float().numpy() for name, bev in maps.items()}
    for name, features in arrays.items():
        require(0 <= sample < len(features), f"sample {sample} of the map {name!r} with {len(features)} frames")
        wrong = np.argwhere(~np.isfinite(features))
        if len(wrong):
            where = dict(zip(("sample", "channel", "y", "x"), wrong[0].tolist(), strict=True))
            raise DataError(
                f"BEV map {name!r}",
                f"{features[tuple(wrong[0])]} in {len(wrong)} places",
                "finite features",
                place=", ".join(f"{key} {value}" for key, value in where.items()),
                fix="Look for NaN depth, or a division by zero before this map",
            )
    return arrays


def require_alike(maps: Mapping[str, BevMap], before: Mapping[str, BevMap]) -> None:
    """Refuses maps that cannot lie side by side: of other grids or frames, or earlier ones without a later one."""
    require(bool(maps), "draw_feature_gap got no maps; expected BevMaps by name, such as {'teacher': output.bev}")
    first = next(iter(maps.values()))
    for name, bev in (*maps.items(), *before.items()):
        first.require_same_grid(bev)
        count, expected = len(bev.features), len(first.features)
        require(count == expected, f"the map {name!r} holds {count} frames, others {expected}: pass the same frames")
    unknown = [name for name in before if name not in maps]
    require(not unknown, f"before has {unknown}, which maps has not; expected some of {list(maps)}")


def _draw_image(picture: style.Picture, layout: _Layout, frame: Frame, sets: list[BoxSet]) -> None:
    axes = picture.add_axes(layout.image)
    image_axes(frame, frame.image, axes=axes, width=layout.picture_width, title=f"frame {frame.frame_id}")
    draw_boxes_on(axes, frame, sets, labels=False)


def _explanation(basis: ColourBasis | None, reference: str, *, floors: bool, columns: int) -> str:
    owner = f"the {reference}'s map" if reference in NAMES else f"the map {reference!r}"
    text = f"Outlines: the boxes of the image. Numbers: likeness on the cells that {owner} occupies; "
    text += "in brackets the floor, the same against other frames." if floors else "no floor without other frames."
    lines = [text]
    if basis is not None:
        first, second, third = (f"{share:.0%}" for share in basis.explained)
        lines.append(
            f"Colours: the principal components of {owner}, the same for all panels. Dark to light {first}, yellow to "
            f"blue {second}, green to red {third} of what it says."
        )
    return "\n".join(textwrap.fill(line, columns) for line in lines)


def _likeness(
    features: Array, target: Float[np.ndarray, "B D Y X"], occupied: Bool[np.ndarray, "B Y X"], sample: int, symbol: str
) -> list[str]:
    found = compare_maps(features, target, occupied, sample)

    def beside(value: float, floor: float | None) -> str:
        return f"{value:.2f}" if floor is None else f"{value:.2f} ({floor:.2f})"

    lines = [f"like {symbol}: CKA {beside(found.cka, found.cka_floor)}"]
    if found.cosine is not None:
        lines.append(f"cosine {beside(found.cosine, found.cosine_floor)}")
    return lines


def _say(axes, layout: _Layout, title: str, mark: str, words: list[str], *, ticks: bool) -> None:
    inches = layout.tall
    axes.text(0, 1 + 0.23 * style.size("small") / 7.5 / inches, title, transform=axes.transAxes,
              fontsize=style.size("text"), color=palette.INK, va="baseline")  # fmt: skip
    axes.text(0, 1 + 0.06 / inches, mark, transform=axes.transAxes, fontsize=style.size("small"),
              color=palette.OTHERS[1] if "not matched" in mark else palette.MUTED, va="baseline")  # fmt: skip
    axes.text(0, -0.06 / inches, "\n".join(words), transform=axes.transAxes, va="top", fontsize=style.size("small"),
              color=palette.INK, linespacing=1.3)  # fmt: skip
    axes.set_xlabel("")
    axes.set_ylabel("x (m)" if ticks else "", fontsize=style.size("small"), labelpad=1)
    axes.tick_params(labelbottom=False, bottom=False, labelleft=ticks, left=ticks)
