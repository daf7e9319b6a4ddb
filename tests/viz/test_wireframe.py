import numpy as np

from monotakd.geometry.boxes import BOX_EDGES, BOX_FACES, box_corners
from monotakd.viz.wireframe import visible_edges, visible_faces, wireframe

from .conftest import make_calibration

AHEAD = np.array([[20.0, 0.0, 0.0, 4.0, 2.0, 1.5, 0.0]])


def shown(mask):
    return {name for name, seen in zip(BOX_FACES, mask, strict=True) if seen}


def test_of_a_car_driving_away_the_rear_is_seen():
    assert shown(visible_faces(box_corners(AHEAD), np.zeros(3))[0]) == {"rear"}


def test_of_an_oncoming_car_on_the_left_front_and_its_left_side_are_seen():
    oncoming = np.array([[20.0, 6.0, 0.0, 4.0, 2.0, 1.5, -np.pi]])
    assert shown(visible_faces(box_corners(oncoming), np.array([0, 0, 2.0]))[0]) == {"front", "left", "top"}


def test_with_three_visible_faces_three_edges_are_hidden():
    corners = box_corners(np.array([[20.0, 6.0, 0.0, 4.0, 2.0, 1.5, 0.0]]))
    hidden = ~visible_edges(corners, np.array([0.0, 0.0, 3.0]))[0]
    assert hidden.sum() == 3
    # The three meet in the corner that is farthest from the eye.
    meeting = set.intersection(*(set(BOX_EDGES[e]) for e in np.flatnonzero(hidden)))
    farthest = int(np.linalg.norm(corners[0] - (0, 0, 3), axis=1).argmax())
    assert meeting == {farthest}


def test_every_line_of_a_box_through_the_camera_plane_is_inside_the_image():
    calibration = make_calibration()
    wires = wireframe(np.array([[1.0, -1.2, -0.5, 5.0, 1.8, 1.6, 0.1]]), calibration)
    ends = wires.edges[~np.isnan(wires.edges).any(axis=(2, 3))]
    height, width = calibration.image_size
    assert len(ends)
    assert (ends >= -0.5 - 1e-9).all()
    assert (ends <= (width - 0.5 + 1e-9, height - 0.5 + 1e-9)).all()
    # The box is on the right of the camera: nothing may appear in the left half.
    assert (ends[..., 0] > width / 2).all()


def test_a_box_behind_the_camera_leaves_no_line():
    wires = wireframe(np.array([[-20.0, 0.0, 0.0, 4.0, 2.0, 1.5, 0.0]]), make_calibration())
    assert np.isnan(wires.edges).all()
    assert np.isnan(wires.cross).all()
    assert np.isnan(wires.anchor).all()
    assert wires.height[0] == 0


def test_label_anchor_is_above_the_middle():
    wires = wireframe(AHEAD, make_calibration())
    left, top = wires.edges[0].reshape(-1, 2).min(axis=0)
    right = wires.edges[0].reshape(-1, 2)[:, 0].max()
    assert np.allclose(wires.anchor[0], [(left + right) / 2, top])
    assert wires.front_hidden[0]


def test_no_boxes_no_lines():
    wires = wireframe(np.zeros((0, 7)), make_calibration())
    assert wires.edges.shape == (0, 12, 2, 2)
    assert wires.anchor.shape == (0, 2)
