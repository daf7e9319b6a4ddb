"""The AP stepper in a browser: every control, and that its words and list are Python's."""

import pytest
from explorer_page import panel_pixels, require_alternatives, said, state

from monotakd.viz.explorers import step_through
from monotakd.viz.explorers.stepper.example import a_dozen


@pytest.fixture
def explorer():
    return step_through(*a_dozen())


def must_say(explorer, step: int, **shown) -> str:
    explorer.show(step=step, **shown)
    return f"step {step} of 12: {explorer.alt}"


def test_stepping_says_what_each_detection_counts_as(views, explorer, shot):
    assert said(views) == must_say(explorer, 0)
    seen = {name: {panel_pixels(views, name)} for name in ("image", "above", "curve")}
    for step in range(1, 13):
        views.get_by_text("next detection").click()
        assert said(views) == must_say(explorer, step)
        for name, pictures in seen.items():
            pictures.add(panel_pixels(views, name))
    assert [len(pictures) for pictures in seen.values()] == [13, 13, 13]
    shot(views)
    views.get_by_text("next detection").click()
    assert state(views)["step"] == 12
    views.get_by_text("back", exact=True).click()
    assert said(views) == must_say(explorer, 11)


def test_the_list_tells_every_status_and_chooses_a_step(views, explorer):
    views.get_by_text("all", exact=True).click()
    rows = views.locator(".ranking li").all_inner_texts()
    assert len(rows) == 12
    assert rows[0] == "✗ 0.98 Car: false alarm"
    assert rows[2] == "○ 0.91 Car: ignored"
    assert rows[11] == "– 0.36 Pedestrian: other class"
    views.locator(".ranking li").nth(4).click()
    assert said(views) == must_say(explorer, 5)
    assert views.locator(".ranking li.out").count() == 7
    assert views.locator(".ranking li.new").inner_text().startswith("✗ 0.83")


def test_metric_difficulty_and_threshold(views, explorer):
    views.locator("[data-control='step']").fill("12")
    shown = {"metric": "3d", "difficulty": "moderate", "level": "strict"}
    for name, value in (("metric", "bbox"), ("difficulty", "hard"), ("level", "loose"), ("metric", "bev")):
        views.select_option(f"[data-control='{name}']", value)
        shown[name] = value
        assert said(views) == must_say(explorer, 12, **shown)


def test_arrow_keys_step(views, explorer):
    views.locator("canvas[data-panel='curve']").focus()
    for key, step in (("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("ArrowLeft", 0), ("ArrowLeft", 0)):
        views.keyboard.press(key)
        assert state(views)["step"] == step


def test_pictures_have_text_alternatives(views):
    require_alternatives(views, count=3)
