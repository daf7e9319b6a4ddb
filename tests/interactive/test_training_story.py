"""Stories of a run's folder and of stored models, and what a watch sees of a student."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from monotakd import checkpoints, lesson
from monotakd.engine.snapshots import looking_at, take_snapshot
from monotakd.errors import DataError
from monotakd.interactive.training_story import story_of_run, story_of_stored
from monotakd.interactive.watch_student import StudentWatch, depth_within_one_bin


@pytest.fixture(scope="module")
def watch():
    streets = lesson.toy_frames(depth="sparse")[:2]
    return StudentWatch({"these": streets[:1], "others": streets[1:]})


@pytest.fixture(scope="module")
def run(tmp_path_factory, watch):
    """A folder with a log of three steps and two looks at the stored student."""
    folder = tmp_path_factory.mktemp("run")
    records = [{"event": "started", "step": 0}]
    for step in (1, 2, 3):
        record = {"step": step, "terms": {"a_b": 4.0 / step, "none": 0.0}, "total": 5.0 / step, "learning_rate": 0.1}
        records.append(record | ({"gradient_norms": {"a_b": {"x": 1.0}}} if step == 2 else {}))
    (folder / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    for step in (0, 3):
        take_snapshot(folder, step, checkpoints.student(), watch)
    return folder


def test_a_runs_folder_tells_its_story(run, watch):
    story = story_of_run(run)
    assert list(story.panels)[:3] == ["total", "learning rate", "a b"]
    assert set(story.panels) >= {"AP", "cars found", "depth within one bin"}
    assert set(story.panels["AP"]) == {"these", "others"}
    assert "none" not in story.panels, "a term that is always 0 says nothing"
    assert list(story.gradients) == [2]
    assert [look.step for look in story.looks] == [0, 3]
    assert story.grid.shape == story.looks[0].map.shape == checkpoints.student().scale.bev_grid.shape
    assert story.grid.lower == pytest.approx(checkpoints.student().scale.bev_grid.lower)
    assert len(story.truth) == len(watch.picture.annotations.boxes.named("Car"))


def test_a_watch_sees_the_students_own_map(watch):
    student = checkpoints.student()
    with looking_at(student):
        seen = watch(student)
        output = student(watch._pictured.sensors)
    strength = output.bev.features[0].square().mean(dim=0).sqrt().numpy()
    np.testing.assert_allclose(seen.arrays["map"], strength, rtol=1e-3)
    assert all(np.isfinite(value) for value in seen.numbers.values())
    assert 0 < seen.numbers["these: depth within one bin"] < 1


def test_depth_within_one_bin_by_hand():
    student = checkpoints.student()
    bins, stride = student.scale.bins, student.scale.image.stride
    depth = torch.zeros(1, stride, 4 * stride)
    depth[..., :stride] = bins.minimum + 0.4  # bin 0; the last cell is unknown
    depth[..., stride : 3 * stride] = bins.minimum + 4.4  # bin 5
    logits = torch.zeros(1, bins.num + 1, 1, 4)
    for cell, said in enumerate((1, 5, 8, 0)):
        logits[0, said, 0, cell] = 9.0
    assert depth_within_one_bin(student, logits, depth) == pytest.approx(2 / 3)


def test_stored_models_tell_their_thinned_log():
    kept, story = checkpoints.facts("student_monotakd")["log"], story_of_stored("student_monotakd")
    assert story.last == kept["steps"][-1]
    assert story.panels["total"][""].values.tolist() == kept["total"]
    assert story.looks == ()
    assert story.gradients == {}


def test_a_watch_needs_depth_and_labels():
    street = replace(lesson.toy_frame(0), annotations=None)
    with pytest.raises(DataError, match="no depth and no annotations"):
        StudentWatch({"these": [street]})
