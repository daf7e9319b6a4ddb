"""Recall and depth error by distance, from files of predictions."""

from dataclasses import replace

import numpy as np
import pytest

from monotakd import paths
from monotakd.datasets.kitti.labels import write_labels
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.errors import DataError
from monotakd.pipeline.reach import EDGES, Truth, reach


@pytest.fixture(scope="module")
def world():
    root = KittiRoot(paths.toy_set())
    return root, root.split("val").ids[:8]


def predicted(world, folder, forward=0.0):
    """The labels as detections, pushed away from the camera."""
    root, ids = world
    for name in ids:
        labels = root.labels(name)
        labels = labels[np.array([n != "DontCare" for n in labels.names], dtype=bool)]
        places = labels.locations.copy()
        places[:, 2] += forward
        write_labels(folder / f"{name}.txt", replace(labels, locations=places, scores=np.ones(len(labels))))
    return reach(Truth.of(root, ids), folder)


def test_labels_as_predictions_are_all_found(world, tmp_path):
    found = predicted(world, tmp_path)
    assert len(found.recall) == len(EDGES) - 1
    assert {value for value in found.recall if value is not None} == {1.0}
    assert max(value for value in found.depth_error if value is not None) == pytest.approx(0.0, abs=1e-6)


def test_cars_pushed_away_are_lost_and_by_how_much(world, tmp_path):
    found = predicted(world, tmp_path, forward=4.0)
    assert {value for value in found.recall if value is not None} == {0.0}
    errors = [value for value in found.depth_error if value is not None]
    assert errors
    assert errors == pytest.approx([4.0] * len(errors), abs=0.02)


def test_bins_without_cars_have_no_number(world, tmp_path):
    root, ids = world
    truth = Truth.of(root, ids[:1])
    truth = replace(truth, labels=(truth.labels[0][:0],))
    write_labels(tmp_path / f"{ids[0]}.txt", replace(root.labels(ids[0])[:0], scores=np.zeros(0)))
    found = reach(truth, tmp_path)
    assert found.recall == found.depth_error == (None,) * 4


def test_a_missing_file_is_named(world, tmp_path):
    root, ids = world
    with pytest.raises(DataError, match=f"{ids[0]}.txt"):
        reach(Truth.of(root, ids), tmp_path)
