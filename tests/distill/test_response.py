import numpy as np
import pytest
import torch

from monotakd.distill.response import RESPONSE_WEIGHTS, response_losses
from monotakd.models.heads.predictions import DensePredictions, HeadLosses

NAMES = ("cls_preds", "box_preds", "dir_cls_preds")


@pytest.fixture(scope="module")
def released(shared):
    data = np.load(shared / "reference/released_code/distill_logit.npz")
    return {key: torch.from_numpy(data[key]) for key in data.files}


def head(maps) -> DensePredictions:
    return DensePredictions(*(m.reshape(len(m), -1, n) for m, n in zip(maps, (3, 7, 2), strict=True)))


def random_head(seed, direction=True, batch=2, places=30) -> DensePredictions:
    generator = torch.Generator().manual_seed(seed)
    values = [torch.randn(batch, places, n, generator=generator) for n in (3, 7, 2)]
    return DensePredictions(*(v.requires_grad_() for v in (values if direction else values[:2])))


def test_released_losses_and_gradients(released):
    assert tuple(released["weights_cls_loc_dir"].tolist()) == RESPONSE_WEIGHTS
    maps = [released[f"student/{name}"].clone().requires_grad_() for name in NAMES]
    teacher = head([released[f"teacher/{name}"] for name in NAMES])
    losses = response_losses(head(maps), teacher, average_classification=False)
    total = losses.weighted(RESPONSE_WEIGHTS)
    values = [(term * weight).item() for term, weight in zip(losses, RESPONSE_WEIGHTS, strict=True)] + [total.item()]
    np.testing.assert_allclose(values, released["loss_cls_loc_dir_total"], rtol=1e-4, atol=1e-5)
    total.backward()
    for name, tensor in zip(NAMES, maps, strict=True):
        expected = released[f"grad_student/{name}"]
        torch.testing.assert_close(tensor.grad, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("direction", [True, False])
def test_a_copy_of_the_teacher_has_nothing_to_learn_but_direction(direction):
    teacher = random_head(0, direction)
    losses = response_losses(teacher, teacher)
    assert losses.classification.item() == pytest.approx(0, abs=1e-6)
    assert losses.box.item() == pytest.approx(0, abs=1e-6)
    assert (losses.direction.item() > 0) == direction


@pytest.mark.parametrize("direction", [True, False])
def test_gradients_reach_the_student_only(direction):
    student, teacher = random_head(1, direction), random_head(2, direction)
    response_losses(student, teacher).weighted(RESPONSE_WEIGHTS).backward()
    for name, value in vars(student).items():
        assert value is None or value.grad.any(), name
    assert all(value is None or value.grad is None for value in vars(teacher).values())


def test_boxes_count_only_where_the_teacher_sees_something():
    student, teacher = random_head(3), random_head(4)
    logits = torch.full_like(teacher.class_logits, -6.0)
    logits[:, 5, 1] = 3.0
    teacher = DensePredictions(logits, teacher.codes, teacher.direction_logits)
    response_losses(student, teacher).weighted(HeadLosses(0.0, 1.0, 1.0)).backward()
    for gradient in (student.codes.grad, student.direction_logits.grad):
        assert gradient[:, 5].any()
        assert not gradient[:, :5].any()
        assert not gradient[:, 6:].any()


def test_doubling_the_batch_changes_the_released_class_term_only():
    student, teacher = random_head(5), random_head(6)
    both = [DensePredictions(*(torch.cat([v, v]) for v in vars(h).values())) for h in (student, teacher)]
    torch.testing.assert_close(response_losses(*both), response_losses(student, teacher))
    once = response_losses(student, teacher, average_classification=False)
    twice = response_losses(*both, average_classification=False)
    torch.testing.assert_close(twice, HeadLosses(2 * once.classification, once.box, once.direction))


def test_heads_of_different_layout_are_refused():
    with pytest.raises(ValueError, match="same head"):
        response_losses(random_head(0), random_head(1, direction=False))
