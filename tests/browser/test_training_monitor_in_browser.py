"""The training monitor in a browser: slider, curves, film strip and keys go to the same step, and it says which."""

import pytest
from explorer_page import panel_pixels, require_alternatives
from made_story import made_up_story

from monotakd.viz.explorers import explore_training


@pytest.fixture
def explorer():
    return explore_training(made_up_story())


def step(views) -> int:
    return views.evaluate("window.explorerModel.get('state').step")


def click(views, panel: str, across: float) -> None:
    canvas = views.locator(f"canvas[data-panel='{panel}']")
    box = canvas.bounding_box()
    canvas.click(position={"x": across * box["width"], "y": 0.5 * box["height"]})


@pytest.mark.parametrize("at", [0, 1, 10, 25, 40])
def test_the_slider_says_what_python_says(views, explorer, at):
    views.locator("[data-control='step']").fill(str(at))
    explorer.scrub(at)
    assert step(views) == at
    assert views.locator(".said").inner_text() == explorer.alt


def test_a_click_on_a_curve_goes_there(views):
    click(views, "total", 0.02 + 0.96 * 0.25)
    assert step(views) == 10
    click(views, "AP", 0.98)
    assert step(views) == 40


def test_a_click_on_the_strip_shows_that_look(views):
    before = panel_pixels(views, "from above")
    click(views, "step 20", 0.5)
    assert step(views) == 20
    after = panel_pixels(views, "from above")
    assert after != before
    views.locator("[data-control='step']").fill("29")  # the last look before it is the same
    assert panel_pixels(views, "from above") == after
    caption = views.locator("figure", has=views.locator("canvas[data-panel='from above']")).locator("figcaption")
    assert caption.inner_text() == "from above, step 20"


def test_keys_move_step_by_step_and_look_by_look(views):
    views.locator("canvas[data-panel='total']").focus()
    views.keyboard.press("ArrowLeft")
    assert step(views) == 39
    click(views, "step 20", 0.5)
    views.keyboard.press("ArrowRight")
    assert step(views) == 30


def test_gradients_are_those_measured_last(views):
    seen = []
    for at in (5, 20, 30):
        views.locator("[data-control='step']").fill(str(at))
        seen.append(panel_pixels(views, "gradients"))
    assert seen[0] == seen[1] != seen[2]


def test_every_picture_has_a_text_alternative(views, shot):
    shot(views)
    require_alternatives(views)
