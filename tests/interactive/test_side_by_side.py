"""Teacher, assistant and student on the same streets, and the explorers that start from there."""

import numpy as np
import pytest
import torch

from monotakd import checkpoints, lesson
from monotakd.distill.residual import residual_target
from monotakd.errors import DataError
from monotakd.interactive.side_by_side import side_by_side


@pytest.fixture(scope="module")
def pair():
    return side_by_side(lesson.toy_frames(depth="sparse")[:2])


def test_maps_are_those_of_the_networks(pair):
    assert list(pair.maps) == ["teacher", "assistant", "residual", "visual", "spatial", "fused"]
    teacher, assistant = (pair.maps[name].features for name in ("teacher", "assistant"))
    assert torch.equal(pair.maps["residual"].features, residual_target(teacher, assistant, "binarised"))
    assert pair.before_name == "untrained"
    assert not torch.equal(pair.before["spatial"].features, pair.maps["spatial"].features)
    assert len(pair.detections) == 2


def test_the_residual_explorer_shows_the_row_with_what_is_known_of_it(pair):
    explorer = pair.explore_residual(1)
    assert explorer.gap.frame is pair.frames[1]
    assert explorer.cue.mark == "channels not matched"
    assert np.array_equal(explorer.cue.target("binarised", 1.0), pair.maps["residual"].features[1].numpy())
    assert list(explorer.likeness) == ["spatial", "spatial, untrained"]


def test_an_aligned_assistant_is_known_as_one():
    aligned = side_by_side(
        lesson.toy_frames(depth="sparse")[:2], assistant=checkpoints.assistant(aligned=True), residual="signed"
    )
    assert aligned.explore_residual(0).cue.mark == "aligned"


def test_frames_that_are_not_there_or_lack_depth_are_refused(pair):
    for explore in (pair.explore, pair.explore_residual):
        with pytest.raises(ValueError, match=r"frame 2 of 2"):
            explore(2)
    with pytest.raises(DataError, match="no depth"):
        side_by_side(lesson.toy_frames()[:1])
