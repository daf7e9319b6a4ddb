"""What the browser gets is what Python has, but for the rounding to bytes."""

import json

import numpy as np
import pytest

from monotakd.viz.explorers import explore_feature_gap
from monotakd.viz.explorers.feature_gap import payload
from monotakd.viz.feature_panels import show_map

from ..conftest import BINS, GRID, bev


@pytest.fixture
def packed(explorer):
    facts, data = payload.pack(explorer.gap)
    return explorer.gap, json.loads(json.dumps(facts, allow_nan=False)), data


def layers(entry: dict, data: bytes) -> np.ndarray:
    """(channels + 2, Y, X) numbers of a map."""
    count, size = entry["channels"] + 2, GRID.shape[0] * GRID.shape[1]
    codes = np.frombuffer(data, np.uint8, count * size, entry["codes"]).reshape(count, *GRID.shape)
    low, step = (np.array(entry[name])[:, None, None] for name in ("low", "step"))
    return low + step * codes


def test_every_channel_arrives_within_half_a_step(packed):
    gap, facts, data = packed
    assert [entry["name"] for entry in facts["maps"]] == list(gap.features)
    for entry in facts["maps"]:
        found, step = layers(entry, data), np.array(entry["step"])
        features = gap.features[entry["name"]]
        wrong = np.abs(found[:6] - features).max(axis=(1, 2))
        assert (wrong <= 0.5 * step[:6] + 1e-6).all()
        assert found[6] == pytest.approx(np.sqrt((features**2).mean(axis=0)), abs=0.51 * step[6])
        assert found[7] == pytest.approx(features.mean(axis=0), abs=0.51 * step[7])


def test_colours_are_those_of_the_still_views(packed):
    gap, facts, data = packed
    entry = next(entry for entry in facts["maps"] if entry["name"] == "fused")
    rgb = np.frombuffer(data, np.uint8, 3 * GRID.shape[0] * GRID.shape[1], entry["pca"]).reshape(*GRID.shape, 3)
    assert rgb / 255 == pytest.approx(show_map(gap.features["fused"], "pca", basis=gap.basis).values, abs=0.51 / 255)


def test_depth_arrives_with_exact_readings(packed):
    gap, facts, data = packed
    bins, rows, columns = facts["depth"]["shape"]
    codes = np.frombuffer(data, np.uint8, bins * rows * columns, facts["depth"]["codes"]).reshape(bins, rows, columns)
    tables = np.frombuffer(data, np.float32, 4 * rows * columns, facts["depth"]["tables"]).reshape(4, rows, columns)
    largest, mode, mean, truth = tables
    assert codes / 255 * largest == pytest.approx(gap.probabilities, abs=0.61 / 510)
    reading = gap.read(gap.at_pixel(200, 62))
    assert (mode[15, 50], truth[15, 50]) == (reading.mode, reading.true)
    assert mean[15, 50] == pytest.approx(reading.mean)
    assert np.isnan(truth).sum() == truth.size - 1


@pytest.fixture
def large(known, monkeypatch):
    """Maps of which two of six channels are sent."""
    monkeypatch.setattr(payload, "MOST_BYTES", 100)
    monkeypatch.setattr(payload, "FEW", 2)
    teacher = bev(1)
    teacher.features[:, 4] *= 10
    teacher.features[:, 1] *= 5
    return explore_feature_gap(known, {"teacher": teacher, "mine": bev(2, channels=3)}, boxes={})


def test_large_maps_send_the_channels_that_vary_most(large):
    assert large.facts["channels"] == [1, 4]
    assert [entry["channels"] for entry in large.facts["maps"]] == [2, 1]


def test_a_channel_that_was_not_sent_is_fetched(large):
    assert (large.facts["channels"], large.facts["all_channels"]) == ([1, 4], 6)
    large.show(3)
    assert large.facts["channels"] == [1, 3, 4]
    assert (large.state["view"], large.state["channel"]) == ("channel", 1)
    assert set(large.widget.changed) == {"channels", "maps"}, "the image does not travel again"
    mine, yours = large.facts["maps"]
    assert (mine["channels"], yours["channels"]) == (3, 1)
    found = layers(mine, large.widget.payload)[1]
    assert found == pytest.approx(large.gap.features["teacher"][3], abs=0.51 * mine["step"][1])
    assert large.still().png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"channel 6, expected 0\.\.5"):
        large.show(6)


def test_the_browser_asks_by_its_state(large):
    before = large.widget.payload[: large.facts["head"]]
    large.widget.set_state({"state": {**large.state, "asked": 0}})
    assert large.facts["channels"] == [0, 1, 4]
    assert (large.state["view"], large.state["channel"], large.state["asked"]) == ("channel", 0, -1)
    assert large.widget.payload[: large.facts["head"]] == before
    sent = large.widget.payload
    large.widget.set_state({"state": {**large.state, "asked": 4}})  # is there already
    assert (large.state["channel"], large.widget.payload) == (2, sent)


def test_maps_with_other_channels_have_no_colours_but_a_norm(known):
    shown = explore_feature_gap(known, {"mine": bev(1), "yours": bev(2, channels=9)}, boxes={}, depth=None)
    mine, yours = shown.widget.facts["maps"]
    assert mine["pca"] is not None
    assert yours["pca"] is None
    assert yours["likeness"]["cosine"] is None
    assert shown.still().png().startswith(b"\x89PNG")


def test_bins_are_sent_by_their_edges(packed):
    edges = packed[1]["depth"]["edges"]
    assert (len(edges), edges[0], edges[-1]) == (BINS.num + 1, 2.0, 42.0)
