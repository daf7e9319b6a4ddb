"""The rows: which students and assistants they ask for, and which of them the job runs by itself."""

from dataclasses import replace

import pytest
import torch

from monotakd.distill.distiller import Distiller
from monotakd.engine.seeds import seeded
from monotakd.pipeline.networks import build
from monotakd.pipeline.plan import plan
from monotakd.pipeline.presets import preset_named
from monotakd.pipeline.rows import HEADLINE, ROWS, TABLE_ROWS
from monotakd.pipeline.workplace import Workplace


@pytest.mark.parametrize("row", ROWS)
def test_the_assistant_of_a_row_fits_its_recipe(row):
    assistant = None if ROWS[row].assistant is None else build(ROWS[row].assistant)
    Distiller(build(row), None, assistant, ROWS[row].recipe)


def test_convolutions_before_f_vis_let_it_have_the_aligned_assistants_form():
    student, assistant = build("aligned_convs"), build("assistant_aligned")
    for part in ("branch_visual", "collapse_visual", "bev_convs"):
        shapes = [{k: v.shape for k, v in getattr(n, part).state_dict().items()} for n in (student, assistant)]
        assert shapes[0] == shapes[1]
    assert len(student.bev_convs) > 0
    assert len(build("aligned").bev_convs) == 0


def test_rows_that_are_compared_start_alike():
    with seeded(3):
        torch.rand(5)  # What happened before must not matter.
        pairs = [("direct", "direct_foreground"), ("direct_convs", "aligned_convs"), ("monotakd", "own_error")]
        for one, other in pairs:
            first, second = build(one, 1).state_dict(), build(other, 1).state_dict()
            assert first.keys() == second.keys()
            assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_assistant_with_the_teachers_head_waits_for_the_teacher(tmp_path):
    preset = replace(preset_named("smoke"), rows=("shared_head",))
    needs = {stage.name: stage.needs for stage in plan(Workplace(tmp_path, preset), 1)}
    assert "all/teacher" in needs["all/assistant_shared_head"]
    assert "all/assistant_shared_head/stored" in needs["all/shared_head/seed0"]
    assert "all/assistant" not in needs


def test_tried_ideas_run_only_where_they_are_named():
    assert preset_named("toy").rows == TABLE_ROWS
    assert set(HEADLINE) <= set(TABLE_ROWS)
    assert {row for row in ROWS if ROWS[row].tried} == set(ROWS) - set(TABLE_ROWS)
    assert "shared_head" not in TABLE_ROWS
    assert all(row.ours for row in ROWS.values() if row.tried), "a row of the paper's own belongs to the table"


@pytest.mark.parametrize("row", ["sam_atrous", "sam_deformable", "sam_no_gate"])
def test_rows_that_take_sam_apart_lie_between_lite_and_sam(row):
    lite, part, whole = (set(build(name).state_dict()) for name in ("lite", row, "plus_sam"))
    assert lite < part < whole
