"""Scores: KITTI's pixel limits follow the image width, and resamplings are shared by runs."""

from dataclasses import replace

import numpy as np
import pytest

from monotakd import lesson, paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.pipeline.scoring import at_kitti_scale, kitti_rows, resamplings, score
from monotakd.scene import Detections

ROOT = KittiRoot(paths.toy_set())
IDS = ROOT.split("trainval").ids


def perfect():
    """Labels, and detections that repeat them."""
    truth = [ROOT.labels(frame_id) for frame_id in IDS]
    cars = [rows[np.array([name == "Car" for name in rows.names], dtype=bool)] for rows in truth]
    return truth, [replace(rows, scores=np.linspace(0.9, 0.5, len(rows))) for rows in cars]


def test_perfect_detections_score_high_and_shifted_ones_low():
    truth, found = perfect()
    widths = [320] * len(IDS)
    good = score(truth, found, widths, replicates=3)
    shifted = [replace(rows, locations=rows.locations + np.array([0, 0, 3.0])) for rows in found]
    bad = score(truth, shifted, widths, replicates=3)
    # Perfect detections of so few objects do not reach 100: R40 asks for recalls that lie between two of them.
    assert good["hard"]["3d_70"] > 60 > 5 > bad["hard"]["bev_50"]
    assert all(len(values) == 3 for values in good["replicates"].values())


def test_limits_in_pixels_follow_the_width():
    truth, found = perfect()
    scaled = score(truth, found, [320] * len(IDS), replicates=1)["ap"]["3d_50"]
    # Taken for full-size images, most cars are under 25 pixels: fewer objects, another number.
    assert score(truth, found, [1242] * len(IDS), replicates=1)["ap"]["3d_50"] != scaled
    rows = at_kitti_scale(truth[0], 621)
    np.testing.assert_allclose(rows.boxes_2d, truth[0].boxes_2d * 2)


def test_a_frame_and_what_was_found_in_it_become_rows_at_kittis_scale():
    street = lesson.toy_frame(3)
    truth = kitti_rows(street)
    cars = np.array([name == "Car" for name in truth.names])
    told = np.concatenate([street.annotations.boxes_2d, street.annotations.ignore_regions])
    np.testing.assert_allclose(truth.boxes_2d, told * (1242 / 320))
    boxes = street.annotations.boxes.named("Car")
    found = kitti_rows(street, Detections(boxes, np.full(len(boxes), 0.5)))
    np.testing.assert_allclose(found.locations, truth.locations[cars], atol=1e-5)
    assert (found.scores == 0.5).all()
    with pytest.raises(ValueError, match="has no labels"):
        kitti_rows(replace(street, annotations=None))


def test_resamplings_are_the_same_for_every_run():
    assert np.array_equal(resamplings(50, 7), resamplings(50, 7))
    assert resamplings(50, 7).shape == (7, 50)
    assert len(np.unique(resamplings(50, 7))) > 25
