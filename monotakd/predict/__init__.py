"""A trained student on photographs of one's own, on KITTI's test frames, and in a file without this package.

``predict_images`` is all that a notebook needs; `view` explains what a network that was trained on one camera can and
cannot say about the images of another.
"""

from monotakd.predict.images import iter_predictions, predict_frame, predict_images
from monotakd.predict.own_camera import OwnCamera
from monotakd.predict.prediction import Prediction, Predictions
from monotakd.predict.trained_student import TrainedStudent, load_student

__all__ = [
    "OwnCamera",
    "Prediction",
    "Predictions",
    "TrainedStudent",
    "iter_predictions",
    "load_student",
    "predict_frame",
    "predict_images",
]
