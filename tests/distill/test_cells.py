"""Weights of BEV cells: which count, for both kinds of head."""

import pytest
import torch
from small_world import make_teacher

from monotakd.distill.cells import cell_weights, empty_features, foreground_weights
from monotakd.models.heads.predictions import DensePredictions


def predictions(logits: torch.Tensor) -> DensePredictions:
    return DensePredictions(logits, torch.zeros(*logits.shape[:2], 7))


@pytest.mark.parametrize("anchors", [1, 2])
def test_foreground_surrounds_the_places_of_which_the_teacher_is_sure(anchors):
    logits = torch.full((1, 6, 9, anchors, 3), -9.0)
    logits[0, 2, 7, -1, 1] = 9.0
    weights = foreground_weights(predictions(logits.flatten(1, 3)), (6, 9), background=0.1, reach=1)
    expected = torch.full((1, 1, 6, 9), 0.1)
    expected[0, 0, 1:4, 6:9] = torch.tensor(9.0).sigmoid()
    torch.testing.assert_close(weights, expected)


def test_the_weightings():
    teacher = torch.zeros(1, 2, 3, 3)
    teacher[0, 1, 0, 2] = 5.0
    empty, head = torch.zeros(2), predictions(torch.full((1, 9, 1), -9.0))
    assert cell_weights("all", teacher, empty, None, 0.05) is None
    occupied = cell_weights("occupied", teacher, empty, None, 0.05)
    assert occupied[0, 0, 0, 2] == 1
    assert occupied.sum().item() == pytest.approx(1 + 8 * 0.05)
    assert (cell_weights("foreground", teacher, empty, head, 0.05) == 0.05).all()
    with pytest.raises(ValueError, match="missing"):
        cell_weights("foreground", teacher, empty, None, 0.05)


def test_empty_space_is_told_by_a_cell_of_an_empty_cloud():
    teacher = make_teacher()
    assert empty_features(teacher).shape == (8,)
    with torch.no_grad():
        bev = teacher([torch.tensor([[4.5, 0.5, -1.0, 0.3]])]).bev.features
    weights = cell_weights("occupied", bev, empty_features(teacher), None, 0.0)
    rows, columns = weights[0, 0].nonzero().T
    assert len(rows) > 0
    # The point lies in cell (8, 2); two strided convolutions see at most two cells to each side.
    assert (rows - 8).abs().max() <= 2
    assert (columns - 2).abs().max() <= 2
