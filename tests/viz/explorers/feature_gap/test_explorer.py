"""The feature-gap explorer without a browser: a choice changes the state, and the state the picture."""

import base64

import numpy as np
import pytest

from monotakd.viz.explorers import Selection, explore_feature_gap

from ...crowding import crowded


def images(explorer) -> dict[str, np.ndarray]:
    """The pictures of one still by what they show; the maps by name."""
    axes = explorer.still().axes
    return {"image": axes[0], "depth": axes[1], "channels": axes[2], "compared": axes[3]} | dict(
        zip(explorer.gap.features, axes[4:], strict=True)
    )


def marker(axes) -> tuple[float, float]:
    """Where the chosen pixel is marked."""
    (line,) = (line for line in axes.lines if line.get_marker() == "o")
    return tuple(float(values[0]) for values in line.get_data())


def test_it_begins_at_the_box_nearest_to_fifteen_metres(explorer):
    assert explorer.selection.cell == (2, 10)  # the van at x 12, y -3
    assert (explorer.state["a"], explorer.state["b"]) == ("teacher", "fused")


def test_choosing_a_cell_moves_pixel_ray_depth_and_channels(explorer):
    first = images(explorer)
    chosen = explorer.choose_cell(5, 25)
    assert explorer.state["cell"] == [5, 25]
    assert explorer.selection == chosen == explorer.gap.at_cell(5, 25)
    now = images(explorer)
    assert marker(now["image"]) == pytest.approx(chosen.uv)
    assert marker(now["image"]) != marker(first["image"])
    heights = [patch.get_height() for patch in now["channels"].patches]
    assert heights[:6] == pytest.approx(explorer.reading.vectors["teacher"])
    square = now["teacher"].lines[-1].get_xydata()[:4]
    assert square.mean(axis=0) == pytest.approx([3.0, 27.5])  # y, x of the cell


def test_choosing_a_pixel_draws_its_ray_over_the_maps(explorer):
    chosen = explorer.choose_pixel(120, 60)
    assert chosen == Selection(chosen.cell, (120, 60), "pixel")
    now = images(explorer)
    ray = now["fused"].lines[0].get_xydata()
    assert ray == pytest.approx(explorer.gap.ray((120, 60), np.array([0.5, 1.5 * np.hypot(32, 16)]))[:, ::-1])
    assert "mode 11.0 m" in [text.get_text() for text in now["depth"].get_legend().get_texts()]


def test_what_the_browser_reports_is_what_python_speaks_of(explorer):
    explorer.widget.set_state({"state": {**explorer.state, "cell": [5, 25], "uv": None, "by": "cell", "view": "norm"}})
    assert explorer.selection == Selection((5, 25), None, "cell")
    assert explorer.reading.distribution is None
    assert images(explorer)["image"].get_title(loc="left").strip() == "the chosen cell lies outside the image"


def test_views_change_the_maps(explorer):
    shown = {}
    for view in ("pca", "norm", "mean", 3):
        explorer.show(view)
        shown[view] = np.asarray(images(explorer)["fused"].images[0].get_array())
    assert shown["pca"].shape[2:] == (3,)
    features = explorer.gap.features["fused"]
    for view, wanted in (("norm", np.sqrt((features**2).mean(0))), ("mean", features.mean(0)), (3, features[3])):
        assert shown[view] == pytest.approx(wanted.T[::-1, ::-1], abs=1e-6)


def test_difference_is_second_minus_first_and_marked(explorer):
    explorer.show(2, a="teacher", b="visual", mode="difference")
    axes = images(explorer)["compared"]
    wanted = explorer.gap.features["visual"][2] - explorer.gap.features["teacher"][2]
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(wanted.T[::-1, ::-1], abs=1e-6)
    assert "channels not matched" in [text.get_text() for text in axes.texts]
    explorer.show(b="fused")
    assert "channels not matched" not in [text.get_text() for text in images(explorer)["compared"].texts]


def test_the_swipe_hides_the_second_map_left_of_the_line(explorer):
    explorer.show(split=0.25)
    under, over = images(explorer)["compared"].images
    left, right = under.get_extent()[:2]
    ends = over.axes.transData.inverted().transform(over.get_clip_box())[:, 0]
    assert sorted(ends) == pytest.approx(sorted([right, left - 0.25 * (left - right)]))


def test_boxes_can_be_left_out(explorer):
    drawn = len(images(explorer)["fused"].collections)
    explorer.show(boxes=False)
    assert len(images(explorer)["fused"].collections) < drawn


def test_readers_without_a_kernel_get_the_still(explorer, monkeypatch):
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: bundles.append(bundle))
    explorer._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in bundles[0]
    assert base64.b64decode(bundles[0]["image/png"]) == explorer.still().png()


def test_no_words_overlap(explorer):
    assert crowded(explorer.still()) == []
    explorer.show("norm", mode="difference")
    assert crowded(explorer.still()) == []


def test_a_page_of_its_own_holds_everything(explorer, tmp_path):
    page = explorer.save_page(tmp_path / "deep" / "page.html").read_text()
    assert "://" not in page
    assert page.count("</script>") == 1


def test_what_does_not_exist_is_refused(explorer, known, maps):
    for wrong, said in (
        ({"a": "nobody"}, "map 'nobody'"), ({"mode": "blink"}, "mode 'blink'"), ({"split": 1.5}, "split 1.5"),
        ({"view": "colours"}, "view 'colours'"), ({"view": 6}, "channel 6"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            explorer.show(**wrong)
    with pytest.raises(ValueError, match="cell"):
        explorer.choose_cell(-1, 0)
    with pytest.raises(ValueError, match="sample 3"):
        explore_feature_gap(known, maps, sample=3)
