"""The pictures of a job: the feature gap of one reported frame, before and after distillation."""

from __future__ import annotations

from pathlib import Path

import torch

from monotakd import viz
from monotakd.datasets.collate import collate
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.residual import residual_target
from monotakd.engine.run_folder import FINAL
from monotakd.models.assistant import Assistant
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline.networks import load
from monotakd.pipeline.workplace import Workplace
from monotakd.scene import Batch, BevMap, Frame

GAP = "feature_gap.png"
BEFORE, AFTER = "ground_truth_only", "monotakd"
COMPANIONS = 7
"""Other frames beside the one that is drawn: they give the floor of the similarity numbers."""


@torch.no_grad()
def draw_gap(
    frames: list[Frame],
    teacher: Teacher,
    assistant: Assistant,
    student: Student,
    before: Student | None = None,
    *,
    matched: tuple[str, ...] = ("teacher",),
    view: str = "pca",
) -> viz.Picture:
    """Image, F_T, F_A, residual, F_vis, F_spa and the fused map of the first frame; below it, another student's.

    Args:
        frames: with points and true depth; the first is drawn.
        teacher: trained.
        assistant: trained.
        student: after distillation.
        before: a student that was not distilled.
        matched: see `viz.draw_feature_gap`.
        view: see `viz.draw_feature_gap`.
    """
    batches = [collate([frame]) for frame in frames]  # One at a time: all of KITTI's size at once take gigabytes.
    taught = _together([teacher(batch.privileged.points).bev for batch in batches])
    told = _together([assistant.bev_map(batch.sensors, batch.privileged.depth) for batch in batches])
    residual = BevMap(residual_target(taught.features, told.features, "signed"), taught.grid)
    maps = {"teacher": taught, "assistant": told, "residual": residual, **_student_maps(student, batches)}
    return viz.draw_feature_gap(
        frames[0],
        maps,
        before=None if before is None else _student_maps(before, batches),
        matched=matched,
        view=view,
    )


def _student_maps(student: Student, batches: list[Batch]) -> dict[str, BevMap]:
    """F_vis, SAM(F_spa) and F_S."""
    maps = [student(batch.sensors).maps for batch in batches]
    return {name: _together([one[name] for one in maps]) for name in maps[0]}


def _together(maps: list[BevMap]) -> BevMap:
    return BevMap(torch.cat([one.features for one in maps]), maps[0].grid)


def draw_job(place: Workplace) -> Path | None:
    """Draws the feature gap of the busiest of the first reported frames, if a network is newer than the picture.

    Returns:
        The picture; None where teacher, assistant or distilled student is missing. Without the student that was not
        distilled it is drawn without "before".

    Raises:
        DataError: a network or a frame is damaged.
    """
    labels = place.preset.labels[0]
    wanted = {
        "teacher": place.model(labels, "teacher"),
        "assistant": place.model(labels, "assistant"),
        AFTER: place.student(labels, AFTER, 0),
        BEFORE: place.student(labels, BEFORE, 0),
    }
    weights = {name: folder / FINAL for name, folder in wanted.items() if (folder / FINAL).exists()}
    if wanted.keys() - weights.keys() - {BEFORE}:
        return None
    target = place.out / GAP
    if target.exists() and target.stat().st_mtime_ns > max(path.stat().st_mtime_ns for path in weights.values()):
        return target
    networks = {name: load(name, path, place.preset.networks) for name, path in weights.items()}
    root, ids = place.report_root()
    source = CameraFrames(root, ids[:40], points=True, depth=place.preset.true_depth, size=place.image_size)
    frames = [source.frame(index) for index in range(len(source.frame_ids))]
    busiest = max(range(len(frames)), key=lambda i: len(frames[i].annotations or ()))
    shown = [frames[busiest], *[frame for i, frame in enumerate(frames) if i != busiest][:COMPANIONS]]
    gap = draw_gap(shown, networks["teacher"], networks["assistant"], networks[AFTER], networks.get(BEFORE))
    viz.save(gap, target)
    return target
