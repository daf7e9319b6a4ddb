from dataclasses import replace

import numpy as np
import pytest

from monotakd.errors import DataError
from monotakd.viz import draw_depth, draw_instances
from monotakd.viz.image import dimmed

from .pixels import inside, rendered


def test_depth_near_is_yellow_far_is_violet_unknown_is_dark(frame):
    depth = np.zeros(frame.image.shape[:2])
    depth[:, :100], depth[:, 100:200] = 4.0, 50.0
    picture = draw_depth(frame, depth)
    width = frame.image.shape[1]
    view = inside(picture.axes[0], rendered(picture))
    near, far, unknown = (
        view[int(0.9 * len(view)), int(view.shape[1] * u / width)].astype(int) for u in (50, 150, 250)
    )
    assert near[0] > 200 > near[2]
    assert near[1] > 150
    assert far[2] > 120 > far[1]
    assert (unknown < 40).all()


def test_sparse_depth_is_widened_but_not_moved(frame):
    depth = np.zeros(frame.image.shape[:2])
    depth[50, 100], depth[51, 101] = 10.0, 5.0
    shown = draw_depth(frame, depth).axes[0].images[0].get_array()
    lit = np.argwhere(shown.max(axis=2) > 0.2)
    assert lit.min(axis=0).tolist() == [49, 99]
    assert lit.max(axis=0).tolist() == [52, 102]
    assert not np.allclose(shown[50, 100], shown[51, 101])


@pytest.mark.parametrize(
    ("depth", "message"),
    [
        (np.zeros((3, 4)), r"shape \(3, 4\)"),
        (np.full((96, 320), np.nan), "pixel row 0, column 0"),
        (np.full((96, 320), -1.0), "-1.0"),
    ],
)
def test_impossible_depth(frame, depth, message):
    with pytest.raises(DataError, match=message):
        draw_depth(frame, depth)


def test_no_depth_at_all(frame):
    with pytest.raises(DataError, match="found none"):
        draw_depth(replace(frame, depth=None))


def test_masks_tint_their_pixels_only(frame):
    shown = np.asarray(draw_instances(frame).axes[0].images[0].get_array())
    assert np.allclose(shown[0, 0], dimmed(frame.image, 0.8)[0, 0] / 255)
    assert np.ptp(shown[45, 40]) > 0.05
    assert not np.allclose(shown[45, 40] - shown[45, 40].mean(), shown[60, 220] - shown[60, 220].mean(), atol=0.02)
    with pytest.raises(DataError, match="no instance masks"):
        draw_instances(replace(frame, instances=None))
