"""One pixel's depth: the right cell, the right place along its ray, and the honest marks."""

import dataclasses

import numpy as np
import pytest
import torch

from monotakd.geometry.frames import project_lidar
from monotakd.scene import DepthBins
from monotakd.viz import draw_depth_ray, style

from .crowding import crowded

BINS = DepthBins("UD", 20, 2.0, 42.0)
UV = (202, 61)


@pytest.fixture
def probabilities():
    """Two peaks at pixel (202, 61) of 4-pixel cells, at 10-12 m and 30-32 m; nothing elsewhere."""
    values = np.zeros((21, 24, 80))
    values[[4, 14], 15, 50] = 0.6, 0.3
    values[20, 15, 50] = 0.1
    return values


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_mean_mode_and_truth(frame, probabilities):
    depth = np.zeros(frame.image.shape[:2])
    depth[60, 200], depth[63, 203], depth[59, 200] = 14.0, 11.5, 3.0  # the last one lies in the cell above
    picture = draw_depth_ray(dataclasses.replace(frame, depth=depth), UV, probabilities, BINS)
    assert labels(picture.axes[1]) == ["true 11.5 m", "mean 17.7 m", "mode 11.0 m"]
    heights = [patch.get_height() for patch in picture.axes[1].patches]
    assert heights == pytest.approx(probabilities[:, 15, 50])


def test_marks_lie_on_the_pixels_ray(frame, probabilities):
    picture = draw_depth_ray(dataclasses.replace(frame, depth=None), UV, probabilities, BINS)
    above = picture.axes[2]
    assert labels(above) == ["mean", "mode"]
    marks = {line.get_marker(): line for line in above.lines if line.get_marker() in ("X", "D")}
    for marker, depth in (("X", (0.6 * 11 + 0.3 * 31) / 0.9), ("D", 11.0)):
        y, x = (float(v[0]) for v in marks[marker].get_data())
        seen, found = project_lidar(frame.calibration, np.array([[x, y, -0.1]]))
        assert seen[0, 0] == pytest.approx(UV[0])
        assert found[0] == pytest.approx(depth)


def test_tensors_without_the_beyond_class(frame, probabilities):
    picture = draw_depth_ray(frame, UV, torch.from_numpy(probabilities[:20]), BINS)
    assert len(picture.axes[1].patches) == 20


def test_a_truth_beyond_the_bins_is_marked_there(frame, probabilities):
    far = dataclasses.replace(frame, depth=np.full(frame.image.shape[:2], 75.0))
    bars = draw_depth_ray(far, UV, probabilities, BINS).axes[1]
    assert "true 75.0 m" in labels(bars)
    beyond = bars.patches[-1]
    assert beyond.get_x() < bars.lines[0].get_xdata()[0] < beyond.get_x() + beyond.get_width()


@pytest.mark.parametrize("stage", [False, True])
def test_no_words_overlap(frame, probabilities, stage):
    style.set_stage(stage)
    try:
        assert crowded(draw_depth_ray(frame, UV, probabilities, BINS)) == []
    finally:
        style.set_stage(False)


def test_what_is_no_distribution_is_refused(frame, probabilities):
    with pytest.raises(ValueError, match="Apply softmax"):
        draw_depth_ray(frame, UV, probabilities - 1.0, BINS)
    with pytest.raises(ValueError, match="outside the image"):
        draw_depth_ray(frame, (320, 61), probabilities, BINS)
    with pytest.raises(ValueError, match="19 probabilities"):
        draw_depth_ray(frame, UV, probabilities[:19], BINS)
    with pytest.raises(ValueError, match="does not fit an image"):
        draw_depth_ray(frame, UV, probabilities[:, :20], BINS)
