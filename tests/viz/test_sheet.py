"""The contact sheet shows every frame in its place."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from monotakd.scene import Calibration, Frame
from monotakd.viz import draw_sheet

AXES = np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=np.float64)


def _plain(colour) -> Frame:
    projection = np.array([[50, 0, 40, 0], [0, 50, 12, 0], [0, 0, 1, 0]], dtype=np.float64)
    image = np.broadcast_to(np.array(colour, np.uint8), (24, 80, 3)).copy()
    return Frame("000000", image, Calibration(projection, AXES, (24, 80)))


def test_frames_lie_in_reading_order():
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]
    picture = draw_sheet([_plain(c) for c in colours], columns=3)
    pixels = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB")).astype(int)
    height, width = pixels.shape[:2]
    for place, colour in enumerate(colours):
        row, column = divmod(place, 3)
        seen = pixels[int((row + 0.5) * height / 2), int((column + 0.5) * width / 3)]
        assert np.abs(seen - colour).max() < 12, f"tile {place}"


def test_no_frames_is_said():
    with pytest.raises(ValueError, match="no frames"):
        draw_sheet([])


def test_a_frame_without_labels_is_drawn():
    draw_sheet([dataclasses.replace(_plain((9, 9, 9)), annotations=None)]).png()
