"""Explorers on a projector, at 100 % and 150 % zoom."""

import pytest
from stage import check_stage
from test_depth_dial_in_browser import explorer as depth_dial  # noqa: F401
from test_feature_gap_in_browser import explorer as feature_gap  # noqa: F401
from test_residual_in_browser import explorer as residual  # noqa: F401
from test_scene_in_browser import explorer as scene  # noqa: F401
from test_stepper_in_browser import explorer as stepper  # noqa: F401
from test_training_monitor_in_browser import explorer as monitor  # noqa: F401
from test_what_if_in_browser import explorer as what_if  # noqa: F401

EXPLORERS = ("depth_dial", "feature_gap", "residual", "scene", "stepper", "monitor", "what_if")


@pytest.mark.parametrize("name", EXPLORERS)
def test_two_pictures_fit(name, request, page, tmp_path, shot):
    check_stage(request.getfixturevalue(name), page, tmp_path, shot)
