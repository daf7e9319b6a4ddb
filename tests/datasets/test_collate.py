from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_kitti import tiny_frame

from monotakd.datasets.collate import collate
from monotakd.geometry.frames import project_lidar


def smaller(frame, height, width):
    calibration = replace(frame.calibration, image_size=(height, width))
    return replace(
        frame, image=frame.image[:height, :width], depth=frame.depth[:height, :width], calibration=calibration
    )


def test_frames_of_one_size_are_stacked():
    frames = [tiny_frame("000000"), tiny_frame("000001")]
    batch = collate(frames)
    assert batch.frame_ids == ("000000", "000001")
    assert len(batch) == 2
    assert batch.labels == (None, None)
    for i, frame in enumerate(frames):
        np.testing.assert_allclose(batch.sensors.images[i].permute(1, 2, 0).numpy() * 255, frame.image, atol=1e-4)
        np.testing.assert_array_equal(batch.privileged.points[i].numpy(), frame.points)
        np.testing.assert_array_equal(batch.privileged.depth[i].numpy(), frame.depth)
    assert batch.sensors.images.dtype == torch.float32
    assert batch.sensors.images.max() <= 1


def test_smaller_images_are_padded_right_and_below():
    frames = [tiny_frame("000000"), smaller(tiny_frame("000001"), 20, 70)]
    batch = collate(frames)
    assert batch.sensors.images.shape == (2, 3, 24, 80)
    assert not batch.sensors.images[1, :, 20:].any()
    assert not batch.sensors.images[1, :, :, 70:].any()
    assert not batch.privileged.depth[1, 20:].any()
    padded = batch.sensors.calibrations[1]
    assert padded.image_size == (24, 80)
    point = np.array([[12.0, 1, 0]])
    np.testing.assert_array_equal(project_lidar(padded, point)[0], project_lidar(frames[1].calibration, point)[0])


def test_a_student_batch_has_nothing_privileged():
    batch = collate([replace(tiny_frame("000000"), points=None, depth=None)])
    assert batch.privileged.points is None
    assert batch.privileged.depth is None


def test_frames_with_and_without_depth_do_not_mix():
    frames = [tiny_frame("000000"), replace(tiny_frame("000001"), depth=None)]
    with pytest.raises(ValueError, match=r"1 of 2 frames have no depth \(000001\)"):
        collate(frames)


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="no frames"):
        collate([])
