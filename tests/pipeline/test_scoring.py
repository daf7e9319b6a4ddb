"""Scores: KITTI's pixel limits follow the image width, and resamplings are shared by runs."""

from dataclasses import replace

import numpy as np
import pytest

from monotakd import lesson, paths
from monotakd.datasets.kitti.labels import KittiLabels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.metrics.kitti import evaluate
from monotakd.pipeline.scoring import at_kitti_scale, average_precisions, kitti_rows, resamplings, score
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


def test_every_class_that_was_looked_for_is_scored_by_its_own_overlaps():
    """Pedestrians half their length away count at their loose overlap of 0.25 and not at 0.5."""
    count = 50
    depth, height = np.full(count, 12.0), np.full(count, 120.0)
    truth = KittiLabels(
        names=("Pedestrian",) * count,
        truncated=np.zeros(count),
        occluded=np.zeros(count, dtype=np.int64),
        alpha=np.full(count, -10.0),
        boxes_2d=np.stack([np.arange(count), 0 * height, 50 + np.arange(count), height], axis=1),
        dimensions=np.tile([1.7, 0.6, 0.8], (count, 1)),
        locations=np.stack([3.0 * np.arange(count), np.full(count, 1.6), depth], axis=1),
        rotation_y=np.zeros(count),
    )
    # Moved by half their length: the union is 1.5 lengths, the overlap a third.
    found = replace(truth, scores=np.linspace(0.9, 0.1, count), locations=truth.locations + np.array([0.4, 0, 0]))
    scores = score([truth], [found], [1242], classes=("Car", "Pedestrian", "Cyclist"), replicates=2)
    assert scores["other_classes"]["Pedestrian"] == {
        "bev_25": [100.0] * 3,
        "3d_25": [100.0] * 3,
        "bev_50": [0.0] * 3,
        "3d_50": [0.0] * 3,
    }
    assert set(scores["other_classes"]["Cyclist"]["3d_25"]) == {0.0} == set(scores["ap"].values())
    with pytest.raises(ValueError, match="expected Car among them"):
        score([truth], [found], [1242], classes=("Pedestrian",))


def test_limits_in_pixels_follow_the_width():
    truth, found = perfect()
    scaled = score(truth, found, [320] * len(IDS), replicates=1)["ap"]["3d_50"]
    # Taken for full-size images, most cars are under 25 pixels: fewer objects, another number.
    assert score(truth, found, [1242] * len(IDS), replicates=1)["ap"]["3d_50"] != scaled
    rows = at_kitti_scale(truth[0], 621)
    np.testing.assert_allclose(rows.boxes_2d, truth[0].boxes_2d * 2)


@pytest.mark.parametrize("width", [1224, 1238, 1242])
def test_on_kittis_own_images_the_scores_are_those_of_evaluate(width):
    """Cars 39.5 to 40.5 pixels high, on both sides of the easy limit of 40: a scale of 1242/1224 lifts two over it."""
    heights = 39.5 + np.arange(8) / 7
    count = len(heights)
    top, left = 100.0, 140.0 * np.arange(count)
    truth = KittiLabels(
        names=("Car",) * count,
        truncated=np.zeros(count),
        occluded=np.zeros(count, dtype=np.int64),
        alpha=np.full(count, -10.0),
        boxes_2d=np.stack([left, np.full(count, top), left + 100, top + heights], axis=1),
        dimensions=np.tile([1.5, 1.6, 3.9], (count, 1)),
        locations=np.stack([4.0 * np.arange(count), np.full(count, 1.6), np.full(count, 20.0)], axis=1),
        rotation_y=np.zeros(count),
    )
    scores = np.linspace(0.9, 0.2, count)
    # Only those above the limit are found, and one that is just below it: scaled, it would count as a hit.
    found = replace(truth, scores=scores)[heights > 39.9]
    ours, kittis = score([truth], [found], [width], replicates=0), evaluate([truth], [found], classes=["Car"])
    for difficulty, key in (("easy", "easy"), ("moderate", "ap"), ("hard", "hard")):
        assert ours[key] == average_precisions(kittis, "Car", difficulty)
    assert score([truth], [found], [1200], replicates=0)["easy"] != ours["easy"]


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
