"""How teacher and assistant are trained: as detectors, by boxes; and, as options, the assistant with a teacher's help.

The paper distils nothing from teacher to assistant. In the prototype two networks trained apart had maps so unlike
(correlation 0.11) that their difference was no residual. Hence two kinds of ours: the aligned assistant is pulled
towards F_T itself; of the one with a shared head the teacher's 2D backbone and head must make sense, so that F_A has to
say what they say in F_T's way, wherever it matters to detection and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from monotakd.distill.cells import cell_weights, empty_features
from monotakd.distill.direct import direct_loss
from monotakd.distill.ground_truth import ground_truth_losses, labelled_boxes
from monotakd.distill.settings import FEATURE_WEIGHT, TRUTH
from monotakd.distill.terms import LossTerms, LossWeights
from monotakd.errors import require
from monotakd.models.assistant import SHARED_HEAD, Assistant
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.precision import at_least_float32, full_precision
from monotakd.models.teacher import Teacher
from monotakd.scene import Annotations, Batch


def teacher_losses(teacher: Teacher, batch: Batch) -> LossTerms:
    """The terms that train a teacher; their weights are `settings.TRUTH`."""
    require(batch.privileged.points is not None, "a teacher is trained on points: read the frames with them")
    return LossTerms(**_truth(teacher.dense_head, teacher(batch.privileged.points).head, batch.labels))


class AssistantTraining(nn.Module):
    """The terms that train an assistant.

    Args:
        assistant: to be trained; its ``settings.training`` says how. With a shared head, its own 2D backbone and head
            become copies of the teacher's here.
        teacher: trained; frozen where it takes part, which is in all kinds but ``"detector"``.
        background: weight of empty cells in the alignment.

    Raises:
        ValueError: the kind needs a teacher and there is none, or its head does not fit.
    """

    def __init__(self, assistant: Assistant, teacher: Teacher | None = None, background: float = 0.05):
        super().__init__()
        self.kind = assistant.settings.training
        require(
            self.kind == "detector" or teacher is not None,
            f"an assistant of kind {self.kind!r} is trained with the teacher's help: pass a trained teacher, or choose "
            "AssistantSettings(training='detector')",
        )
        self.assistant, self.background = assistant, background
        self.teacher = None if self.kind == "detector" else teacher
        if self.teacher is not None:
            self.teacher.requires_grad_(False).eval()
        if self.kind == "aligned":
            self._empty = empty_features(self.teacher)
        if self.kind == "shared_head":
            require(
                assistant.scale.bev_grid == self.teacher.settings.bev_grid,
                f"the teacher's head reads maps on {self.teacher.settings.bev_grid}, the assistant makes them on "
                f"{assistant.scale.bev_grid}: choose scales with one BEV grid",
            )
            assistant.start_from(self.teacher, SHARED_HEAD)

    @property
    def weights(self) -> LossWeights:
        """Of the terms: boxes, and 4 MSE(F_A, F_T) for an aligned assistant."""
        return replace(TRUTH, direct=FEATURE_WEIGHT) if self.kind == "aligned" else TRUTH

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a frame without labels teaches anything: only its distance to F_T does."""
        return self.kind == "aligned"

    def frozen(self) -> dict[str, nn.Module]:
        """The networks that teach and do not learn, by name."""
        return {} if self.teacher is None else {"teacher": self.teacher}

    def train(self, mode: bool = True) -> AssistantTraining:
        """Sets the assistant's mode; the teacher stays in evaluation mode."""
        super().train(mode)
        for network in self.frozen().values():
            network.eval()
        return self

    def forward(self, batch: Batch) -> LossTerms:
        """The loss terms of a batch. Unlabelled frames take part in the alignment.

        Raises:
            ValueError: the batch has no depth, or no points to align with.
        """
        depth, points = batch.privileged.depth, batch.privileged.points
        require(depth is not None, "an assistant is told the true depth: read the frames with depth maps")
        output = self.assistant(batch.sensors, depth)
        terms = _truth(self.assistant.dense_head, output.head, batch.labels)
        if self.kind == "aligned":
            require(points is not None, "alignment compares with the teacher's map: read the frames with points")
            with torch.no_grad(), full_precision(points[0]):
                taught = self.teacher(points)
            taught.bev.require_same_grid(output.bev)
            target = at_least_float32(taught.bev.features)
            cells = cell_weights("occupied", target, self._empty, taught.head, self.background)
            terms["direct"] = direct_loss(at_least_float32(output.bev.features), target, weights=cells)
        return LossTerms(**terms)


def _truth(head: nn.Module, predictions: DensePredictions, labels: tuple[Annotations | None, ...]) -> dict:
    terms = ground_truth_losses(head, predictions, labelled_boxes(labels))
    return {f"truth_{name}": term for name, term in terms._asdict().items()}
