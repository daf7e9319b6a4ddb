"""Teacher and assistant teach a student on raw frames that nobody labelled, beside labelled object frames."""

import numpy as np
import pytest
import torch
from raw_cases import UNLABELLED
from small_world import IMAGE, make_assistant, make_distiller, make_teacher

from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.kitti_raw.reader import KittiRawRoot
from monotakd.datasets.sources import JoinedSources
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.settings import DistillSettings
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.taught import TaughtFrames, assistant_outputs, collate_taught, teacher_outputs


@pytest.fixture
def frames(tiny_root, raw_root) -> CameraFrames:
    """Train + unlabelled: two labelled object frames, two raw frames without labels."""
    kitti, raw = KittiRoot(tiny_root), KittiRawRoot(raw_root)
    train = kitti.split("train").ids[:2]
    both = JoinedSources((kitti, train), (raw, [i for i in raw.split("every").ids if UNLABELLED in i]))
    return CameraFrames(both, both.frame_ids, points=True, depth="sparse", labelled=frozenset(train), size=IMAGE)


def batch_of(frames, indices):
    return collate([frames.sample(index, np.random.default_rng(index)) for index in indices])


def test_unlabelled_frames_alone_train_the_student(frames):
    batch = batch_of(frames, [2, 3])
    assert batch.labels == (None, None)
    distiller = make_distiller(DistillSettings.published())
    losses = distiller(batch).computed()
    assert all(bool(torch.isfinite(value)) for value in losses.values())
    sum(losses.values()).backward()
    assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in distiller.student.parameters())


def test_both_kinds_share_a_batch(frames):
    batch = batch_of(frames, [0, 2])
    assert batch.labels[0] is not None
    assert batch.labels[1] is None
    assert all(bool(torch.isfinite(v)) for v in make_distiller(DistillSettings.published())(batch).computed().values())


def test_stored_outputs_are_kept_per_raw_frame(frames, tmp_path):
    teacher, assistant = make_teacher(), make_assistant()
    caches = FeatureCache(tmp_path, "teacher"), FeatureCache(tmp_path, "assistant")
    for cache, outputs in zip(
        caches, (lambda b: teacher_outputs(teacher, b), lambda b: assistant_outputs(assistant, b)), strict=True
    ):
        cache.fill(frames.frame_ids, frames.mirrored, outputs, batch_size=2, collate=collate, progress=False)
        assert not cache.missing(frames.frame_ids)
    taught = TaughtFrames(frames, *caches)
    sample = taught.sample(2, np.random.default_rng(0))
    batch = collate_taught([sample, taught.sample(3, np.random.default_rng(1))], teacher.settings.bev_grid)
    assert batch.frame_ids == tuple(frames.frame_ids[2:])
    assert batch.targets.teacher_bev.features.shape[0] == 2
