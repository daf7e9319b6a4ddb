"""The students' benchmarks compare like with like: both ways give the same losses, gradients and detections."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from monotakd.benchmarks import distill_step, inference, toy_step
from monotakd.benchmarks.kitti_networks import (
    GivenFeaturesSettings,
    kitti_batch,
    kitti_camera_settings,
    kitti_student,
    train_alone,
)
from monotakd.benchmarks.peak_memory import MemoryRow, peak_above_start
from monotakd.benchmarks.released_arrangement import ReleasedArrangement
from monotakd.distill.distiller import Distiller, Targets
from monotakd.distill.settings import DistillSettings
from monotakd.models.bev_backbone import BevBackboneSettings
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.student import Student, StudentSettings, Wiring
from monotakd.scene import Batch, BevMap, Calibration, DepthBins, Privileged, Sensors, VoxelGrid

IMAGE, CELLS = (64, 96), (8, 12)


@pytest.fixture
def batch() -> Batch:
    projection = np.array([[60.0, 0, 48, 3], [0, 60, 30, 0.1], [0, 0, 1, 0.002]])
    axes = np.array([[0, -1, 0, 0], [0, 0, -1, -0.08], [1, 0, 0, -0.27], [0, 0, 0, 1]], dtype=np.float64)
    rng = np.random.default_rng(0)
    depth = torch.from_numpy(rng.uniform(0, 20, (1, *IMAGE)).astype(np.float32))
    sensors = Sensors(torch.zeros(1, 3, *IMAGE), (Calibration(projection, axes, IMAGE),))
    return Batch(("noise",), sensors, Privileged(depth=depth), (None,))


@pytest.fixture
def student() -> Student:
    torch.manual_seed(0)
    scale = replace(
        kitti_camera_settings(),
        grid=VoxelGrid((2.0, -6.4, -3.0), (14.8, 6.4, 1.0), (0.8, 0.8, 1.0)),
        bins=DepthBins("LID", 10, 2.0, 14.8),
        image=GivenFeaturesSettings((), 0, 6, size=CELLS),
        branch_channels=4,
        bev_channels=8,
        backbone_2d=BevBackboneSettings((1,), (1,), (8,), (8,)),
    )
    return Student(StudentSettings(scale, Wiring.released()))


def noise_targets(student: Student) -> Targets:
    generator = torch.Generator().manual_seed(1)
    head = student.dense_head
    places = head.anchors.reshape(-1, 7).shape[0]
    logits, codes, directions = (torch.randn(1, places, width, generator=generator) for width in (3, 7, 2))
    features = torch.randn(1, 8, *student.scale.bev_grid.shape, generator=generator)
    return Targets(BevMap(features, student.scale.bev_grid), DensePredictions(logits, codes, directions))


def test_the_released_arrangement_gives_the_same_losses_and_gradients(student, batch):
    arrangement = ReleasedArrangement(student, batch)
    step = distill_step.Step(Distiller(student, None, None, DistillSettings.released()), batch)
    train_alone(student)
    targets = noise_targets(student)
    start = {name: value.clone() for name, value in student.state_dict().items()}
    plain = step.gradients(arrangement.losses(batch, targets))
    student.load_state_dict(start)
    student.save_memory()
    ours = step.ours(targets)
    assert distill_step.largest_difference(ours, plain) < distill_step.TOLERANCE
    reached = {name for (name, _), g in zip(student.named_parameters(), plain[1:], strict=True) if g.abs().max() > 0}
    assert {"image_backbone.features", "collapse_spatial.conv.weight", "spatial_align.dcn.conv2.weight"} <= reached


def test_in_float64_the_two_arrangements_agree_to_its_last_digits(student, batch):
    """Also where the lift's plans were made for float32 before."""
    student.detect(batch.sensors)
    step = distill_step.Step(Distiller(student, None, None, DistillSettings.released()), batch).in_double()
    train_alone(student)
    targets = distill_step.in_double(noise_targets(student))
    start = {name: value.clone() for name, value in student.state_dict().items()}
    plain = step.gradients(ReleasedArrangement(student, batch).losses(batch, targets))
    student.load_state_dict(start)
    ours = step.ours(targets)
    assert ours[1].dtype == torch.float64
    assert float((ours[0] / plain[0] - 1).abs()) < 1e-12
    assert distill_step.gradient_distance(ours, plain) < 1e-10


def test_the_largest_difference_finds_one_wrong_entry():
    a = (torch.tensor(2.0), torch.ones(3), torch.full((2, 2), 4.0))
    b = (torch.tensor(2.0), torch.ones(3), torch.tensor([[4.0, 4.0], [4.0, 5.0]]))
    assert distill_step.largest_difference(a, b) == pytest.approx(0.2)
    assert distill_step.largest_difference((torch.tensor(2.2), *a[1:]), a) == pytest.approx(0.1)


def test_the_gradient_distance_is_relative_to_the_second():
    a, b = (torch.zeros(()), torch.tensor([3.0]), torch.tensor([4.0])), (torch.zeros(()), torch.zeros(1), torch.ones(1))
    assert distill_step.gradient_distance(a, b) == pytest.approx(18**0.5)


def test_the_released_arrangement_finds_the_same_objects(student, batch):
    inference.sure_of_some(student, batch, candidates=40)
    (ours,), (plain,) = student.detect(batch.sensors), ReleasedArrangement(student, batch).detect(batch)
    assert len(ours.scores) > 0
    assert inference.largest_difference(ours, plain) < inference.TOLERANCE


def test_the_students_of_the_benchmark_find_something_at_kittis_size():
    batch = kitti_batch()
    student = inference.sure_of_some(kitti_student(Wiring.released()), batch)
    assert len(student.detect(batch.sensors)[0].scores) > 10


def test_a_lost_object_is_a_difference(student, batch):
    inference.sure_of_some(student, batch, candidates=40)
    (found,) = student.detect(batch.sensors)
    fewer = replace(found, boxes=found.boxes[:-1], scores=found.scores[:-1])
    assert inference.largest_difference(found, fewer) == np.inf


def test_the_volume_student_takes_the_same_step():
    batch = toy_step.toy_batch(size=1)
    targets = toy_step.toy_targets(batch)
    ours, plain = (
        toy_step.gradients(distiller, batch, targets) for distiller in toy_step.toy_distillers(StudentSettings.toy())
    )
    assert distill_step.largest_difference(ours, plain) < toy_step.TOLERANCE


def test_peak_memory_sees_what_is_alive_at_once(tmp_path, monkeypatch):
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pytest.skip("this system does not let a process forget its peak")
    (tmp_path / "two_ways.py").write_text(
        "import torch\n"
        "def one():\n    return lambda: torch.ones(40_000_000).sum()\n"
        "def two():\n    return lambda: (torch.ones(40_000_000) + torch.ones(40_000_000)).sum()\n"
        "CASES = {'one': one, 'two': two}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one, two = (peak_above_start("two_ways", case) for case in ("one", "two"))
    assert one == pytest.approx(160e6, rel=0.1)
    assert two == pytest.approx(480e6, rel=0.1)


def test_memory_stands_in_the_table():
    row = MemoryRow("step", "map", 100_000_000, 250_000_000, "plain", "2x")
    assert row.cells == ("step, peak memory above start", "map", "100 MB", "", "plain: 250 MB", "2.5x", "2x")


@pytest.mark.slow
def test_a_full_size_step_stays_within_six_gigabytes():
    # The paper's student with teacher and assistant, in a process of its own: what a laptop has to have.
    command = [sys.executable, "-m", "monotakd.benchmarks.kitti_step", "student-published"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    measured = json.loads(done.stdout)
    assert measured["device"] != "cpu" or 3 < measured["peak_gb"] < 6
