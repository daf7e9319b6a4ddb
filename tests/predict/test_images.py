"""From photographs to files: what is predicted is what the job predicts, and nothing is lost in saving."""

import json
import math
import shutil

import numpy as np
import pytest
import torch
from photos import coloured_image, make_trained, write_run
from PIL import Image

from monotakd import paths
from monotakd.datasets.kitti.calibration import read_calibration
from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.config_file import to_json, write_config
from monotakd.errors import DataError
from monotakd.models.student import StudentSettings
from monotakd.pipeline.prediction import predict
from monotakd.predict import OwnCamera, Predictions, load_student, predict_frame, predict_images

TOY, TINY = KittiRoot(paths.toy_set()), KittiRoot(paths.tiny_set())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return make_trained(tmp_path_factory.mktemp("trained"))


@pytest.mark.parametrize("root", [TOY, TINY], ids=["320x96", "1242x375"])
def test_equals_what_the_job_predicts(trained, root):
    ids = root.present_ids()[:2]
    expected = predict(trained.student, CameraFrames(root, ids, size=trained.image_size), batch_size=1, progress=False)
    folder = root.root / "training"
    found = predict_images([folder / "image_2" / f"{i}.png" for i in ids], trained, folder / "calib")
    assert sum(map(len, expected)) > 0
    for rows, item in zip(expected, found, strict=True):
        np.testing.assert_array_equal(item.labels().matrix(), rows.matrix())


def same_as_the_job(trained, root, ids):
    """Labels of `predict` and of the job are equal, whatever frames the job has beside each other in a batch."""
    frames = CameraFrames(root, ids, size=trained.image_size if trained.resized else None)
    expected = predict(trained.student, frames, progress=False)
    folder = root.root / "training"
    found = predict_images([folder / "image_2" / f"{i}.png" for i in ids], trained, folder / "calib")
    assert all(len(rows) > 0 for rows in expected)
    for rows, item in zip(expected, found, strict=True):
        np.testing.assert_array_equal(item.labels().matrix(), rows.matrix())
    return found


@pytest.fixture(scope="module")
def trained_on_images_as_they_came(tmp_path_factory):
    run = write_run(tmp_path_factory.mktemp("as_they_came"), settings={"network": to_json(StudentSettings.toy())})
    camera = {"image_size": [375, 1242], "focal": [721.5, 721.5], "principal_point": [609.6, 172.9]}
    write_config(run, {"task": "direct", "settings": {}, "record": {"camera": camera}})
    return load_student(run)


def test_images_of_several_sizes_are_shown_as_the_job_shows_them(trained_on_images_as_they_came, tmp_path):
    whole, cut = TINY.present_ids()[:2]
    for frame_id, (height, width) in ((whole, (375, 1242)), (cut, (370, 1224))):
        for folder in ("image_2", "calib"):
            (tmp_path / "training" / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(TINY.path("calib", frame_id), tmp_path / "training/calib")
        image = Image.fromarray(TINY.image(frame_id)[:height, :width])
        image.save(tmp_path / f"training/image_2/{frame_id}.png")
    found = same_as_the_job(trained_on_images_as_they_came, KittiRoot(tmp_path), (whole, cut))
    assert [item.view.frame.image.shape for item in found] == [(375, 1242, 3), (370, 1224, 3)]
    assert [item.depth.shape for item in found] == [(375, 1242), (370, 1224)]
    assert all(item.view.is_whole for item in found)


def test_real_frames_are_shown_as_the_job_shows_them(trained_on_images_as_they_came, shared):
    root = KittiRoot(shared / "real/kitti")
    found = same_as_the_job(trained_on_images_as_they_came, root, ("000000", "000001", "000006"))
    assert [item.view.frame.image.shape[:2] for item in found] == [(370, 1224), (375, 1242), (374, 1238)]


def test_one_calibration_three_ways(trained):
    frame_id = TOY.present_ids()[0]
    image, calib = (TOY.path(folder, frame_id) for folder in ("image_2", "calib"))
    by_file, by_folder, by_value = (
        predict_images(image, trained, camera) for camera in (calib, calib.parent, read_calibration(calib))
    )
    assert len(by_file[0].detections) > 0
    for other in (by_folder, by_value):
        np.testing.assert_array_equal(other[0].detections.boxes.values, by_file[0].detections.boxes.values)


def test_a_turned_photograph_is_seen_upright(trained, tmp_path):
    frame_id = TOY.present_ids()[0]
    upright = TOY.image(frame_id)
    exif = Image.Exif()
    exif[0x0112] = 6  # a viewer turns it clockwise
    Image.fromarray(np.rot90(upright)).save(tmp_path / f"{frame_id}.png", exif=exif)
    calib = TOY.path("calib", frame_id)
    turned = predict_images(tmp_path / f"{frame_id}.png", trained, calib)[0]
    plain = predict_images(TOY.path("image_2", frame_id), trained, calib)[0]
    np.testing.assert_array_equal(turned.detections.boxes.values, plain.detections.boxes.values)


def test_the_network_sees_image_and_calibration_only(trained):
    frame = TOY.frame(TOY.present_ids()[0], depth="sparse")
    prediction = predict_frame(trained, frame)
    assert prediction.photo.points is None
    assert prediction.photo.annotations is None
    assert prediction.view.frame.depth is None


def test_saved_files(trained, tmp_path):
    Image.fromarray(coloured_image(480, 640)).save(tmp_path / "own.jpg")
    camera = OwnCamera(fx=500.0, height=1.5, pitch=math.radians(2))
    found = predict_images(tmp_path / "own.jpg", trained, camera, rescale_depth=True)
    found.save(tmp_path / "out", min_score=0.5)
    files = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert files == ["depth/own.png", "drawn/own.png", "json/own.json", "labels/own.txt", "points/own.ply"]
    rows = read_labels(tmp_path / "out/labels/own.txt", scores=True)
    told = json.loads((tmp_path / "out/json/own.json").read_text())
    assert len(rows) == len(told["detections"]) == len(found[0].detections) > 0
    for row, (detection, box) in enumerate(zip(told["detections"], found["own"].detections.boxes.values, strict=True)):
        assert detection["class"] == "Car"
        assert detection["score"] == rows.scores[row]
        assert list(detection["box"].values()) == box.tolist()
    assert (told["width"], told["height"], told["camera"]["fx"]) == (640, 480, 500.0)
    assert told["words"] == list(found.words)
    with Image.open(tmp_path / "out/drawn/own.png") as drawn:
        assert drawn.size[0] == 1100


def test_predictions_are_a_value(trained):
    folder = TOY.root / "training"
    found = predict_images(folder / "image_2", trained, folder / "calib")
    assert isinstance(found, Predictions)
    assert [item.name for item in found] == list(TOY.present_ids())
    assert found[TOY.present_ids()[3]] is found[3]
    assert found._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(KeyError, match="no photograph called"):
        found["nobody"]


def test_bad_calibrations(trained, tmp_path):
    frame_id = TOY.present_ids()[0]
    image = TOY.path("image_2", frame_id)
    text = TOY.path("calib", frame_id).read_text()
    (tmp_path / "cut.txt").write_text(text[: len(text) // 2])
    (tmp_path / "nan.txt").write_text(text.replace("P2: ", "P2: nan ", 1))
    for name, words in (("cut.txt", "cut.txt"), ("nan.txt", r"nan\.txt"), ("no.txt", "no such file")):
        with pytest.raises(DataError, match=words):
            predict_images(image, trained, tmp_path / name)
    with pytest.raises(DataError, match=f"{frame_id}.txt.*no such file"):
        predict_images(image, trained, tmp_path)
    # KITTI's own calibration does not fit an image a quarter of its size.
    large = TINY.path("calib", TINY.present_ids()[0])
    with pytest.raises(DataError, match="another size"):
        predict_images(image, trained, large)


def test_stored_students_run(tmp_path):
    frame_id = TOY.present_ids()[0]
    found = predict_images(TOY.path("image_2", frame_id), "student_monotakd", TOY.path("calib", frame_id))
    assert found.network == "student_monotakd"
    assert found[0].depth.shape == (96, 320)


def test_real_frames(shared, tmp_path):
    folder = shared / "real/kitti/training"
    run = write_run(tmp_path / "run")
    found = predict_images([folder / "image_2/000008.png", folder / "image_2/000000.png"], run, folder / "calib")
    assert [item.photo.image.shape for item in found] == [(375, 1242, 3), (370, 1224, 3)]
    assert "focal length is that of the training images" in found.words[0]
    assert torch.isfinite(torch.from_numpy(found[0].depth)).all()
