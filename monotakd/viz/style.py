"""One look for all matplotlib pictures, without touching matplotlib's global settings or backend."""

from __future__ import annotations

import base64
import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import NullLocator

from monotakd.viz import palette

DPI = 110
WIDTH = 10.0
"""Inches: fills a notebook page without being scaled down."""
STRIP = 0.34
"""Height in inches of the line above a picture that carries title and legend."""

_scale = 1.0


def set_stage(on: bool) -> None:
    """Larger type in every picture drawn from now on, for a lecture hall's projector."""
    global _scale
    _scale = 1.35 if on else 1.0


def is_stage() -> bool:
    """Whether pictures are drawn for a projector."""
    return _scale > 1


def size(name: str) -> float:
    """Font size in points: ``"title"``, ``"text"`` or ``"small"``."""
    return {"title": 11.0, "text": 9.0, "small": 7.5}[name] * _scale


def strip() -> float:
    """Height of the title line in inches, at the present type size."""
    return STRIP * _scale


class Picture(Figure):
    """A matplotlib figure that a notebook shows when it ends a cell.

    It does not go through pyplot: nothing is kept alive behind the reader's back, the backend stays what it was,
    and no display is needed.
    """

    def png(self, dpi: float | int | None = None) -> bytes:
        """The picture as PNG bytes."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi if dpi is None else dpi)
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()

    def bundle(self, words: str = "<picture>") -> dict[str, str]:
        """What a Jupyter output needs of it, by kind: the PNG, and words for whoever does not see it."""
        return {"image/png": base64.b64encode(self.png()).decode(), "text/plain": words}


def new_picture(width: float | int, height: float | int) -> Picture:
    """An empty picture of ``width`` x ``height`` inches."""
    picture = Picture(figsize=(width, height), dpi=DPI, facecolor=palette.PAPER)
    FigureCanvasAgg(picture)
    return picture


def title(axes: Axes, text: str | None) -> None:
    """Left-aligned title above the axes."""
    if text:
        axes.set_title(
            " " + text if axes.get_position().x0 < 0.005 else text,
            loc="left",
            fontsize=size("title"),
            color=palette.INK,
            pad=5 * _scale,
        )


def ticks(axes: Axes, *, x_label: str, y_label: str) -> None:
    """Quiet ticks and axis labels."""
    axes.set_xlabel(x_label, fontsize=size("text"), color=palette.INK, labelpad=2)
    axes.set_ylabel(y_label, fontsize=size("text"), color=palette.INK, labelpad=2)
    axes.tick_params(labelsize=size("small"), length=3, color=palette.MUTED, labelcolor=palette.INK)
    for spine in axes.spines.values():
        spine.set_color(palette.HAIRLINE)


def bare(axes: Axes) -> None:
    """No ticks and no frame: for pictures that are photographs."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def legend(axes: Axes, handles: list, *, above: bool) -> None:
    """Legend in the title line (``above``) at the right, or inside at the upper right; nothing without handles."""
    if not handles:
        return
    place = (
        {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": len(handles), "borderaxespad": 0.15}
        if above
        else {"loc": "upper right"}
    )
    box = axes.legend(
        handles=handles,
        fontsize=size("text"),
        frameon=not above,
        framealpha=0.9,
        edgecolor=palette.HAIRLINE,
        labelcolor=palette.INK,
        handlelength=1.6,
        columnspacing=1.2,
        **place,
    )
    box.set_zorder(20)


def depth_scale(max_depth: float | int) -> LogNorm:
    """Colours for depth, logarithmic: what differs by the same share looks equally different."""
    return LogNorm(min(3.0, 0.1 * max_depth), max_depth, clip=True)


def colour_bar(axes: Axes, mappable: ScalarMappable, label: str) -> None:
    """A small bar on a dark plate in the picture's upper right corner, so that the picture keeps its place and size."""
    inches = axes.get_position().width * axes.figure.get_figwidth()
    tall = axes.get_position().height * axes.figure.get_figheight()
    width, height = 2.0 * _scale / inches, 0.52 * _scale / tall
    plate = FancyBboxPatch(
        (1 - width - 0.006, 1 - height - 0.02),
        width,
        height,
        transform=axes.transAxes,
        zorder=14,
        boxstyle="square,pad=0",
        facecolor=palette.INK,
        edgecolor="none",
        alpha=0.8,
    )
    axes.add_patch(plate)
    inset = axes.inset_axes((1 - 0.93 * width - 0.006, 1 - 0.58 * height - 0.02, 0.86 * width, 0.2 * height), zorder=15)
    bar = axes.figure.colorbar(mappable, cax=inset, orientation="horizontal")
    if isinstance(mappable.norm, LogNorm):
        low, high = mappable.norm.vmin, mappable.norm.vmax
        bar.set_ticks([t for t in (1, 2, 5, 10, 20, 40, 80, 160) if low <= t <= high], minor=False)
        bar.ax.xaxis.set_minor_locator(NullLocator())
        bar.ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    bar.outline.set_visible(False)
    inset.tick_params(labelsize=size("small"), length=2, pad=1.5, color=palette.PAPER, labelcolor=palette.PAPER)
    inset.set_title(label, fontsize=size("small"), color=palette.PAPER, pad=2)
