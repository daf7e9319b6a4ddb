import numpy as np
import pytest
from geometry_strategies import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry.frames import transform_points
from monotakd.geometry.grids import (
    axis_centres,
    bev_picture,
    cell_centres,
    cell_of_points,
    cell_size,
    flip_grid,
    picture_extent,
)
from monotakd.scene import BevGrid, VoxelGrid

BEV = BevGrid((0.0, -3.0), (4.0, 6.0), (2.0, 3.0))  # 3 rows, 2 columns, not symmetric about y = 0
VOXELS = VoxelGrid((0.0, -3.0, -1.0), (4.0, 6.0, 1.0), (2.0, 3.0, 0.5))


def test_centres_worked_out_by_hand():
    x, y = axis_centres(BEV)
    assert x.tolist() == [1.0, 3.0]
    assert y.tolist() == [-1.5, 1.5, 4.5]
    centres = cell_centres(BEV)
    assert centres.shape == (3, 2, 2)
    assert centres[2, 1].tolist() == [3.0, 4.5]
    voxels = cell_centres(VOXELS)
    assert voxels.shape == (4, 3, 2, 3)
    assert voxels[3, 2, 1].tolist() == [3.0, 4.5, 0.75]
    assert cell_size(VOXELS) == (2.0, 3.0, 0.5)


@pytest.mark.parametrize("grid", [BEV, VOXELS, VoxelGrid.kitti_camera(), VoxelGrid.kitti_camera().bev()])
def test_every_centre_lies_in_its_own_cell(grid):
    centres = cell_centres(grid)
    index, inside = cell_of_points(grid, centres.reshape(-1, centres.shape[-1]))
    assert inside.all()
    np.testing.assert_array_equal(index, np.argwhere(np.ones(grid.shape)))


def test_lower_limits_belong_to_a_grid_and_upper_ones_do_not():
    cloud = np.array([[0.0, -3.0, 9.0], [4.0, 0, 0], [3.999, 5.999, 0], [1, 6.0, 0], [-1e-9, 0, 0], [np.nan, 0, 0]])
    index, inside = cell_of_points(BEV, cloud)
    assert inside.tolist() == [True, False, True, False, False, False]
    assert index.tolist() == [[0, 0], [-1, -1], [2, 1], [-1, -1], [-1, -1], [-1, -1]]


@EXAMPLES
@given(st.floats(-5, 12), st.floats(-5, 12), st.floats(-2, 2))
def test_points_are_at_most_half_a_cell_from_their_centre(x, y, z):
    index, inside = cell_of_points(VOXELS, np.array([[x, y, z, 0.5]]))
    expected = 0 <= x < 4 and -3 <= y < 6 and -1 <= z < 1
    assert inside[0] == expected
    if expected:
        apart = np.abs(cell_centres(VOXELS)[tuple(index[0])] - [x, y, z])
        assert (apart <= np.array(cell_size(VOXELS)) / 2 + 1e-12).all()


def test_too_few_columns_are_refused():
    with pytest.raises(ValueError, match="needs at least 3"):
        cell_of_points(VOXELS, np.zeros((4, 2)))


def test_a_flipped_point_falls_into_the_flipped_cell():
    flipped = flip_grid(BEV)
    assert (flipped.lower, flipped.upper, flipped.shape) == ((0.0, -6.0), (4.0, 3.0), BEV.shape)
    assert flip_grid(flipped) == BEV
    field = np.arange(6).reshape(BEV.shape)
    point = np.array([[3.0, 4.5]])
    (here,), (there,) = cell_of_points(BEV, point)[0], cell_of_points(flipped, point * [1, -1])[0]
    assert field[tuple(here)] == field[::-1, :][tuple(there)]


def test_pictures_have_forward_up_and_left_on_the_left():
    field = np.zeros((*BEV.shape, 3))
    (far_left,), _ = cell_of_points(BEV, np.array([[3.9, 5.9]]))
    (near_right,), _ = cell_of_points(BEV, np.array([[0.1, -2.9]]))
    field[tuple(far_left)], field[tuple(near_right)] = 1.0, 2.0
    picture = bev_picture(field)
    assert picture.shape == (2, 3, 3)
    assert picture[0, 0].tolist() == [1.0] * 3
    assert picture[-1, -1].tolist() == [2.0] * 3


def test_the_extent_puts_every_pixel_on_its_cell():
    left, right, bottom, top = picture_extent(BEV)
    picture = bev_picture(cell_centres(BEV))
    rows, columns = picture.shape[:2]
    vertical = top + (np.arange(rows) + 0.5) / rows * (bottom - top)
    horizontal = left + (np.arange(columns) + 0.5) / columns * (right - left)
    np.testing.assert_allclose(picture[..., 0], np.repeat(vertical[:, None], columns, axis=1))
    np.testing.assert_allclose(picture[..., 1], np.repeat(horizontal[None], rows, axis=0))


def test_voxel_centres_equal_the_reference(shared):
    data = np.load(shared / "reference" / "released_code" / "frustum_to_voxel.npz")
    grid = VoxelGrid((2.0, -30.08, -3.0), (46.8, 30.08, 1.0), (1.28, 1.28, 0.8))
    centres = cell_centres(grid).transpose(2, 1, 0, 3)  # the reference runs X, Y, Z
    for sample in range(2):
        found = transform_points(data["lidar_to_cam"][sample].astype(float), centres)
        np.testing.assert_allclose(found, data["voxel_centres_camera"][sample], rtol=1e-5, atol=1e-4)
