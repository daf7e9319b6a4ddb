"""The 3D explorer in a browser: real clicks on boxes, whose numbers must be those that Python computes.

Where to click is worked out by Python's own camera, so that a wrong projection in the browser misses the box.
"""

import numpy as np
import pytest
from explorer_page import open_page, panel_pixels, receive, require_alternatives, said, state

from monotakd import lesson
from monotakd.geometry.frames import project_lidar
from monotakd.scene import Boxes3D, Detections
from monotakd.viz.explorers import explore_scene
from monotakd.viz.explorers.scene.camera import eye_of
from monotakd.viz.explorers.scene.words import sentence_of, table_of
from monotakd.viz.still import FIELD_OF_VIEW


@pytest.fixture
def explorer():
    """A street with its labels, and a detector that is 0.6 m too far everywhere and less and less sure."""
    frame = lesson.frame(7)
    values = frame.annotations.boxes.values.copy()
    values[:, 0] += 0.6
    found = Detections(Boxes3D(values, frame.annotations.boxes.names), np.linspace(0.95, 0.1, len(values)))
    depth = np.where(np.arange(frame.image.shape[1]) % 4 == 0, 15.0, 0.0) * np.ones(frame.image.shape[:2])
    return explore_scene(frame, {"student": found}, depth=depth, min_score=0.3)


@pytest.fixture
def views(views):
    views.wait_for_function("document.querySelector('.under')")
    return views


def table(views) -> list[list[str]]:
    rows = "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    return views.locator(".numbers tr").evaluate_all(rows)


def must_say(explorer, name: str, row: int) -> tuple[str, list[list[str]]]:
    numbers = explorer.scene.numbers(name, row)
    return sentence_of(name, row, numbers), [list(pair) for pair in table_of(numbers)]


def on_screen(view: dict, point, width: float, height: float) -> dict:
    """Where a point lies on the 3D panel: a pinhole camera at the view's eye that looks at its target."""
    eye, target = np.array(eye_of(view)), np.array(view["target"])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, (0, 0, 1))
    right /= np.linalg.norm(right)
    away, focal = np.asarray(point) - eye, height / 2 / np.tan(FIELD_OF_VIEW / 2)
    depth = away @ forward
    across, down = away @ right / depth, away @ np.cross(forward, right) / depth
    return {"x": width / 2 + focal * across, "y": height / 2 + focal * down}


def click_in_3d(views, point, view: dict | None = None) -> None:
    canvas = views.locator("canvas[data-panel='space']")
    box = canvas.bounding_box()
    canvas.click(position=on_screen(view or state(views)["view"], point, box["width"], box["height"]))


def looks(views, name: str) -> bytes:
    return views.locator(f"canvas[data-panel='{name}']").screenshot()


def test_a_click_on_a_box_in_3d_shows_its_numbers_and_marks_it_everywhere(views, explorer, shot):
    views.uncheck("[data-control='show truth']")
    for row in (0, 1):
        before = [panel_pixels(views, "image"), panel_pixels(views, "above"), looks(views, "space")]
        click_in_3d(views, explorer.scene.named("student").boxes.centres[row])
        assert state(views)["chosen"] == ["student", row]
        words, rows = must_say(explorer, "student", row)
        assert said(views) == words
        assert table(views) == rows
        after = [panel_pixels(views, "image"), panel_pixels(views, "above"), looks(views, "space")]
        assert all(now != then for now, then in zip(after, before, strict=True))
    shot(views)


def test_a_second_click_takes_the_box_behind(views, explorer):
    """A truth and its detection, 0.6 m behind it, lie under the same place."""
    centre = explorer.scene.named("truth").boxes.centres[0]
    chosen = []
    for _ in range(2):
        click_in_3d(views, centre)
        chosen.append(tuple(state(views)["chosen"]))
    assert set(chosen) == {("truth", 0), ("student", 0)}


def test_a_click_beside_all_boxes_chooses_none(views, explorer):
    click_in_3d(views, explorer.scene.named("truth").boxes.centres[0])
    assert state(views)["chosen"] is not None
    click_in_3d(views, (20.0, 18.0, 3.0))
    assert state(views)["chosen"] is None
    assert said(views) == explorer.alt


def test_a_click_on_the_image_and_one_from_above(views, explorer):
    frame, boxes = explorer.scene.frame, explorer.scene.named("student").boxes
    views.uncheck("[data-control='show truth']")
    row = boxes.names.index("Cyclist")  # nothing stands before it
    (u, v), _ = project_lidar(frame.calibration, boxes.centres[row].astype(np.float64))
    image = views.locator("canvas[data-panel='image']")
    scale = image.bounding_box()["width"] / frame.image.shape[1]
    image.click(position={"x": (u + 0.5) * scale, "y": (v + 0.5) * scale})
    assert said(views) == must_say(explorer, "student", row)[0]
    above = views.locator("canvas[data-panel='above']")
    size = above.bounding_box()
    x, y, _ = boxes.centres[0]
    above.click(position={"x": (38 - y) / 76 * size["width"], "y": (72 - x) / 76 * size["height"]})
    assert said(views) == must_say(explorer, "student", 0)[0]


def test_dragging_orbits_and_does_not_choose(views, explorer):
    canvas = views.locator("canvas[data-panel='space']")
    box, before = canvas.bounding_box(), state(views)
    views.mouse.move(box["x"] + 300, box["y"] + 200)
    views.mouse.down()
    views.mouse.move(box["x"] + 380, box["y"] + 230, steps=4)
    views.mouse.up()
    after = state(views)
    assert after["view"]["azimuth"] == pytest.approx(before["view"]["azimuth"] - 0.008 * 80, abs=0.02)
    assert after["view"]["elevation"] == pytest.approx(before["view"]["elevation"] + 0.008 * 30, abs=0.02)
    assert after["chosen"] == before["chosen"]
    views.uncheck("[data-control='show truth']")
    click_in_3d(views, explorer.scene.named("student").boxes.centres[0])  # with the new view
    assert state(views)["chosen"] == ["student", 0]


def test_shift_and_drag_moves_the_target_with_the_mouse(views):
    canvas = views.locator("canvas[data-panel='space']")
    box, before = canvas.bounding_box(), state(views)["view"]
    views.keyboard.down("Shift")
    views.mouse.move(box["x"] + 300, box["y"] + 200)
    views.mouse.down()
    views.mouse.move(box["x"] + 400, box["y"] + 200, steps=4)
    views.mouse.up()
    views.keyboard.up("Shift")
    after = state(views)["view"]
    assert after["azimuth"] == before["azimuth"]
    assert after["target"][1] > before["target"][1] + 1, "what was under the mouse went right, so the target went left"


def test_the_score_slider_hides_boxes(views, explorer):
    all_shown = panel_pixels(views, "above")
    slider = views.locator("[data-control='min_score']")
    for score in ("0.3", "0.9"):
        slider.fill(score)
        explorer.show(min_score=float(score))
        assert said(views) == explorer.alt
    assert panel_pixels(views, "above") != all_shown
    slider.fill("0.97")
    views.uncheck("[data-control='show truth']")
    explorer.show(min_score=0.97, only=("student",))
    assert said(views) == explorer.alt
    click_in_3d(views, explorer.scene.named("student").boxes.centres[0])
    assert state(views)["chosen"] is None, "a hidden box cannot be chosen"


def test_points_colours_and_image_can_be_switched(views, shot):
    seen = {looks(views, "space")}
    for name, value in (("cloud", "predicted"), ("cloud", "both"), ("colour", "intensity"), ("colour", "distance"),
                        ("cloud", "none")):  # fmt: skip
        views.select_option(f"[data-control='{name}']", value)
        seen.add(looks(views, "space"))
    views.uncheck("[data-control='image']")
    seen.add(looks(views, "space"))
    assert len(seen) == 7


def test_following_keeps_the_box_in_the_middle(views, explorer, shot):
    click_in_3d(views, explorer.scene.named("student").boxes.centres[1])
    views.check("[data-control='follow']")
    shown = state(views)
    centre = explorer.scene.named(shown["chosen"][0]).boxes.values[shown["chosen"][1], :3].tolist()
    shot(views)
    click_in_3d(views, centre, {**shown["view"], "target": centre, "distance": shown["close"]})
    canvas = views.locator("canvas[data-panel='space']")
    canvas.focus()
    for _ in range(3):
        views.keyboard.press("ArrowRight")
    assert state(views)["view"]["azimuth"] == pytest.approx(shown["view"]["azimuth"] - 0.18)
    assert state(views)["view"]["target"] == shown["view"]["target"], "the free view is kept for later"
    views.keyboard.press("+")
    assert state(views)["close"] == pytest.approx(shown["close"] / 1.15)


def test_turning_goes_round_the_box_and_rests_where_it_is_stopped(views):
    before = state(views)["view"]["azimuth"]
    first = looks(views, "space")
    views.check("[data-control='turn']")
    views.wait_for_timeout(900)
    assert looks(views, "space") != first
    views.uncheck("[data-control='turn']")
    rest = state(views)["view"]["azimuth"]
    assert rest > before + 0.02
    still = looks(views, "space")
    views.wait_for_timeout(200)
    assert looks(views, "space") == still


def test_the_keyboard_reaches_every_box(views, explorer):
    views.locator("canvas[data-panel='space']").focus()
    shown = [(boxes.name, row) for boxes in explorer.scene.sets for row in range(len(boxes))
             if boxes.scores is None or boxes.scores[row] >= 0.3]  # fmt: skip
    met = []
    for _ in shown:
        views.keyboard.press("n")
        met.append(tuple(state(views)["chosen"]))
    assert set(met) == set(shown)
    ahead = [explorer.scene.named(name).boxes.centres[row][0] for name, row in met]
    assert ahead == sorted(ahead), "near ones first"
    views.keyboard.press("p")
    assert tuple(state(views)["chosen"]) == met[-2]
    views.keyboard.press("Escape")
    assert state(views)["chosen"] is None
    views.get_by_text("previous box").click()
    assert tuple(state(views)["chosen"]) == met[-1]
    views.keyboard.press("f")  # the button has the focus now, not the picture
    assert state(views)["follow"] is False


def test_points_that_come_later_take_the_place_of_the_first(page, views, explorer, tmp_path):
    first, fewer = (panel_pixels(views, "above"), looks(views, "space")), explorer.scene.frame.points[::7]
    explorer.show_points(fewer)
    receive(views, explorer)
    views.get_by_role("button", name="next box").click()
    row = state(views)["chosen"]
    seen = (panel_pixels(views, "above"), looks(views, "space"), said(views))
    assert seen[:2] != first
    assert (seen[2], table(views)) == must_say(explorer, *row)
    opened = open_page(page, explorer, tmp_path)  # a page that had the new points from its beginning
    opened.wait_for_function("document.querySelector('.under')")
    opened.get_by_role("button", name="next box").click()
    assert (panel_pixels(opened, "above"), looks(opened, "space"), said(opened)) == seen


def test_every_picture_has_a_text_alternative(views):
    require_alternatives(views, "canvas[data-panel]", count=3)
    assert views.locator(".under").get_attribute("aria-hidden") == "true"
