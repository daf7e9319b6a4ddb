"""From photographs to predictions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from tqdm.auto import tqdm

from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.calibration import KittiCalibration, read_calibration
from monotakd.engine.device import to_device
from monotakd.errors import DataError
from monotakd.predict.own_camera import OwnCamera, require_principal_point
from monotakd.predict.photo import find_photos, read_photo
from monotakd.predict.predicted_depth import depth_of_pixels, most_probable_depth
from monotakd.predict.prediction import Prediction, Predictions
from monotakd.predict.trained_student import TrainedStudent, load_student
from monotakd.predict.view import view_of
from monotakd.predict.words import words_about
from monotakd.scene import Calibration, Frame

CameraSource = OwnCamera | KittiCalibration | str | os.PathLike[str]


def predict_images(
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    checkpoint: str | os.PathLike[str] | TrainedStudent,
    camera: CameraSource,
    *,
    rescale_depth: bool = False,
    progress: bool = False,
) -> Predictions:
    """Runs a student on photographs.

    Args:
        images: files and folders, or a single one.
        checkpoint: see `load_student`; a loaded student saves loading it again.
        camera: of the upright images: an `OwnCamera`, a KITTI calibration or its file, or a folder of such files, one
            ``NAME.txt`` for each ``NAME.png``.
        rescale_depth: show the network an image of the focal length that it was trained with; `view` explains what
            that mends and what it does not.
        progress: show a bar.

    Raises:
        DataError: an image, the calibration or the checkpoint cannot be used; says what and why.

    Example:
        ``predict_images("street.jpg", "student_monotakd", OwnCamera(fx=1400, height=1.5), rescale_depth=True)[0]``
    """
    return Predictions(
        checkpoint.name if isinstance(checkpoint, TrainedStudent) else os.fspath(checkpoint),
        tuple(iter_predictions(images, checkpoint, camera, rescale_depth=rescale_depth, progress=progress)),
    )


def iter_predictions(
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    checkpoint: str | os.PathLike[str] | TrainedStudent,
    camera: CameraSource,
    *,
    rescale_depth: bool = False,
    progress: bool = False,
) -> Iterator[Prediction]:
    """`predict_images` one by one, for folders that would fill the memory."""
    paths = find_photos([images] if isinstance(images, (str, os.PathLike)) else images)
    trained = checkpoint if isinstance(checkpoint, TrainedStudent) else load_student(checkpoint)
    photos = zip(paths, read_frames(paths, camera), strict=True)
    for path, photo in tqdm(photos, desc="predict", unit="image", total=len(paths), disable=not progress):
        yield predict_frame(trained, photo, source=str(path), rescale_depth=rescale_depth)


def read_frames(images: Iterable[str | os.PathLike[str]], camera: CameraSource) -> Iterator[Frame]:
    """Photographs with their calibrations, one by one; see `predict_images`."""
    calibrated = _calibrations(camera)
    for path in find_photos(images):
        image = read_photo(path)
        yield Frame(path.stem, image, calibrated(path.stem, image.shape[:2]))


def predict_frame(
    trained: TrainedStudent, photo: Frame, *, source: str | None = None, rescale_depth: bool = False
) -> Prediction:
    """Runs a student on one frame; only its image and calibration are looked at.

    Args:
        trained: the student.
        photo: any frame.
        source: where it came from.
        rescale_depth: see `predict_images`.
    """
    photo = Frame(photo.frame_id, photo.image, photo.calibration)
    view = view_of(photo, trained, rescale_depth=rescale_depth)
    student = trained.student
    device = next(student.parameters()).device
    with torch.no_grad():
        output = student(to_device(collate([view.frame]).sensors, device))
        (detections,) = student.dense_head.decode(output.head)
    cells = most_probable_depth(output.depth_logits[0].cpu(), student.scale.bins)
    return Prediction(
        source=source or f"frame {photo.frame_id}",
        photo=photo,
        view=view,
        detections=detections,
        depth=depth_of_pixels(cells, student.scale.image.stride, view.frame.image.shape[:2], view.real),
        grid=student.scale.grid,
        words=words_about(view, trained, rescale_depth=rescale_depth),
    )


def _calibrations(camera: CameraSource):
    """A function from name and size of an image to its calibration."""
    if isinstance(camera, OwnCamera):
        return lambda _, size: camera.calibration(size)
    if isinstance(camera, KittiCalibration):
        return lambda _, size: require_principal_point(camera.calibration(size), "calibration")
    path = Path(camera)
    if path.is_dir():
        return lambda name, size: _from_file(path / f"{name}.txt", read_calibration(path / f"{name}.txt"), size)
    kitti = read_calibration(path)
    return lambda _, size: _from_file(path, kitti, size)


def _from_file(path: Path, kitti: KittiCalibration, size: tuple[int, int]) -> Calibration:
    try:
        return require_principal_point(kitti.calibration(size), f"{path}, P2")
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(path, str(error), "a camera that can be used") from None
