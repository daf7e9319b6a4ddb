"""The feature-gap explorer in a browser: what was clicked, what appeared, and that Python would say the same."""

import numpy as np
import pytest
import torch
from explorer_page import cell_colours, click_cell, open_page, pixels, require_alternatives, state
from stage import on_stage

from monotakd import lesson
from monotakd.scene import BevGrid, BevMap, DepthBins
from monotakd.viz.explorers import explore_feature_gap
from monotakd.viz.feature_panels import show_map

GRID = BevGrid((2.0, -8.0), (34.0, 8.0), (1.0, 2.0))
BINS = DepthBins("UD", 20, 2.0, 42.0)


@pytest.fixture
def explorer():
    street = lesson.toy_frame(0, depth="sparse")
    rng = np.random.default_rng(1)

    def bev():
        return BevMap(torch.from_numpy(rng.normal(size=(2, 6, *GRID.shape))).float(), GRID)

    maps = {name: bev() for name in ("teacher", "assistant", "visual", "fused")}
    depth = rng.dirichlet(np.full(21, 0.3), (24, 80)).transpose(2, 0, 1)
    return explore_feature_gap(street, maps, before={"fused": bev()}, depth=depth, bins=BINS, matched={"fused"})


def expected(explorer) -> str:
    """What the line of text must say of the explorer's choice."""
    chosen, reading = explorer.selection, explorer.reading
    x, y, _ = explorer.gap.place(chosen.cell)
    side = "left" if y >= 0 else "right"
    words = [f"cell ({chosen.cell[0]}, {chosen.cell[1]}): {x:.1f} m ahead, {abs(y):.1f} m to the {side}"]
    words.append("outside the image" if chosen.uv is None else f"pixel ({chosen.uv[0]:.0f}, {chosen.uv[1]:.0f})")
    if reading.mode is not None:
        true = "unknown" if reading.true is None else f"{reading.true:.1f} m"
        words.append(f"likeliest depth {reading.mode:.1f} m, mean {reading.mean:.1f} m, true {true}")
    return "; ".join(words)


def test_a_click_on_a_cell_lights_up_its_pixel_depth_and_channels(views, explorer):
    plots = ("canvas[aria-label^='camera image']", "canvas[aria-label='depth distribution']",
             "canvas[aria-label='channel vectors']", "canvas[data-panel='assistant']")  # fmt: skip
    before = [pixels(views, plot) for plot in plots]
    click_cell(views, "fused", GRID, 5, 25)
    assert state(views)["cell"] == [5, 25]
    assert all(now != then for now, then in zip((pixels(views, plot) for plot in plots), before, strict=True))
    explorer.choose_cell(5, 25)
    assert state(views)["uv"] == pytest.approx(explorer.state["uv"], abs=1e-6)
    assert views.locator(".said").inner_text() == expected(explorer)


@pytest.mark.parametrize("cell", [(0, 0), (0, 31), (7, 12), (4, 31)])
def test_browser_and_python_choose_alike(views, explorer, cell):
    click_cell(views, "teacher", GRID, *cell)
    explorer.choose_cell(*cell)
    assert state(views)["cell"] == list(cell)
    assert views.locator(".said").inner_text() == expected(explorer)


@pytest.mark.parametrize("at", [(0.3, 0.6), (0.62, 0.63), (0.9, 0.8)])
def test_a_click_on_the_image_draws_its_ray(views, explorer, at):
    before = pixels(views, "canvas[data-panel='teacher']")
    image = views.locator("canvas[aria-label^='camera image']")
    box = image.bounding_box()
    image.click(position={"x": at[0] * box["width"], "y": at[1] * box["height"]})
    assert pixels(views, "canvas[data-panel='teacher']") != before
    found = state(views)
    assert found["uv"] == pytest.approx([at[0] * 320 - 0.5, at[1] * 96 - 0.5], abs=0.7)
    chosen = explorer.choose_pixel(*found["uv"])
    assert found["cell"] == (None if chosen.cell is None else list(chosen.cell))


def test_colours_are_pythons_colours(views, explorer):
    """The teacher's panel, read back cell by cell without boxes and away from the ray."""
    views.uncheck("[data-control='boxes']")
    explorer.choose_cell(0, 0)  # outside the image: no ray on the map
    click_cell(views, "teacher", GRID, 0, 0)
    rgb = np.round(255 * show_map(explorer.gap.features["teacher"], "pca", basis=explorer.gap.basis).values)
    shown = cell_colours(views, "teacher", GRID)
    far = np.s_[2:, 4:]  # the mark of the chosen cell covers its neighbours
    assert np.abs(shown[far] - rgb[far]).max() <= 1


def test_controls_change_what_is_shown(views):
    panel, compared = "canvas[data-panel='visual']", "canvas[data-panel='comparison']"
    seen = {pixels(views, panel)}
    for view in ("norm", "mean", "channel"):
        views.select_option("[data-control='view']", view)
        seen.add(pixels(views, panel))
    views.locator("[data-control='channel']").fill("4")
    seen.add(pixels(views, panel))
    assert len(seen) == 5
    swiped = pixels(views, compared)
    views.locator("[data-control='split']").fill("0.2")
    assert pixels(views, compared) != swiped
    views.select_option("[data-control='mode']", "difference")
    caption = views.locator("figure", has=views.locator(compared)).locator("figcaption")
    assert "not matched" not in caption.inner_text()
    views.select_option("[data-control='b']", "assistant")
    assert "channels not matched" in caption.inner_text()


def test_the_keyboard_moves_the_choice(views):
    click_cell(views, "fused", GRID, 4, 20)
    for key, cell in (("ArrowUp", [4, 21]), ("ArrowLeft", [5, 21]), ("ArrowRight", [4, 21]), ("ArrowDown", [4, 20])):
        views.keyboard.press(key)
        assert state(views)["cell"] == cell


def test_every_picture_has_a_text_alternative(views):
    require_alternatives(views)


def test_on_a_stage_any_picture_can_be_shown(page, explorer, tmp_path):
    page.goto(on_stage(explorer, tmp_path))
    page.get_by_label("right picture").select_option("depth")
    shown = page.locator(".linked canvas:visible").evaluate_all("all => all.map((one) => one.dataset.panel)")
    assert shown == ["image", "depth"]


def test_a_narrow_page_cuts_nothing(page, explorer, tmp_path):
    page.set_viewport_size({"width": 420, "height": 700})
    open_page(page, explorer, tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
