"""The dial on the stored student: it begins at the student's own output, and shifted depth shifts boxes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from monotakd import checkpoints, lesson
from monotakd.datasets.collate import collate
from monotakd.errors import DataError
from monotakd.geometry.depth_bins import bin_target
from monotakd.interactive.dialled_depth import TOY_SIZE, DepthDial, at_size
from monotakd.models.depth_dial import Dial
from monotakd.models.depth_distribution import pool_depth


@pytest.fixture(scope="module")
def street():
    return lesson.toy_frame(3, depth="sparse")


@pytest.fixture(scope="module")
def dial(street):
    return DepthDial(street)


def test_begins_at_the_students_own_answer(street, dial):
    student, sensors = checkpoints.student(), collate([street]).sensors
    with torch.no_grad():
        output = student(sensors)
    own = student.detect(sensors)[0]
    begun = dial.at(Dial())
    assert torch.equal(dial.depth(Dial()), output.depth_logits.softmax(dim=1))
    np.testing.assert_array_equal(begun.detections.boxes.values, own.boxes.values)
    np.testing.assert_array_equal(begun.detections.scores, own.scores)
    np.testing.assert_array_equal(begun.norm, output.bev_visual.features[0].square().mean(dim=0).sqrt().numpy())


def test_ends_at_the_truth_where_lidar_knows_it(street, dial):
    bins, stride = dial.student.scale.bins, dial.student.scale.image.stride
    pooled = pool_depth(torch.from_numpy(street.depth)[None], stride)
    end = dial.depth(Dial(1.0))
    inside = (pooled > bins.minimum) & (pooled < bins.maximum)
    assert inside.float().mean() > 0.3
    told = end.argmax(dim=1)[inside]
    assert torch.equal(told, bin_target(bins, pooled)[inside])
    own = dial.depth(Dial())
    assert torch.equal(end.transpose(0, 1)[:, pooled == 0], own.transpose(0, 1)[:, pooled == 0])


def test_boxes_follow_a_shift(dial):
    """With true depth moved away by 2 m, the surest boxes move away by about that much."""
    true, moved = (dial.at(Dial(1.0, metres)) for metres in (0.0, 2.0))
    shifts = []
    for centre, score in zip(true.detections.boxes.centres, true.detections.scores, strict=True):
        if score > 0.3:
            others = moved.detections.boxes.centres
            ray = np.abs(np.arctan2(others[:, 1], others[:, 0]) - np.arctan2(centre[1], centre[0])) < 0.05
            shifts += [np.abs((others[ray, 0] - centre[0]) - 2.0).min(initial=9.0)]
    assert len(shifts) >= 3
    assert np.median(shifts) < 1.0


def test_a_page_holds_what_single_positions_say(dial):
    everywhere = dial.everywhere((0.0, 0.5), (-1.0, 0.0), (0.0, 1.0))
    assert len(everywhere.positions) == 8
    for key in ((0.0, 0.0, 0.0), (0.5, -1.0, 1.0)):
        alone = dial.at(Dial(*key))
        np.testing.assert_allclose(everywhere.positions[key].norm, alone.norm, atol=1e-4)
        assert everywhere.positions[key].found == alone.found
    assert everywhere.start == (0, 1, 0)
    assert 0 < everywhere.best_ap <= 100


def test_without_labels_there_is_no_ap(street):
    unlabelled = DepthDial(replace(street, annotations=None)).everywhere((0.0,), (0.0,), (0.0,))
    only = unlabelled.positions[0.0, 0.0, 0.0]
    assert (only.ap, only.found, only.overlaps, unlabelled.best_ap) == (None, None, None, None)
    assert "no labels" in only.words(None)


def test_without_depth_it_says_where_the_dial_would_end(street):
    with pytest.raises(DataError, match=r"no depth.*at_size"):
        DepthDial(replace(street, depth=None))


def test_a_larger_frame_comes_to_the_students_size():
    large = lesson.frame(0)
    small = at_size(large)
    assert small.image.shape[:2] == small.depth.shape == TOY_SIZE
    assert small.calibration.focal[0] == pytest.approx(large.calibration.focal[0] * 320 / 1242)
    known = small.depth[small.depth > 0]
    assert known.size > 1000
    assert known.min() > 1


def test_real_frames_turn_too(shared):
    from monotakd.datasets.kitti.reader import KittiRoot

    root = KittiRoot(shared / "real/kitti")
    name = min(path.stem for path in (root.root / "training" / "velodyne").glob("*.bin"))
    turned = DepthDial(at_size(root.frame(name))).at(Dial(0.5))
    assert np.isfinite(turned.norm).all()
