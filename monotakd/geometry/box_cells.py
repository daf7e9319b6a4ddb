"""Which cells of a BEV map an object stands on."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from monotakd.geometry.boxes import points_in_boxes
from monotakd.geometry.grids import cell_centres
from monotakd.scene import BevGrid


def cells_in_boxes(grid: BevGrid, boxes: Float[np.ndarray, "N 7"]) -> Bool[np.ndarray, "Y X"]:
    """Cells whose centre lies in the footprint of a box, whatever its height; an edge belongs to the box.

    A box smaller than a cell may hold no centre, and then no cell.

    Args:
        grid: of the map.
        boxes: rows ``x y z l w h yaw``, LiDAR frame.
    """
    centres = cell_centres(grid).reshape(-1, 2)
    on_ground = np.column_stack([centres, np.zeros(len(centres))])
    flat = np.array(boxes, dtype=np.float64)
    flat[:, 2], flat[:, 5] = 0.0, 1.0
    return (points_in_boxes(on_ground, flat) >= 0).reshape(grid.shape)
