"""A training's story: curves at steps, looks, gradients, and what the monitor sends."""

import numpy as np
import pytest
from made_story import made_up_story

from monotakd.viz.explorers.training.explorer import MOST_POINTS, explore_training, pack_story
from monotakd.viz.explorers.training.still import FRAMES, draw_story, in_strip, is_logarithmic
from monotakd.viz.explorers.training.story import Curve, TrainingStory, short_number


def test_a_curve_says_its_last_value():
    curve = Curve.of([(5, 1.0), (10, 2.0)])
    assert [curve.at(step) for step in (4, 5, 9, 10, 99)] == [None, 1.0, 1.0, 2.0, 2.0]


def test_looks_and_gradients_are_the_last_ones_before_a_step():
    story = made_up_story()
    assert story.last == 40
    assert [story.look_at(step).step for step in (0, 9, 10, 39, 40)] == [0, 0, 10, 30, 40]
    assert [story.gradients_at(step)[0] for step in (0, 20, 21, 40)] == [1, 1, 21, 21]


def test_words_name_what_is_known_at_the_step():
    assert made_up_story().words(20) == "step 20 of 40: total 5; AP seen 40, others 5"
    assert made_up_story().words(0) == "step 0 of 40: AP seen 0, others 0"


def test_numbers_are_plain_up_to_9999():
    values = [0.00001, 0.0004561, 1.4321, 143.2, 999.7, 1432.1, 9999.4, 9999.6, -1432.1]
    said = ["1e-05", "0.000456", "1.43", "143", "1000", "1432", "9999", "1e+04", "-1432"]
    assert [short_number(value) for value in values] == said
    assert [short_number(value, 2) for value in (14.3, 143.2, 1432.1, 14321.0)] == ["14", "143", "1432", "1.4e+04"]


def test_the_strip_is_spread_evenly():
    assert [look.step for look in in_strip(made_up_story(3))] == [0, 10, 20]
    many = [look.step for look in in_strip(made_up_story(30))]
    assert len(many) == FRAMES
    assert (many[0], many[-1]) == (0, 290)


def test_a_log_without_steps_is_refused():
    with pytest.raises(ValueError, match="holds no steps"):
        TrainingStory("empty", {})


def test_wide_ranges_get_a_logarithmic_axis():
    assert is_logarithmic(np.array([1.0, 100.0]))
    assert not is_logarithmic(np.array([0.0, 100.0]))
    assert not is_logarithmic(np.array([50.0, 100.0]))


def test_the_payload_holds_every_look_and_thinned_curves():
    story = made_up_story()
    facts, payload = pack_story(story)
    assert facts["last"] == 40
    for sent, look in zip(facts["looks"], story.looks, strict=True):
        codes = np.frombuffer(payload, np.uint8, look.map.size, sent["codes"]).reshape(look.map.shape)
        assert np.abs(codes / 255 - np.clip(look.map / story.brightest, 0, 1)).max() <= 0.5 / 255 + 1e-9
    long = Curve(np.arange(1, 5001), np.linspace(0, 1, 5000))
    (panel,) = pack_story(TrainingStory("long", {"total": {"": long}}))[0]["panels"]
    assert len(panel["curves"][0]["steps"]) == MOST_POINTS
    assert panel["curves"][0]["steps"][-1] == 5000


def test_the_monitor_scrubs_and_follows_a_run_that_goes_on():
    monitor = explore_training(made_up_story())
    assert monitor.step == 40
    monitor.scrub(10)
    assert monitor.alt.startswith("step 10 of 40: total 10; AP")
    with pytest.raises(ValueError, match=r"step 41, expected 0\.\.40"):
        monitor.scrub(41)
    monitor.follow(TrainingStory("a run", {"total": {"": Curve(np.arange(1, 61), np.ones(60))}}))
    assert monitor.step == 60
    assert monitor.facts["looks"] == []


def test_the_still_shows_what_there_is():
    whole = draw_story(made_up_story(), 20)
    assert len(whole.axes) == 5 + 3 + 1
    bare = draw_story(TrainingStory("stored", {"total": {"": Curve(np.arange(1, 9), np.ones(8))}}))
    assert len(bare.axes) == 1
    assert bare.get_figheight() < whole.get_figheight()
