"""The assistant: the student's network with the true depth in place of the predicted one; and the borrowed one."""

import pytest
import torch
from small_world import SCALE, make_assistant, make_batch, make_student

from monotakd.models.assistant import Assistant, AssistantSettings, borrowed_assistant_map
from monotakd.models.depth_distribution import one_hot_depth, pool_depth, split_depth, true_depth_bins
from monotakd.models.student import Wiring

BATCH = make_batch(2)
SENSORS, DEPTH = BATCH.sensors, BATCH.privileged.depth


def test_equals_a_student_that_is_sure_of_the_true_depth():
    assistant, student = make_assistant(), make_student(Wiring.lite()).eval()
    student.start_from(assistant, ["image_backbone", "branch_visual", "collapse_visual"])
    with torch.no_grad():
        f_a = assistant(SENSORS, DEPTH).bev
        certain = one_hot_depth(true_depth_bins(DEPTH, SCALE.bins, 4), SCALE.bins)
        f_visual, _ = student.branches(student.encode(SENSORS.images))
        visual = student.lift_visual(f_visual, certain, SENSORS.calibrations)
    assert f_a.features.std() > 0.01
    assert torch.equal(f_a.features, visual.features)


def test_depth_decides_where_features_land():
    assistant = make_assistant()
    with torch.no_grad():
        here, there = (assistant(SENSORS, depth).bev.features for depth in (DEPTH, DEPTH * 0.6))
        unknown = assistant(SENSORS, torch.zeros_like(DEPTH)).bev.features
    assert not torch.allclose(here, there)
    assert (unknown - unknown[:1, :, :1, :1]).abs().max() == 0


def test_a_split_depth_is_told_without_binning():
    split = Assistant(AssistantSettings(SCALE, depth_form="split"))
    assert torch.equal(split.depth(DEPTH), split_depth(pool_depth(DEPTH, 4), SCALE.bins))
    assert not torch.equal(split.depth(DEPTH), make_assistant().depth(DEPTH))
    assert torch.equal(split.depth(DEPTH).sum(dim=1) > 0, make_assistant().depth(DEPTH).sum(dim=1) > 0)


def test_trains_with_a_batch_of_one_and_every_parameter():
    batch = make_batch(1)
    assistant = make_assistant().train()
    output = assistant(batch.sensors, batch.privileged.depth)
    terms = assistant.dense_head.loss(output.head, assistant.dense_head.targets([batch.labels[0].boxes]))
    terms.weighted(assistant.dense_head.loss_weights).backward()
    assert [n for n, p in assistant.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert len(assistant.detect(batch.sensors, batch.privileged.depth)) == 1
    assert assistant.training


def test_its_map_can_be_aligned_by_a_module_of_its_own():
    plain = make_assistant()
    torch.manual_seed(3)
    aligned = type(plain)(AssistantSettings(SCALE, align_map=True)).eval()
    assert {name for name, _ in aligned.named_parameters()} > {name for name, _ in plain.named_parameters()}
    with torch.no_grad():
        assert not torch.equal(aligned(SENSORS, DEPTH).bev.features, plain(SENSORS, DEPTH).bev.features)


def test_the_borrowed_assistant_is_the_student_with_true_depth_and_another_collapse():
    student = make_student(Wiring.released())
    student(SENSORS)
    student.eval()
    with torch.no_grad():
        features, _ = student.branches(student.encode(SENSORS.images))
        certain = one_hot_depth(true_depth_bins(DEPTH, SCALE.bins, 4, "mean"), SCALE.bins)
        expected = student.align(student.lift(features, certain, SENSORS.calibrations, student.collapse_assistant))
    features.requires_grad_()
    borrowed = borrowed_assistant_map(student, features, SENSORS, DEPTH)
    assert torch.equal(borrowed.features, expected.features)
    assert not borrowed.features.requires_grad
    assert borrowed.features.any()


def test_a_student_that_does_not_lend_says_so():
    with pytest.raises(ValueError, match=r"Wiring\.released"):
        borrowed_assistant_map(make_student(), torch.zeros(2, 4, 8, 16), SENSORS, DEPTH)
