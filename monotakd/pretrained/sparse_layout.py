"""The order of a sparse convolution's weight axes: it changed from one spconv version to another.

Ours is spconv 2.2's and later: output channel, z, y, x, input channel. A kernel with as many inputs as outputs has the
same shape in two of the orders, so one tensor cannot tell; all of a file together can, since its first convolution
reads 4 numbers per point and writes more.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Size, Tensor

LAYOUTS = {
    "spconv 2.2 or later: out z y x in": (0, 1, 2, 3, 4),
    "spconv 1: z y x in out": (4, 0, 1, 2, 3),
    "spconv 2.0 or 2.1: z y x out in": (3, 0, 1, 2, 4),
}
"""Name -> which of a file's axes stands where in ours."""


def to_our_layout(weights: Mapping[str, Tensor], shapes: Mapping[str, Size]) -> tuple[dict[str, Tensor], str | None]:
    """Turns the sparse weights of one file into our order of axes.

    Args:
        weights: by name, all of the file.
        shapes: what they have to become, by the same names.

    Returns:
        The weights, and which layout they were in: the first of `LAYOUTS` in which every one fits. None, and the
        weights as they were, where there is no such layout.
    """
    for layout, axes in LAYOUTS.items():
        if all(w.dim() == 5 and w.permute(axes).shape == shapes[name] for name, w in weights.items()):
            return {name: w.permute(axes).contiguous() for name, w in weights.items()}, layout
    return dict(weights), None
