"""Do the job's own trainings learn? Overfits the toy networks on four streets: losses fall, detections come out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from monotakd import paths
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.depth import CADDN_WEIGHT
from monotakd.distill.settings import TRUTH, DistillSettings
from monotakd.engine.log import read_steps
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import RunSettings, TrainSettings
from monotakd.models.assistant import Assistant
from monotakd.models.teacher import Teacher
from monotakd.pipeline import training
from monotakd.pipeline.networks import build, load
from monotakd.pipeline.prediction import predict
from monotakd.pipeline.rows import Row, row_named
from monotakd.pipeline.scoring import score

QUIET = RunSettings(device="cpu", threads=1, progress=False)
SHORT = TrainSettings(steps=60, batch_size=4, learning_rate=4e-3, warmup_share=0.2)


@pytest.fixture(scope="module")
def data() -> training.TrainingData:
    root = KittiRoot(paths.toy_set())
    return training.TrainingData(root, root.split("train").ids, true_depth="sparse")


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Mapping:
    """Logs of a teacher, an assistant, and a student that both teach; the first two as networks too."""
    out = tmp_path_factory.mktemp("learning")
    teacher = training.train_teacher(data, SHORT, out / "teacher", QUIET)
    assistant = training.train_assistant(data, SHORT, out / "assistant", QUIET)
    networks = {name: load(name, out / name / FINAL) for name in ("teacher", "assistant")}
    taught = training.cache_of(out / "cache", networks["teacher"], data)
    told = training.cache_of(out / "cache", networks["assistant"], data)
    training.fill(taught, networks["teacher"], data, QUIET, 4)
    training.fill(told, networks["assistant"], data, QUIET, 4)
    student = training.train_student(
        row_named("monotakd"), data, replace(SHORT, steps=30), out / "student", QUIET, teacher=taught, assistant=told
    )
    logs = {"teacher": teacher, "assistant": assistant, "student": student}
    return {"logs": {name: read_steps(done.log) for name, done in logs.items()}, **networks}


def ends(records: list[dict], term: str) -> tuple[float, float]:
    values = [record["terms"][term] for record in records]
    return float(np.mean(values[:6])), float(np.mean(values[-6:]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "terms", "share"),
    [
        ("teacher", {"truth_classification", "truth_box"}, 0.5),
        ("assistant", {"truth_classification", "truth_box"}, 0.5),
        ("student", {"intra_modal", "residual", "response_classification", "response_box"}, 0.9),
    ],
)
def test_training_lowers_every_loss_that_has_a_gradient(trained, name, terms, share):
    records = trained["logs"][name]
    # A centre head has no direction of its own to learn.
    assert {term for term in records[0]["terms"] if not term.endswith("_direction")} == terms
    for term in terms:
        first, last = ends(records, term)
        assert last < share * first, (term, first, last)


def bev_ap(network, data: training.TrainingData) -> float:
    frames = CameraFrames(
        data.root,
        data.frame_ids,
        points=isinstance(network, Teacher),
        depth=data.true_depth if isinstance(network, Assistant) else None,
    )
    labels = [data.root.labels(i) for i in data.frame_ids]
    widths = [data.root.image(i).shape[1] for i in data.frame_ids]
    found = predict(network, frames, progress=False)
    return score(labels, found, widths, replicates=0)["hard"]["bev_50"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["teacher", "assistant"])
def test_average_precision_rises_from_untrained_to_trained(trained, data, name):
    ap = partial(bev_ap, data=data)
    before, after = ap(build(name, SHORT.seed).eval()), ap(trained[name])
    assert before < 2.0
    assert after > 10.0, after


@pytest.mark.slow
def test_a_student_learns_a_street_by_heart(data, tmp_path):
    """One street, by its boxes and depth: 90 steps on all four with teacher and assistant left its AP at 0."""
    street = training.TrainingData(data.root, ("000003",), true_depth="sparse")
    row = Row("by_heart", "one street", DistillSettings(replace(TRUTH, depth=CADDN_WEIGHT)))
    training.train_student(row, street, replace(SHORT, steps=150, batch_size=1), tmp_path, QUIET)
    fresh, trained = build("monotakd", SHORT.seed).eval(), load("monotakd", tmp_path / FINAL)
    before, after = bev_ap(fresh, street), bev_ap(trained, street)
    assert before < 2.0
    assert after > 5.0, after


def test_stored_outputs_of_other_settings_are_not_taken(data, tmp_path):
    teacher = Teacher.toy()
    fewer = Teacher(replace(teacher.settings, max_voxels=100))
    fewer.load_state_dict(teacher.state_dict())
    folders = {training.cache_of(tmp_path, network, data).folder for network in (teacher, fewer)}
    assert len(folders) == 2
