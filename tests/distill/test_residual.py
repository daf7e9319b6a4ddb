import inspect

import numpy as np
import pytest
import torch

from monotakd.distill.features import minmax, rms
from monotakd.distill.intra_modal import intra_modal_loss
from monotakd.distill.residual import residual_loss, residual_target


@pytest.fixture(scope="module")
def released(shared):
    data = np.load(shared / "reference/released_code/imd_cmrd.npz")
    return {key: torch.from_numpy(np.asarray(data[key])) for key in data.files}


def pair(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, 4, 5, generator=generator), torch.randn(2, 3, 4, 5, generator=generator)


def test_released_terms(released):
    torch.testing.assert_close(minmax(released["bev_ta"]), released["ta_normalised"])
    torch.testing.assert_close(minmax(released["bev_student"]), released["student_normalised"])
    target = residual_target(released["bev_lidar"], released["bev_ta"], "released")
    torch.testing.assert_close(target, released["residual_thresholded"])
    assert torch.equal(target == 0, released["residual_thresholded"] == 0)

    student = released["bev_student"].clone().requires_grad_()
    spatial = released["bev_student_copy"].clone().requires_grad_()
    intra_modal = intra_modal_loss(student, released["bev_ta"], normalisation="minmax_detached")
    residual = residual_loss(spatial, target)
    torch.testing.assert_close(intra_modal, released["loss_ipk"])
    torch.testing.assert_close(residual, released["loss_lpk"])
    total = intra_modal + 0.2 * residual
    torch.testing.assert_close(total, released["loss_total"])
    total.backward()
    torch.testing.assert_close(spatial.grad, released["grad_student_copy"])
    assert student.grad is None
    assert not released["grad_student_as_released"].any()


def test_released_intra_modal_gradient_without_the_detach(released):
    student = released["bev_student"].clone().requires_grad_()
    intra_modal_loss(student, released["bev_ta"], normalisation="minmax").backward()
    expected = released["grad_student_if_not_detached"]
    torch.testing.assert_close(student.grad, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))
    assert expected.any()


def test_the_forms_by_hand():
    teacher = torch.tensor([[[[2.0, -2.0, 0.0, 0.0]]]])  # RMS is the square root of 2
    assistant = torch.tensor([[[[0.0, -1.9, 1.0, -0.5]]]])
    expected = {
        "signed": [2.0, -0.1, -1.0, 0.5],
        "magnitude": [2.0, 0.1, 1.0, 0.5],
        "binarised": [1.0, 0.0, 1.0, 0.0],
        "ternary": [1.0, 0.0, -1.0, 0.0],
    }
    for form, values in expected.items():
        target = residual_target(teacher, assistant, form, threshold=0.5)
        torch.testing.assert_close(target.flatten(), torch.tensor(values))
    # At the default threshold, one RMS, the difference of 1 is no longer enough.
    torch.testing.assert_close(residual_target(teacher, assistant).flatten(), torch.tensor([1.0, 0.0, 0.0, 0.0]))
    # minmax(F_A) = 1.9/2.9, 0, 1, 1.4/2.9; |. - F_T| = 1.34, 2, 1, 0.48; kept from 1.2 up.
    torch.testing.assert_close(
        residual_target(teacher, assistant, "released").flatten(), torch.tensor([2 - 1.9 / 2.9, 2.0, 0.0, 0.0])
    )


def test_scaling_by_hand():
    teacher = torch.tensor([[[[3.0, 4.0, 0.0, 0.0]]]])  # RMS 2.5
    assistant = torch.tensor([[[[6.0, 8.0, 10.0, 0.0]]]])  # RMS 50 ** 0.5
    own = torch.tensor([3 / 2.5 - 6 / 50**0.5, 4 / 2.5 - 8 / 50**0.5, -10 / 50**0.5, 0.0])
    torch.testing.assert_close(residual_target(teacher, assistant, "signed", scaling="own_rms").flatten(), own)
    stretched = torch.tensor([0.75 - 0.6, 1 - 0.8, -1.0, 0.0])
    torch.testing.assert_close(residual_target(teacher, assistant, "signed", scaling="minmax").flatten(), stretched)
    # In units of its own RMS an assistant that is the teacher in other units misses nothing; as they are, it does.
    assert not residual_target(teacher, 2 * teacher, scaling="own_rms").any()
    assert residual_target(teacher, 2 * teacher).any()


def test_the_released_form_is_not_scaled_twice():
    with pytest.raises(ValueError, match="'own_rms' beside the released form"):
        residual_target(*pair(), "released", scaling="own_rms")


def test_assistant_plus_signed_residual_is_the_teacher():
    teacher, assistant = pair()
    torch.testing.assert_close(assistant + residual_target(teacher, assistant, "signed"), teacher)


def test_the_binarised_residual_does_not_depend_on_units():
    teacher, assistant = pair(1)
    target = residual_target(teacher, assistant, "binarised", threshold=0.8)
    assert set(target.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(residual_target(50 * teacher, 50 * assistant, "binarised", threshold=0.8), target)
    assert target.mean() == ((teacher - assistant).abs() > 0.8 * rms(teacher)).float().mean()


@pytest.mark.parametrize("form", ["signed", "magnitude", "binarised", "ternary", "released"])
def test_targets_carry_no_gradient_and_losses_train_the_spatial_map(form):
    teacher, assistant = (m.requires_grad_() for m in pair(2))
    target = residual_target(teacher, assistant, form)
    assert not target.requires_grad
    spatial = torch.zeros_like(teacher).detach().requires_grad_()
    residual_loss(spatial, target).backward()
    assert spatial.grad.any()


def test_own_error_residual_is_the_distance_of_the_sum_to_the_teacher():
    teacher, visual = pair(3)
    spatial = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(4))
    loss = residual_loss(spatial, residual_target(teacher, visual, "signed"))
    torch.testing.assert_close(loss, (visual + spatial - teacher).square().mean())


def test_maps_that_would_broadcast_are_refused():
    teacher, assistant = pair(5)
    with pytest.raises(ValueError, match="same grid and channels"):
        inspect.unwrap(residual_target)(teacher, assistant[:, :1])
