"""Teacher, assistant and student on the same frames, in one line.

The one place that runs all three networks for looking: views know maps, not models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd import checkpoints
from monotakd.datasets.collate import collate
from monotakd.distill.residual import ResidualForm, residual_target
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.scene import BevMap, DepthBins, Detections, Frame

if TYPE_CHECKING:
    from monotakd.viz.explorers import FeatureGapExplorer, ResidualExplorer


@dataclass(frozen=True, eq=False)
class SideBySide:
    """What the networks say of some frames.

    Attributes:
        frames: B moments.
        maps: ``"teacher"``, ``"assistant"``, ``"residual"``, ``"visual"``, ``"spatial"`` (after SAM) and ``"fused"``.
        before: the same maps of the other student, under the same names.
        before_name: what that one is called.
        depth: (B, D + 1, h, w) probabilities of the student's depth; the last one is "beyond".
        bins: of the depth.
        detections: of the student, by frame.
        aligned: whether the assistant was trained to use the teacher's channels.
    """

    frames: tuple[Frame, ...]
    maps: Mapping[str, BevMap]
    before: Mapping[str, BevMap]
    before_name: str
    depth: Float[Tensor, "B D1 h w"]
    bins: DepthBins
    detections: tuple[Detections, ...]
    aligned: bool

    def explore(self, row: int = 0, **options: Any) -> FeatureGapExplorer:
        """The feature-gap explorer of one frame; ends a cell.

        Args:
            row: of the frame.
            options: any other option of `viz.explorers.explore_feature_gap`, such as ``matched`` or ``boxes``.

        Raises:
            ValueError: no such frame.
        """
        from monotakd.viz.explorers import explore_feature_gap

        return explore_feature_gap(*self._shown(row), sample=row, **{**self._known(row), **options})

    def explore_residual(self, row: int = 0, **options: Any) -> ResidualExplorer:
        """The residual explorer of one frame; ends a cell.

        Args:
            row: of the frame.
            options: any other option of `viz.explorers.explore_residual`, such as ``boxes``.

        Raises:
            ValueError: no such frame.
        """
        from monotakd.viz.explorers import explore_residual

        shown = self._shown(row)
        return explore_residual(*shown, sample=row, **{**self._known(row), "aligned": self.aligned, **options})

    def _shown(self, row: int) -> tuple[Frame, Mapping[str, BevMap]]:
        if not 0 <= row < len(self.frames):
            raise ValueError(f"frame {row} of {len(self.frames)} (0..{len(self.frames) - 1})")
        return self.frames[row], self.maps

    def _known(self, row: int) -> dict[str, Any]:
        return {"before": self.before, "before_name": self.before_name, "depth": self.depth[row], "bins": self.bins}


@torch.no_grad()
def side_by_side(
    frames: Sequence[Frame],
    *,
    teacher: Teacher | None = None,
    assistant: Assistant | None = None,
    student: Student | None = None,
    other: Student | None = None,
    other_name: str = "other",
    residual: ResidualForm = "binarised",
) -> SideBySide:
    """Runs the three networks, and another student to compare with.

    Several frames give floors to the measures of likeness; 3 to 12 are plenty.

    Args:
        frames: with points and depth, all of one size that the networks take.
        teacher: the stored one by default; the same holds for the others.
        assistant: see above.
        student: see above, ``"monotakd"``.
        other: the student to compare with; by default one as wired as ``student``, untrained, with fixed weights.
        other_name: what it is called in titles.
        residual: form of the residual, see `distill.residual.residual_target`; the stored student learned it binarised.

    Raises:
        DataError: a frame without points or depth.

    Example:
        ``side_by_side(lesson.toy_frames(depth="sparse")).explore(0)``
    """
    batch = collate(frames)
    points, depth = batch.privileged.points, batch.privileged.depth
    for name, value in (("points", points), ("depth", depth)):
        if value is None:
            raise DataError(
                f"frames {', '.join(batch.frame_ids)}", f"no {name}", f"{name} in every frame: teacher and assistant "
                "need them", fix='Read them with depth="sparse", as lesson.toy_frames(depth="sparse") does',
            )  # fmt: skip
    teacher, assistant = teacher or checkpoints.teacher(), assistant or checkpoints.assistant()
    student = student or checkpoints.student()
    taught, told = teacher(points).bev, assistant.bev_map(batch.sensors, depth)
    output = student(batch.sensors)
    cue = BevMap(residual_target(taught.features, told.features, residual), taught.grid)
    return SideBySide(
        frames=tuple(frames),
        maps={"teacher": taught, "assistant": told, "residual": cue, **output.maps},
        before=(other or _untrained(student))(batch.sensors).maps,
        before_name="untrained" if other is None else other_name,
        depth=output.depth_logits.softmax(dim=1),
        bins=student.scale.bins,
        detections=tuple(student.detect(batch.sensors)),
        aligned=assistant.settings.training == "aligned",
    )


def _untrained(student: Student) -> Student:
    """The same network with fresh weights, the same at every call."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return Student(student.settings).eval()
