from collections import Counter

import numpy as np
import pytest

from monotakd.datasets.kitti.labels import read_labels
from monotakd.metrics.benchmark_case import benchmark_case, write_benchmark_case
from monotakd.metrics.kitti import evaluate


@pytest.fixture(scope="module")
def full():
    return benchmark_case()


def test_it_has_the_size_of_the_validation_split(full):
    truth, detections = full
    assert len(truth) == len(detections) == 3769
    assert sum(map(len, truth)) == pytest.approx(28_000, rel=0.05)
    assert sum(map(len, detections)) == pytest.approx(22_000, rel=0.05)
    names = Counter(name for labels in truth for name in labels.names)
    assert names["Car"] > names["DontCare"] > names["Pedestrian"] > names["Cyclist"] > names["Person_sitting"] > 0


def test_it_is_neither_trivial_nor_hopeless(full):
    evaluation = evaluate(*full)
    assert 30 < evaluation.ap("Car", "bbox") < 95
    assert 2 < evaluation.ap("Car", "3d") < 50
    assert evaluation.ap("Car", "3d") < evaluation.ap("Car", "bev") < evaluation.ap("Car", "bev", level="loose")
    assert 0 < evaluation.aos("Car") < evaluation.ap("Car", "bbox")


def test_the_same_seed_gives_the_same_values_and_another_does_not():
    first, again, other = (benchmark_case(20, seed)[1] for seed in (4, 4, 5))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.matrix(), b.matrix())
    assert sum(map(len, first)) != sum(map(len, other)) or first[0].scores.tolist() != other[0].scores.tolist()


def test_files_read_back_equal(tmp_path):
    folders = write_benchmark_case(tmp_path, frames=12, seed=2)
    for folder, contents in zip(folders, benchmark_case(12, 2), strict=True):
        paths = sorted(folder.iterdir())
        assert len(paths) == 12
        for path, labels in zip(paths, contents, strict=True):
            found = read_labels(path)
            assert found.names == labels.names
            np.testing.assert_array_equal(found.matrix(), labels.matrix())
