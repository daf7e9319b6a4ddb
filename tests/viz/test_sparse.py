"""Cells that sparse convolutions touch, checked against the networks' own rulebook; and voxels from above."""

import dataclasses

import numpy as np
import pytest
import torch

from monotakd.errors import DataError
from monotakd.models.sparse_torch import Taps, build_rulebook
from monotakd.models.voxelize import voxelize
from monotakd.scene import VoxelGrid
from monotakd.viz import draw_touched_cells, draw_voxels
from monotakd.viz.sparse import touched_cells

from .crowding import crowded

GRID = VoxelGrid((2.0, -16.0, -3.0), (34.0, 16.0, 1.0), (0.5, 0.5, 0.5))


@pytest.mark.parametrize("submanifold", [True, False])
@pytest.mark.parametrize("kernel", [3, 5])
def test_touched_cells_are_those_of_the_rulebook(submanifold, kernel):
    occupied = np.random.default_rng(kernel).random((6, 7)) < 0.2
    y, x = np.nonzero(occupied)
    coordinates = torch.from_numpy(np.stack([0 * y, 0 * y, y, x], axis=1))
    taps = Taps((1, kernel, kernel), (1, 1, 1), (0, kernel // 2, kernel // 2), submanifold)
    rulebook = build_rulebook(coordinates, (1, 6, 7), taps)
    expected = np.zeros((6, 7), dtype=int)
    rows = rulebook.coordinates.numpy()
    for _, outputs in rulebook.pairs:
        np.add.at(expected, (rows[outputs, 2], rows[outputs, 3]), 1)
    computed, reads = touched_cells(occupied, kernel=kernel, submanifold=submanifold)
    assert reads.tolist() == expected.tolist()
    assert computed.tolist() == (expected > 0).tolist()


def test_submanifold_layers_keep_the_cells_and_regular_ones_let_them_grow():
    occupied = np.zeros((7, 7), dtype=bool)
    occupied[3, 3] = True
    picture = draw_touched_cells(occupied, layers=2)
    shaded = [sum(patch.get_facecolor()[:3] != (1.0, 1.0, 1.0) for patch in axes.patches) for axes in picture.axes]
    assert shaded == [1, 1, 25]
    assert crowded(picture) == []


def test_kernels_and_layers_that_make_no_sense():
    with pytest.raises(ValueError, match="odd"):
        draw_touched_cells(np.ones((3, 3), dtype=bool), kernel=2)
    with pytest.raises(ValueError, match="0 layers"):
        draw_touched_cells(np.ones((3, 3), dtype=bool), layers=0)


def test_voxels_are_those_of_the_teacher(frame):
    picture = draw_voxels(frame, GRID)
    voxels = voxelize(torch.from_numpy(frame.points), GRID)
    counts, heights = (axes.images[0] for axes in picture.axes[:2])
    assert f"{len(voxels):,} of" in picture.axes[1].get_title(loc="left")
    columns = {tuple(c) for c in voxels.coordinates[:, 1:].tolist()}
    shown = np.ma.masked_invalid(counts.get_array())
    assert shown.count() == len(columns)
    inside = np.all((frame.points[:, :3] >= GRID.lower) & (frame.points[:, :3] < GRID.upper), axis=1)
    assert shown.sum() == inside.sum()
    assert np.ma.masked_invalid(heights.get_array()).count() == len(columns)


def test_the_highest_voxel_counts_and_lies_at_its_place(frame):
    points = np.array([[3.1, 15.9, -2.9, 0.0], [3.1, 15.9, 0.6, 0.0], [3.1, 15.9, -1.0, 0.0]])
    picture = draw_voxels(dataclasses.replace(frame, points=points), GRID, boxes=None)
    heights = np.ma.masked_invalid(picture.axes[1].images[0].get_array())
    assert heights.count() == 1
    row, column = np.argwhere(~np.ma.getmaskarray(heights))[0]
    assert (row, column) == (61, 0)  # near, so low in the picture; left
    assert heights[row, column] == pytest.approx(0.75)


def test_sweeps_without_points_in_the_grid(frame):
    with pytest.raises(DataError, match="no LiDAR points"):
        draw_voxels(dataclasses.replace(frame, points=None), GRID)
    with pytest.raises(ValueError, match="none of the 1 points"):
        draw_voxels(dataclasses.replace(frame, points=np.array([[-5.0, 0.0, 0.0, 0.0]])), GRID)
