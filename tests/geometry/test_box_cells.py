"""Which cells a box covers, counted by hand on a grid of 1 m."""

import numpy as np
import pytest

from monotakd.geometry.box_cells import cells_in_boxes
from monotakd.scene import BevGrid

GRID = BevGrid((0.0, -4.0), (10.0, 4.0), (1.0, 1.0))


def covered(*boxes) -> list[list[int]]:
    return np.argwhere(cells_in_boxes(GRID, np.array(boxes, dtype=float).reshape(-1, 7))).tolist()


def test_cells_are_those_whose_centre_is_inside():
    """4 m along x about 5.0, 2 m along y about 1.0: centres x 3.5..6.5 and y 0.5, 1.5."""
    wanted = [[4, 3], [4, 4], [4, 5], [4, 6], [5, 3], [5, 4], [5, 5], [5, 6]]
    assert covered([5.0, 1.0, -0.9, 4.0, 2.0, 1.5, 0.0]) == wanted


def test_a_turned_box_covers_other_cells():
    wanted = [[3, 4], [3, 5], [4, 4], [4, 5], [5, 4], [5, 5], [6, 4], [6, 5]]
    assert covered([5.0, 1.0, -0.9, 4.0, 2.0, 1.5, np.pi / 2]) == wanted


@pytest.mark.parametrize("z", [-30.0, 0.0, 12.0])
def test_height_does_not_matter(z):
    assert len(covered([5.0, 1.0, z, 4.0, 2.0, 0.1, 0.0])) == 8


def test_none_outside_and_none_without_boxes():
    assert covered([25.0, 1.0, 0.0, 4.0, 2.0, 1.5, 0.0]) == []
    assert covered() == []


def test_boxes_of_single_precision_are_left_as_they_are():
    boxes = np.array([[5.0, 1.0, -0.9, 4.0, 2.0, 1.5, 0.0]], dtype=np.float32)
    cells_in_boxes(GRID, boxes)
    assert boxes[0, 2] == np.float32(-0.9)
