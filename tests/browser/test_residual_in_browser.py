"""The residual explorer in a browser: every control, a click, the keyboard, and that Python would say the same."""

import re

import numpy as np
import pytest
import torch
from explorer_page import cell_colours, click_cell, open_page, panel_pixels, receive, require_alternatives, said, state

from monotakd import lesson
from monotakd.scene import BevGrid, BevMap
from monotakd.viz import palette
from monotakd.viz.explorers import explore_residual
from monotakd.viz.explorers.feature_gap import payload
from monotakd.viz.explorers.residual.cue import summed
from monotakd.viz.explorers.residual.payload import limits_of

GRID = BevGrid((2.0, -8.0), (34.0, 8.0), (1.0, 2.0))


@pytest.fixture
def explorer():
    street = lesson.toy_frame(0, depth="sparse")
    rng = np.random.default_rng(1)

    def bev():
        return BevMap(torch.from_numpy(rng.normal(size=(3, 6, *GRID.shape))).float(), GRID)

    maps = {name: bev() for name in ("teacher", "assistant", "spatial")}
    maps["teacher"].features[..., 25:] = 0.0
    return explore_residual(street, maps, before={"spatial": bev()}, before_name="untrained")


@pytest.fixture
def views(views):
    views.wait_for_function("document.querySelectorAll('canvas[data-panel]').length === 8")
    return views


def words_of(views, name: str) -> str:
    return views.locator("figure", has=views.locator(f"canvas[data-panel='{name}']")).inner_text()


@pytest.mark.parametrize(("form", "threshold"), [("binarised", 0.4), ("magnitude", 1.3), ("signed", 0.0)])
def test_form_and_threshold_change_cue_curve_and_words_as_python_says(views, explorer, form, threshold):
    panels = ("residual", "energy", "channels")
    before = [panel_pixels(views, name) for name in panels]
    views.select_option("[data-control='form']", form)
    views.locator("[data-control='threshold']").fill(str(threshold))
    assert all(panel_pixels(views, name) != then for name, then in zip(panels, before, strict=True))
    explorer.show(form, threshold)
    assert said(views) == explorer.alt
    share = explorer.energy.share["in boxes"]
    told = re.search(r"([\d.]+) % of it lies in boxes", words_of(views, "residual"))
    assert float(told[1]) == pytest.approx(100 * share, rel=0.05)
    found = explorer.likeness["spatial, untrained"]
    assert f"CKA {found.cka:.2f} (floor {found.cka_floor:.2f})" in words_of(views, "spatial, untrained")


def test_colours_are_pythons_colours(views, explorer):
    """The cue, read back cell by cell without boxes and away from the chosen cell."""
    views.uncheck("[data-control='boxes']")
    views.select_option("[data-control='form']", "signed")
    views.locator("[data-control='threshold']").fill("0.7")
    click_cell(views, "teacher", GRID, 0, 0)
    values, (low, high) = summed(explorer.cue.target("signed", 0.7), "signed"), limits_of(explorer.cue, "signed")
    rgb = 255 * palette.SIGNED((values - low) / (high - low))[..., :3]
    shown = cell_colours(views, "residual", GRID)
    far = np.s_[2:, 4:]  # the mark of the chosen cell covers its neighbours
    assert np.abs(shown[far] - rgb[far]).max() <= 6  # a byte of rounding may reach the next of 256 colours


def test_a_click_shows_the_cells_channels_and_its_pixel(views, explorer):
    panels = ("image", "channels", "assistant")
    before = [panel_pixels(views, name) for name in panels]
    click_cell(views, "residual", GRID, 5, 20)
    assert state(views)["cell"] == [5, 20]
    assert all(panel_pixels(views, name) != then for name, then in zip(panels, before, strict=True))
    explorer.choose_cell(5, 20)
    assert said(views) == explorer.alt
    assert state(views)["uv"] == pytest.approx(explorer.state["uv"], abs=1e-6)
    told = re.findall(r"(\w+) (-?[\d.]+) in channel (\d+)", words_of(views, "channels"))
    assert [name for name, _, _ in told] == ["teacher", "assistant", "residual", "spatial"]
    for name, value, channel in told:
        vector = explorer.vectors[name]
        assert float(value) == pytest.approx(vector[int(channel)], abs=0.02)
        assert abs(float(value)) == pytest.approx(np.abs(vector).max(), abs=0.02)


def test_one_channel_can_be_looked_at(views):
    whole = {name: panel_pixels(views, name) for name in ("residual", "teacher", "spatial")}
    views.select_option("[data-control='channel']", "3")
    assert state(views)["channel"] == 3
    assert all(panel_pixels(views, name) != before for name, before in whole.items())
    assert "channel 3" in words_of(views, "residual")
    views.select_option("[data-control='channel']", "all")
    assert all(panel_pixels(views, name) == before for name, before in whole.items())


def test_a_fetched_channel_joins_the_list(page, explorer, tmp_path, monkeypatch):
    monkeypatch.setattr(payload, "MOST_BYTES", 100)
    monkeypatch.setattr(payload, "FEW", 2)
    arrays = {name: torch.from_numpy(explorer.gap.features[name])[None] for name in ("teacher", "assistant", "spatial")}
    few = explore_residual(explorer.gap.frame, {name: BevMap(array, GRID) for name, array in arrays.items()})
    views = open_page(page, few, tmp_path)
    assert views.locator("[data-control='asked']").count() == 0, "no kernel to fetch from"
    options = "list => [...list.options].map(option => option.value)"
    sent = few.facts["channels"]
    channels = views.locator("[data-control='channel']")
    assert channels.evaluate(options) == ["all", *map(str, sent)]
    (other, *_) = (channel for channel in range(6) if channel not in sent)
    few.fetch(other)
    receive(views, few)
    assert channels.evaluate(options) == ["all", *map(str, sorted([*sent, other]))]
    assert channels.input_value() == str(other)
    assert f"channel {other}" in words_of(views, "residual")
    assert said(views) == few.alt


def test_maps_are_marked_by_what_the_caller_said(page, explorer, tmp_path):
    page.goto(explorer.save_page(tmp_path / "page.html").as_uri())
    assert "channels not matched" in words_of(page, "assistant")
    assert "channels not matched" in words_of(page, "residual")
    maps = {name: BevMap(torch.from_numpy(array), GRID) for name, array in
            (("teacher", explorer.cue.teachers), ("assistant", explorer.cue.assistants))}  # fmt: skip
    fair = explore_residual(explorer.gap.frame, maps, aligned=True)
    page.goto(fair.save_page(tmp_path / "fair.html").as_uri())
    assert "aligned" in words_of(page, "assistant")
    assert "not matched" not in page.locator("body").inner_text()
    assert page.locator("canvas[data-panel]").count() == 6  # no student, no spatial maps


def test_the_keyboard_moves_the_choice_and_the_slider(views):
    click_cell(views, "residual", GRID, 4, 20)
    for key, cell in (("ArrowUp", [4, 21]), ("ArrowLeft", [5, 21]), ("ArrowRight", [4, 21]), ("ArrowDown", [4, 20])):
        views.keyboard.press(key)
        assert state(views)["cell"] == cell
    views.locator("[data-control='threshold']").focus()
    views.keyboard.press("ArrowRight")
    assert state(views)["threshold"] == pytest.approx(1.1)
    assert "1.1 RMS of F_T" in said(views)


def test_every_picture_has_a_text_alternative(views):
    require_alternatives(views)
