"""The distiller: every loss reaches what it should, nothing reaches teacher or assistant, and all recipes run."""

import copy
import importlib.util
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_world import SCALE, make_assistant, make_batch, make_distiller, make_student, make_teacher

from monotakd.distill.distiller import Distiller, Targets
from monotakd.distill.ground_truth import ground_truth_losses
from monotakd.distill.response import response_losses
from monotakd.distill.settings import RESPONSE, TRUTH, DistillSettings
from monotakd.distill.terms import LossTerms, LossWeights
from monotakd.distill.who_trains_whom import who_trains_whom
from monotakd.models.student import Wiring
from monotakd.scene import Privileged

PRESETS = [
    "published",
    "released",
    "lite",
    "ground_truth_only",
    "response_only",
    "direct",
    "cmkd",
    "intra_modal",
    "residual",
    "imd_direct",
    "signed",
    "aligned",
    "own_error",
    "shared_head",
    "with_depth",
    "hard_pseudo_labels",
    "truth_in_response_form",
]
ALL = LossWeights(**{field.name: 1.0 for field in fields(LossWeights)})
EVERYTHING = replace(DistillSettings.published(), weights=ALL)


def total(distiller, batch):
    return distiller(batch).total(distiller.settings.weights)


def preset(name) -> DistillSettings:
    return getattr(DistillSettings, name)()


@pytest.fixture(scope="module")
def published():
    return who_trains_whom(make_distiller(EVERYTHING, head="anchor"), make_batch(2))


@pytest.fixture(scope="module")
def released():
    settings = replace(DistillSettings.released(), weights=ALL)
    return who_trains_whom(make_distiller(settings, head="anchor"), make_batch(2))


def reached(table, term) -> set[str]:
    return {group for group in table.groups if table.of(term, group) > 0}


def test_published_each_term_alone_reaches_the_parts_it_should(published):
    network = {"image_backbone", "depth_head"}
    visual, spatial = {"branch_visual", "collapse_visual"}, {"branch_spatial", "collapse_spatial", "spatial_align"}
    detector = network | visual | spatial | {"fusion", "backbone_2d", "dense_head"}
    assert len(published.terms) == 10
    assert reached(published, "intra_modal") == network | visual
    assert reached(published, "residual") == network | spatial
    assert reached(published, "direct") == network | visual | spatial | {"fusion"}
    assert reached(published, "depth") == network
    for term in published.terms[4:]:
        assert reached(published, term) == detector, term


def test_released_intra_modal_trains_nothing_and_the_spatial_branch_sees_no_detection(released):
    assert reached(released, "intra_modal") == set()
    assert reached(released, "residual") == {
        "image_backbone",
        "depth_head",
        "branch_visual",
        "collapse_spatial",
        "spatial_align",
    }
    for term in released.terms[4:]:
        hit = reached(released, term)
        assert {"image_backbone", "depth_head", "collapse_visual", "scnet", "backbone_2d"} < hit, term
        assert not hit & {"collapse_spatial", "spatial_align", "fusion", "collapse_assistant"}, term
    assert {g for g in released.groups if not released.values[:, released.groups.index(g)].any()} == {
        "fusion",
        "collapse_assistant",
        "teacher",
    }


def test_released_arithmetic_is_that_of_the_terms_by_hand():
    distiller = make_distiller(DistillSettings.released())
    distiller.student.eval()
    batch = make_batch(2)
    with torch.no_grad():
        targets, output = distiller.targets(batch), distiller.student(batch.sensors)
        f_a = distiller.assistant_map(output, targets, batch).features
        f_t, f_vis, f_spa = (m.features for m in (targets.teacher_bev, output.bev_visual, output.bev_spatial))
        terms = distiller.losses(output, targets, batch)
    stretched_a, stretched_v = ((m - m.min()) / (m - m.min()).max() for m in (f_a, f_vis))
    difference = (stretched_a - f_t).abs()
    residual = difference * (difference >= 0.6 * difference.max())
    torch.testing.assert_close(terms.intra_modal, (stretched_a - stretched_v).square().mean())
    torch.testing.assert_close(terms.residual, (residual - f_spa).square().mean())
    summed = response_losses(output.head, targets.teacher_head, average_classification=False)
    torch.testing.assert_close(terms.response_classification, summed.classification)
    assert distiller.settings.weights.active() == {
        "intra_modal": 1.0,
        "residual": 0.2,
        "response_classification": 2.0,
        "response_box": 2.0,
        "response_direction": 0.4,
    }


@pytest.mark.parametrize("name", ["published", "released", "with_depth"])
def test_a_step_leaves_teacher_and_assistant_byte_for_byte(name):
    distiller = make_distiller(preset(name)).train()
    before = {kind: copy.deepcopy(network.state_dict()) for kind, network in distiller.frozen().items()}
    student = copy.deepcopy(distiller.student.state_dict())
    optimiser = torch.optim.AdamW(distiller.parameters(), 1e-2, weight_decay=0.1)
    total(distiller, make_batch(2)).backward()
    optimiser.step()
    for kind, network in distiller.frozen().items():
        assert not network.training
        for key, value in network.state_dict().items():
            assert torch.equal(value, before[kind][key]), (kind, key)
    assert any(not torch.equal(value, student[key]) for key, value in distiller.student.state_dict().items())
    assert set(before) == ({"teacher"} if name == "released" else {"teacher", "assistant"})


@pytest.mark.parametrize("name", ["published", "released"])
def test_privileged_input_changes_no_detection(name):
    distiller = make_distiller(preset(name))
    student, batch = distiller.student, make_batch(3)
    total(distiller, batch)
    torch.nn.init.constant_(student.dense_head.heat.bias, -1.0)
    torch.nn.init.normal_(student.dense_head.heat.weight, std=0.3)
    distiller.eval()

    expected = student.detect(batch.sensors)
    assert sum(map(len, expected)) > 0
    shuffled = Privileged(batch.privileged.points[::-1], batch.privileged.depth.flip(0))
    for privileged in (shuffled, batch.privileged):
        distiller(replace(batch, privileged=privileged))
        for a, b in zip(student.detect(batch.sensors), expected, strict=True):
            np.testing.assert_array_equal(a.boxes.values, b.boxes.values)
            np.testing.assert_array_equal(a.scores, b.scores)
    without = Distiller(student, None, None, DistillSettings.ground_truth_only()).eval()
    without(replace(batch, privileged=Privileged()))
    for a, b in zip(student.detect(batch.sensors), expected, strict=True):
        np.testing.assert_array_equal(a.scores, b.scores)


@pytest.mark.parametrize("name", PRESETS)
def test_every_recipe_trains_on_a_batch_of_one_by_the_terms_it_weighs_and_no_others(name):
    settings = preset(name)
    distiller = make_distiller(settings)
    terms = distiller(make_batch(2 if name == "released" else 1))  # the released alignment cannot, and says so
    asked = set(settings.weights.active())
    assert asked <= set(terms.computed())
    for extra in set(terms.computed()) - asked:
        assert any(extra in group.active() and asked & set(group.active()) for group in (RESPONSE, TRUTH))
    terms.total(settings.weights).backward()
    gradients = [p.grad for p in distiller.student.parameters() if p.grad is not None]
    assert any(g.any() for g in gradients)
    assert all(torch.isfinite(g).all() for g in gradients)


PUBLISHED, RELEASED = DistillSettings.published(), DistillSettings.released()
TRAININGS = {
    "published": replace(PUBLISHED, weights=replace(PUBLISHED.weights, depth=3.0)),
    "own_error": DistillSettings.own_error(),
    "direct": DistillSettings.direct(),
    "boxes": DistillSettings.ground_truth_only(),
    "released": RELEASED,
}
NEARLY_EMPTY = ("released", "residual")
"""The target is zero almost everywhere: the aligned map falls to zero and its loss hardly."""


@pytest.mark.parametrize("name", TRAININGS)
def test_a_few_steps_lower_every_loss_that_has_a_gradient(name):
    distiller = make_distiller(TRAININGS[name], head="anchor")
    batch, weights = make_batch(2), distiller.settings.weights
    targets = distiller.targets(batch)
    optimiser = torch.optim.Adam(distiller.student.parameters(), 1e-2)
    history = []
    for _ in range(8):
        terms = distiller(batch, targets)
        optimiser.zero_grad()
        terms.total(weights).backward()
        optimiser.step()
        history.append({term: value.item() for term, value in terms.computed().items() if value.requires_grad})
    assert set(history[0]) == set(weights.active()) - ({"intra_modal"} if name == "released" else set())
    for term, first in history[0].items():
        limit = first if (name, term) == NEARLY_EMPTY else 0.97 * first
        assert history[-1][term] < limit, (term, [step[term] for step in history])


def test_unlabelled_frames_teach_wherever_no_labels_are_needed():
    distiller = make_distiller(EVERYTHING)
    distiller.student.eval()
    labelled, unlabelled = (distiller(make_batch(2, labelled=flag)).computed() for flag in (True, False))
    for name in labelled:
        same = torch.equal(labelled[name], unlabelled[name])
        assert same == (not name.startswith("truth_c") and not name.startswith("truth_b") and name != "depth"), name
    assert unlabelled["truth_classification"].item() == unlabelled["truth_box"].item() == 0
    assert unlabelled["depth"] > 0


def test_a_frame_without_labels_does_not_count_as_empty():
    settings = DistillSettings.ground_truth_only()
    distiller = make_distiller(settings)
    distiller.student.eval()
    mixed, alone = make_batch(labelled=[True, False]), make_batch(labelled=[True])
    for name, value in distiller(alone).computed().items():
        torch.testing.assert_close(distiller(mixed).computed()[name], value)
    nothing = distiller(make_batch(2, labelled=False))
    nothing.total(settings.weights).backward()
    assert all(p.grad is None or not p.grad.any() for p in distiller.student.parameters())


@pytest.mark.parametrize("sure", [0.5, 2.0])
def test_pseudo_boxes_stand_in_for_missing_labels_only(sure):
    distiller = make_distiller(replace(DistillSettings.hard_pseudo_labels(), sure=sure))
    student = distiller.student.eval()
    batch = make_batch(labelled=[True, False])
    guessed = student.dense_head.decode(distiller.targets(batch).teacher_head)[1]
    sure_boxes = guessed.boxes[guessed.scores >= sure]
    assert (0 < len(sure_boxes) < len(guessed)) == (sure < 1)
    with torch.no_grad():
        predictions = student(batch.sensors).head
        expected = ground_truth_losses(student.dense_head, predictions, [batch.labels[0].boxes, sure_boxes])
        torch.testing.assert_close(distiller(batch).truth_classification, expected.classification)


def test_own_error_is_what_the_visual_map_misses_of_the_teachers():
    plain = replace(DistillSettings.own_error(), residual_normalisation="none", cells="all")
    distiller = make_distiller(plain).eval()
    batch = make_batch(2)
    f_t, output = distiller.targets(batch).teacher_bev.features, distiller.student(batch.sensors)
    together = output.bev_visual.features + output.bev_spatial.features
    torch.testing.assert_close(distiller(batch).residual, (together - f_t).square().mean())


def test_outputs_computed_before_give_the_same_losses():
    distiller = make_distiller(EVERYTHING)
    distiller.student.eval()
    batch = make_batch(2)
    targets = distiller.targets(batch)
    assert not targets.teacher_bev.features.requires_grad
    without_networks = Distiller(distiller.student, None, None, EVERYTHING).eval()
    bare = replace(batch, privileged=Privileged(depth=batch.privileged.depth))
    for name, value in distiller(batch).computed().items():
        torch.testing.assert_close(without_networks(bare, targets).computed()[name], value, msg=name)


def test_an_own_student_is_plugged_in():
    path = Path(__file__).resolve().parents[2] / "examples" / "own_student.py"
    assert len(path.read_text().splitlines()) <= 60
    spec = importlib.util.spec_from_file_location("own_student", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    student = module.OwnStudent(SCALE)
    settings = replace(
        DistillSettings.imd_direct(), weights=replace(RESPONSE, intra_modal=1.0, direct=1.0, truth_box=1.0)
    )
    distiller = Distiller(student, make_teacher(), make_assistant(), settings)
    table = who_trains_whom(distiller, make_batch(2))
    assert table.groups[:2] == ("image_backbone", "collapse")
    for term in ("intra_modal", "direct", "response_classification", "response_box", "truth_box"):
        assert table.of(term, "image_backbone") > 0, term
    with pytest.raises(ValueError, match=r"output\.bev_spatial of the student"):
        Distiller(student, make_teacher(), make_assistant(), DistillSettings.published())(make_batch(2))
    with pytest.raises(ValueError, match="student's parts, which a OwnStudent does not"):
        Distiller(student, make_teacher(), None, DistillSettings.released())


def test_what_is_missing_is_named():
    batch, student = make_batch(2), make_student()
    published = make_distiller(DistillSettings.published())
    with pytest.raises(ValueError, match="points"):
        published(replace(batch, privileged=Privileged(depth=batch.privileged.depth)))
    with pytest.raises(ValueError, match="depth"):
        published(replace(batch, privileged=Privileged(points=batch.privileged.points)))
    with pytest.raises(ValueError, match="the teacher"):
        Distiller(student, None, make_assistant(), DistillSettings.published())(batch)
    with pytest.raises(ValueError, match="predictions among the targets"):
        published(batch, replace(published.targets(batch), teacher_head=None))
    with pytest.raises(ValueError, match="trained as 'aligned', this one is of kind 'detector'"):
        Distiller(student, make_teacher(), make_assistant(), DistillSettings.aligned())
    with pytest.raises(ValueError, match=r"Wiring\.released"):
        Distiller(student, make_teacher(), None, DistillSettings.released())(batch)
    targets = published.targets(batch)
    elsewhere = replace(targets.teacher_bev, grid=replace(SCALE.bev_grid, lower=(3.0, -8.0), upper=(19.0, 8.0)))
    with pytest.raises(ValueError, match="different grids"):
        published(batch, Targets(elsewhere, targets.teacher_head, targets.assistant_bev))


def test_terms_and_weights_have_the_same_names_and_add_up():
    assert [f.name for f in fields(LossTerms)] == [f.name for f in fields(LossWeights)]
    terms = LossTerms(direct=torch.tensor(2.0), depth=torch.tensor(3.0))
    assert terms.total(LossWeights(direct=0.5)).item() == 1.0
    assert terms.total(LossWeights(direct=0.5, depth=2.0)).item() == 7.0
    with pytest.raises(ValueError, match="residual was not computed"):
        terms.total(LossWeights(residual=1.0))
    with pytest.raises(ValueError, match="nothing"):
        terms.total(LossWeights())


def test_lite_is_a_student_not_another_loss():
    assert DistillSettings.lite() == DistillSettings.published()
    table = who_trains_whom(make_distiller(DistillSettings.lite(), Wiring.lite()), make_batch(2))
    assert reached(table, "response_box") >= {"branch_spatial", "collapse_spatial", "branch_visual"}


def test_targets_are_as_precise_beside_a_student_in_bfloat16():
    distiller, batch = make_distiller(DistillSettings.published(), head="anchor").eval(), make_batch(2)
    alone = distiller.targets(batch)
    with torch.autocast("cpu", torch.bfloat16):
        beside = distiller.targets(batch)
    assert torch.equal(beside.teacher_bev.features, alone.teacher_bev.features)
    assert torch.equal(beside.teacher_head.codes, alone.teacher_head.codes)
    assert torch.equal(beside.assistant_bev.features, alone.assistant_bev.features)


def test_the_assistants_detector_is_not_asked(monkeypatch):
    distiller, batch = make_distiller(DistillSettings.published()), make_batch(2)
    expected = distiller.assistant(batch.sensors, batch.privileged.depth).bev.features
    monkeypatch.setattr(distiller.assistant, "detect_head", None)
    assert torch.equal(distiller.targets(batch).assistant_bev.features, expected)
