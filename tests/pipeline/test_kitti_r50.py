"""The paper's preset: sizes that the three networks share, published schedules, and a tag on every expected number."""

import math
from typing import get_args

import pytest
import torch

from monotakd.models.assistant import Assistant
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.teacher import Teacher
from monotakd.pipeline import kitti_r50
from monotakd.pipeline.expected import EXPECTED, Tag
from monotakd.pipeline.presets import Preset
from monotakd.pipeline.reproduce import narrowed
from monotakd.pipeline.rows import ROWS


def test_the_three_networks_meet_in_the_same_map():
    networks = kitti_r50.networks()
    camera = networks.assistant.scale
    assert networks.teacher.bev_grid == camera.bev_grid
    assert camera.bev_grid.shape == (188, 140)
    assert networks.teacher.grid.voxel == (0.04, 0.04, 0.1)
    assert camera.bev_channels == Teacher(networks.teacher).bev_channels == 128
    assert networks.teacher.head == camera.head == "anchor"
    assert [anchor.name for anchor in networks.teacher.classes] == ["Car", "Pedestrian", "Cyclist"]
    assert networks.teacher.classes == camera.classes
    assert networks.classes == ("Car", "Pedestrian", "Cyclist")
    assert (camera.bins.mode, camera.bins.num) == ("LID", 120)
    assert camera.image == ResNetSettings.resnet50()
    assert networks.assistant_aligned.scale.bev_grid == camera.bev_grid


@pytest.mark.parametrize("wiring", ["monotakd", "released", "lite"])
def test_a_row_makes_a_student_of_that_size(wiring):
    settings = kitti_r50.networks().student(ROWS[wiring].wiring)
    assert settings.scale == kitti_r50.networks().assistant.scale
    assert settings.wiring == ROWS[wiring].wiring


def test_schedules_in_steps_of_kittis_training_split():
    preset = kitti_r50.preset()
    assert preset.teacher.steps == 80 * 3712 / 4
    assert (preset.teacher.learning_rate, preset.student.learning_rate) == (3e-3, 2e-4)
    assert (preset.student.warmup_share, preset.student.weight_decay, preset.student.clip) == (0.4, 0.01, 10)
    assert (preset.street.height, preset.street.width) == (375, 1242)
    assert preset.on(40).teacher.steps == 800
    assert preset.on(1).student.steps == 2
    assert narrowed(preset, steps=7).on(40).student.steps == 7
    assert set(preset.rows) <= ROWS.keys()
    with pytest.raises(ValueError, match="0 training frames"):
        preset.on(0)


def test_epochs_stay_where_a_step_has_other_frames():
    small = narrowed(kitti_r50.preset(), batch_size=2).on(40)
    assert (small.teacher.batch_size, small.teacher.steps) == (2, 1600)
    assert (small.student.batch_size, small.student.steps) == (2, 200)
    both = narrowed(kitti_r50.preset(), batch_size=1, steps=3).on(40).assistant
    assert (both.batch_size, both.steps) == (1, 3)
    assert narrowed(Preset.toy(), batch_size=4).depth.batch_size == 4


def test_budgets_in_steps_do_not_follow_the_number_of_frames():
    assert Preset.toy().on(11) == Preset.toy()
    assert kitti_r50.small().on(11).student.steps == 300


def test_the_teacher_is_fed_as_its_release_says():
    augmentation = kitti_r50.networks().augmentation
    assert augmentation.totals == {"Car": 20, "Pedestrian": 15, "Cyclist": 15}
    assert augmentation.rotation == pytest.approx(math.pi / 4)
    assert (augmentation.flip, augmentation.scale) == (0.5, (0.95, 1.05))


def test_nothing_that_takes_gigabytes_is_kept():
    preset = kitti_r50.preset()
    assert preset.image_size is None
    assert not preset.keep_frames
    assert not preset.keep_outputs
    assert preset.networks.save_memory


def test_the_small_sibling_is_built_alike():
    large, small = kitti_r50.networks(), kitti_r50.small().networks
    assert small.teacher.bev_grid == small.assistant.scale.bev_grid
    assert small.assistant.scale.bev_channels == Teacher(small.teacher).bev_channels
    assert small.teacher.classes == large.teacher.classes
    assert small.teacher.head == large.teacher.head == small.assistant.scale.head
    assert type(small.assistant.scale.image) is type(large.assistant.scale.image)
    assert small.assistant.scale.bins.mode == large.assistant.scale.bins.mode


def test_every_expected_number_says_how_far_to_trust_it():
    for number in EXPECTED["kitti_r50"]:
        assert number.tag in get_args(Tag)
        assert (number.where == "") == (number.tag == "never run by anyone here"), number.what
        assert number.tag in str(number)
        assert number.value in str(number)


def test_the_assistant_carries_no_fourth_stage():
    names = Assistant(kitti_r50.networks().assistant).state_dict()
    assert not [name for name in names if "layer4" in name]
    assert torch.Size((1024, 256, 1, 1)) == names["image_backbone.layer3.5.conv3.weight"].shape
