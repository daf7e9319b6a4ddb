"""A frame's residual: its forms are the training's, its energy is counted by hand, its likeness is the measure's."""

import numpy as np
import pytest
import torch

from monotakd.distill.residual import residual_target
from monotakd.metrics.similarity import compare_maps, occupied_cells
from monotakd.scene import BevMap
from monotakd.viz.explorers.residual.cue import FORMS, GROUPS, ResidualCue, summed

from ..conftest import GRID, bev


@pytest.fixture
def cue(known, maps, before):
    return ResidualCue.of(known, maps, before={"spatial": bev(30)}, before_name="untrained", sample=1)


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_those_of_the_training(cue, maps, form):
    threshold = 0.8 if form == "binarised" else 0.0
    teacher, assistant = maps["teacher"].features, maps["assistant"].features
    wanted = residual_target(teacher, assistant, form, threshold)[1]
    assert np.array_equal(cue.target(form, threshold), wanted.numpy())


def test_the_threshold_keeps_what_is_larger(cue):
    full = cue.target("signed", 0.0)
    kept = np.abs(full) > 1.5 * cue.unit
    assert np.array_equal(cue.target("signed", 1.5), np.where(kept, full, 0))
    assert np.array_equal(cue.target("magnitude", 1.5), np.where(kept, np.abs(full), 0))
    assert np.array_equal(cue.target("binarised", 1.5), kept)
    assert 0 < kept.mean() < 1


def test_energy_by_hand(frame):
    """Teacher 2 in two cells of one box (12 m ahead) and 4 in one other cell (22 m); assistant 0; one channel."""
    teacher = np.zeros((1, *GRID.shape), dtype=np.float32)
    teacher[0, 2, 9:11] = 2.0
    teacher[0, 6, 20] = 4.0
    maps = {"teacher": BevMap.from_array(teacher, GRID), "assistant": BevMap.from_array(0 * teacher, GRID)}
    cue = ResidualCue.of(frame, maps)
    assert cue.unit == pytest.approx(np.sqrt(24 / 256))
    energy = cue.energy("signed", 0.0)
    boxes, things, empty = GROUPS
    in_boxes = int(cue.groups[boxes].sum())
    assert energy.whole[boxes] == pytest.approx(8 / in_boxes * 256 / 24)
    assert energy.whole[things] == pytest.approx(16 * 256 / 24)
    assert energy.whole[empty] == 0.0
    assert [energy.share[name] for name in GROUPS] == pytest.approx([8 / 24, 16 / 24, 0.0])
    assert energy.edges[[0, 1, -1]].tolist() == [0.0, 5.0, 35.0]
    assert energy.by_distance[things][4] == pytest.approx(16 * 256 / 24)  # 20..25 m
    assert np.isnan(energy.by_distance[things]).sum() == 6
    ones = cue.energy("binarised", 3 / cue.unit)
    assert (ones.whole[boxes], ones.whole[things]) == (0.0, 1.0)


def test_groups_share_out_all_cells(cue):
    groups = np.stack([cue.groups[name] for name in GROUPS])
    assert (groups.sum(axis=0) == 1).all()
    assert groups[0].any()
    assert np.array_equal(groups[1], cue.occupied[1] & ~groups[0])


@pytest.mark.parametrize(("form", "threshold"), [("binarised", 1.0), ("signed", 0.0), ("magnitude", 0.7)])
def test_likeness_is_that_of_the_measures(cue, maps, form, threshold):
    targets = np.stack([cue.target(form, threshold, row) for row in range(3)])
    occupied = np.stack([occupied_cells(features) for features in maps["teacher"].features.numpy()])
    found = cue.likeness(form, threshold)
    assert found["spatial"] == compare_maps(maps["spatial"].features.numpy(), targets, occupied, 1)
    assert found["spatial, untrained"] == compare_maps(bev(30).features.numpy(), targets, occupied, 1)


def test_a_cue_without_a_one_is_like_nothing(cue):
    assert cue.likeness("binarised", 50.0) == {"spatial": None, "spatial, untrained": None}
    assert np.isnan(cue.energy("binarised", 50.0).share[GROUPS[0]])


def test_vectors_of_a_cell(cue, maps):
    vectors = cue.vectors(cue.gap.at_cell(3, 12), "signed", 0.0)
    assert list(vectors) == ["teacher", "assistant", "residual", "spatial", "spatial, untrained"]
    assert np.array_equal(vectors["teacher"] - vectors["assistant"], vectors["residual"])
    assert np.array_equal(vectors["spatial"], maps["spatial"].features[1, :, 3, 12])


def test_channels_in_one_number():
    values = np.array([[[3.0]], [[-4.0]]])
    assert summed(values, "signed") == pytest.approx(-0.5)
    assert summed(np.abs(values), "magnitude") == pytest.approx(np.sqrt(12.5))
    assert summed(np.array([[[1.0]], [[0.0]]]), "binarised") == 0.5


def test_the_mark_is_the_callers_word(known, maps, cue):
    assert cue.mark == "channels not matched"
    assert ResidualCue.of(known, maps, aligned=True).mark == "aligned"


def test_teacher_and_assistant_alone_will_do(known, maps):
    cue = ResidualCue.of(known, {name: maps[name] for name in ("teacher", "assistant")})
    assert cue.likeness("signed", 0.0) == {}


def test_what_does_not_fit_is_refused(known, maps, cue):
    with pytest.raises(ValueError, match=r"no map \['assistant'\]"):
        ResidualCue.of(known, {"teacher": maps["teacher"]})
    with pytest.raises(ValueError, match="same channels"):
        ResidualCue.of(known, maps | {"assistant": bev(1, channels=5)})
    with pytest.raises(ValueError, match="no occupied cell"):
        ResidualCue.of(known, maps | {"teacher": BevMap(torch.zeros_like(maps["teacher"].features), GRID)})
