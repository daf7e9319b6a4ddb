"""The release's teacher teaches a student of ours, whose anchors are its; every other difference is told."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_release import as_released, save

from monotakd import paths
from monotakd.engine.config_file import read_config, write_config
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import RunSettings
from monotakd.errors import DataError
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.teacher import Teacher
from monotakd.pipeline import dry_run
from monotakd.pipeline.dry_run import rehearse
from monotakd.pipeline.order import Order
from monotakd.pipeline.presets import preset_named
from monotakd.pipeline.single import train_one
from monotakd.predict.trained_student import load_student
from monotakd.pretrained import release

SMALL = preset_named("kitti_small").networks


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    """The folder that import-release makes of the release's teacher, at the small preset's sizes."""
    folder = tmp_path_factory.mktemp("released")
    torch.manual_seed(0)
    teacher = Teacher(replace(SMALL.teacher, anchor_placement="range_limits", max_voxels=40_000)).eval()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "released_network", lambda kind: Teacher(teacher.settings).eval())
        release.import_release(save(folder / "theirs.pth", as_released(teacher)), "teacher", folder / "ours" / FINAL)
    return folder / "ours"


def order(what: str, teacher: Path, out: Path, **changes) -> Order:
    """Of a student: taught by the teacher alone, so that no assistant has to be trained."""
    run = RunSettings(device="cpu", threads=1, progress=False)
    known = {"row": "response_only" if what == "student" else "", "preset": "kitti_small", "steps": 1, "batch_size": 1}
    return Order(what, out, paths.tiny_set(), teacher=teacher, run=run, **{**known, **changes})


def tasks_of(asked: Order) -> list:
    """What would be trained."""
    seen = []
    train_one(asked, lambda task, *_, **__: seen.append(task))
    return seen


@pytest.mark.parametrize("row", ["response_only", "direct"])
def test_teacher_and_student_speak_of_the_same_boxes(imported, tmp_path, row):
    (task,) = tasks_of(order("student", imported, tmp_path, row=row))
    student, teacher = task.module, task.frozen["teacher"]
    assert (teacher.settings.anchor_placement, teacher.settings.max_voxels) == ("range_limits", 40_000)
    anchors = student.dense_head.anchors.reshape(-1, 7)
    assert anchors[0, :2].tolist() == pytest.approx(teacher.settings.bev_grid.lower)
    said = DensePredictions(
        torch.zeros(1, len(anchors), 3), torch.randn(1, len(anchors), 7), torch.randn(1, len(anchors), 2)
    )
    assert torch.equal(student.dense_head.boxes(said), teacher.dense_head.boxes(said))


def test_the_trained_student_knows_where_its_anchors_are(imported, tmp_path):
    train_one(order("student", imported, tmp_path))
    assert read_config(tmp_path)["settings"]["network"]["scale"]["anchor_placement"] == "range_limits"
    student = load_student(tmp_path).student
    anchors = student.dense_head.anchors.reshape(-1, 7)
    assert anchors[0, :2].tolist() == pytest.approx(student.scale.bev_grid.lower)
    assert anchors[-1, :2].tolist() == pytest.approx(student.scale.bev_grid.upper)


def test_an_assistant_keeps_its_own_anchors(imported, tmp_path):
    (task,) = tasks_of(order("assistant", imported, tmp_path))
    assert task.frozen["teacher"].settings.anchor_placement == "range_limits"
    assert task.module.scale == SMALL.assistant_aligned.scale


def test_a_teacher_is_trained_as_the_preset_has_it(imported, tmp_path):
    (task,) = tasks_of(order("teacher", imported, tmp_path))
    assert task.module.settings == SMALL.teacher


@pytest.mark.parametrize(
    ("field", "value"), [("max_points", 32), ("anchor_placement", "corners"), ("max_voxels", "many")]
)
def test_any_other_difference_is_refused_by_name(imported, tmp_path, field, value):
    other = tmp_path / "teacher"
    other.mkdir()
    (other / FINAL).write_bytes((imported / FINAL).read_bytes())
    config = read_config(imported)
    config["settings"]["network"][field] = value
    write_config(other, config)
    with pytest.raises(DataError, match=rf"network\.{field} = .*{value}.*as given now.*teach something else"):
        train_one(order("student", other, tmp_path / "out"))


def test_a_dry_run_takes_it_too(imported, tmp_path, monkeypatch):
    monkeypatch.setattr(dry_run, "_available_bytes", lambda _: 2**40)  # The peak counts all tests of this process.
    found = rehearse(order("student", imported, tmp_path / "out"), steps=2)
    assert found.ok, found
    assert "fresh weights" not in str(found)
