"""The depth dial in a browser: every slider, clicks and keys, and that Python would say and count the same."""

import re

import pytest
from explorer_page import panel_pixels, require_alternatives, state
from made_dial import BLURS, GRID, SHIFTS, TRUTHS, made_up_dial

from monotakd import lesson
from monotakd.viz.explorers import explore_depth_dial


@pytest.fixture
def explorer():
    return explore_depth_dial(made_up_dial(lesson.toy_frame(3, depth="sparse")))


def require_reading(views, explorer) -> None:
    """What the page says of the distribution that it draws; its probabilities are rounded to bytes."""
    said = views.locator("figure", has=views.locator("canvas[data-panel='depth']")).locator(".small").inner_text()
    (u, v), reading = explorer.state["uv"], explorer.reading
    found = re.match(r"pixel \((\d+), (\d+)\): likeliest ([\d.]+) m, mean ([\d.]+) m, true ([\d.]+|unknown)", said)
    assert (int(found[1]), int(found[2])) == (round(u), round(v))
    assert float(found[3]) == pytest.approx(reading.mode, abs=0.051)
    assert float(found[4]) == pytest.approx(reading.mean, abs=0.15)
    assert found[5] == ("unknown" if reading.true is None else f"{reading.true:.1f}")


@pytest.mark.parametrize(("name", "values"), [("truth", TRUTHS), ("shift", SHIFTS), ("blur", BLURS)])
def test_every_place_of_every_slider_shows_what_python_has(views, explorer, name, values):
    seen = set()
    for place, value in enumerate(values):
        views.locator(f"[data-control='{name}']").fill(str(place))
        explorer.turn(**{name: value})
        assert state(views)[name] == place
        assert views.locator(".said").inner_text() == explorer.alt
        require_reading(views, explorer)
        seen.add(panel_pixels(views, "with this depth"))
    assert len(seen) == len(values)


def test_all_three_together_turn_the_distribution_as_python_does(views, explorer):
    for name, place in (("truth", 1), ("shift", 2), ("blur", 1)):
        views.locator(f"[data-control='{name}']").fill(str(place))
    explorer.turn(truth=0.5, shift=3.0, blur=1.5)
    for u, v in ((30, 60), (150, 70), (250, 40), (310, 90)):
        image = views.locator("canvas[data-panel='image']")
        box = image.bounding_box()
        image.click(position={"x": (u + 0.5) / 320 * box["width"], "y": (v + 0.5) / 96 * box["height"]})
        found = state(views)["uv"]
        assert found == pytest.approx([u, v], abs=0.7)
        explorer.choose_pixel(*found)
        require_reading(views, explorer)


def test_the_prediction_stays_beside_it_and_the_button_goes_back(views):
    before, after = (panel_pixels(views, name) for name in ("as predicted", "with this depth"))
    assert before == after
    views.locator("[data-control='truth']").fill("2")
    assert panel_pixels(views, "as predicted") == before
    assert panel_pixels(views, "with this depth") != before
    views.get_by_role("button", name="as predicted").click()
    assert state(views)["truth"] == 0
    assert panel_pixels(views, "with this depth") == before


def test_a_click_on_the_map_chooses_the_pixel_that_looks_there(views, explorer):
    canvas = views.locator("canvas[data-panel='with this depth']")
    box, (rows, columns) = canvas.bounding_box(), GRID.shape
    row, column = 11, 20  # 22.5 m ahead, 3 m to the left
    across, down = (rows - row - 0.5) / rows, (columns - column - 0.5) / columns
    canvas.click(position={"x": across * box["width"], "y": down * box["height"]})
    u, v, t = explorer.dialled.frame.calibration.img_from_lidar @ (22.5, 3.0, -0.9, 1.0)
    assert state(views)["uv"] == pytest.approx([u / t, v / t], abs=1e-6)


def test_keys_move_sliders_and_pixel(views):
    views.locator("[data-control='shift']").focus()
    views.keyboard.press("ArrowRight")
    assert state(views)["shift"] == 2
    views.locator("canvas[data-panel='image']").focus()
    u, v = state(views)["uv"]
    views.keyboard.press("ArrowLeft")
    views.keyboard.press("ArrowDown")
    assert state(views)["uv"] == pytest.approx([u - 4, v + 4])


def test_says_what_it_shows(views, shot):
    views.locator("[data-control='truth']").fill("1")
    shot(views)
    assert views.locator("[data-control='truth']").get_attribute("aria-valuetext") == "50 %"
    require_alternatives(views)
