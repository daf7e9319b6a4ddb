"""What a student learned: perfect and ignorant ones stand where they belong, and the page is that of the numbers."""

import json
from types import SimpleNamespace

import pytest
import torch

from monotakd import checkpoints, paths
from monotakd.bootstrap import CHECKOUT
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.errors import DataError
from monotakd.models.depth_distribution import one_hot_depth, true_depth_bins
from monotakd.models.student import Student
from monotakd.pipeline.learned import Learned, given_by, learned_by
from monotakd.pipeline.learned_table import NAME, PAGE, learned_page, merged, reach_entry
from monotakd.pipeline.reach import Reach
from monotakd.scene import BevMap

RESULTS = CHECKOUT / "results"


@pytest.fixture(scope="module")
def frames():
    root = KittiRoot(paths.toy_set())
    return CameraFrames(root, root.split("val").ids[:6], points=True, depth="sparse", keep=True)


@pytest.fixture(scope="module")
def batch(frames):
    return collate([frames.frame(index) for index in range(len(frames.frame_ids))])


@pytest.fixture(scope="module")
def maps(batch):
    """F_T and F_A of all frames."""
    with torch.no_grad():
        teacher = checkpoints.teacher()(batch.privileged.points).bev.features
        assistant = checkpoints.assistant()(batch.sensors, batch.privileged.depth).bev.features
    return teacher, assistant


class Told(Student):
    """Says what it is told to say."""

    def forward(self, sensors):
        return self.output


def learned(frames, batch, fused, visual, spatial, sharpness) -> Learned:
    """Of a student that says these three maps and, as sharply as that, the true depth."""
    scale = checkpoints.student().scale
    truth = one_hot_depth(true_depth_bins(batch.privileged.depth, scale.bins, scale.image.stride), scale.bins)
    beyond = torch.full_like(truth[:, :1], -1e4)
    output = SimpleNamespace(
        **{
            name: BevMap(features, scale.bev_grid)
            for name, features in (("bev", fused), ("bev_visual", visual), ("bev_spatial", spatial))
        },
        depth_logits=torch.cat([truth * sharpness, beyond], dim=1),
    )

    student = Told.toy()
    student.output = output
    given = given_by(checkpoints.teacher(), checkpoints.assistant(), frames, progress=False)
    return learned_by(student, given, frames, progress=False)


def test_a_perfect_student(frames, batch, maps):
    teacher, assistant = maps
    rotation, _ = torch.linalg.qr(torch.randn(32, 32, generator=torch.Generator().manual_seed(0)))
    turned = torch.einsum("bcyx,cd->bdyx", teacher, rotation) + 1.0
    found = learned(frames, batch, turned, assistant, teacher - assistant, sharpness=40.0)
    assert found.teacher == pytest.approx(1.0, abs=1e-4)
    assert found.assistant == pytest.approx(1.0, abs=1e-4)
    assert found.residual == pytest.approx(1.0, abs=1e-4)
    assert found.true_bin > 0.9
    assert found.depth_error < 0.5


def test_an_ignorant_student(frames, batch, maps):
    noise = torch.randn(maps[0].shape, generator=torch.Generator().manual_seed(0))
    found = learned(frames, batch, noise, noise, noise, sharpness=0.0)
    assert max(found.teacher, found.assistant, found.residual) < 0.1
    assert found.true_bin == pytest.approx(1 / checkpoints.student().scale.bins.num, rel=1e-3)
    assert found.depth_error > 5


def test_an_exchange_of_the_maps_is_noticed(frames, batch, maps):
    teacher, assistant = maps
    found = learned(frames, batch, assistant, teacher, teacher, sharpness=40.0)
    assert max(found.teacher, found.assistant) < 0.7


def test_a_folder_without_a_job_is_refused(call, tmp_path):
    status, _, said = call("learned-table", "--out", tmp_path)
    assert status == 2
    assert "no job" in said


def test_the_page_is_that_of_the_numbers():
    value = json.loads((RESULTS / NAME).read_text(encoding="utf-8"))
    assert (RESULTS / PAGE).read_text(encoding="utf-8") == learned_page(value)
    assert {run["row"] for run in value["runs"]} >= {"direct", "monotakd"}
    assert all(set(run["learned"]) == set(Learned.names()) for run in value["runs"])


def entry(labels, row, seed=0, recall=0.5):
    return {"labels": labels, "row": row, "seed": seed, "recall": recall}


def test_a_table_grows_in_several_jobs(tmp_path):
    before = [entry("all", "teacher"), entry("all", "direct", 1), entry("200", "teacher")]
    now = [entry("200", "teacher"), entry("200", "direct"), entry("all", "direct", 0), entry("all", "direct", 1, 0.6)]
    assert merged(before, now, tmp_path) == [
        entry("all", "teacher"),
        entry("all", "direct", 0),
        entry("all", "direct", 1, 0.6),
        entry("200", "teacher"),
        entry("200", "direct"),
    ]


def test_the_same_teacher_is_known_by_what_it_sees(tmp_path):
    now = reach_entry("200", "teacher", 0, Reach((0.9, 0.8, None, 0.5), (0.1, 0.2, None, 0.4)))
    before = json.loads(json.dumps(now))
    assert merged([before], [now], tmp_path) == [before]


def test_students_of_another_teacher_are_not_mixed_in(tmp_path):
    with pytest.raises(DataError, match=r"another teacher \(LiDAR\), 200 labels"):
        merged([entry("200", "teacher")], [entry("200", "teacher", recall=0.6)], tmp_path)
