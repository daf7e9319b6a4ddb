"""Trainings with unlabelled drives beside labelled frames, as ``monotakd train --unlabelled`` starts them."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("open3d")

from monotakd import paths
from monotakd.datasets.kitti_raw.layout import is_raw_id
from monotakd.datasets.street.generate_drives import synthesize_drives
from monotakd.engine.feature_cache import FeatureCache
from monotakd.errors import DataError
from monotakd.pipeline.order import Order
from monotakd.pipeline.single import train_one


@pytest.fixture(scope="module")
def drives(tmp_path_factory):
    """A drive with tracklets and one without, two moments each."""
    root = tmp_path_factory.mktemp("drives") / "raw"
    synthesize_drives(root, drives=1, unlabelled=1, frames=2, width=320, seed=5, progress=False)
    return root


class ReadyError(Exception):
    """Carries what a training would begin with."""


def begun(order: Order) -> tuple:
    """Task, frames and collate function of a training that is not done."""

    def loop(task, frames, *_, collate=None, **__):
        raise ReadyError(task, frames, collate)

    with pytest.raises(ReadyError) as caught:
        train_one(order, loop=loop)
    return caught.value.args


def task_of(tmp_path, row: str, drives, **changes):
    return begun(Order("student", tmp_path, paths.toy_set(), "smoke", row, unlabelled=drives, **changes))


def unlabelled_batch(frames, collate):
    """The frames of the drives, and nothing else."""
    rng = np.random.default_rng(0)
    indices = [index for index, name in enumerate(frames.frame_ids) if is_raw_id(name)]
    return collate([frames.sample(index, rng) for index in indices])


def gradient(task, batch) -> float:
    weighted = task.weighted(task.losses(batch))
    sum(weighted.values()).backward()
    return sum(float(p.grad.abs().sum()) for p in task.module.parameters() if p.grad is not None)


def test_boxes_are_never_taken_from_unlabelled_drives(tmp_path, drives):
    task, frames, _ = task_of(tmp_path, "ground_truth_only", drives)
    assert len(frames.frame_ids) == 4
    assert not any(map(is_raw_id, frames.frame_ids))
    # Had they come in all the same, as they do where another loss needs them, they would teach nothing.
    _, everything, collate = task_of(tmp_path / "more", "with_depth", drives)
    batch = unlabelled_batch(everything, collate)
    assert batch.batch.labels == (None,) * 4
    terms = {name: float(value.detach()) for name, value in task.losses(batch).items()}
    assert set(terms) == {"truth_classification", "truth_box", "truth_direction"}
    assert not any(terms.values())
    assert gradient(task, batch) == 0.0


@pytest.mark.parametrize("keep_outputs", [True, False])
def test_teacher_and_assistant_teach_on_unlabelled_drives(tmp_path, drives, keep_outputs):
    task, frames, collate = task_of(tmp_path, "monotakd", drives, keep_outputs=keep_outputs)
    assert len(frames.frame_ids) == 8
    batch = unlabelled_batch(frames, collate)
    assert all(map(is_raw_id, batch.frame_ids))
    assert gradient(task, batch) > 0.0
    terms = {name: float(value.detach()) for name, value in task.losses(batch).items()}
    assert {"intra_modal", "residual", "response_classification"} <= set(terms)
    assert terms["intra_modal"] > 0
    assert terms["response_classification"] > 0


def test_a_teacher_learns_from_labelled_frames_alone(tmp_path, drives):
    order = Order("teacher", tmp_path, paths.toy_set(), "smoke", unlabelled=drives)
    assert len(begun(order)[1].frame_ids) == 4
    names = begun(replace(order, tracklets=True))[1].frame_ids
    assert [is_raw_id(name) for name in names] == [False] * 4 + [True] * 2


def test_the_command_trains_on_both(tmp_path, drives, call):
    listed = tmp_path / "clean.txt"
    listed.write_text((drives / "ImageSets/unlabelled.txt").read_text())
    out = tmp_path / "student"
    arguments = ("--data", paths.toy_set(), "--unlabelled", drives, "--unlabelled-list", listed, "--out", out)
    status, _, err = call("train", "student", *arguments, "--preset", "smoke", "--steps", 2, "--threads", 1)
    assert status == 0, err
    config = json.loads((out / "config.json").read_text())
    assert config["frames"]["count"] == 6
    assert config["settings"]["labelled"] == 4
    for name in ("teacher", "assistant"):
        cache = FeatureCache(out / "cache", config["settings"][name])
        assert not cache.missing(listed.read_text().split())


def test_drives_without_tracklets_train_no_teacher(tmp_path, drives, call):
    lists = drives / "ImageSets"
    before = (lists / "train.txt").read_text()
    (lists / "train.txt").write_text((lists / "unlabelled.txt").read_text())
    try:
        with pytest.raises(DataError, match="no frame with labels"):
            train_one(Order("teacher", tmp_path, drives, "smoke"))
    finally:
        (lists / "train.txt").write_text(before)
