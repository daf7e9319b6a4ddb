from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from monotakd.errors import DataError
from monotakd.geometry.boxes import box_corners
from monotakd.scene import Boxes3D
from monotakd.viz import draw_scene3d, palette
from monotakd.viz.scene3d import FRUSTUM, VOLUME, plotly_camera, thinned


def traces(figure, **wanted):
    return [t for t in figure.data if all(getattr(t, name) == value for name, value in wanted.items())]


def test_plain_figure_with_points_boxes_and_camera(frame):
    figure = draw_scene3d(frame, {"truth": frame.annotations, "student": frame.annotations.boxes})
    assert type(figure) is go.Figure
    shown = [t.name for t in figure.data if t.showlegend is not False and t.type == "scatter3d"]
    assert shown == [f"LiDAR ({len(figure.data[0].x):,})", "truth (2)", "student (2)", "camera"]
    groups = {t.legendgroup for t in figure.data}
    assert {"truth", "student", "camera"} <= groups


def test_box_lines_are_the_twelve_edges(frame):
    box = Boxes3D(np.array([[20.0, 5.0, 0.0, 4.0, 2.0, 1.5, 0.4]]), ("Car",))
    (lines,) = traces(draw_scene3d(frame, {"student": box}), name="student (1)", showlegend=None)
    xyz = np.stack([lines.x, lines.y, lines.z], axis=1).reshape(12, 3, 3)
    assert np.isnan(xyz[:, 2]).all()
    lengths = np.sort(np.linalg.norm(xyz[:, 0] - xyz[:, 1], axis=1))
    assert np.allclose(lengths, [1.5] * 4 + [2.0] * 4 + [4.0] * 4, atol=1e-5)
    corners = box_corners(box.values)[0]
    gaps = np.linalg.norm(xyz[:, :2].reshape(-1, 1, 3) - corners, axis=-1).min(axis=1)
    assert gaps.max() < 1e-5
    assert lines.line.color == palette.ROLES["student"]


def test_a_metre_is_as_long_along_every_axis():
    _, ratio = plotly_camera(VOLUME)
    lengths = [high - low for low, high in VOLUME]
    assert np.allclose(np.array(lengths) / [ratio["x"], ratio["y"], ratio["z"]], max(lengths))


def test_default_camera_looks_ahead_from_behind():
    camera, _ = plotly_camera(VOLUME)
    assert camera["eye"]["x"] < camera["center"]["x"]
    assert camera["eye"]["z"] > camera["center"]["z"]
    assert camera["eye"]["y"] == camera["center"]["y"]


def test_thinning_is_the_same_every_time_and_keeps_the_order():
    points = np.arange(4000.0).reshape(1000, 4)
    first = thinned(points, 100)
    assert len(first) == 100
    assert np.array_equal(first, thinned(points.copy(), 100))
    assert (np.diff(first[:, 0]) > 0).all()
    assert thinned(points, 1000) is points


def test_page_stays_small(frame):
    rng = np.random.default_rng(0)
    many = np.column_stack([rng.uniform(0, 60, (120_000, 1)), rng.uniform(-3, 3, (120_000, 3))])
    figure = draw_scene3d(replace(frame, points=many), image=False)
    assert len(figure.data[0].x) == 40_000
    assert figure.data[0].x.dtype == np.float32
    # Four float32 columns in base64 make 21 bytes a point, 26 with JSON escapes; decimal text would need 50.
    assert len(figure.to_json()) < 40_000 * 27


def test_colouring(frame):
    by_depth = draw_scene3d(frame, colour_by="depth").data[0].marker
    assert by_depth.cmin == pytest.approx(np.log(3))
    intensity = draw_scene3d(frame, colour_by="intensity").data[0].marker.color
    assert set(np.unique(intensity)) <= set(frame.points[:, 3].astype(np.float32))
    with pytest.raises(ValueError, match="colour_by='speed'"):
        draw_scene3d(frame, colour_by="speed")


def test_the_picture_hangs_in_the_frustum_the_right_way_round(frame):
    red_left = np.zeros_like(frame.image)
    red_left[:, : frame.image.shape[1] // 2, 0] = 255
    figure = draw_scene3d(replace(frame, image=red_left))
    (mesh,) = traces(figure, type="mesh3d")
    red = np.array([c == "#ff0000" for c in mesh.vertexcolor])
    assert np.asarray(mesh.y)[red].min() > np.asarray(mesh.y)[~red].max() - 0.1
    # The camera is 0.3 m ahead of the LiDAR.
    assert np.allclose(mesh.x, 0.3 + FRUSTUM, atol=1e-5)
    assert max(np.max(mesh.i), np.max(mesh.j), np.max(mesh.k)) == len(mesh.x) - 1


@pytest.mark.parametrize("points", [None, np.zeros((0, 4))])
def test_no_points(frame, points):
    with pytest.raises(DataError, match="LiDAR"):
        draw_scene3d(replace(frame, points=points))


def test_empty_volume(frame):
    with pytest.raises(ValueError, match="is empty"):
        draw_scene3d(frame, volume=((0.0, 0.0), (-1.0, 1.0), (-1.0, 1.0)))
