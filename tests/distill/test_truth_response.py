"""Boxes in the form of a teacher's response: right everywhere, and put through the very loss of distillation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_world import CARS, SCALE, make_batch, make_distiller

from monotakd.distill.response import RESPONSE_WEIGHTS, response_losses
from monotakd.distill.settings import DistillSettings
from monotakd.distill.truth_response import perfect_response, truth_response_losses
from monotakd.geometry.anchors import KITTI_ANCHORS
from monotakd.models.heads.anchor_head import AnchorHead
from monotakd.models.heads.center_head import CenterHead
from monotakd.models.heads.predictions import DensePredictions
from monotakd.scene import Boxes3D

GRID = SCALE.bev_grid
APART = np.array([[5.3, -4.2, -0.9, 3.9, 1.6, 1.5, 0.4], [13.1, 3.7, -0.8, 4.2, 1.7, 1.6, -2.9]])
BOXES = [Boxes3D(APART, ("Car", "Car")), Boxes3D.empty(), Boxes3D(APART[:1] + 0.9, ("Car",))]


def head_of(kind: str):
    torch.manual_seed(0)
    return (AnchorHead(4, GRID, CARS) if kind == "anchor" else CenterHead(4, GRID)).eval()


def random_predictions(head, batch: int = 3) -> DensePredictions:
    with torch.no_grad():
        said = head(torch.randn(batch, 4, *GRID.shape))
    return DensePredictions(*(None if v is None else torch.randn_like(v).requires_grad_() for v in vars(said).values()))


@pytest.mark.parametrize("kind", ["anchor", "center"])
def test_the_perfect_response_decodes_to_the_very_boxes(kind):
    head = head_of(kind)
    found = head.decode(perfect_response(head, BOXES))
    for detections, wanted in zip(found, BOXES, strict=True):
        assert len(detections) == len(wanted)
        order, expected = (np.argsort(values[:, 0]) for values in (detections.boxes.values, wanted.values))
        np.testing.assert_allclose(detections.boxes.values[order], wanted.values[expected], atol=1e-5)
        assert (detections.scores > 0.999).all()


def test_every_warm_cell_of_a_centre_head_describes_the_nearest_object():
    head = head_of("center")
    response = perfect_response(head, BOXES)
    boxes, score = head.boxes(response), response.class_logits.sigmoid()[..., 0]
    centres = head.centres.numpy()
    for sample, wanted in enumerate(BOXES):
        warm = torch.nonzero(score[sample] > 0.1)[:, 0].numpy()
        assert (len(warm) > 2 * len(wanted)) == bool(len(wanted))
        for cell in warm:
            # By the objects' cells, not their exact centres: the grid is 1 m here, so both are rounded alike.
            cells_away = np.abs(np.floor(wanted.values[:, :2]) - np.floor(centres[cell])).max(axis=1)
            assert cells_away.min() <= 2
            nearest = wanted.values[np.argmin(((wanted.values[:, :2] - centres[cell]) ** 2).sum(axis=1))]
            np.testing.assert_allclose(boxes[sample, cell].numpy(), nearest, atol=1e-5)


def test_scores_are_the_heat_and_the_assignment():
    center, anchor = head_of("center"), head_of("anchor")
    heat = perfect_response(center, BOXES).class_logits.sigmoid()
    torch.testing.assert_close(heat, center.targets(BOXES).heat, rtol=0, atol=1e-6)
    response, targets = perfect_response(anchor, BOXES), anchor.targets(BOXES)
    torch.testing.assert_close(
        response.class_logits.sigmoid()[..., 0], (targets.labels == 1).float(), atol=1e-6, rtol=0
    )
    positive = targets.labels > 0
    assert torch.equal(response.direction_logits.argmax(dim=-1)[positive], targets.directions[positive])


def test_anchors_of_several_classes_keep_their_class():
    head = AnchorHead(4, GRID, KITTI_ANCHORS)
    person = Boxes3D(np.array([[9.0, 0.5, -0.6, 0.8, 0.6, 1.73, 0.0]]), ("Pedestrian",))
    score = perfect_response(head, [person]).class_logits.sigmoid()
    assert head.classes[int(score[0].amax(dim=0).argmax())] == "Pedestrian"
    assert (score[0].amax(dim=0) > 0.5).sum() == 1


@pytest.mark.parametrize("kind", ["anchor", "center"])
def test_a_perfect_prediction_has_the_least_loss(kind):
    head = head_of(kind)
    perfect = perfect_response(head, BOXES)
    least = truth_response_losses(head, perfect, BOXES)
    for value in least:
        assert float(value) == pytest.approx(0.0, abs=1e-6)
    torch.manual_seed(1)
    for name in ("class_logits", "codes"):
        moved = getattr(perfect, name) + 0.3 * torch.randn_like(getattr(perfect, name))
        moved = moved.clamp(-4, 4) if name == "class_logits" else moved
        worse = truth_response_losses(head, replace(perfect, **{name: moved}), BOXES)
        assert float(worse.classification + worse.box) > 1e-3, name
    if kind == "anchor":
        turned = replace(perfect, direction_logits=-perfect.direction_logits)
        assert truth_response_losses(head, turned, BOXES).direction > 1


@pytest.mark.parametrize("kind", ["anchor", "center"])
def test_gradients_are_those_of_the_response_loss(kind):
    head = head_of(kind)
    ours, theirs = (random_predictions(head) for _ in "ab")
    for mine, other in zip(vars(ours).values(), vars(theirs).values(), strict=True):
        if mine is not None:
            other.data.copy_(mine.data)
    truth_response_losses(head, ours, BOXES).weighted(RESPONSE_WEIGHTS).backward()
    response_losses(theirs, perfect_response(head, BOXES)).weighted(RESPONSE_WEIGHTS).backward()
    for name, mine in vars(ours).items():
        if mine is not None:
            assert mine.grad.any(), name
            torch.testing.assert_close(mine.grad, getattr(theirs, name).grad)


def test_unlabelled_samples_teach_nothing_and_are_not_counted():
    head = head_of("center")
    said = random_predictions(head)
    alone = DensePredictions(*(None if v is None else v[:2] for v in vars(said).values()))
    mixed = truth_response_losses(head, said, [*BOXES[:2], None])
    torch.testing.assert_close(mixed, truth_response_losses(head, alone, BOXES[:2]))
    nothing = truth_response_losses(head, said, [None, None, None])
    assert not any(term.detach().any() for term in nothing)
    nothing.classification.backward()


@pytest.mark.parametrize("kind", ["anchor", "center"])
def test_the_recipe_is_response_only_with_boxes_for_a_teacher(kind):
    settings = DistillSettings.truth_in_response_form()
    assert not settings.needs_teacher
    assert not settings.needs_assistant
    distiller, batch = make_distiller(settings, head=kind).eval(), make_batch(2)
    head, taught = distiller.student.dense_head, make_distiller(DistillSettings.response_only(), head=kind)
    made = perfect_response(head, [labels.boxes for labels in batch.labels])
    taught.student.load_state_dict(distiller.student.state_dict())
    targets = replace(taught.targets(batch), teacher_head=made)
    ours = distiller(batch).total(settings.weights)
    theirs = taught.eval()(batch, targets).total(taught.settings.weights)
    torch.testing.assert_close(ours, theirs)
    ours.backward()
    theirs.backward()
    gradients = zip(distiller.student.parameters(), taught.student.parameters(), strict=True)
    for mine, other in gradients:
        assert (mine.grad is None) == (other.grad is None)
        if mine.grad is not None:
            torch.testing.assert_close(mine.grad, other.grad)


def test_a_head_of_another_kind_is_refused():
    class OtherHead(torch.nn.Module):
        def targets(self, boxes):
            return object()

    with pytest.raises(ValueError, match="an AnchorHead or a CenterHead"):
        perfect_response(OtherHead(), BOXES)
