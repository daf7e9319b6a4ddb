"""``monotakd predict``: images to files, and what can be believed of them to the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from monotakd.engine.device import choose_device
from monotakd.errors import DataError
from monotakd.predict.images import CameraSource, iter_predictions
from monotakd.predict.own_camera import OwnCamera
from monotakd.predict.photo import find_photos
from monotakd.predict.prediction import MIN_SCORE
from monotakd.predict.trained_student import load_student

_BAR_FROM = 4


def camera_of(
    calib: Path | None,
    fx: float | None,
    fy: float | None,
    cx: float | None,
    cy: float | None,
    camera_height: float | None,
    pitch_degrees: float | None,
) -> CameraSource:
    """The camera that the options describe: a file of matrices, or numbers.

    Raises:
        DataError: both or neither are given, or a number is impossible.
    """
    numbers = {"--fx": fx, "--fy": fy, "--cx": cx, "--cy": cy}
    numbers |= {"--camera-height": camera_height, "--pitch": pitch_degrees}
    given = [name for name, value in numbers.items() if value is not None]
    if calib is not None:
        if given:
            raise DataError("--calib", f"it together with {', '.join(given)}", "a file, or numbers, not both")
        return calib
    if fx is None:
        raise DataError(
            "camera",
            "neither --calib nor --fx",
            "one of them: without a focal length nobody can tell distances",
            fix="A phone's main camera has fx of about 0.7 to 0.8 times the image's longer side; a chessboard "
            "calibration (OpenCV's calibrateCamera) gives the exact value.",
        )
    mounted = {} if camera_height is None else {"height": camera_height}
    return OwnCamera(fx, fy, cx, cy, pitch=math.radians(pitch_degrees or 0.0), **mounted)


def predict_into(
    out: Path,
    images: Sequence[Path],
    checkpoint: str,
    camera: CameraSource,
    *,
    rescale_depth: bool = False,
    trained_focal: float | None = None,
    min_score: float = MIN_SCORE,
    labels_only: bool = False,
    device: str | None = None,
) -> None:
    """Writes the files of every image as soon as it is done, and prints one line each; then the sentences, each once.

    Raises:
        DataError: as `predict_images`; what was written before stays.
    """
    if not 0 <= min_score <= 1:
        raise DataError("--min-score", f"{min_score:g}", "a score from 0 to 1")
    paths = find_photos(images)
    trained = load_student(checkpoint).on(choose_device(device))
    if trained_focal is not None:
        trained = trained.with_focal(trained_focal)
    words: dict[str, None] = {}
    predictions = iter_predictions(
        paths, trained, camera, rescale_depth=rescale_depth, progress=len(paths) >= _BAR_FROM
    )
    for prediction in predictions:
        found = len(prediction.detections)
        if labels_only:
            prediction.save_labels(out)
            print(f"{prediction.name}: {found} found")
        else:
            prediction.save(out, min_score=min_score)
            drawn = int((prediction.detections.scores >= min_score).sum())
            print(f"{prediction.name}: {drawn} drawn of {found}, {len(prediction.points()):,} points")
        words |= dict.fromkeys(prediction.words)
    print("\n".join(f"- {sentence}" for sentence in words))
    print(f"written to {out}: {'labels/' if labels_only else 'drawn/, depth/, labels/, json/, points/'}")
