"""One BEV map as a picture: colours, their range, and the words that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap
from matplotlib.patheffects import Normal, Stroke

from monotakd.errors import require
from monotakd.geometry.boxes import box_corners
from monotakd.geometry.grids import bev_picture, picture_extent
from monotakd.scene import BevGrid
from monotakd.viz import palette
from monotakd.viz.boxsets import BoxSet
from monotakd.viz.feature_colours import ColourBasis, feature_colours

View = Literal["pca", "norm", "mean"] | int

_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Shown:
    """What a panel shows.

    Attributes:
        values: (Y, X) numbers, or (Y, X, 3) colours.
        limits: of the numbers' colours; None for colours.
        cmap: of the numbers; None for colours.
        note: what the numbers are.
        range: what the colours' ends stand for.
    """

    values: Float[np.ndarray, "Y X *C"]
    limits: tuple[float, float] | None = None
    cmap: Colormap | None = None
    note: str = ""
    range: str = ""

    @property
    def dark(self) -> bool:
        """Whether the panel's ground is dark, so that lines on it must be light."""
        return self.cmap is not palette.SIGNED


def show_residual(features: Float[np.ndarray, "C Y X"]) -> Shown:
    """A residual, by what its values say it is: signed, binarised (all 0 or 1) or a magnitude."""
    mean = features.mean(axis=0)
    if np.isin(features, (0.0, 1.0)).all():
        return Shown(mean, (0.0, 1.0), palette.FEATURES, "binarised", "channels: dark 0, bright all")
    if (features < 0).any():
        return _numbers(mean, mean, "signed, mean of channels")
    return _numbers(mean, mean, "magnitude, mean of channels")


def show_map(
    features: Float[np.ndarray, "C Y X"],
    view: View,
    *,
    scale: Float[np.ndarray, "C Y X"] | None = None,
    basis: ColourBasis | None = None,
    cells: Bool[np.ndarray, "Y X"] | None = None,
) -> Shown:
    """A map in one of the views.

    Args:
        features: the map.
        view: ``"pca"``, ``"norm"``, ``"mean"`` or a channel.
        scale: the map whose numbers set the colours' range, its own by default; share it to compare two panels.
        basis: colours of ``"pca"``.
        cells: see `feature_colours.feature_colours`.

    Raises:
        ValueError: no such view or channel.
    """
    scale = features if scale is None else scale
    if view == "pca":
        return Shown(feature_colours(features, basis, cells))
    if view == "norm":
        norm, all_norms = (np.sqrt(np.square(f).mean(axis=0)) for f in (features, scale))
        return _numbers(norm, all_norms, "RMS of channels", from_zero=True)
    if view == "mean":
        return _numbers(features.mean(axis=0), scale.mean(axis=0), "mean of channels")
    require(isinstance(view, int), f"view is {view!r}, expected 'pca', 'norm', 'mean' or the number of a channel")
    require(
        0 <= view < len(features), f"channel {view} of a map with {len(features)} channels (0..{len(features) - 1})"
    )
    return _numbers(features[view], scale[view], f"channel {view}")


def _numbers(values: np.ndarray, scale: np.ndarray, note: str, *, from_zero: bool = False) -> Shown:
    """Diverging around 0 where numbers of both signs occur, else from the lowest up."""
    low, high = (float(v) for v in np.percentile(scale, (100 - _PERCENTILE, _PERCENTILE)))
    if low == high:
        low, high = float(scale.min()), float(scale.max())
    if low < 0 < high:
        reach = max(-low, high)
        words = f"blue −{two_digits(reach)}, white 0, red +{two_digits(reach)}"
        return Shown(values, (-reach, reach), palette.SIGNED, note, words)
    low = 0.0 if from_zero else low
    high = high if high > low else low + 1.0
    return Shown(values, (low, high), palette.FEATURES, note, f"dark {two_digits(low)} to bright {two_digits(high)}")


def two_digits(value: float) -> str:
    """A number in two digits, or whole, or with its power of ten where it would be longer than four digits."""
    if abs(value) >= 9999.5:
        return f"{value:.1e}".replace("e+0", "e+")
    return f"{value:.2g}" if abs(value) < 99.5 else f"{value:.0f}"


def draw_shown(axes: Axes, shown: Shown, grid: BevGrid) -> None:
    """Lays a map into BEV axes."""
    limits = {} if shown.limits is None else {"vmin": shown.limits[0], "vmax": shown.limits[1], "cmap": shown.cmap}
    region = axes.get_xlim(), axes.get_ylim()
    axes.imshow(
        bev_picture(shown.values),
        extent=picture_extent(grid),
        interpolation="nearest",
        aspect="equal",
        zorder=1,
        **limits,
    )
    axes.set_xlim(region[0])
    axes.set_ylim(region[1])


def outline_boxes(axes: Axes, sets: list[BoxSet], *, dark: bool) -> None:
    """Thin outlines that stay visible on any colour: a line in the set's colour between two of the opposite ground."""
    halo = palette.INK if dark else palette.PAPER
    for boxes in sets:
        if len(boxes):
            ground = box_corners(boxes.boxes.values.astype(np.float64))[:, :4, 1::-1]
            axes.add_collection(
                PolyCollection(
                    ground,
                    facecolors="none",
                    edgecolors=palette.PAPER if dark else palette.INK,
                    linewidths=1.1,
                    path_effects=[Stroke(linewidth=2.6, foreground=halo), Normal()],
                    zorder=6,
                ),
                autolim=False,
            )
