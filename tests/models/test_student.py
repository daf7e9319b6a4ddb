"""The student: three wirings of the same stages, no privileged input, flips, batches of one."""

import inspect
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from small_world import SCALE, WIRINGS, make_assistant, make_batch, make_student, make_teacher

from monotakd.geometry.frames import flip_calibration
from monotakd.models.student import Student, Wiring
from monotakd.models.teacher import Teacher
from monotakd.scene import BevMap, Sensors

SENSORS = make_batch(2).sensors


def settled(wiring: Wiring) -> Student:
    """With norms that have seen the batch, and a head that finds something."""
    student = make_student(wiring)
    for _ in range(3):
        student(SENSORS)
    torch.nn.init.constant_(student.dense_head.heat.bias, -1.0)
    torch.nn.init.normal_(student.dense_head.heat.weight, std=0.3)
    return student.eval()


def same(found, expected) -> bool:
    return all(
        np.array_equal(a.boxes.values, b.boxes.values) and np.array_equal(a.scores, b.scores)
        for a, b in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
def test_stages_make_up_the_forward_pass(wiring):
    student = settled(wiring)
    with torch.no_grad():
        whole = student(SENSORS)
        image = student.encode(SENSORS.images)
        depth = student.depth(image).softmax(1)
        f_visual, f_spatial = student.branches(image)
        visual = student.adapt(student.lift_visual(f_visual, depth, SENSORS.calibrations), "visual")
        spatial = student.align(student.lift(f_spatial, depth, SENSORS.calibrations, student.collapse_spatial))
        bev = visual if wiring.head_reads == "visual" else student.fuse(visual, spatial)
        head = student.detect_head(bev)
    for name, stage in (("bev_visual", visual), ("bev_spatial", spatial), ("bev", bev)):
        assert torch.equal(getattr(whole, name).features, stage.features), name
        assert stage.features.shape == (2, 8, 16, 16)
        assert stage.grid == make_teacher().settings.bev_grid
    assert torch.equal(whole.head.codes, head.codes)
    assert whole.depth_logits.shape == (2, SCALE.bins.num + 1, 8, 16)


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
def test_its_own_depth_gives_its_own_output_to_the_bit(wiring):
    student = settled(wiring)
    with torch.no_grad():
        whole, image = student(SENSORS), student.encode(SENSORS.images)
        own = student.depth(image).softmax(dim=1)
        again = student.from_depth(image, own, SENSORS.calibrations)
        other = student.from_depth(image, own.flip(1), SENSORS.calibrations)
    assert again.depth_logits is None
    for name in ("bev_visual", "bev_spatial", "bev"):
        assert torch.equal(getattr(again, name).features, getattr(whole, name).features), name
        assert not torch.equal(getattr(other, name).features, getattr(whole, name).features), name
    assert torch.equal(again.head.class_logits, whole.head.class_logits)
    assert torch.equal(again.head.codes, whole.head.codes)


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
def test_detections_are_those_of_the_forward_pass(wiring):
    student = settled(wiring)
    with torch.no_grad():
        expected = student.dense_head.decode(student(SENSORS).head)
    student.train()
    found = student.detect(SENSORS)
    assert student.training
    assert sum(map(len, found)) > 0
    assert same(found, expected)


def test_wirings_differ_as_the_table_of_paper_and_release_says():
    published, released, lite = (make_student(wiring) for wiring in WIRINGS.values())
    parts = [{name for name, _ in student.named_children()} for student in (published, released, lite)]
    shared = {"image_backbone", "branch_visual", "collapse_visual", "collapse_spatial", "depth_head"}
    shared |= {"bev_convs", "backbone_2d", "dense_head"}
    assert parts[0] == shared | {"branch_spatial", "spatial_align", "fusion"}
    assert parts[1] == shared | {"spatial_align", "fusion", "scnet", "collapse_assistant"}
    assert parts[2] == shared | {"branch_spatial"}
    assert len(released.scnet.layers) == 4


@pytest.mark.parametrize("wiring", WIRINGS.values(), ids=WIRINGS)
def test_the_head_sees_the_spatial_branch_except_in_the_release(wiring):
    student = settled(wiring)
    before = student.detect(SENSORS)
    with torch.no_grad():
        student.collapse_spatial.conv.weight.mul_(-3)
    assert same(student.detect(SENSORS), before) == (wiring.head_reads == "visual")


def test_nothing_but_images_and_calibrations_goes_in():
    for method in (Student.forward, Student.detect):
        parameters = list(inspect.signature(method, eval_str=True).parameters.values())
        assert [(p.name, p.annotation) for p in parameters[1:]] == [("sensors", Sensors)]
    assert {f.name for f in fields(Sensors)} == {"images", "calibrations"}


@pytest.mark.parametrize("name", ["published", "lite"])
def test_a_batch_of_one_trains(name):
    student = make_student(WIRINGS[name], seed=5)
    batch = make_batch(1)
    output = student(batch.sensors)
    terms = student.dense_head.loss(output.head, student.dense_head.targets([batch.labels[0].boxes]))
    terms.weighted(student.dense_head.loss_weights).backward()
    assert [n for n, p in student.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()] == []
    assert [n for n, p in student.named_parameters() if not p.grad.any()] == []


def test_a_batch_of_one_is_refused_by_the_released_alignment_with_a_reason():
    with pytest.raises(ValueError, match="wiring='published'"):
        make_student(Wiring.released())(make_batch(1).sensors)


@pytest.mark.parametrize("collapse", ["visual", "spatial"])
def test_the_lift_path_commutes_with_flips(collapse):
    student = settled(Wiring.published())
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, SCALE.branch_channels, 8, 16, generator=generator)
    depth = torch.randn(2, SCALE.bins.num + 1, 8, 16, generator=generator).softmax(1)
    flipped = [flip_calibration(c) for c in SENSORS.calibrations]
    layer = getattr(student, f"collapse_{collapse}")
    with torch.no_grad():
        bev = student.lift(features, depth, SENSORS.calibrations, layer).features
        mirrored = student.lift(features.flip(3), depth.flip(3), flipped, layer).features
    assert (bev[:, :, 3:13] - bev[:, :, 3:13].flip(2)).abs().max() > 0.01
    torch.testing.assert_close(mirrored, bev.flip(2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("place", ["visual", "fused"])
def test_domain_adaptation_sits_where_the_wiring_puts_it(place):
    student = settled(replace(Wiring.published(), scnet_blocks=1, scnet_place=place))
    with torch.no_grad():
        before = student(SENSORS)
        student.scnet.layers[0].bn3.bias.add_(1.0)
        after = student(SENSORS)
    assert torch.equal(before.bev_visual.features, after.bev_visual.features) == (place == "fused")
    assert not torch.equal(before.bev.features, after.bev.features)


def test_starts_from_the_assistant_and_from_the_teachers_head():
    student, assistant, teacher = make_student(), make_assistant(), make_teacher()
    student.start_from(assistant, ["image_backbone", "branch_visual", "collapse_visual"])
    student.start_from(teacher, ["backbone_2d", "dense_head"])
    for name, source in (("image_backbone", assistant), ("collapse_visual", assistant), ("dense_head", teacher)):
        for key, value in source.get_submodule(name).state_dict().items():
            assert torch.equal(student.get_submodule(name).state_dict()[key], value), (name, key)
    with pytest.raises(ValueError, match="'depth_head' of a Assistant"):
        student.start_from(assistant, ["depth_head"])
    with pytest.raises(ValueError, match="same sizes"):
        student.start_from(Teacher.toy(), ["backbone_2d"])


def test_maps_on_other_cells_are_not_fused():
    student = make_student(Wiring.lite())
    bev = BevMap(torch.zeros(1, 8, 16, 16), SCALE.bev_grid)
    elsewhere = BevMap(bev.features, replace(SCALE.bev_grid, lower=(3.0, -8.0), upper=(19.0, 8.0)))
    with pytest.raises(ValueError, match="different grids"):
        student.fuse(bev, elsewhere)


def test_toy_parameters():
    counts = {name: sum(p.numel() for p in Student.toy(w).parameters()) for name, w in WIRINGS.items()}
    assert 0.9e6 < counts["lite"] < counts["published"] < counts["released"] < 1.1e6
