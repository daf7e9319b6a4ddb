"""Scores: KITTI's pixel limits follow the image width, and resamplings are shared by runs."""

from dataclasses import replace

import numpy as np

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.pipeline.scoring import at_kitti_scale, resamplings, score

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


def test_resamplings_are_the_same_for_every_run():
    assert np.array_equal(resamplings(50, 7), resamplings(50, 7))
    assert resamplings(50, 7).shape == (7, 50)
    assert len(np.unique(resamplings(50, 7))) > 25
