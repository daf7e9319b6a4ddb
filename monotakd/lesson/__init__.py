"""What a notebook needs around its lesson: set-up, frames, measured numbers, checks that can fail, predictions.

Notebooks write ``from monotakd import lesson`` and call what is listed here.
"""

from monotakd.lesson.checks import CheckFailedError, check, equal
from monotakd.lesson.facts import fact
from monotakd.lesson.frames import frame, frame_ids, setup, tiny_frames, toy_frame, toy_frames
from monotakd.lesson.predictions import hint, predict

__all__ = [
    "CheckFailedError",
    "check",
    "equal",
    "fact",
    "frame",
    "frame_ids",
    "hint",
    "predict",
    "setup",
    "tiny_frames",
    "toy_frame",
    "toy_frames",
]
