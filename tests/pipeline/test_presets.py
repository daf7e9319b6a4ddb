"""Presets that were changed say so in their names, from which they can be made again."""

import pytest

from monotakd.datasets.street.settings import STREETS
from monotakd.errors import DataError
from monotakd.pipeline.presets import TRAINED, Preset, preset_named, said_by_name


@pytest.mark.parametrize("base", ["smoke", "toy", "kitti_small", "kitti_r50"])
@pytest.mark.parametrize(
    ("changes", "suffix"),
    [
        ({}, ""),
        ({"steps": 5}, "_5_steps"),
        ({"batch_size": 2}, "_batch_2"),
        ({"street": "flat"}, "_flat"),
        ({"street": "default"}, ""),
        ({"steps": 7, "batch_size": 1, "street": "cameras"}, "_7_steps_batch_1_cameras"),
    ],
)
def test_a_name_says_what_differs_and_finds_it_again(base, changes, suffix):
    preset = preset_named(base)
    changed = preset.changed(**changes)
    assert changed.name == base + suffix
    assert preset_named(changed.name) == changed
    for name in TRAINED:
        budget, before = getattr(changed, name), getattr(preset, name)
        assert (budget.steps, budget.batch_size) == (
            changes.get("steps", before.steps),
            changes.get("batch_size", before.batch_size),
        )
    assert changed.street.width == preset.street.width
    assert changed.street.relief == STREETS[changes.get("street", "default")].relief


def test_what_is_asked_for_and_is_so_already_changes_nothing():
    assert Preset.smoke().changed(steps=30, batch_size=4, street="default") == Preset.smoke()


def test_a_name_is_taken_apart_by_option():
    assert said_by_name("kitti_small_5_steps_hilly") == {"preset": "kitti_small", "steps": "5", "street": "hilly"}


@pytest.mark.parametrize("name", ["toy_5_step", "toy_steep", "5_steps", "toy_flat_5_steps", ""])
def test_other_names_are_refused(name):
    with pytest.raises(DataError, match="smoke, quick, toy"):
        preset_named(name)
    with pytest.raises(DataError, match="default, flat, hilly, cameras"):
        Preset.toy().changed(street="steep")
