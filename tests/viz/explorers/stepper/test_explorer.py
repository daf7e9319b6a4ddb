"""The AP stepper: what the example shows, and that facts, words and still agree with the metric."""

import numpy as np
import pytest

from monotakd.metrics.kitti import evaluate
from monotakd.viz.explorers import step_through
from monotakd.viz.explorers.stepper.example import a_dozen
from monotakd.viz.explorers.stepper.explorer import MOST

LABELS, DETECTIONS = a_dozen()


@pytest.fixture
def explorer():
    return step_through(LABELS, DETECTIONS)


def statuses(explorer) -> list[str]:
    """Of the dozen, in order of score, once all are kept."""
    step = explorer._shown["steps"][-1]
    order = np.argsort(-DETECTIONS.scores)
    return [step["detections"][f"000000|{row}"] for row in order]


def test_the_example_has_one_of_everything(explorer):
    assert len(DETECTIONS) == 12
    assert statuses(explorer) == [
        "false alarm", "hit", "ignored", "false alarm", "false alarm", "hit", "hit", "ignored", "false alarm",
        "ignored", "hit", "other class",
    ]  # fmt: skip
    explorer.show(metric="bbox")
    assert statuses(explorer)[3:5] == ["hit", "suppressed by DontCare"]
    explorer.show(metric="3d", level="loose")
    assert statuses(explorer)[3] == "hit"  # 1 m too far
    explorer.show(level="strict", difficulty="hard")
    assert statuses(explorer)[9] == "hit"  # largely occluded


def test_ap_is_the_metrics(explorer):
    evaluation = evaluate([LABELS], [DETECTIONS], workers=1)
    for metric in ("bbox", "bev", "3d"):
        for difficulty in ("easy", "moderate", "hard"):
            for level in ("strict", "loose"):
                explorer.show(metric=metric, difficulty=difficulty, level=level)
                expected = evaluation.ap("Car", metric, difficulty, level)
                assert explorer._shown["ap"] == pytest.approx(expected)
                assert np.mean(explorer._shown["envelope"][1:]) * 100 == pytest.approx(expected)


def test_the_first_step_has_kept_nothing(explorer):
    first = explorer._shown["steps"][0]
    assert set(first["detections"].values()) == {"below the score cut"}
    assert list(first["truths"].values()).count("missed") == explorer._shown["n_truth"] == 6
    assert explorer.alt == "no detection kept; 6 truths to be found"


def test_a_class_that_is_not_scored_is_kept_in_its_turn(explorer):
    row = DETECTIONS.names.index("Pedestrian")
    steps = explorer._shown["steps"]
    assert [step["detections"][f"000000|{row}"] for step in steps[-2:]] == ["below the score cut", "other class"]


def test_a_step_says_why_and_what_changed(explorer):
    explorer.show(step=7)
    assert "Car 0.72: hit" in explorer.alt
    assert "now Car 0.98 is a false alarm: truth 0 is taken by another detection" in explorer.alt
    explorer.show(step=12)
    assert explorer.alt.endswith(f"AP R40 is {explorer.walk.curve.average_precision():.2f}")


def test_the_still_shows_the_step(explorer):
    explorer.show(step=3)
    texts = {text.get_text() for text in explorer.still().texts}
    assert any(text.endswith("0.91 Car: ignored") for text in texts)
    assert any(text.endswith("0.88 Car") for text in texts), "not kept yet: no status"
    pictures = {explorer.still().png()}
    for change in ({"step": 4}, {"metric": "bbox"}, {"step": 12}, {"difficulty": "hard"},
                   {"metric": "3d"}):  # fmt: skip
        explorer.show(**change)
        pictures.add(explorer.still().png())
    assert len(pictures) == 6


def test_several_frames_with_images(frame):
    explorer = step_through([LABELS, LABELS], [DETECTIONS, DETECTIONS[:3]])
    assert [f["id"] for f in explorer.widget.facts["frames"]] == ["000000", "000001"]
    own = step_through([LABELS], [DETECTIONS], frames=[frame])
    assert own.widget.facts["frames"][0]["id"] == frame.frame_id
    assert own.widget.facts["frames"][0]["image"]["size"] == list(frame.image.shape[:2])
    own.show(step=2)
    assert own.still().png() != explorer.still().png()


def test_what_cannot_be_stepped_through(explorer):
    with pytest.raises(ValueError, match=f"{MOST + 8} detections, expected 1 to {MOST}"):
        step_through([LABELS] * 6, [DETECTIONS] * 5 + [DETECTIONS[:8]])
    with pytest.raises(ValueError, match="0 detections"):
        step_through(LABELS, DETECTIONS[:0])
    for wrong in ({"step": 13}, {"metric": "aos"}, {"difficulty": "harder"}, {"level": "lax"}):
        with pytest.raises(ValueError, match="expected"):
            explorer.show(**wrong)
