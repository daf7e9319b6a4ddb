"""A student is found by folder, file or name; anything else is refused, with the reason."""

import json
import shutil

import pytest
import torch
from photos import make_photo, write_run

from monotakd import checkpoints, paths
from monotakd.engine.config_file import to_json, write_config
from monotakd.engine.run_folder import FINAL
from monotakd.engine.weights import save_weights
from monotakd.errors import DataError
from monotakd.models.student import StudentSettings
from monotakd.models.teacher import Teacher
from monotakd.predict import OwnCamera, load_student, predict_frame


def test_folder_and_file_give_the_same_student(tmp_path):
    run = write_run(tmp_path / "run")
    by_folder, by_file = load_student(run), load_student(run / FINAL)
    for a, b in zip(by_folder.student.state_dict().values(), by_file.student.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert by_folder.image_size == (96, 320)
    assert by_folder.focal == pytest.approx(721.5377 / 1242 * 320)
    assert not by_folder.student.training
    assert by_folder.resized


def test_without_a_size_images_stay_as_they_came(tmp_path):
    run = write_run(tmp_path / "run", settings={"network": to_json(StudentSettings.toy()), "size": None})
    assert not load_student(run).resized
    write_camera(run, image_size=[375, 1242])
    trained = load_student(run)
    assert not trained.resized
    assert trained.image_size == (375, 1242)


def test_the_size_of_the_training_images_decides_the_focal_length(tmp_path):
    network = to_json(StudentSettings.toy())
    run = write_run(tmp_path / "run", settings={"network": network, "size": [192, 640]})
    assert load_student(run).image_size == (192, 640)
    assert load_student(run).focal == pytest.approx(2 * 721.5377 / 1242 * 320)
    assert load_student(run).with_focal(500.0).focal == 500.0
    with pytest.raises(DataError, match="trained focal length"):
        load_student(run).with_focal(float("nan"))


def write_camera(run, **changes):
    camera = {"image_size": [96, 320], "focal": [100.0, 101.0], "principal_point": [150.0, 40.0], **changes}
    write_config(run, {"task": "direct", "settings": {}, "record": {"camera": camera}})


def test_the_camera_that_the_training_wrote_down_is_taken(tmp_path):
    run = write_run(tmp_path / "run")
    assert load_student(run).assumed
    write_camera(run, image_size=[48, 320])
    for checkpoint in (run, run / FINAL):
        trained = load_student(checkpoint)
        assert (trained.image_size, trained.focal, trained.principal_point) == ((48, 320), 100.0, (150.0, 40.0))
        assert not trained.assumed


def test_an_assumed_camera_is_said_to_be_one(tmp_path):
    run, photo = write_run(tmp_path / "run"), make_photo(96, 320, OwnCamera(100.0))
    said = " ".join(predict_frame(load_student(run), photo).words)
    assert "KITTI's focal length is assumed (186 pixels" in said
    said = " ".join(predict_frame(load_student(run).with_focal(100.0), photo).words)
    assert "assumed" not in said
    write_camera(run)
    said = " ".join(predict_frame(load_student(run), photo).words)
    assert "focal length is that of the training images (100 pixels" in said
    assert "assumed" not in said
    assert not load_student("student_monotakd").assumed


@pytest.mark.parametrize(
    "changes",
    [
        {"focal": None},
        {"focal": [0.0, 0.0]},
        {"focal": [float("nan"), 1.0]},
        {"image_size": [96]},
        {"focal": ["a", "b"]},
    ],
)
def test_a_camera_that_is_none_is_refused(tmp_path, changes):
    run = write_run(tmp_path / "run")
    write_camera(run, **changes)
    with pytest.raises(DataError, match=r"config\.json, record\.camera"):
        load_student(run)


@pytest.mark.parametrize("row", checkpoints.STUDENTS)
def test_stored_students_by_name_and_by_file(row):
    name = f"student_{row}"
    by_name, by_file = load_student(name), load_student(paths.checkpoint_folder() / f"{name}.safetensors")
    assert by_name.student.settings == by_file.student.settings
    for a, b in zip(by_name.student.state_dict().values(), by_file.student.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(("name", "why"), [("teacher", "LiDAR points"), ("assistant", "true depth")])
def test_stored_networks_that_are_no_student(name, why):
    for checkpoint in (name, paths.checkpoint_folder() / f"{name}.safetensors"):
        with pytest.raises(DataError, match=why):
            load_student(checkpoint)


def test_a_teachers_run_is_refused(tmp_path):
    teacher = Teacher.toy()
    config = {"task": "teacher", "settings": {"network": to_json(teacher.settings)}}
    save_weights(tmp_path / FINAL, teacher, {"step": 1, "config": config})
    with pytest.raises(DataError, match="LiDAR points"):
        load_student(tmp_path)


def test_settings_and_weights_that_do_not_belong_together(tmp_path):
    network = to_json(StudentSettings.toy())
    network["scale"]["bev_channels"] = 16
    run = write_run(tmp_path / "run", settings={"network": network, "size": None})
    with pytest.raises(DataError, match="do not fit Student"):
        load_student(run)


def test_settings_of_another_version_are_named(tmp_path):
    network = to_json(StudentSettings.toy())
    network["scale"]["colour_bins"] = 16
    run = write_run(tmp_path / "run", settings={"network": network})
    with pytest.raises(DataError, match=r"network\.scale\.colour_bins is a field unknown"):
        load_student(run)


def test_missing_unfinished_and_damaged(tmp_path):
    with pytest.raises(DataError, match="student_monotakd"):
        load_student("student_nobody")
    (tmp_path / "started").mkdir()
    with pytest.raises(DataError, match="may not have finished"):
        load_student(tmp_path / "started")
    run = write_run(tmp_path / "run")
    data = (run / FINAL).read_bytes()
    (run / FINAL).write_bytes(data[:-50])
    with pytest.raises(DataError, match="cut off"):
        load_student(run)
    (run / FINAL).write_bytes(data[:-50] + bytes(50))
    with pytest.raises(DataError, match="checksum"):
        load_student(run)


def test_weights_alone_are_refused(tmp_path):
    shutil.copy(paths.checkpoint_folder() / "student_direct.safetensors", tmp_path / "some.safetensors")
    with pytest.raises(DataError, match="weights without settings"):
        load_student(tmp_path / "some.safetensors")
    (tmp_path / "some.json").write_text("{")
    with pytest.raises(DataError, match="no JSON"):
        load_student(tmp_path / "some.safetensors")
    (tmp_path / "some.json").write_text(json.dumps({"name": "student_direct"}))
    with pytest.raises(DataError, match="student_direct"):
        load_student(tmp_path / "some.safetensors")
