import numpy as np
import pytest

from monotakd.geometry.anchors import ANCHOR_ROTATIONS, KITTI_ANCHORS, AnchorClass, anchor_boxes
from monotakd.scene import BevGrid, VoxelGrid

SMALL = BevGrid((0.0, -2.0), (6.0, 2.0), (2.0, 2.0))  # 2 rows, 3 columns


def test_anchors_worked_out_by_hand():
    block = AnchorClass("Block", (4.0, 2.0, 1.0), bottom=-1.5, matched=0.6, unmatched=0.4)
    anchors = anchor_boxes(SMALL, (block,), (0.0, 1.5))
    assert anchors.shape == (2, 3, 1, 2, 7)
    assert anchors.dtype == np.float32
    assert anchors[1, 2, 0, 1].tolist() == [5.0, 1.0, -1.0, 4.0, 2.0, 1.0, 1.5]
    spread = anchor_boxes(SMALL, (block,), (0.0, 1.5), placement="range_limits")
    assert spread[0, :, 0, 0, 0].tolist() == [0.0, 3.0, 6.0]
    assert spread[:, 0, 0, 0, 1].tolist() == [-2.0, 2.0]


def test_flat_order_is_y_x_class_rotation():
    flat = anchor_boxes(VoxelGrid.kitti_camera().bev()).reshape(-1, 7)
    assert len(flat) == 157920
    y, x, klass, rotation = 100, 33, 2, 1
    anchor = flat[((y * 140 + x) * 3 + klass) * 2 + rotation]
    expected = [2 + 0.32 * 33.5, -30.08 + 0.32 * 100.5, -0.6 + 1.73 / 2, 1.76, 0.6, 1.73, 1.57]
    np.testing.assert_allclose(anchor, expected, rtol=1e-6)


def test_the_two_placements_are_at_most_half_a_cell_apart():
    grid = VoxelGrid.kitti_camera().bev()
    apart = anchor_boxes(grid, placement="range_limits") - anchor_boxes(grid)
    np.testing.assert_allclose(np.abs(apart[..., :2]).max(), 0.16, atol=1e-5)
    assert not apart[..., 2:].any()


def test_wrong_settings_are_refused(unchecked_shapes):
    with pytest.raises(ValueError, match="placement is 'centre'"):
        anchor_boxes(SMALL, placement="centre")
    with pytest.raises(ValueError, match="unmatched <= matched"):
        AnchorClass("Car", (1.0, 1.0, 1.0), 0.0, matched=0.3, unmatched=0.4)
    with pytest.raises(ValueError, match="positive metres"):
        AnchorClass("Car", (0.0, 1.0, 1.0), 0.0, matched=0.5, unmatched=0.4)


def test_reference(shared):
    data = np.load(shared / "reference" / "released_code" / "anchors.npz")
    anchors = anchor_boxes(VoxelGrid.kitti_camera().bev(), placement="range_limits")
    for index, name in enumerate(("car", "pedestrian", "cyclist")):
        np.testing.assert_allclose(anchors[:, :, index], data[name][0, :, :, 0], rtol=1e-6, atol=1e-5)
    assert [a.name for a in KITTI_ANCHORS] == ["Car", "Pedestrian", "Cyclist"]
    assert ANCHOR_ROTATIONS == (0.0, 1.57)
    thresholds = np.load(shared / "reference" / "released_code" / "target_assign.npz")
    np.testing.assert_allclose([a.matched for a in KITTI_ANCHORS], thresholds["matched_threshold"], rtol=1e-6)
    np.testing.assert_allclose([a.unmatched for a in KITTI_ANCHORS], thresholds["unmatched_threshold"], rtol=1e-6)
