import numpy as np
import pytest
import torch

from monotakd.geometry.anchors import KITTI_ANCHORS, anchor_boxes
from monotakd.geometry.box_coder import decode_boxes
from monotakd.models.heads.anchor_targets import assign_anchors
from monotakd.scene import BevGrid, VoxelGrid

GRID = BevGrid((0.0, -8.0), (24.0, 8.0), (0.8, 0.8))


def assign(boxes, box_classes, grid=GRID, anchors=None):
    anchors = torch.from_numpy(anchor_boxes(grid)) if anchors is None else anchors
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 7)
    return anchors, assign_anchors(anchors, KITTI_ANCHORS, [boxes], [torch.tensor(box_classes, dtype=torch.long)])


def test_released_assignment(shared):
    data = np.load(shared / "reference/released_code/target_assign.npz")
    np.testing.assert_array_equal(data["matched_threshold"], [a.matched for a in KITTI_ANCHORS])
    np.testing.assert_array_equal(data["unmatched_threshold"], [a.unmatched for a in KITTI_ANCHORS])
    anchors = torch.from_numpy(anchor_boxes(VoxelGrid.kitti_camera().bev(), placement="range_limits"))
    rows = [torch.from_numpy(sample[sample[:, 7] > 0]) for sample in data["gt_boxes"]]
    targets = assign_anchors(anchors, KITTI_ANCHORS, [r[:, :7] for r in rows], [r[:, 7].long() - 1 for r in rows])
    np.testing.assert_array_equal(targets.labels.numpy(), data["box_cls_labels"])
    np.testing.assert_allclose(targets.codes.numpy(), data["box_reg_targets"], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal((targets.labels > 0).numpy(), data["reg_weights"] > 0)
    assert (targets.labels > 0).sum() == len(data["positive_index"])


def test_positives_decode_to_their_box():
    car, cyclist = [10.3, 1.2, -0.9, 4.1, 1.7, 1.5, 0.1], [5.2, -3.1, -0.5, 1.8, 0.6, 1.7, 1.5]
    anchors, targets = assign([car, cyclist], [0, 2])
    flat = anchors.reshape(-1, 7)
    for label, box in ((1, car), (3, cyclist)):
        positive = targets.labels[0] == label
        assert positive.any()
        decoded = decode_boxes(targets.codes[0][positive], flat[positive])
        torch.testing.assert_close(decoded, torch.tensor(box).expand(len(decoded), 7), rtol=1e-4, atol=1e-4)
    assert set(targets.labels.unique().tolist()) == {-1, 0, 1, 3}
    assert not targets.codes[targets.labels <= 0].any()


def test_a_box_below_every_threshold_still_gets_its_best_anchors():
    # Turned by 40 degrees and tiny: no anchor of a car reaches an IoU of 0.45 with it.
    _, targets = assign([[10.0, 0.0, -0.9, 1.0, 0.8, 1.5, 0.7]], [0])
    assert (targets.labels == 1).sum() >= 1


def test_a_box_that_touches_no_anchor_gets_none():
    _, targets = assign([[100.0, 0.0, -0.9, 3.9, 1.6, 1.56, 0.0]], [0])
    assert not targets.labels.any()


def test_an_empty_frame_is_all_background():
    _, targets = assign([], [])
    assert not targets.labels.any()
    assert not targets.codes.any()


def test_assignment_commutes_with_the_mirror():
    boxes = [[10.3, 1.2, -0.9, 4.1, 1.7, 1.5, 0.2], [5.2, -3.1, -0.5, 1.8, 0.6, 1.7, 1.4]]
    mirrored = [[x, -y, z, *size, -yaw] for x, y, z, *size, yaw in boxes]
    _, targets = assign(boxes, [0, 2])
    _, flipped = assign(mirrored, [0, 2])
    shape = (*GRID.shape, len(KITTI_ANCHORS), 2)
    labels, labels_flipped = targets.labels.reshape(shape), flipped.labels.reshape(shape)
    assert torch.equal(labels_flipped.flip(0), labels)


def test_direction_is_kept_for_positives():
    for yaw in (0.0, np.pi):
        _, targets = assign([[10.0, 0.0, -0.9, 3.9, 1.6, 1.56, yaw]], [0])
        assert set(targets.directions[targets.labels > 0].tolist()) == {1 if yaw == 0 else 0}


def test_a_class_without_anchor_is_refused():
    with pytest.raises(ValueError, match="3 anchor classes"):
        assign([[10.0, 0.0, -0.9, 3.9, 1.6, 1.56, 0.0]], [3])
