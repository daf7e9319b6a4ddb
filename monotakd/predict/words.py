"""What can be believed of a prediction for another camera, in plain sentences."""

from __future__ import annotations

from monotakd.predict.own_camera import LIDAR_HEIGHT
from monotakd.predict.trained_student import TrainedStudent
from monotakd.predict.view import View
from monotakd.scene import Calibration

FOCAL_TOLERANCE = 0.03
"""Focal lengths that differ by less than this share count as equal: cars differ more in size."""

TRAINED_HEIGHT = 1.65
"""Of KITTI's camera and the streets', metres above the ground."""

_HEIGHT_TOLERANCE = 0.15
_ALL = 0.995


def focal_ratio(view: View, trained: TrainedStudent) -> float:
    """Focal length of the view, in pixels, divided by that of the training images; 1 where nothing needs mending."""
    return view.frame.calibration.focal[1] / trained.focal


def words_about(view: View, trained: TrainedStudent, *, rescale_depth: bool) -> tuple[str, ...]:
    """Sentences for the reader: what this network can and cannot say about this camera's images."""
    return (
        *_about_focal(focal_ratio(view, trained), trained, rescale_depth),
        *_about_assumption(trained),
        *_about_window(view),
        *_about_height(view.frame.calibration),
    )


def _about_focal(ratio: float, trained: TrainedStudent, rescale_depth: bool) -> tuple[str, ...]:
    if rescale_depth:
        return (
            f"The image was brought to the focal length of the training images ({trained.focal:.0f} pixels), so depths "
            "need no correction. That does not make up for lens distortion, another tilt, or streets that look "
            "otherwise.",
        )
    if abs(ratio - 1) <= FOCAL_TOLERANCE:
        return (f"The focal length is that of the training images ({trained.focal:.0f} pixels at the network's size).",)
    wrong = "near" if ratio > 1 else "far"
    return (
        f"At the network's size this camera's focal length is {ratio:.2f} times that of the training images "
        f"({trained.focal * ratio:.0f} against {trained.focal:.0f} pixels). The network judges distance by size in "
        f"pixels and cannot know: expect distances about {1 / ratio:.2f} times the true ones (too {wrong}), cars of "
        "wrong size for their place, and missed cars. Directions are right. --rescale-depth shows it an image with the "
        "trained focal length.",
    )


def _about_assumption(trained: TrainedStudent) -> tuple[str, ...]:
    if not trained.assumed:
        return ()
    return (
        "Which camera this network learnt from is not written beside it: KITTI's focal length is assumed "
        f"({trained.focal:.0f} pixels at the network's size). --trained-focal says otherwise.",
    )


def _about_window(view: View) -> tuple[str, ...]:
    if view.is_whole:
        return ()
    words = []
    left, top, width, height = view.window
    if view.seen_share < _ALL:
        rows, columns = view.photo_size
        across = f"columns {max(left, 0)} to {min(left + width, columns) - 1} of {columns}"
        down = f"rows {max(top, 0)} to {min(top + height, rows) - 1} of {rows}"
        words.append(f"The network saw {view.seen_share:.0%} of the photograph: {across}, {down}.")
    empty = 1 - float(view.real.mean())
    if empty > 1 - _ALL:
        words.append(f"{empty:.0%} of its input shows nothing: the photograph's border, repeated outwards.")
    return tuple(words)


def _about_height(calibration: Calibration) -> tuple[str, ...]:
    """Where the camera stands, as far as the LiDAR frame tells: its origin is 1.73 m above the ground."""
    rotation, shift = calibration.cam_from_lidar[:3, :3], calibration.cam_from_lidar[:3, 3]
    height = LIDAR_HEIGHT - float((rotation.T @ shift)[2])
    if abs(height - TRAINED_HEIGHT) <= _HEIGHT_TOLERANCE:
        return ()
    wrong = "far" if height < TRAINED_HEIGHT else "near"
    return (
        f"The camera stands {height:.2f} m above the ground, in training {TRAINED_HEIGHT:.2f} m. Where the network "
        f"reads distance off the image row, it errs by that ratio (too {wrong}); apparent size is not affected.",
    )
