import numpy as np
import pytest

from monotakd.viz import draw_reliability, palette

from .crowding import crowded


def test_points_lie_at_confidence_and_share():
    stated = np.array([0.2, 0.2, 0.2, 0.2, 0.9, 0.9])
    happened = np.array([True, False, False, False, True, True])
    picture = draw_reliability({"student": (stated, happened)}, groups=2)
    (dots,) = picture.axes[0].collections
    assert np.asarray(dots.get_offsets()) == pytest.approx(np.array([[0.2, 0.25], [0.9, 1.0]]))
    assert [bar.get_height() for bar in picture.axes[1].patches] == [4, 2]
    assert dots.get_facecolor()[0, :3] == pytest.approx([c / 255 for c in palette.rgb255(palette.ROLES["student"])])
    assert picture.legends[0].get_texts()[0].get_text() == "student: 0.067"
    assert crowded(picture) == []


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="no curves"):
        draw_reliability({})
