"""The teacher: names of the release, stages that fit together, and that it learns one frame by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from monotakd.models.bev_backbone import BevBackboneSettings
from monotakd.models.sparse_backbone import SparseBackboneSettings, Stage
from monotakd.models.teacher import Teacher, TeacherSettings
from monotakd.scene import Boxes3D, VoxelGrid

SMALL = TeacherSettings(
    VoxelGrid((0.0, -10.24, -2.0), (20.48, 10.24, 2.0), (0.16, 0.16, 0.2)),
    SparseBackboneSettings(8, (Stage(16, 1), Stage(16, 0)), 8),
    BevBackboneSettings((1, 1), (1, 2), (16, 32), (16, 16)),
    "center",
    TeacherSettings.toy().classes,
)
CARS = Boxes3D(
    np.array(
        [
            [6.0, 3.0, -0.8, 3.9, 1.6, 1.5, 0.2],
            [14.0, -4.0, -0.7, 4.2, 1.7, 1.6, -2.9],
            [11, 6, -0.8, 3.7, 1.6, 1.4, 1.5],
        ]
    ),
    ("Car",) * 3,
)


def street_points(boxes, seed=0):
    """Ground, and points on the upright faces and roofs of the boxes."""
    rng = np.random.default_rng(seed)
    ground = np.column_stack([rng.uniform(0, 20, 3000), rng.uniform(-10, 10, 3000), rng.normal(-1.6, 0.02, 3000)])
    clouds = [ground]
    for x, y, z, length, width, height, yaw in boxes.values:
        local = rng.uniform(-0.5, 0.5, (300, 3))
        side = rng.integers(0, 3, 300)
        local[np.arange(300), side] = np.where(side == 2, 0.5, np.sign(local[np.arange(300), side]) * 0.5)
        local *= (length, width, height)
        cos, sin = np.cos(yaw), np.sin(yaw)
        turned = np.column_stack([cos * local[:, 0] - sin * local[:, 1], sin * local[:, 0] + cos * local[:, 1]])
        clouds.append(np.column_stack([turned + np.array([x, y]), local[:, 2] + z]))
    points = np.concatenate(clouds)
    return torch.from_numpy(np.column_stack([points, np.full(len(points), 0.3)])).float()


def test_kitti_shapes():
    teacher = Teacher.kitti().eval()
    with torch.no_grad():
        bev = teacher.compress(teacher.encode(teacher.voxelize([street_points(CARS)])))
    assert bev.features.shape == (1, 128, 188, 140)
    assert bev.grid == VoxelGrid.kitti_camera().bev()
    assert teacher.dense_head.anchors.reshape(-1, 7).shape[0] == 157_920


@pytest.mark.parametrize("head", ["anchor", "center"])
def test_stages_make_up_the_forward_pass(head):
    torch.manual_seed(0)
    teacher = Teacher(replace(SMALL, head=head)).eval()
    clouds = [street_points(CARS), torch.zeros(0, 4), street_points(CARS, 1)[:1]]
    with torch.no_grad():
        whole = teacher(clouds)
        bev = teacher.compress(teacher.encode(teacher.voxelize(clouds)))
        head_output = teacher.head(teacher.bev_backbone(bev))
    assert torch.equal(whole.bev.features, bev.features)
    assert torch.equal(whole.head.codes, head_output.codes)
    assert whole.bev.features.shape == (3, teacher.bev_channels, 32, 32)
    assert (whole.bev.features[1] == 0).all()
    assert len(teacher.detect(clouds)) == 3


@pytest.mark.parametrize("head", ["anchor", "center"])
def test_learns_one_frame_by_heart(head):
    """Every car found, close to where it is, facing the right way, and nothing else."""
    torch.manual_seed(0)
    teacher = Teacher(replace(SMALL, head=head))
    clouds, targets = [street_points(CARS)], teacher.dense_head.targets([CARS])
    steps = 60
    optimiser = torch.optim.AdamW(teacher.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps)
    losses = []
    for _ in range(steps):
        terms = teacher.dense_head.loss(teacher(clouds).head, targets)
        loss = terms.weighted(teacher.dense_head.loss_weights)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]
    (found,) = teacher.detect(clouds)
    assert teacher.training
    sure = found.scores > 0.3
    assert sure.sum() == len(CARS)
    for car in CARS.values:
        best = found.boxes.values[sure][np.argmin(np.abs(found.boxes.values[sure][:, :2] - car[:2]).sum(axis=1))]
        np.testing.assert_allclose(best[:3], car[:3], atol=0.3)
        np.testing.assert_allclose(best[3:6], car[3:6], rtol=0.1)
        assert np.cos(best[6] - car[6]) > 0.98


def test_every_parameter_is_reached_by_the_loss():
    teacher = Teacher(replace(SMALL, head="anchor"))
    output = teacher([street_points(CARS)])
    terms = teacher.dense_head.loss(output.head, teacher.dense_head.targets([CARS]))
    terms.weighted(teacher.dense_head.loss_weights).backward()
    assert [name for name, p in teacher.named_parameters() if p.grad is None or not p.grad.abs().sum()] == []


def test_an_empty_batch_trains_to_finite_numbers():
    teacher = Teacher(SMALL)
    terms = teacher.dense_head.loss(teacher([torch.zeros(0, 4)]).head, teacher.dense_head.targets([Boxes3D.empty()]))
    terms.weighted(teacher.dense_head.loss_weights).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in teacher.parameters())


def test_bf16_is_for_the_dense_part_only():
    torch.manual_seed(0)
    teacher = Teacher(SMALL).eval()
    clouds = [street_points(CARS)]
    with torch.no_grad():
        plain = teacher(clouds)
        with torch.autocast("cpu", torch.bfloat16):
            mixed = teacher(clouds)
    assert torch.equal(mixed.bev.features, plain.bev.features)
    assert mixed.head.class_logits.dtype == torch.float32
    assert not torch.equal(mixed.head.codes, plain.head.codes)
    torch.testing.assert_close(mixed.head.codes, plain.head.codes, rtol=0.1, atol=0.1)


def test_a_grid_that_does_not_fit_is_named():
    flat = replace(SMALL, grid=replace(SMALL.grid, lower=(0.0, -10.24, 1.0)))
    with pytest.raises(ValueError, match="does not fit into a grid"):
        Teacher(flat)
    odd = replace(SMALL, grid=replace(SMALL.grid, upper=(20.64, 10.24, 2.0)))
    with pytest.raises(ValueError, match="not a whole number of cells"):
        Teacher(odd)
