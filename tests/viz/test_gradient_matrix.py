import pytest
from matplotlib.colors import to_rgb

from monotakd.viz import draw_gradient_matrix, palette, style

from .crowding import crowded

NORMS = {
    "intra_modal": {"image_backbone": 1688.4, "fusion": 0.0, "teacher": 0.0},
    "residual": {"image_backbone": 0.0, "fusion": 0.0, "teacher": 0.0},
    "direct": {"image_backbone": 0.0034, "fusion": 0.034, "teacher": 0.0},
}


def test_every_number_is_written_and_zeros_are_dashes():
    axes = draw_gradient_matrix(NORMS).axes[0]
    cells = [text.get_text() for text in axes.texts[:9]]
    assert cells == ["1,688", "–", "–", "", "", "", "0.0034", "0.034", "–"]


def test_darker_is_more_and_zero_is_paper():
    axes = draw_gradient_matrix(NORMS).axes[0]
    shade = [palette.relative_luminance(patch.get_facecolor()[:3]) for patch in axes.patches[:9]]
    assert shade[0] < shade[7] < shade[6] < 1.0
    assert shade[1] == pytest.approx(1.0)


def test_a_term_that_trains_nothing_and_a_part_that_nobody_trains_are_marked():
    axes = draw_gradient_matrix(NORMS).axes[0]
    said = [text for text in axes.texts if text.get_text() == "trains nothing"]
    assert [text.get_position()[1] for text in said] == [1.5]
    red = to_rgb(palette.OTHERS[1])
    names = {label.get_text(): to_rgb(label.get_color()) == red for label in axes.get_xticklabels()}
    assert names == {"image_backbone": False, "fusion": False, "teacher": True}


@pytest.mark.parametrize("stage", [False, True])
def test_no_words_overlap(stage):
    style.set_stage(stage)
    try:
        assert crowded(draw_gradient_matrix(NORMS)) == []
    finally:
        style.set_stage(False)


def test_a_table_of_zeros_is_drawn():
    draw_gradient_matrix({"direct": {"fusion": 0.0}}).png()


def test_broken_tables_are_refused():
    with pytest.raises(ValueError, match="no loss terms"):
        draw_gradient_matrix({})
    with pytest.raises(ValueError, match="same groups"):
        draw_gradient_matrix({"a": {"x": 1.0}, "b": {"y": 1.0}})
    with pytest.raises(ValueError, match="of 'a' on 'x' is nan"):
        draw_gradient_matrix({"a": {"x": float("nan")}})
