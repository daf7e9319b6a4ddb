"""BEV features that carry their grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from monotakd.errors import require
from monotakd.scene.grids import BevGrid


@dataclass(frozen=True, eq=False)
class BevMap:
    """BEV features that know where they lie.

    Attributes:
        features: (B, C, Y, X) tensor; row = y from right to left, column = x from near to far.
        grid: the grid of its cells.
    """

    features: Float[torch.Tensor, "B C Y X"]
    grid: BevGrid

    def __post_init__(self):
        require(
            self.features.ndim == 4,
            f"BevMap.features has shape {tuple(self.features.shape)}, expected (B, C, Y, X)",
        )
        require(
            tuple(self.features.shape[2:]) == self.grid.shape,
            f"BevMap.features covers {tuple(self.features.shape[2:])} cells (Y, X) but its grid has {self.grid.shape}; "
            "if the map comes from elsewhere, check its axis order (BevMap.from_array takes order='CXY')",
        )

    @classmethod
    def from_array(
        cls,
        array: np.ndarray | torch.Tensor,
        grid: BevGrid,
        *,
        order: str = "CYX",
        flip_x: bool = False,
        flip_y: bool = False,
    ) -> BevMap:
        """Takes features dumped from any codebase.

        Args:
            array: a numpy array or tensor whose axes are named by ``order``.
            grid: where its cells lie, in our LiDAR frame.
            order: a permutation of ``"CYX"`` or ``"BCYX"``, such as ``"XYC"``; B may be left out.
            flip_x: the array's x axis runs from far to near.
            flip_y: the array's y axis runs from left to right.

        Raises:
            ValueError: the order does not name the array's axes, or the cells do not fit the grid.
        """
        tensor = torch.as_tensor(array)
        full = order.upper()
        require(
            sorted(full) in (sorted("CYX"), sorted("BCYX")) and len(full) == tensor.ndim,
            f"order={order!r} does not name the axes of an array of shape {tuple(tensor.shape)}; "
            "use a permutation of 'CYX' or 'BCYX'",
        )
        if "B" not in full:
            tensor, full = tensor[None], "B" + full
        features = tensor.permute(*(full.index(axis) for axis in "BCYX"))
        flipped = [axis for axis, flip in ((2, flip_y), (3, flip_x)) if flip]
        return cls(features.flip(flipped).float().contiguous(), grid)

    def require_same_grid(self, other: BevMap) -> None:
        """Raises ValueError unless the other map has the same cells in the same place."""
        require(
            self.grid == other.grid,
            f"the two BEV maps lie on different grids, so comparing them cell by cell means nothing: "
            f"{self.grid} and {other.grid}",
        )
