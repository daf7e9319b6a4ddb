"""The paper's preset: sizes that the three networks share, published schedules, and a tag on every expected number."""

from typing import get_args

import pytest
import torch

from monotakd.models.assistant import Assistant
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.teacher import Teacher
from monotakd.pipeline import kitti_r50
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
    assert kitti_r50.scaled_to(preset, 40).teacher.steps == 800
    assert kitti_r50.scaled_to(preset, 1).student.steps == 2
    assert set(preset.rows) <= ROWS.keys()
    with pytest.raises(ValueError, match="0 training frames"):
        kitti_r50.scaled_to(preset, 0)


def test_every_expected_number_says_how_far_to_trust_it():
    for number in kitti_r50.EXPECTED:
        assert number.tag in get_args(kitti_r50.Tag)
        assert (number.where == "") == (number.tag == "never run by anyone here"), number.what


def test_the_assistant_carries_no_fourth_stage():
    names = Assistant(kitti_r50.networks().assistant).state_dict()
    assert not [name for name in names if "layer4" in name]
    assert torch.Size((1024, 256, 1, 1)) == names["image_backbone.layer3.5.conv3.weight"].shape
