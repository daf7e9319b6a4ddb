import inspect

import pytest
import torch

from monotakd.distill.direct import CMKD_WEIGHT, direct_loss
from monotakd.distill.features import minmax, normalise, occupancy_weights, weighted_mse


def maps(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*(shape or (2, 3, 4, 5)), generator=generator)


def test_units_of_the_target_do_not_change_the_loss():
    student, target = maps(0), maps(1)
    small = weighted_mse(*normalise(student, target, "target_rms"))
    large = weighted_mse(*normalise(1000 * student, 1000 * target, "target_rms"))
    torch.testing.assert_close(small, large)
    knows_nothing = weighted_mse(*normalise(torch.zeros_like(target), target, "target_rms"))
    torch.testing.assert_close(knows_nothing, torch.tensor(1.0))


def test_minmax_is_over_the_whole_batch():
    stretched = minmax(maps(2))
    assert stretched.min() == 0
    assert stretched.max() == 1
    assert (stretched[0].min() > 0) != (stretched[1].min() > 0)
    assert not minmax(torch.full((1, 2, 3, 3), 7.0)).any()


@pytest.mark.parametrize(
    ("mode", "trains"), [("none", True), ("target_rms", True), ("minmax", True), ("minmax_detached", False)]
)
def test_only_the_released_normalisation_cuts_the_student_off(mode, trains):
    student, target = maps(3).requires_grad_(), maps(4).requires_grad_()
    loss = weighted_mse(*normalise(student, target, mode))
    assert loss.requires_grad == trains
    if trains:
        loss.backward()
        assert student.grad.any()
        assert target.grad is None


def test_weights_count_by_ratio():
    student, target = torch.zeros(1, 1, 1, 4), torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    weights = torch.tensor([[[[3.0, 1.0, 0.0, 0.0]]]])
    torch.testing.assert_close(weighted_mse(student, target, weights), torch.tensor((3 * 1.0 + 4.0) / 4))
    torch.testing.assert_close(weighted_mse(student, target, 10 * weights), weighted_mse(student, target, weights))
    with pytest.raises(ValueError, match="some cell"):
        weighted_mse(student, target, 0 * weights)


def test_maps_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match="same grid and channels"):
        inspect.unwrap(weighted_mse)(maps(5), maps(6, 2, 1, 4, 5))


def test_empty_cells_are_found_by_comparison_not_by_zeros():
    empty = torch.tensor([0.3, -0.2])
    teacher = empty[:, None, None].expand(1, 2, 3, 4).clone()
    teacher[0, :, 1, 2] = 0.0
    weights = occupancy_weights(teacher, empty, background=0.05)
    assert weights[0, 0, 1, 2] == 1
    assert (weights == 0.05).sum() == 11


def test_direct_loss_of_cmkd_is_a_plain_mean_square():
    student, teacher = maps(7), maps(8)
    expected = CMKD_WEIGHT * torch.nn.functional.mse_loss(student, teacher)
    torch.testing.assert_close(CMKD_WEIGHT * direct_loss(student, teacher, normalisation="none"), expected)
    torch.testing.assert_close(direct_loss(student, teacher), expected / CMKD_WEIGHT / teacher.square().mean())
