"""Targets that are no numbers stop a training, also where the loss would have swallowed them."""

from dataclasses import replace

import pytest
import torch
from small_world import make_batch, make_distiller

from monotakd.distill.residual import residual_target
from monotakd.distill.settings import DistillSettings
from monotakd.errors import DataError


@pytest.fixture(scope="module")
def taught():
    distiller, batch = make_distiller(DistillSettings.published(), head="anchor").eval(), make_batch(3)
    return distiller, replace(batch, frame_ids=("000007", "000011", "000042")), distiller.targets(batch)


def broken(targets, field: str, part: str, value: float):
    """The targets with one value of the second sample replaced."""
    target = getattr(targets, field)
    values = getattr(target, part).clone()
    values[1].view(-1)[5] = value
    return replace(targets, **{field: replace(target, **{part: values})})


def test_a_binarised_residual_would_swallow_it(taught):
    _, _, targets = taught
    broken_map = broken(targets, "assistant_bev", "features", float("nan")).assistant_bev.features
    assert residual_target(targets.teacher_bev.features, broken_map, "binarised").isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("field", "part", "name"),
    [
        ("teacher_bev", "features", "F_T, the teacher's BEV map"),
        ("assistant_bev", "features", "F_A, the assistant's BEV map"),
        ("teacher_head", "class_logits", "the teacher's predictions, class logits"),
        ("teacher_head", "codes", "the teacher's predictions, codes"),
        ("teacher_head", "direction_logits", "the teacher's predictions, direction logits"),
    ],
)
def test_target_and_frame_are_named(taught, field, part, name, value):
    distiller, batch, targets = taught
    with pytest.raises(DataError) as refusal:
        distiller(batch, broken(targets, field, part, value))
    assert refusal.value.source == "targets of frames 000011"
    assert refusal.value.found.startswith("1 of ")
    assert refusal.value.found.endswith(f"NaN or infinite in {name}")
    assert "monotakd data check" in refusal.value.fix


def test_the_frozen_networks_own_outputs_are_checked(taught):
    distiller, batch, _ = taught
    weights = distiller.assistant.image_backbone
    name, parameter = next(iter(weights.named_parameters()))
    before = parameter.detach().clone()
    try:
        with torch.no_grad():
            parameter.view(-1)[0] = float("nan")
        with pytest.raises(DataError, match="000007, 000011, 000042"):
            distiller(batch)
    finally:
        with torch.no_grad():
            parameter.copy_(before)
    assert all(value.isfinite() for value in distiller(batch).computed().values()), name
