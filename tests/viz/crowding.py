"""Finds text that overlaps other text, or runs out of the picture."""

import itertools

from matplotlib.axes import Axes
from matplotlib.text import Text


def crowded(picture, slack: float = 1.0) -> list[str]:
    """What is wrong with the words of a picture; empty if nothing is."""
    picture.canvas.draw()
    renderer = picture.canvas.get_renderer()
    width, height = picture.canvas.get_width_height()
    unseen = _unseen(picture)
    shown = [t for t in picture.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in unseen]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in shown]
    outside = [
        f"{text!r} runs out of the picture"
        for text, box in boxes
        if box.x0 < -slack or box.y0 < -slack or box.x1 > width + slack or box.y1 > height + slack
    ]
    # Turned text has an extent much larger than its letters.
    level = [(t.get_text(), t.get_window_extent(renderer)) for t in shown if t.get_rotation() in (0.0, 90.0)]
    return outside + [
        f"{a!r} overlaps {b!r}"
        for (a, one), (b, other) in itertools.combinations(level, 2)
        if one.padded(-slack).overlaps(other.padded(-slack))
    ]


def _unseen(picture) -> set[int]:
    """Ticks outside the view keep their labels, which nobody sees."""
    found = set()
    for axes in picture.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    found |= {id(tick.label1), id(tick.label2)}
    return found
