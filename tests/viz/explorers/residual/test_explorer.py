"""The residual explorer from Python: its state, its words, its still, and what the browser is sent."""

import json

import numpy as np
import pytest

from monotakd.viz.explorers import explore_residual
from monotakd.viz.explorers.feature_gap import payload
from monotakd.viz.explorers.residual import cue as residual_cue
from monotakd.viz.explorers.residual.cue import FORMS, GROUPS, THRESHOLDS, ResidualCue, summed
from monotakd.viz.explorers.residual.payload import pack_cue

from ..conftest import GRID, bev


@pytest.fixture
def explorer(known, maps):
    return explore_residual(known, maps, before={"spatial": bev(30)}, before_name="untrained", sample=1)


def test_begins_with_the_papers_form_at_the_default_threshold(explorer):
    assert (explorer.form, explorer.threshold) == ("binarised", 1.0)
    assert explorer.selection.cell is not None


def test_controls_change_what_is_read(explorer):
    explorer.show("signed", 0.7, channel=2, boxes=False)
    assert (explorer.form, explorer.threshold, explorer.state["channel"]) == ("signed", 0.7, 2)
    wanted = explorer.cue.energy("signed", 0.7)
    assert explorer.energy.whole == wanted.whole
    assert explorer.likeness == explorer.cue.likeness("signed", 0.7)
    explorer.choose_cell(3, 12)
    residual = explorer.vectors["teacher"] - explorer.vectors["assistant"]
    large = np.abs(residual) > 0.7 * explorer.cue.unit
    assert explorer.vectors["residual"] == pytest.approx(np.where(large, residual, 0))


def test_words_say_form_energy_likeness_and_cell(explorer):
    explorer.show("magnitude", 0.3)
    explorer.choose_cell(2, 10)
    whole, found = explorer.energy.whole, explorer.likeness["spatial"]
    assert explorer.alt == (
        "magnitude above 0.3 RMS of F_T, channels not matched: "
        + ", ".join(f"{name} {whole[name]:.2f}" for name in GROUPS)
        + f"; spatial like it: CKA {found.cka:.2f} (floor {found.cka_floor:.2f}), cosine {found.cosine:.2f} "
        f"(floor {found.cosine_floor:.2f}); cell (2, 10): 12.5 m ahead, 3.0 m to the right"
    )


def test_stills_differ_with_the_state(explorer):
    seen = {explorer.still(width=7).png()}
    for change in (("signed", 0.0), ("signed", 1.5), ("magnitude", 0.0)):
        explorer.show(*change)
        seen.add(explorer.still(width=7).png())
    explorer.show(channel=4)
    seen.add(explorer.still(width=7).png())
    explorer.choose_cell(6, 3)
    seen.add(explorer.still(width=7).png())
    assert len(seen) == 6


def test_a_still_of_teacher_and_assistant_alone(known, maps):
    pair = {name: maps[name] for name in ("teacher", "assistant")}
    shown = explore_residual(known, pair, aligned=True, boxes={})
    shown.show("binarised", 3.0)
    assert shown.still(width=7).png().startswith(b"\x89PNG")
    assert "spatial" not in shown.alt
    assert "aligned: in boxes none" in shown.alt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"form": "squared"}, "form 'squared'"),
        ({"threshold": 3.2}, r"threshold 3.2, expected 0\.\.3"),
        ({"channel": 6}, r"channel 6, expected 0\.\.5"),
    ],
)
def test_what_is_not_there_cannot_be_shown(explorer, change, message):
    with pytest.raises(ValueError, match=message):
        explorer.show(**change)


@pytest.fixture
def packed(explorer):
    facts, data = pack_cue(explorer.cue)
    return explorer.cue, json.loads(json.dumps(facts, allow_nan=False)), data


def cue_layers(form: dict, data: bytes) -> np.ndarray:
    """(thresholds, Y, X) numbers of a form."""
    shape = (len(THRESHOLDS), *GRID.shape)
    codes = np.frombuffer(data, np.uint8, int(np.prod(shape)), form["codes"]).reshape(shape)
    low, step = (np.array(form[name])[:, None, None] for name in ("low", "step"))
    return low + step * codes


@pytest.mark.parametrize("form", FORMS)
def test_every_stand_of_the_slider_arrives(packed, form):
    cue, facts, data = packed
    sent = facts["forms"][form]
    layers = cue_layers(sent, data)
    for place, threshold in enumerate(THRESHOLDS):
        wanted = summed(cue.target(form, threshold), form)
        assert np.abs(layers[place] - wanted).max() <= 0.5 * sent["step"][place] + 1e-6
        energy = cue.energy(form, threshold)
        assert sent["energy"][place]["whole"] == [energy.whole[name] for name in GROUPS]
        curve = [None if np.isnan(value) else value for value in energy.by_distance[GROUPS[0]]]
        assert sent["energy"][place]["by_distance"][0] == curve
    found = cue.likeness(form, THRESHOLDS[4])["spatial, untrained"]
    assert sent["likeness"][4]["spatial, untrained"]["cka_floor"] == found.cka_floor


def test_with_large_maps_the_slider_stands_at_fewer_places(known, maps, monkeypatch):
    monkeypatch.setattr(residual_cue, "LARGE", 100)
    shown = explore_residual(known, maps)
    assert shown.widget.facts["thresholds"] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert len(shown.widget.facts["forms"]["signed"]["energy"]) == 7
    shown.show(threshold=1.3)
    assert shown.threshold == 1.5


def test_one_channels_colours_reach_to_its_largest_differences(packed):
    cue, facts, _ = packed
    reach = np.percentile(np.abs(cue.target("signed", 0.0)), 99.5, axis=(1, 2))
    assert facts["forms"]["signed"]["channel_limits"][3] == pytest.approx([-reach[3], reach[3]])
    assert facts["forms"]["magnitude"]["channel_limits"][3] == pytest.approx([0, reach[3]])
    assert facts["forms"]["binarised"]["channel_limits"][3] == [0, 1]


def test_large_maps_send_few_channels_but_a_cue_of_all(known, maps, monkeypatch):
    monkeypatch.setattr(payload, "MOST_BYTES", 100)
    monkeypatch.setattr(payload, "FEW", 2)
    cue = ResidualCue.of(known, maps)
    facts, data = pack_cue(cue)
    assert [entry["channels"] for entry in facts["maps"]] == [2, 2, 2]
    layer = cue_layers(facts["forms"]["signed"], data)[0]
    assert layer == pytest.approx(cue.target("signed", 0.0).mean(axis=0), abs=0.02)
    shown = explore_residual(known, maps)
    shown.show(channel=facts["channels"][1])
    assert shown.state["channel"] == 1
    (other, *_) = (channel for channel in range(6) if channel not in facts["channels"])
    shown.show(channel=other)
    assert shown.facts["channels"] == sorted([*facts["channels"], other])
    assert shown.facts["channels"][shown.state["channel"]] == other
    assert set(shown.widget.changed) == {"channels", "maps"}
    assert cue_layers(shown.facts["forms"]["signed"], shown.widget.payload)[0] == pytest.approx(layer)
