"""A student nobody trained, and photographs nobody took: enough to follow every pixel."""

from functools import cache

import numpy as np
import torch

from monotakd.engine.config_file import to_json
from monotakd.engine.run_folder import FINAL
from monotakd.engine.weights import save_weights
from monotakd.models.student import Student
from monotakd.predict import TrainedStudent, load_student
from monotakd.predict.own_camera import OwnCamera
from monotakd.scene import Frame


@cache
def _student() -> Student:
    torch.manual_seed(4)
    student = Student.toy()
    torch.nn.init.constant_(student.dense_head.heat.bias, -2.0)
    torch.nn.init.normal_(student.dense_head.heat.weight, std=0.5)
    return student.eval().requires_grad_(False)


def write_run(folder, *, task="direct", settings=None):
    """The folder of a finished run, as `engine.train.fit` leaves it."""
    student = _student()
    settings = {"network": to_json(student.settings), "size": [96, 320]} if settings is None else settings
    save_weights(folder / FINAL, student, {"step": 1, "config": {"task": task, "settings": settings}})
    return folder


def make_trained(tmp_path) -> TrainedStudent:
    return load_student(write_run(tmp_path / "run"))


def coloured_image(height: int, width: int) -> np.ndarray:
    """Red says the column, green the row, in 256 steps."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[..., 0] = np.arange(width) * 256 // width
    image[..., 1] = (np.arange(height) * 256 // height)[:, None]
    return image


def make_photo(height: int, width: int, camera: OwnCamera) -> Frame:
    return Frame("photo", coloured_image(height, width), camera.calibration((height, width)))
