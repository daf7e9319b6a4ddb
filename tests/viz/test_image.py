from dataclasses import replace

import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.geometry.frames import project_lidar
from monotakd.scene import Boxes3D, Detections
from monotakd.viz import draw_image, draw_points_on_image, palette

from .pixels import inside, rendered, share, where


def grey(frame):
    return replace(frame, image=np.full_like(frame.image, 90))


def test_a_box_is_drawn_where_it_projects(frame):
    box = Boxes3D(np.array([[20.0, 4.0, -0.5, 4.0, 1.8, 1.5, 0.0]]), ("Car",))
    picture = draw_image(grey(frame), {"student": box}, labels=False)
    view = inside(picture.axes[0], rendered(picture))
    down, across = share(where(view, palette.ROLES["student"]), view)
    uv, _ = project_lidar(frame.calibration, box.values[:, :3])
    height, width = frame.image.shape[:2]
    assert across * width == pytest.approx(uv[0, 0], abs=3)
    assert down * height == pytest.approx(uv[0, 1], abs=3)
    assert across < 0.5


def test_hidden_edges_are_fainter_than_visible_ones(frame):
    collections = draw_image(frame, labels=False).axes[0].collections
    dashed = [c for c in collections if c.get_linestyle()[0][1] is not None]
    solid = [c for c in collections if c.get_linestyle()[0][1] is None]
    assert dashed
    assert solid
    assert max(max(c.get_linewidth()) for c in dashed) < max(max(c.get_linewidth()) for c in solid)
    # A box seen from three sides hides three edges, from two sides four or five.
    assert 3 * 2 <= len(dashed[0].get_segments()) <= 5 * 2


def test_two_sets_two_colours_and_a_legend(frame):
    moved = Boxes3D(frame.annotations.boxes.values + np.eye(7)[0], frame.annotations.boxes.names)
    detections = Detections(moved, np.array([0.93, 0.2]))
    picture = draw_image(grey(frame), {"truth": frame.annotations, "student": detections}, min_score=0.5)
    texts = [t.get_text() for t in picture.axes[0].get_legend().get_texts()]
    assert texts == ["truth (2)", "student (1)"]
    image = rendered(picture)
    assert len(where(image, palette.ROLES["truth"]))
    assert len(where(image, palette.ROLES["student"]))
    assert any("0.93" in t.get_text() for t in picture.axes[0].texts)


def test_labels_never_overlap(frame):
    crowd = np.repeat(frame.annotations.boxes.values, 6, axis=0)
    crowd[:, 0] += np.arange(12) * 0.3
    picture = draw_image(frame, Boxes3D(crowd, ("Car",) * 12))
    renderer = picture.canvas.get_renderer()
    extents = [t.get_window_extent(renderer) for t in picture.axes[0].texts]
    assert 1 <= len(extents) < 12
    assert not any(a.overlaps(b) for i, a in enumerate(extents) for b in extents[:i])


def test_2d_boxes_take_the_label_rectangle(frame):
    picture = draw_image(grey(frame), boxes_2d=True, labels=False)
    view = inside(picture.axes[0], rendered(picture))
    pixels = where(view, palette.ROLES["truth"])
    height, width = frame.image.shape[:2]
    top_left = pixels.min(axis=0) / view.shape[:2] * (height, width) - 0.5
    bottom_right = (pixels.max(axis=0) + 1) / view.shape[:2] * (height, width) - 0.5
    assert np.allclose(top_left, [20, 10], atol=1)
    assert np.allclose(bottom_right, [70, 60], atol=1)


def test_2d_boxes_that_do_not_exist(frame):
    with pytest.raises(ValueError, match="carry no image boxes"):
        draw_image(frame, frame.annotations.boxes, boxes_2d=True)


def test_points_lie_where_they_project_and_nearer_ones_on_top(frame):
    far, near = [40.0, 10.0, -0.1, 0.5], [4.0, 1.0 - 0.0, -0.1, 0.5]
    ray = np.array([0.3, 0.0, -0.1])
    near[:3] = ray + (np.array(far[:3]) - ray) * 0.1
    picture = draw_points_on_image(replace(frame, points=np.array([near, far])), {})
    offsets = picture.axes[0].collections[0].get_offsets()
    uv, _ = project_lidar(frame.calibration, np.array([far[:3], near[:3]]))
    assert np.allclose(offsets, uv)
    assert picture.axes[0].collections[0].get_array()[1] < picture.axes[0].collections[0].get_array()[0]


def test_points_behind_the_camera_are_left_out(frame):
    points = frame.points.copy()
    points[:, 0] *= -1
    points[0] = (20, 0, 0, 1)
    picture = draw_points_on_image(replace(frame, points=points), {})
    assert len(picture.axes[0].collections[0].get_offsets()) == 1


@pytest.mark.parametrize("points", [None, np.zeros((0, 4))])
def test_a_frame_without_points_says_what_to_do(frame, points):
    with pytest.raises(DataError, match=r"frame 000001: found .*expected points.*draw_image"):
        draw_points_on_image(replace(frame, points=points))


def test_drawing_does_not_touch_the_frame(frame):
    before = frame.image.copy(), frame.annotations.boxes.values.copy(), frame.points.copy()
    draw_image(frame)
    draw_points_on_image(frame)
    after = frame.image, frame.annotations.boxes.values, frame.points
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
