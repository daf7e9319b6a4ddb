"""Two boxes from above: the grey lies where both are, and the words are the IoU."""

import numpy as np
import pytest
from matplotlib.patches import Polygon

from monotakd.errors import DataError
from monotakd.viz import palette
from monotakd.viz.overlap import draw_overlap, draw_overlaps

CAR = np.array([20.0, 5.0, 0.0, 4.0, 2.0, 1.5, 0.0])


def moved(box, x=0.0, y=0.0, z=0.0, yaw=0.0):
    return box + np.array([x, y, z, 0.0, 0.0, 0.0, yaw])


AHEAD = moved(CAR, x=2.0)


def grey(picture):
    return [p for p in picture.axes[0].patches if isinstance(p, Polygon)]


def test_the_shared_area_is_drawn_where_it_is():
    (patch,) = grey(draw_overlap(CAR, AHEAD))
    drawn = patch.get_xy()[:-1]  # the last point closes the outline
    assert {tuple(c) for c in drawn.tolist()} == {(4.0, 20.0), (6.0, 20.0), (6.0, 22.0), (4.0, 22.0)}  # y, x


def test_the_title_says_both_ious():
    assert draw_overlap(CAR, AHEAD).axes[0].get_title(loc="left") == "BEV IoU 0.33, 3D IoU 0.33"
    lower = moved(CAR, z=-0.75)
    assert draw_overlap(CAR, lower).axes[0].get_title(loc="left") == "BEV IoU 1.00, 3D IoU 0.33"


def test_apart_there_is_no_shared_area_and_both_are_in_view():
    far = moved(CAR, y=30.0)
    picture = draw_overlap(CAR, far)
    assert grey(picture) == []
    left, right = picture.axes[0].get_xlim()
    assert left > 36.0
    assert right < 4.0


def test_corners_are_numbered_once_each():
    turned = moved(AHEAD, yaw=0.5)
    texts = [t.get_text() for t in draw_overlap(CAR, turned, corners=True).axes[0].texts]
    assert texts == [str(i) for i in range(len(texts))]
    assert len(texts) == 5


def test_roles_keep_their_colours():
    legend = draw_overlap(CAR, AHEAD, names=("truth", "teacher")).axes[0].get_legend()
    assert [line.get_color() for line in legend.get_lines()] == [palette.ROLES["truth"], palette.ROLES["teacher"]]


def test_panels_say_what_counts():
    near = moved(CAR, x=0.1)
    picture = draw_overlaps(CAR, {"near": near, "far": AHEAD})
    assert [axes.texts[0].get_text() for axes in picture.axes] == ["counts", "does not count"]
    assert [axes.get_title(loc="left").splitlines()[0] for axes in picture.axes] == ["near", "far"]
    assert picture.axes[0].get_xlim() == picture.axes[1].get_xlim()


def test_panels_go_on_in_a_second_row():
    boxes = {str(i): moved(CAR, x=i) for i in range(5)}
    places = [axes.get_position() for axes in draw_overlaps(CAR, boxes, columns=3).axes]
    assert [p.x0 for p in places[:2]] == pytest.approx([p.x0 for p in places[3:]])
    assert all(below.y1 < above.y0 for above in places[:3] for below in places[3:])


def test_exactly_the_threshold_does_not_count():
    half = CAR * [1, 1, 1, 0.5, 1, 1, 1]
    texts = [draw_overlaps(CAR, {"half": half}, threshold=t).axes[0].texts[0].get_text() for t in (0.5, 0.499)]
    assert texts == ["does not count", "counts"]


def test_impossible_boxes_are_named():
    with pytest.raises(ValueError, match="unusable rows"):
        draw_overlap(CAR, CAR * np.nan)
    with pytest.raises(DataError, match="l = 0"):
        draw_overlap(CAR, CAR * [1, 1, 1, 0, 1, 1, 1])
    with pytest.raises(ValueError, match="no boxes"):
        draw_overlaps(CAR, {})
