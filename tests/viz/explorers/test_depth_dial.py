"""The depth dial's numbers, its payload and its still, with made-up positions."""

from itertools import product

import numpy as np
import pytest
import torch

from monotakd.metrics.found import cars_in_view
from monotakd.models.depth_dial import Dial, blur_matrix, known_truth, shift_matrix, turn
from monotakd.scene import BevGrid, Boxes3D, DepthBins, Detections
from monotakd.viz.explorers.depth_dial import explore_depth_dial
from monotakd.viz.explorers.dial import DialledFrame, Position, key_words
from monotakd.viz.explorers.dial_payload import pack_dial

BINS = DepthBins("UD", 20, 2.0, 42.0)
GRID = BevGrid((2.0, -20.0), (42.0, 20.0), (1.0, 2.0))
TRUTHS, SHIFTS, BLURS = (0.0, 0.5, 1.0), (-2.0, 0.0, 3.0), (0.0, 1.5)


def made_up(frame) -> DialledFrame:
    """Positions that can be told apart: the map's strength and the box's place say which it is."""
    rng = np.random.default_rng(0)
    predicted = torch.from_numpy(rng.dirichlet(np.full(21, 0.3), (24, 80)).transpose(2, 0, 1)[None].copy()).float()
    truth, known = known_truth(torch.from_numpy(frame.depth)[None], BINS, 4)
    car = frame.annotations.boxes[cars_in_view(frame.annotations, GRID)].values[:1]
    positions = {}
    for number, (t, s, b) in enumerate(product(TRUTHS, SHIFTS, BLURS)):
        boxes = Boxes3D(np.concatenate([car, car]) + np.array([[s], [9]]) * np.eye(7)[:1], ("Car", "Car"))
        found = Detections(boxes, np.array([0.9, 0.2]))
        norm = rng.uniform(0, 1, GRID.shape) * (number + 1)
        positions[t, s, b] = Position.of(frame, GRID, norm, found, 10.0 * number)
    return DialledFrame(
        frame=frame, grid=GRID, bins=BINS, truths=TRUTHS, shifts=SHIFTS, blurs=BLURS,
        predicted=predicted[0].numpy(), truth=truth[0].numpy(),
        shift_matrices=np.stack([shift_matrix(BINS, metres).numpy() for metres in SHIFTS]),
        blur_matrices=np.stack([blur_matrix(BINS, metres).numpy() for metres in BLURS]),
        turned=lambda key: turn(Dial(*key), predicted, truth, known, BINS)[0].numpy(),
        positions=positions, best_ap=100.0,
    )  # fmt: skip


@pytest.fixture
def explorer():
    from monotakd import lesson

    return explore_depth_dial(made_up(lesson.toy_frame(3, depth="sparse")))


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
