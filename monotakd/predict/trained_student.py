"""A trained student together with the camera it was trained for."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from monotakd import checkpoints
from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.street.camera import intrinsics
from monotakd.datasets.street.world import Camera
from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import RECORD
from monotakd.engine.weights import put_weights
from monotakd.errors import DataError
from monotakd.models.student import Student, StudentSettings
from monotakd.pipeline.presets import Preset
from monotakd.predict.own_camera import FOCAL_RANGE
from monotakd.predict.weights_file import WeightsFile, read_weights_file, weights_path
from monotakd.scene import VoxelGrid

_EXPECTED = "a student: its folder, its final.safetensors, or the name of a stored one"
_NAMES = ", ".join(name for name in checkpoints.NAMES if name.startswith("student_"))
_WANTED = f"Give the folder of `monotakd train student`, or one of {_NAMES}"
_KITTI_SIZE = (375, 1242)
_CAMERA = "image_size (height, width), focal (fx, fy) and principal_point (cx, cy) in pixels"


@dataclass(frozen=True, eq=False)
class TrainedStudent:
    """A student and the images it knows.

    Attributes:
        name: where it came from.
        student: in evaluation mode, without gradients.
        image_size: (height, width) of its input, pixels.
        focal: focal length in its input images during training, pixels.
        principal_point: (cx, cy) in its input images during training, pixels.
        assumed: whether these two are KITTI's for want of a record of the training's camera.
        resized: whether the training brought every image to ``image_size``; else images stayed as they came, and this
            is the size of most of them.
    """

    name: str
    student: Student
    image_size: tuple[int, int]
    focal: float
    principal_point: tuple[float, float]
    assumed: bool = False
    resized: bool = True

    def on(self, device: torch.device) -> TrainedStudent:
        """The same, which computes on a device; the student itself is moved there."""
        return replace(self, student=self.student.to(device))

    def with_focal(self, focal: float) -> TrainedStudent:
        """The same, where the training images came from a camera of another focal length (pixels) than KITTI's."""
        width = self.image_size[1]
        low, high = (share * width for share in FOCAL_RANGE)
        if not low <= focal <= high:
            raise DataError(
                "trained focal length",
                f"{focal:g} pixels",
                f"{low:.0f} to {high:.0f} at the network's width of {width} pixels",
                fix="Of wider images, scale it with the width",
            )
        return replace(self, focal=focal, assumed=False)


def load_student(checkpoint: str | os.PathLike[str]) -> TrainedStudent:
    """Loads a student for prediction.

    Where no JSON file beside the weights tells the camera of the training images (runs from before it was written
    down, imported weights), KITTI's is assumed at the student's image size; `TrainedStudent.with_focal` says otherwise.
    The stored models learnt from streets, which share it.

    Args:
        checkpoint: the folder of a run, a file of weights with its settings inside or beside it, the state of a run
            under way (``checkpoint-00000400.safetensors``), or the name of a stored model such as
            ``"student_monotakd"``.

    Raises:
        DataError: nothing of that name, a damaged file, or another network than a student.
    """
    text = os.fspath(checkpoint)
    if text in checkpoints.NAMES:
        if not text.startswith("student_"):
            raise _another_network(text, text)
        student = checkpoints.student(text.removeprefix("student_"))
        camera = _camera_beside(weights_path(text, _EXPECTED, _WANTED))
        if camera is None:
            return replace(_with_kitti_camera(text, student, None), assumed=False)
        return TrainedStudent(text, student, *camera, resized=False)
    file = read_weights_file(checkpoint, _EXPECTED, _WANTED)
    student = Student(_student_settings(file))
    put_weights(file.path, student, file.tensors)
    student = student.eval().requires_grad_(False)
    camera, size = _camera_beside(file.path), file.image_size
    if camera is not None:
        return TrainedStudent(text, student, *camera, resized=size is not None)
    return _with_kitti_camera(text, student, size)


def _camera_beside(path: Path) -> tuple[tuple[int, int], float, tuple[float, float]] | None:
    """Image size, focal length and principal point as the training wrote them down (`pipeline.trained_camera`)."""
    config = next((p for p in (path.parent / CONFIG, path.with_suffix(".json")) if p.exists()), None)
    record = None if config is None else read_json_object(config, "what is known of the weights").get(RECORD)
    camera = record.get("camera") if isinstance(record, dict) else None
    if camera is None:
        return None
    try:
        (height, width), (fx, _), (cx, cy) = (camera[name] for name in ("image_size", "focal", "principal_point"))
        numbers = tuple(map(float, (height, width, fx, cx, cy)))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(config, f"a camera that does not fit ({error})", _CAMERA, place=f"{RECORD}.camera") from None
    if not all(map(math.isfinite, numbers)) or min(numbers[:3]) <= 0:
        raise DataError(config, f"the camera {numbers}", _CAMERA, place=f"{RECORD}.camera")
    return (int(height), int(width)), float(fx), (float(cx), float(cy))


def _with_kitti_camera(name: str, student: Student, size: tuple[int, int] | None) -> TrainedStudent:
    resized = size is not None
    if size is None:
        # Trained on images as they came: KITTI's on its own grid, else those of the streets.
        street = Preset.toy().street
        own_grid = student.scale.grid == VoxelGrid.kitti_camera()
        size = _KITTI_SIZE if own_grid else (street.height, street.width)
    K = intrinsics(Camera(width=size[1], height=size[0]))
    focal, centre = float(K[0, 0]), (float(K[0, 2]), float(K[1, 2]))
    return TrainedStudent(name, student, size, focal, centre, assumed=True, resized=resized)


def _student_settings(file: WeightsFile) -> StudentSettings:
    if "wiring" not in file.network:
        raise _another_network(file.path, file.what)
    return file.network_settings(StudentSettings, "student", _WANTED)


def _another_network(source: str | os.PathLike[str], what: str) -> DataError:
    why = {
        "teacher": "A teacher needs LiDAR points, which an image does not have.",
        "assistant": "An assistant needs the true depth, which an image does not have.",
        "assistant_aligned": "An assistant needs the true depth, which an image does not have.",
        "depth_network": "A depth network says how far things are, and finds none.",
    }
    fix = f"{why[what]} {_WANTED}" if what in why else _WANTED
    return DataError(source, f"the network {what!r}", _EXPECTED, fix=fix)
