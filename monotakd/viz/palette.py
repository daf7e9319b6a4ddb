"""Colours with a fixed meaning, told apart with every common colour vision deficiency.

The four roles keep their colour in every picture of the suite, so that a reader learns them once. Hues follow
Okabe and Ito's "Color Universal Design" palette; lightness differs as well, so that a grey print keeps the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap, hsv_to_rgb, to_rgb

ROLES: dict[str, str] = {
    "truth": "#14B183",
    "teacher": "#1F6FB5",
    "assistant": "#D277B0",
    "student": "#F08A00",
}
"""What each colour means: green is the truth, blue the teacher, pink the assistant, orange the student."""

OTHERS: tuple[str, ...] = ("#56B4E9", "#B3402A", "#C9B700", "#6B4E9B")
"""Colours for box sets without a role, in the order in which they are met."""

INK = "#1B2530"
MUTED = "#68737D"
HAIRLINE = "#DDE2E6"
PAPER = "#FFFFFF"
GROUND = "#F6F8F9"
"""Behind point clouds: a little darker than paper, so that a pale point is still seen."""


def colours_for(names: Iterable[str]) -> dict[str, str]:
    """One colour per name: the role's own where the name is a role, else the next free one.

    Example: ``colours_for(["truth", "run 3"])`` is green for the truth and ``OTHERS[0]`` for the run.
    """
    names = list(names)
    free = [name for name in names if name not in ROLES]
    return {name: ROLES[name] if name in ROLES else OTHERS[free.index(name) % len(OTHERS)] for name in names}


def _between(name: str, low: float, high: float, label: str) -> ListedColormap:
    return ListedColormap(colormaps[name](np.linspace(low, high, 256)), name=label)


# The ends of the stock maps vanish on dark or white ground; cut them off.
DEPTH: Colormap = _between("plasma", 0.97, 0.12, "depth")
"""Near is yellow, far is violet."""
HEIGHT: Colormap = _between("viridis", 0.08, 0.88, "height")
"""Low is violet, high is green."""
INTENSITY: Colormap = _between("cividis", 0.10, 0.92, "intensity")
FEATURES: Colormap = colormaps["magma"]
"""Feature strength: black is nothing."""
SIGNED: Colormap = colormaps["RdBu_r"]
"""Differences, with white at zero."""


def instance_colours(count: int) -> Float[np.ndarray, "N 3"]:
    """``count`` well-spread colours (RGB, 0..1) for object masks; the same row always has the same colour."""
    golden = 0.618034
    hues = (0.08 + golden * np.arange(count)) % 1.0
    lightness = np.where(np.arange(count) % 2 == 0, 0.95, 0.75)
    return hsv_to_rgb(np.stack([hues, np.full(count, 0.65), lightness], axis=1).reshape(count, 3))


def rgb255(colour: str | tuple[float, ...]) -> tuple[int, int, int]:
    """A colour, by its name or as R, G, B in 0..1, as three integers 0..255."""
    return tuple(round(255 * channel) for channel in to_rgb(colour))


def dark(colour: str) -> tuple[float, float, float]:
    """The colour dark enough for white letters on it (contrast at least 4.5 : 1)."""
    rgb = np.array(to_rgb(colour))
    while 1.05 / (relative_luminance(rgb) + 0.05) < 4.5:
        rgb = rgb * 0.95
    return tuple(float(channel) for channel in rgb)


def relative_luminance(rgb: Sequence[float] | Float[np.ndarray, " 3"]) -> float:
    """Brightness of an sRGB colour (0..1 each), 0 black and 1 white, as WCAG 2 defines it."""
    rgb = np.asarray(rgb, dtype=np.float64)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
