"""The nouns refuse what cannot be, and say why."""

import numpy as np
import pytest
import torch

from monotakd.scene import BevGrid, BevMap, Boxes3D, Calibration, DepthBins, Frame, VoxelGrid

AXES = np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
PROJECTION = np.array([[700, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0]], dtype=np.float64)


def calibration(**changes) -> Calibration:
    return Calibration(**{"img_from_cam": PROJECTION, "cam_from_lidar": AXES, "image_size": (4, 6), **changes})


def test_grids_derive_the_papers_shapes():
    camera, lidar = VoxelGrid.kitti_camera(), VoxelGrid.kitti_lidar()
    assert camera.shape == (10, 188, 140)
    assert lidar.shape == (40, 1504, 1120)
    assert lidar.bev(8) == camera.bev()


@pytest.mark.parametrize(("cell", "words"), [(0.3, "whole number"), (0.0, "empty"), (-0.32, "empty")])
def test_grids_refuse_broken_cells(cell, words):
    with pytest.raises(ValueError, match=words):
        BevGrid((2.0, -30.08), (46.8, 30.08), (cell, 0.32))


def test_calibration_projects_by_chaining():
    ahead = np.array([10.0, 0.0, 0.0, 1.0])
    u, v, w = calibration().img_from_lidar @ ahead
    assert (u / w, v / w) == (600, 180)
    assert calibration().focal == (700, 700)
    assert calibration().principal_point == (600, 180)


def _with_nan(matrix: np.ndarray) -> np.ndarray:
    broken = matrix.copy()
    broken[0, 0] = np.nan
    return broken


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cam_from_lidar": np.diag([1.0, 1.0, 2.0, 1.0])}, "not rigid"),
        ({"cam_from_lidar": np.diag([1.0, 1.0, -1.0, 1.0])}, "not rigid"),
        ({"cam_from_lidar": _with_nan(AXES)}, "NaN"),
        ({"img_from_cam": _with_nan(PROJECTION)}, "NaN"),
        ({"img_from_cam": -PROJECTION}, "focal"),
        ({"image_size": (0, 6)}, "image_size"),
    ],
)
def test_calibration_refuses_what_is_no_camera(changes, words):
    with pytest.raises(ValueError, match=words):
        calibration(**changes)


def test_frame_and_calibration_must_have_one_size():
    with pytest.raises(ValueError, match=r"5x6 .* 4x6"):
        Frame("000000", np.zeros((5, 6, 3), np.uint8), calibration())
    with pytest.raises(ValueError, match="depth has shape"):
        Frame("000000", np.zeros((4, 6, 3), np.uint8), calibration(), depth=np.zeros((6, 4), np.float32))


def test_boxes_select_by_mask_index_and_name():
    boxes = Boxes3D(np.arange(21.0).reshape(3, 7), ("Car", "Van", "Car"))
    assert boxes[np.array([True, False, True])].names == ("Car", "Car")
    assert boxes[np.array([2, 0])].values[:, 0].tolist() == [14, 0]
    assert len(boxes.named("Van")) == 1
    assert len(Boxes3D.empty()) == 0
    with pytest.raises(ValueError, match="3 boxes and 2 names"):
        Boxes3D(np.zeros((3, 7)), ("Car", "Car"))


GRID = BevGrid((0.0, -2.0), (3.0, 2.0), (1.0, 1.0))


@pytest.mark.parametrize("order", ["CYX", "CXY", "YXC", "XYC", "BCYX", "XBYC"])
def test_bev_map_takes_any_axis_order(order):
    ours = torch.arange(5 * 4 * 3, dtype=torch.float32).reshape(1, 5, 4, 3)
    axes = "BCYX" if "B" in order else "CYX"
    whole = ours if "B" in order else ours[0]
    theirs = whole.permute(*(axes.index(axis) for axis in order))
    assert torch.equal(BevMap.from_array(theirs.numpy(), GRID, order=order).features, ours)


def test_bev_map_turns_reversed_axes():
    features = np.arange(12.0, dtype=np.float32).reshape(1, 4, 3)
    turned = BevMap.from_array(features, GRID, flip_x=True, flip_y=True).features[0]
    assert np.array_equal(turned.numpy(), features[:, ::-1, ::-1])


def test_bev_map_refuses_wrong_cells_and_orders():
    with pytest.raises(ValueError, match="axis order"):
        BevMap.from_array(np.zeros((5, 3, 4), np.float32), GRID)
    with pytest.raises(ValueError, match="permutation"):
        BevMap.from_array(np.zeros((5, 3, 4), np.float32), GRID, order="CXZ")


def test_bev_maps_on_different_grids_are_not_compared():
    here = BevMap(torch.zeros(1, 2, 4, 3), GRID)
    there = BevMap(torch.zeros(1, 2, 4, 3), BevGrid((1.0, -2.0), (4.0, 2.0), (1.0, 1.0)))
    here.require_same_grid(here)
    with pytest.raises(ValueError, match="different grids"):
        here.require_same_grid(there)


@pytest.mark.parametrize("arguments", [("LOG", 10, 1.0, 2.0), ("LID", 0, 1.0, 2.0), ("LID", 10, 2.0, 2.0)])
def test_depth_bins_refuse_nonsense(arguments):
    with pytest.raises((ValueError, TypeError)):
        DepthBins(*arguments)
