from itertools import pairwise

import numpy as np
import pytest

from monotakd.viz import palette
from monotakd.viz.chart import draw_curves

LABELS = {"x_label": "error (m)", "y_label": "AP"}


def test_curves_keep_their_values_and_the_roles_their_colours():
    axes = draw_curves([0.0, 1.0, 2.0], {"student": [3, 2, 1], "mine": [1, 1, 1]}, **LABELS).axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[3, 2, 1], [1, 1, 1]]
    assert axes.lines[0].get_color() == palette.ROLES["student"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["student", "mine"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("error (m)", "AP")


def test_a_mark_reads_between_the_points():
    axes = draw_curves([0.0, 1.0, 2.0], {"a": [10.0, 20.0, 40.0]}, mark=1.5, **LABELS).axes[0]
    assert [text.get_text() for text in axes.texts] == ["30.0"]
    assert axes.get_legend() is None


def test_values_at_a_mark_do_not_overlap():
    curves = {"a": [0.0, 15.1], "b": [0.0, 11.8], "c": [0.0, 15.0], "far": [0.0, 70.0]}
    figure = draw_curves([0.0, 1.0], curves, mark=1.0, **LABELS)
    figure.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent() for text in figure.axes[0].texts}
    assert sorted(boxes, key=lambda text: boxes[text].y0) == ["11.8", "15.0", "15.1", "70.0"]
    heights = sorted((box.y0, box.y1) for box in boxes.values())
    assert all(upper[0] >= lower[1] - 1 for lower, upper in pairwise(heights))


def test_a_curve_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"curve 'a' has shape \(2,\), expected one value per x: \(3,\)"):
        draw_curves(np.arange(3), {"a": [1, 2]}, **LABELS)
