import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from monotakd.models.heads.losses import focal_loss, quality_focal_loss, sine_difference, smooth_l1_loss


@pytest.fixture(scope="module")
def released(shared):
    data = np.load(shared / "reference/released_code/distill_logit.npz")
    return {key: torch.from_numpy(data[key]) for key in data.files}


def test_released_quality_focal(released):
    loss = quality_focal_loss(released["qfl/logits"], released["qfl/target"]) / released["qfl/normalizer"].clamp_min(1)
    torch.testing.assert_close(loss, released["qfl/loss"], rtol=1e-4, atol=1e-6)


def test_released_focal(released):
    loss = focal_loss(released["focal/logits"], released["focal/one_hot"]) * released["focal/weights"][..., None]
    torch.testing.assert_close(loss, released["focal/loss"], rtol=1e-4, atol=1e-6)


def test_released_smooth_l1(released):
    scale = released["smooth_l1/code_weights"].float()
    loss = smooth_l1_loss(released["smooth_l1/pred"] * scale, released["smooth_l1/target"] * scale)
    assert released["smooth_l1/target"].isnan().any()
    loss = loss * released["smooth_l1/weights"][..., None]
    torch.testing.assert_close(loss, released["smooth_l1/loss"], rtol=1e-4, atol=1e-6)


def test_focal_without_focus_is_cross_entropy():
    logits, target = torch.tensor([-2.0, 0.3, 5.0]), torch.tensor([0.0, 1.0, 1.0])
    expected = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    torch.testing.assert_close(2 * focal_loss(logits, target, alpha=0.5, gamma=0.0), expected)


def test_quality_focal_is_least_at_the_target():
    logits = torch.linspace(-4, 4, 801)
    loss = quality_focal_loss(logits, torch.full_like(logits, 0.3))
    assert loss.argmin() == (torch.sigmoid(logits) - 0.3).abs().argmin()
    assert loss.min() < 1e-5


def test_unknown_targets_cost_nothing_and_pass_no_gradient():
    codes = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = smooth_l1_loss(codes, torch.tensor([float("nan"), 0.0]))
    loss.sum().backward()
    assert loss[0] == 0
    assert codes.grad.tolist() == [0.0, 1.0]


def test_sine_difference_is_the_sine_and_leaves_other_channels():
    codes, target = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)), torch.zeros(5, 7)
    target[:, 6] = torch.linspace(-3, 3, 5)
    a, b = sine_difference(codes, target)
    torch.testing.assert_close((a - b)[:, 6], torch.sin(codes[:, 6] - target[:, 6]))
    torch.testing.assert_close(a[:, :6], codes[:, :6])
    turned = codes.clone()
    turned[:, 6] += math.pi
    a, b = sine_difference(turned, codes)
    torch.testing.assert_close(a, b)
