"""How teacher and assistant are trained: as detectors, by boxes; and, as an option, the assistant towards the teacher.

The paper distils nothing from teacher to assistant. In the prototype two networks trained apart had maps so unlike
(correlation 0.11) that their difference was no residual, hence the aligned assistant (ours).
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
from monotakd.models.assistant import Assistant
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.teacher import Teacher
from monotakd.scene import Annotations, Batch


def teacher_losses(teacher: Teacher, batch: Batch) -> LossTerms:
    """The terms that train a teacher; their weights are `settings.TRUTH`."""
    require(batch.privileged.points is not None, "a teacher is trained on points: read the frames with them")
    return LossTerms(**_truth(teacher.dense_head, teacher(batch.privileged.points).head, batch.labels))


class AssistantTraining(nn.Module):
    """The terms that train an assistant.

    Args:
        assistant: to be trained. Its ``settings.training`` says whether it is aligned.
        teacher: trained; needed to align and frozen then.
        background: weight of empty cells in the alignment.
    """

    def __init__(self, assistant: Assistant, teacher: Teacher | None = None, background: float = 0.05):
        super().__init__()
        self.aligned = assistant.settings.training == "aligned"
        require(
            not self.aligned or teacher is not None,
            "an aligned assistant is trained towards the teacher's map: pass a trained teacher, or choose "
            "AssistantSettings(training='detector')",
        )
        self.assistant, self.background = assistant, background
        self.teacher = teacher if self.aligned else None
        if self.teacher is not None:
            self.teacher.requires_grad_(False).eval()
            self._empty = empty_features(self.teacher)

    @property
    def weights(self) -> LossWeights:
        """Of the terms: boxes, and 4 MSE(F_A, F_T) for an aligned assistant."""
        return replace(TRUTH, direct=FEATURE_WEIGHT) if self.aligned else TRUTH

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
        if self.teacher is not None:
            require(points is not None, "alignment compares with the teacher's map: read the frames with points")
            with torch.no_grad():
                taught = self.teacher(points)
            taught.bev.require_same_grid(output.bev)
            target = taught.bev.features.float()
            cells = cell_weights("occupied", target, self._empty, taught.head, self.background)
            terms["direct"] = direct_loss(output.bev.features.float(), target, weights=cells)
        return LossTerms(**terms)


def _truth(head: nn.Module, predictions: DensePredictions, labels: tuple[Annotations | None, ...]) -> dict:
    terms = ground_truth_losses(head, predictions, labelled_boxes(labels))
    return {f"truth_{name}": term for name, term in terms._asdict().items()}
