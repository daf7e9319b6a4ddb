"""The counterfactual street in a browser: every sweep, every value, clicks and keys; Python would say the same."""

import numpy as np
import pytest
from explorer_page import panel_pixels, require_alternatives, state

from monotakd.geometry.frames import lift_to_lidar
from monotakd.scene import Boxes3D, Calibration, Detections, Frame
from monotakd.viz.explorers import explore_what_if
from monotakd.viz.explorers.what_if.swept import Answer, Swept

CAMERA = Calibration(
    np.array([[180.0, 0, 159.5, 0], [0, 180, 47.5, 0], [0, 0, 1, 0]]),
    np.array([[0, -1.0, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    (96, 320),
)


def answer(seed: int, distance: float, box: float | None) -> Answer:
    rng = np.random.default_rng(seed)
    frame = Frame("what if", rng.integers(0, 255, (96, 320, 3), dtype=np.uint8), CAMERA)
    car = np.array([*lift_to_lidar(CAMERA, np.array([159.5, 55.0]), np.array(distance)), 4.0, 1.6, 1.5, 0.0])
    boxes = car[None] if box is None else car[None] + np.array([box - distance, 0, 0, 0, 0, 0, 0])
    found = Detections(Boxes3D(boxes, ("Car",)), np.array([0.6 if box else 0.1]))
    seen = distance - 1.5
    return Answer(frame, Boxes3D(car[None], ("Car",)), found, distance, distance - 2, seen, (seen - 1, seen + 2), box,
                  None if box is None else 0.6)  # fmt: skip


@pytest.fixture
def explorer():
    shared = answer(0, 14.0, 15.0)
    return explore_what_if({
        "distance": Swept("the car drives away", "distance (m)", (8.0, 14.0, 20.0),
                          (answer(1, 8.0, None), shared, answer(2, 20.0, 19.0))),
        "size": Swept("the car grows", "size (factor)", (0.5, 1.0), (answer(3, 14.0, 13.0), shared)),
    })  # fmt: skip


def test_every_value_of_every_sweep_shows_its_own_street(views, explorer):
    seen = {}
    for name, sweep in explorer.sweeps.items():
        views.select_option("[data-control='sweep']", name)
        for place in range(len(sweep.values)):
            views.locator("[data-control='place']").fill(str(place))
            explorer.show(name, place)
            assert state(views) == explorer.state
            assert views.locator(".said").inner_text() == explorer.alt
            seen[name, place] = panel_pixels(views, "street")
    assert len(set(seen.values())) == 4
    assert seen["distance", 1] == seen["size", 1], "one street that is in both sweeps"


def test_a_click_on_a_plot_goes_to_the_nearest_value(views):
    canvas = views.locator("canvas[data-panel='size']")
    box = canvas.bounding_box()
    canvas.click(position={"x": 0.2 * box["width"], "y": 0.5 * box["height"]})
    assert state(views) == {"sweep": "size", "place": 0}


def test_keys_move_along_the_sweep_and_stop_at_its_ends(views):
    views.locator("canvas[data-panel='street']").focus()
    for place in (2, 2):
        views.keyboard.press("ArrowRight")
        assert state(views)["place"] == place
    views.keyboard.press("ArrowLeft")
    assert state(views)["place"] == 1


def test_the_view_from_above_follows(views):
    before = panel_pixels(views, "from above")
    views.locator("[data-control='place']").fill("2")
    assert panel_pixels(views, "from above") != before


def test_fits_on_the_screen_and_has_text_alternatives(views, shot):
    shot(views)
    assert views.evaluate("document.documentElement.scrollHeight") <= 720
    require_alternatives(views)
