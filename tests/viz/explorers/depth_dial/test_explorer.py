"""The depth dial's numbers, its payload and its still, with made-up positions."""

from itertools import product

import numpy as np
import pytest
from made_dial import GRID, made_up_dial

from monotakd.viz.explorers import explore_depth_dial
from monotakd.viz.explorers.depth_dial.dial import key_words
from monotakd.viz.explorers.depth_dial.payload import pack_dial


@pytest.fixture
def explorer():
    from monotakd import lesson

    return explore_depth_dial(made_up_dial(lesson.toy_frame(3, depth="sparse")))


def test_starts_at_the_prediction_and_turns_to_stored_positions(explorer):
    assert explorer.key == (0.0, 0.0, 0.0)
    explorer.turn(truth=0.5, shift=3.0)
    assert explorer.key == (0.5, 3.0, 0.0)
    explorer.turn(blur=1.5)
    assert explorer.position is explorer.dialled.positions[0.5, 3.0, 1.5]
    with pytest.raises(ValueError, match=r"truth 0\.3, expected one of"):
        explorer.turn(truth=0.3)
    assert explorer.key == (0.5, 3.0, 1.5)


def test_overlaps_and_counts_are_those_of_the_boxes(explorer):
    at, away = explorer.dialled.positions[0.0, 0.0, 0.0], explorer.dialled.positions[0.0, 3.0, 0.0]
    assert at.overlaps[0] == pytest.approx(1.0, abs=1e-6)
    assert away.overlaps[0] < 0.5
    assert (at.found.hits, away.found.hits) == (1, 0)


def test_words_say_position_and_result(explorer):
    explorer.turn(truth=1.0, shift=-2.0, blur=1.5)
    assert key_words(explorer.key) == "100% true depth, 2 m too near, blurred by 1.5 m"
    assert explorer.alt.startswith("100% true depth, 2 m too near, blurred by 1.5 m: ")
    assert "0 of 5 cars found, 0 false alarms" in explorer.alt
    assert explorer.alt.endswith("AP 130.0 (at most 100.0 on this frame)")


def test_the_payload_holds_every_position_in_the_order_that_the_browser_reads(explorer):
    facts, payload = pack_dial(explorer.dialled)
    assert len(facts["positions"]) == 18
    for t, s, b in product(range(3), range(3), range(2)):
        sent = facts["positions"][(t * 3 + s) * 2 + b]
        position = explorer.dialled.positions[explorer.dialled.key(t, s, b)]
        codes = np.frombuffer(payload, np.uint8, GRID.shape[0] * GRID.shape[1], sent["codes"]).reshape(GRID.shape)
        shown = np.clip(position.norm / facts["brightest"], 0, 1)
        assert np.abs(codes / 255 - shown).max() <= 0.5 / 255 + 1e-9
        assert sent["words"] == position.words(100.0)
        assert sent["scores"] == [0.9, 0.2]


def test_the_reading_is_the_turned_depth(explorer):
    explorer.turn(truth=0.5)
    reading = explorer.choose_pixel(150.0, 70.0)
    np.testing.assert_allclose(reading.distribution, explorer.dialled.turned((0.5, 0.0, 0.0))[:, 17, 37])
    assert reading.true is None or reading.true > 0
    with pytest.raises(ValueError, match="outside the image"):
        explorer.choose_pixel(500.0, 10.0)


def test_the_still_follows(explorer):
    begun = explorer.still(width=8).png()
    explorer.turn(truth=1.0)
    turned = explorer.still(width=8)
    assert turned.png() != begun
    assert [axes.get_title(loc="left") for axes in turned.axes if axes.get_title(loc="left")][-1] == "with this depth"


def test_a_place_that_is_not_on_the_slider_is_refused(explorer):
    with pytest.raises(ValueError, match=r"blur 2, expected a place on the slider, 0\.\.1"):
        explorer.dialled.key(0, 0, 2)
