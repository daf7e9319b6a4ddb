import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from monotakd.geometry.frames import project_to_image
from monotakd.scene import Boxes3D
from monotakd.viz import draw_bev, draw_image, draw_overview, draw_scene3d, palette, save, still_scene3d
from monotakd.viz.scene3d import EYE, TARGET
from monotakd.viz.still import view_matrix

from .pixels import inside, rendered, share, where


def test_view_matrix_looks_from_the_eye_at_the_target(frame):
    P = view_matrix(draw_scene3d(frame, image=False), (300, 500))
    uv, depth = project_to_image(P, np.array([TARGET]))
    assert np.allclose(uv, [[249.5, 149.5]])
    assert depth[0] == pytest.approx(np.linalg.norm(np.subtract(TARGET, EYE)))
    left, above = project_to_image(P, np.add(TARGET, [[0, 1, 0], [0, 0, 1]]))[0]
    assert left[0] < 249.5
    assert above[1] < 149.5


def test_still_shows_left_on_the_left(frame):
    box = Boxes3D(np.array([[20.0, 10.0, 0.0, 4.0, 2.0, 1.5, 0.0]]), ("Car",))
    picture = still_scene3d(frame, {"student": box}, image=False)
    view = inside(picture.axes[0], rendered(picture))
    assert share(where(view, palette.ROLES["student"]), view)[1] < 0.4


def test_near_points_cover_far_ones(frame):
    eye, ray = np.array(EYE), np.subtract(TARGET, EYE)
    near, far = eye + 0.6 * ray, eye + 0.9 * ray  # both inside the volume that is shown
    cloud = np.concatenate([np.tile([*far, 1.0], (5, 1)), [[*near, 0.0]], np.tile([*far, 1.0], (5, 1))])
    picture = still_scene3d(replace(frame, points=cloud), {}, colour_by="intensity", image=False)
    raster = np.asarray(picture.axes[0].images[0].get_array())
    middle = raster[raster.shape[0] // 2, raster.shape[1] // 2].astype(int)
    assert np.abs(middle - palette.rgb255(palette.INTENSITY(0.0))).max() <= 3


def test_save_makes_folders_and_readable_files(frame, tmp_path):
    png = save(draw_bev(frame), tmp_path / "new" / "bev.png")
    assert Image.open(png).size[0] > 500
    scene = draw_scene3d(frame)
    assert Image.open(save(scene, tmp_path / "scene.png")).size[0] > 500
    page = save(scene, tmp_path / "scene.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page


def test_an_ending_that_cannot_be_written(frame, tmp_path):
    with pytest.raises(ValueError, match=r"Picture can be saved as \.png"):
        save(draw_image(frame), tmp_path / "a.html")
    with pytest.raises(ValueError, match=r"Figure can be saved as \.html or \.png"):
        save(draw_scene3d(frame), tmp_path / "a.svg")


def test_overview_has_four_panels_or_the_image_alone(frame):
    assert len(draw_overview(frame).axes) == 4
    assert len(draw_overview(replace(frame, points=None)).axes) == 1


def test_same_frame_same_bytes(frame):
    assert draw_overview(frame).png() == draw_overview(frame).png()


def test_a_notebook_shows_a_picture_that_ends_a_cell(frame):
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(draw_image(frame))
    assert data["image/png"].startswith(b"\x89PNG")


def test_views_leave_pyplot_backend_and_settings_alone():
    code = (
        "import sys, matplotlib as m\n"
        "settings = lambda: {k: m.rcParams[k] for k in m.rcParams if k != 'backend'}  # reading that one sets it\n"
        "before = settings()\n"
        "import numpy as np\n"
        "from monotakd import viz\n"
        "from monotakd.scene import *\n"
        "P = np.array([[50., 0, 32, 0], [0, 50., 16, 0], [0, 0, 1., 0]])\n"
        "T = np.array([[0, -1., 0, 0], [0, 0, -1., 0], [1., 0, 0, 0], [0, 0, 0, 1.]])\n"
        "points = np.random.default_rng(0).uniform(1, 9, (50, 4))\n"
        "frame = Frame('a', np.zeros((32, 64, 3), np.uint8), Calibration(P, T, (32, 64)), points)\n"
        "viz.draw_overview(frame).png()\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot was imported'\n"
        "assert not {'open3d', 'spconv', 'tkinter'} & set(sys.modules)\n"
        "assert settings() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
