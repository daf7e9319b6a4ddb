import base64

import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.viz import bev
from monotakd.viz.explore import PLOTLY, explore, turnable
from monotakd.viz.style import new_picture


def _picture(shade: float):
    picture = new_picture(2, 1)
    picture.add_axes((0, 0, 1, 1)).imshow(np.full((2, 2), shade), vmin=0, vmax=1)
    return picture


@pytest.fixture
def published(monkeypatch) -> list[dict]:
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_a_slider_draws_the_picture_for_its_value():
    shown = explore(_picture, shade=(0.0, 1.0, 0.25))
    assert shown.controls["shade"].value == 0.5
    assert shown.shown == _picture(0.5).png()
    shown.controls["shade"].value = 0.75
    assert shown.shown == _picture(0.75).png()


def test_every_control_reaches_its_argument():
    seen = []

    def view(side, row_number):
        seen.append((side, row_number))
        return _picture(0.1)

    shown = explore(view, side=["left", "right"], row_number=(0, 4))
    assert seen == [("left", 2)]
    shown.controls["side"].value = "right"
    shown.controls["row_number"].value = 3
    assert seen[1:] == [("right", 2), ("right", 3)]
    assert [c.description for c in shown.controls.values()] == ["side", "row number"]


def test_trouble_is_shown_below_the_controls_and_goes_away():
    def view(shade):
        if shade > 0.6:
            raise ValueError("too bright: <1>")
        return _picture(shade)

    shown = explore(view, shade=(0.0, 1.0, 0.25))
    before = shown.shown
    shown.controls["shade"].value = 1.0
    trouble = shown.widget.children[-2]
    assert "too bright: &lt;1&gt;" in trouble.value
    assert shown.shown == before
    shown.controls["shade"].value = 0.0
    assert trouble.value == ""


def test_readers_without_a_kernel_get_the_first_picture(published):
    explore(_picture, shade=(0.0, 1.0, 0.25))._ipython_display_()
    (bundle,) = published
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]) == _picture(0.5).png()


def _no_open3d(shade):
    raise DataError("open3d", "nothing", "open3d")


def test_a_shipped_frame_stands_in_where_open3d_is_missing(published, capsys):
    assert explore(_no_open3d, without_open3d=_picture(0.2), shade=(0.0, 1.0, 0.25)) is None
    assert capsys.readouterr().out.startswith("open3d is not installed")
    assert base64.b64decode(published[0]["image/png"]) == _picture(0.2).png()


def test_other_trouble_at_the_start_is_raised():
    def view(shade):
        raise DataError("boxes", "NaN", "numbers")

    with pytest.raises(DataError, match="boxes"):
        explore(view, without_open3d=_picture(0.2), shade=(0.0, 1.0, 0.25))
    with pytest.raises(DataError, match="open3d"):
        explore(_no_open3d, shade=(0.0, 1.0, 0.25))
    with pytest.raises(ValueError, match="shade=None: expected a control"):
        explore(_picture, shade=None)


def test_a_turnable_scene_carries_scene_and_still(frame, published):
    turnable(frame, max_points=500)._ipython_display_()
    (bundle,) = published
    assert bundle[PLOTLY]["data"][0]["name"] == "LiDAR (500)"
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_real_views_fit(frame):
    shown = explore(
        lambda reach: bev.draw_bev(frame, region=((0.0, reach), (-20.0, 20.0)), width=3.0), reach=(20.0, 60.0, 20.0)
    )
    near = shown.shown
    shown.controls["reach"].value = 60.0
    assert shown.shown != near
