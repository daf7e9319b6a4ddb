"""The ideal detector that judges distance by size is right about everything else."""

import numpy as np
import pytest

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.metrics.apparent_size import mean_height, seen_by_size

TOY = KittiRoot(paths.toy_set())
LABELS = [TOY.labels(frame_id) for frame_id in TOY.split("trainval").ids]


def cars(labels):
    return labels[np.array([name == "Car" for name in labels.names], dtype=bool)]


def seen(labels, **changes):
    options = {"assumed_height": None, "pixels": 0.0, "rng": np.random.default_rng(0), **changes}
    return seen_by_size(labels, "Car", **options)


def centres(labels):
    return labels.locations - labels.dimensions[:, :1] / 2 * np.array([0.0, 1.0, 0.0])


def test_with_the_true_height_and_no_error_it_says_the_truth():
    assert sum(len(cars(labels)) for labels in LABELS) > 20
    for labels in LABELS:
        found = seen(labels)
        np.testing.assert_allclose(found.locations, cars(labels).locations)
        assert found.scores is not None
        assert len(found) == len(cars(labels))


def test_an_object_higher_than_assumed_seems_nearer_on_the_same_ray():
    labels = max(LABELS, key=lambda one: len(cars(one)))
    found, true = seen(labels, assumed_height=1.5), cars(labels)
    ratio = found.locations[:, 2] / true.locations[:, 2]
    np.testing.assert_allclose(ratio, 1.5 / true.dimensions[:, 0])
    np.testing.assert_allclose(centres(found) / centres(found)[:, 2:], centres(true) / centres(true)[:, 2:])
    np.testing.assert_array_equal(found.dimensions, true.dimensions)
    np.testing.assert_array_equal(found.boxes_2d, true.boxes_2d)
    order = np.argsort(-found.scores)
    assert (np.diff(found.locations[order, 2]) >= 0).all()


def test_an_error_of_a_pixel_moves_far_objects_more():
    labels = max(LABELS, key=lambda one: len(cars(one)))
    true = cars(labels)
    rng = np.random.default_rng(1)
    drawn = np.stack([seen(labels, pixels=1.0, rng=rng).locations[:, 2] for _ in range(400)])
    height = true.boxes_2d[:, 3] - true.boxes_2d[:, 1]
    np.testing.assert_allclose(drawn.std(axis=0) / true.locations[:, 2], 1 / height, rtol=0.15)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="pixels is -1"):
        seen(LABELS[0], pixels=-1.0)
    with pytest.raises(ValueError, match="no Tram in 12 frames"):
        mean_height(LABELS, "Tram")
    assert 1.4 < mean_height(LABELS, "Car") < 1.7
