"""Recipes as files: every row survives the way through JSON, and what makes no recipe is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from monotakd import paths
from monotakd.distill.settings import DistillSettings
from monotakd.distill.terms import LossWeights
from monotakd.engine.config_file import read_config, to_json
from monotakd.engine.log import read_steps
from monotakd.engine.settings import RunSettings
from monotakd.errors import DataError
from monotakd.models.student import Wiring
from monotakd.pipeline.order import Order
from monotakd.pipeline.recipe_file import NAME, StudentRecipe, read_recipe
from monotakd.pipeline.rows import ROWS
from monotakd.pipeline.single import train_one

DEPTH_ONLY = StudentRecipe(DistillSettings(LossWeights(depth=1.0)), Wiring.lite())


def written(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


@pytest.mark.parametrize("name", ROWS)
def test_every_row_can_be_printed_and_read(tmp_path, name):
    recipe = StudentRecipe.of(ROWS[name])
    assert read_recipe(written(tmp_path / "mine.json", recipe.to_text())) == recipe
    row = recipe.row()
    assert (row.recipe, row.wiring) == (ROWS[name].recipe, ROWS[name].wiring)
    assert (row.bev_convs, row.start_from, row.assistant) == (
        ROWS[name].bev_convs,
        ROWS[name].start_from,
        ROWS[name].assistant,
    )


def test_losses_alone_are_a_recipe_for_the_published_wiring(tmp_path):
    told = {"weights": {"direct": 4, "truth_box": 0.5}, "cells": "all"}
    assert read_recipe(written(tmp_path / "mine.json", told)) == StudentRecipe(
        DistillSettings(LossWeights(direct=4.0, truth_box=0.5), cells="all")
    )


RECIPE = {"weights": {"intra_modal": 4.0}}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"weights": {"intra_model": 4.0}},
            r"recipe\.weights\.intra_model: found a field unknown to LossWeights; expected one of intra_modal, .*"
            r"Did you mean 'intra_modal'\?",
        ),
        (
            {"recipe": RECIPE, "wirings": {}},
            r"wirings: found a field unknown to StudentRecipe; .* 'wiring'\?",
        ),
        (
            {**RECIPE, "residual_form": "sign"},
            r"residual_form: found 'sign'; .*Did you mean 'signed'\?",
        ),
        ({**RECIPE, "background": "little"}, r"recipe\.background: found 'little'; expected float"),
        ({**RECIPE, "background": 1.5}, r"recipe\.background: found 1\.5; expected a number from 0 to 1"),
        ({**RECIPE, "residual_threshold": -1}, r"residual_threshold: found -1\.0; expected 0 or more"),
        (
            {**RECIPE, "residual_form": "released", "residual_scaling": "minmax"},
            r"residual_scaling: found 'minmax'; expected 'none' beside the released form",
        ),
        ({"weights": {"direct": -1.0}}, r"recipe\.weights\.direct: found -1\.0; expected 0 or more"),
        ('{"weights": {"direct": NaN}}', r"recipe\.weights\.direct: found nan; expected 0 or more"),
        ({"weights": {}}, r"recipe\.weights: found nothing above 0"),
        ({"weights": 3}, r"recipe\.weights: found 3; expected the fields of LossWeights"),
        ({"wiring": {}}, r"recipe: found nothing; expected this field of StudentRecipe"),
        ({"recipe": RECIPE, "bev_convs": -1}, r"bev_convs: found -1"),
        ({"recipe": RECIPE, "wiring": {"scnet_blocks": -2}}, r"wiring\.scnet_blocks: found -2"),
        ({"recipe": RECIPE, "start_from": ["image_back"]}, r"start_from\[0\]: .*Did you mean 'image_backbone'\?"),
        ({**RECIPE, "assistant": "borrowed"}, r"recipe\.assistant: found 'borrowed', .*lends_to_assistant"),
        ({"task": "teacher", "settings": {"network": {}}}, r"found the configuration of 'teacher'; expected a recipe"),
        ({"task": "x", "settings": {"recipe": RECIPE, "network": 1}}, r"settings\.network"),
        ("[1]", "found a JSON list"),
        ("{", "no JSON"),
    ],
)
def test_what_makes_no_recipe_is_named(tmp_path, told, words):
    path = written(tmp_path / "mine.json", told)
    with pytest.raises(DataError, match=words) as caught:
        read_recipe(path)
    assert caught.value.source == str(path)
    assert "monotakd recipe ROW" in str(caught.value) or "Did you mean" in str(caught.value) or "settings" in words


def test_a_student_of_a_recipe_tells_it_and_goes_on_with_no_other(tmp_path):
    file = written(tmp_path / "mine.json", DEPTH_ONLY.to_text())
    run = RunSettings(device="cpu", threads=1, progress=False)
    asked = {"preset": "smoke", "recipe": file, "steps": 1, "batch_size": 1, "run": run}
    done = train_one(Order("student", tmp_path / "run", paths.toy_set(), **asked))
    assert read_steps(done.log)[0]["terms"].keys() == {"depth"}
    config = read_config(tmp_path / "run")
    assert config["task"] == NAME
    assert config["settings"]["recipe"] == to_json(DEPTH_ONLY.recipe)
    assert read_recipe(done.config) == DEPTH_ONLY

    heavier = replace(DEPTH_ONLY, recipe=DistillSettings(LossWeights(depth=2.0)))
    written(file, heavier.to_text())
    with pytest.raises(DataError, match=r"settings\.recipe\.weights\.depth = 1\.0.*= 2\.0, as given now"):
        train_one(Order("student", tmp_path / "run", paths.toy_set(), **asked, resume=True))
    again = train_one(
        Order("student", tmp_path / "run", paths.toy_set(), **{**asked, "recipe": done.config}, resume=True)
    )
    assert again.steps_now == 0


def test_the_command_prints_what_it_can_be_given(call, tmp_path):
    status, out, err = call("recipe", "lite")
    assert status == 0, err
    assert read_recipe(written(tmp_path / "mine.json", out)) == StudentRecipe.of(ROWS["lite"])
    assert "monotakd  " in call("recipe")[1]
    status, _, err = call("recipe", "heavy")
    assert status == 2
    assert "'heavy'" in err
