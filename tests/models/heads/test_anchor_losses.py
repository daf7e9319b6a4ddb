import numpy as np
import pytest
import torch

from monotakd.models.heads.anchor_losses import anchor_losses
from monotakd.models.heads.anchor_targets import AnchorTargets
from monotakd.models.heads.predictions import DensePredictions, HeadLosses


def flat(maps, last):
    """(B, Y, X, channels) of the released heads to (B, N, last)."""
    return maps.reshape(len(maps), -1, last)


@pytest.fixture(scope="module")
def released(shared):
    data = np.load(shared / "reference/released_code/anchor_head_losses.npz")
    return {key: torch.from_numpy(data[key]) for key in data.files}


@pytest.mark.parametrize("config", ["student_weights", "teacher_weights"])
def test_released_losses_and_gradients(released, config):
    names = ("cls_preds", "box_preds", "dir_cls_preds")
    maps = [released[f"pred/{name}"].clone().requires_grad_() for name in names]
    predictions = DensePredictions(*(flat(m, n) for m, n in zip(maps, (3, 7, 2), strict=True)))
    targets = AnchorTargets(
        released["target/box_cls_labels"].long(), released["target/box_reg_targets"], released["target/direction_bin"]
    )
    weights = HeadLosses(*released[f"{config}/weights_cls_loc_dir"].tolist())
    losses = anchor_losses(predictions, targets)
    total = losses.weighted(weights)
    values = [(term * weight).item() for term, weight in zip(losses, weights, strict=True)] + [total.item()]
    np.testing.assert_allclose(values, released[f"{config}/loss_cls_loc_dir_total"], rtol=1e-4, atol=1e-5)
    total.backward()
    for name, tensor in zip(names, maps, strict=True):
        expected = released[f"{config}/grad_{name}"]
        torch.testing.assert_close(tensor.grad, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


def make_case(labels):
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor(labels)
    shape = labels.shape
    predictions = DensePredictions(
        torch.randn(*shape, 3, generator=generator, requires_grad=True),
        torch.randn(*shape, 7, generator=generator, requires_grad=True),
        torch.randn(*shape, 2, generator=generator, requires_grad=True),
    )
    targets = AnchorTargets(labels, torch.randn(*shape, 7, generator=generator), torch.zeros(shape, dtype=torch.long))
    return predictions, targets


def test_ignored_anchors_and_background_boxes_pass_no_gradient():
    predictions, targets = make_case([[-1, 0, 2, -1], [0, 0, 0, -1]])
    anchor_losses(predictions, targets).weighted(HeadLosses(1.0, 2.0, 0.2)).backward()
    counted = targets.labels >= 0
    assert torch.equal(predictions.class_logits.grad.abs().sum(-1) > 0, counted)
    for tensor in (predictions.codes, predictions.direction_logits):
        assert torch.equal(tensor.grad.abs().sum(-1) > 0, targets.labels > 0)


def test_the_mean_over_samples_does_not_grow_with_the_batch():
    predictions, targets = make_case([[0, 1, -1, 0], [3, 0, 0, 0]])
    doubled = DensePredictions(*(torch.cat([v, v]) for v in vars(predictions).values()))
    twice = AnchorTargets(*(torch.cat([v, v]) for v in vars(targets).values()))
    torch.testing.assert_close(anchor_losses(doubled, twice), anchor_losses(predictions, targets))


def test_a_head_without_direction_is_refused():
    predictions, targets = make_case([[0, 1]])
    with pytest.raises(ValueError, match="direction_logits"):
        anchor_losses(DensePredictions(predictions.class_logits, predictions.codes), targets)
