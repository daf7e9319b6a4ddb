import numpy as np
import pytest

from monotakd.viz import draw_training_curves, palette, style
from monotakd.viz.training_curves import running_mean

from .crowding import crowded


def records(count=50, **terms):
    return [
        {
            "step": step,
            "terms": {name: factor / step for name, factor in terms.items()},
            "total": sum(terms.values()) / step,
            "learning_rate": 1e-3 * (1 - step / (count + 1)),
            "gradient_norm": 10.0,
        }
        for step in range(1, count + 1)
    ]


def panels(picture):
    return {axes.get_title(loc="right"): axes for axes in picture.axes}


def test_every_term_has_a_panel_and_its_values():
    found = panels(draw_training_curves(records(intra_modal=4.0, residual=0.0)))
    assert list(found) == ["intra modal (log)", "residual", "total (log)", "learning rate", "gradient norm"]
    (line,) = found["intra modal (log)"].lines
    assert line.get_ydata() == pytest.approx(4.0 / np.arange(1, 51))
    assert line.get_xdata() == pytest.approx(np.arange(1, 51))
    assert found["intra modal (log)"].get_yscale() == "log"
    assert found["residual"].get_yscale() == "linear"


def test_runs_keep_their_colours_and_may_differ_in_terms():
    found = panels(draw_training_curves({"teacher": records(10, box=1.0), "student": records(20, box=1.0, depth=2.0)}))
    assert [line.get_color() for line in found["box"].lines] == [palette.ROLES["teacher"], palette.ROLES["student"]]
    assert len(found["depth"].lines) == 1


def test_smoothing_keeps_the_numbers_behind_it():
    axes = panels(draw_training_curves(records(box=1.0), smooth=0.9))["gradient norm"]
    assert len(axes.lines) == 2
    assert axes.lines[1].get_ydata() == pytest.approx(10.0)


def test_running_mean_by_hand():
    assert running_mean(np.array([2.0, 4.0, np.nan]), 0.5) == pytest.approx(
        [2.0, (0.5 * 2 + 4) / 1.5, (0.5 * 2 + 4) / 1.5]
    )
    assert running_mean(np.array([2.0, 4.0]), 0.0).tolist() == [2.0, 4.0]


@pytest.mark.parametrize("stage", [False, True])
def test_no_words_overlap(stage):
    style.set_stage(stage)
    try:
        assert crowded(draw_training_curves({"a": records(intra_modal=4.0), "b": records(residual=1.0)})) == []
    finally:
        style.set_stage(False)


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="holds no steps"):
        draw_training_curves([])
    with pytest.raises(ValueError, match="smooth is 1"):
        draw_training_curves(records(box=1.0), smooth=1.0)
