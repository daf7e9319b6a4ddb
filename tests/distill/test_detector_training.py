"""How teacher and assistant learn: by boxes, and the aligned assistant towards the teacher."""

import copy
from dataclasses import replace

import pytest
import torch
from small_world import make_assistant, make_batch, make_teacher

from monotakd.distill.cells import empty_features
from monotakd.distill.detector_training import AssistantTraining, teacher_losses
from monotakd.distill.direct import direct_loss
from monotakd.distill.features import occupancy_weights
from monotakd.distill.settings import TRUTH
from monotakd.distill.terms import LossWeights
from monotakd.models.assistant import SHARED_HEAD
from monotakd.scene import Privileged


def lowers(module, losses, weights, steps=8):
    """The first and the last terms of a short training."""
    optimiser = torch.optim.Adam(module.parameters(), 1e-2)
    history = []
    for _ in range(steps):
        terms = losses()
        optimiser.zero_grad()
        terms.total(weights).backward()
        optimiser.step()
        history.append({name: value.item() for name, value in terms.computed().items()})
    return history[0], history[-1]


def test_a_teacher_learns():
    teacher, batch = make_teacher(head="anchor").train(), make_batch(2)
    first, last = lowers(teacher, lambda: teacher_losses(teacher, batch), TRUTH)
    assert set(first) == set(TRUTH.active())
    assert all(last[name] < 0.97 * first[name] for name in first)
    with pytest.raises(ValueError, match="points"):
        teacher_losses(teacher, replace(batch, privileged=Privileged()))


def test_a_plain_assistant_learns_from_boxes_only():
    training = AssistantTraining(make_assistant(), make_teacher()).train()
    assert training.frozen() == {}
    batch = make_batch(2)
    first, last = lowers(training.assistant, lambda: training(batch), training.weights)
    assert set(first) == set(TRUTH.active())
    assert all(last[name] < 0.97 * first[name] for name in ("truth_classification", "truth_box"))


def test_an_aligned_assistant_comes_closer_to_the_teacher_which_stays_as_it_is():
    teacher = make_teacher()
    training = AssistantTraining(make_assistant("aligned"), teacher).train()
    before = copy.deepcopy(teacher.state_dict())
    batch = make_batch(labelled=[True, False])
    first, last = lowers(training, lambda: training(batch), LossWeights(direct=1.0))
    assert training.weights.direct == 4.0
    assert last["direct"] < 0.97 * first["direct"]
    assert not teacher.training
    assert all(torch.equal(value, before[key]) for key, value in teacher.state_dict().items())
    with torch.no_grad():
        taught = teacher(batch.privileged.points).bev.features
        bev = training.eval().assistant(batch.sensors, batch.privileged.depth).bev.features
        cells = occupancy_weights(taught, empty_features(teacher))
        torch.testing.assert_close(training(batch).direct, direct_loss(bev, taught, weights=cells))
    unlabelled = training(make_batch(2, labelled=False))
    assert unlabelled.truth_box.item() == 0
    assert unlabelled.direct > 0


def test_a_shared_head_reads_the_assistants_map_and_stays_the_teachers():
    teacher, batch = make_teacher(), make_batch(2)
    training = AssistantTraining(make_assistant("shared_head"), teacher).train()
    assistant = training.assistant
    first, last = lowers(training, lambda: training(batch), training.weights)
    assert set(first) == set(TRUTH.active())
    assert all(last[name] < 0.97 * first[name] for name in ("truth_classification", "truth_box"))
    for part in SHARED_HEAD:
        mine, theirs = getattr(assistant, part).state_dict(), getattr(teacher, part).state_dict()
        assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    with torch.no_grad():
        bev = assistant(batch.sensors, batch.privileged.depth).bev
        told, own = teacher.head(teacher.bev_backbone(bev)), assistant.detect_head(bev)
    assert torch.equal(told.codes, own.codes)
    assert not training.uses_unlabelled


def test_what_is_missing_is_named():
    batch = make_batch(2)
    for kind in ("aligned", "shared_head"):
        with pytest.raises(ValueError, match=f"{kind}.*trained teacher"):
            AssistantTraining(make_assistant(kind))
    with pytest.raises(ValueError, match="depth"):
        AssistantTraining(make_assistant())(replace(batch, privileged=Privileged()))
    aligned = AssistantTraining(make_assistant("aligned"), make_teacher())
    with pytest.raises(ValueError, match="points"):
        aligned(replace(batch, privileged=Privileged(depth=batch.privileged.depth)))
