"""Wires a frozen teacher and a frozen assistant to a student, and names every loss.

    distiller = Distiller(student, teacher, assistant, DistillSettings.published())
    terms = distiller(batch)
    terms.total(distiller.settings.weights).backward()

The student may be any module that takes `Sensors` and returns an object with the maps and predictions that the
settings ask for: ``bev_visual``, ``bev_spatial``, ``bev`` (each a `BevMap`), ``depth_logits``, ``head``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from monotakd.distill.cells import cell_weights, empty_features
from monotakd.distill.depth import depth_loss
from monotakd.distill.direct import direct_loss
from monotakd.distill.finite import require_finite
from monotakd.distill.ground_truth import ground_truth_losses, labelled_boxes, pseudo_boxes
from monotakd.distill.intra_modal import intra_modal_loss
from monotakd.distill.residual import residual_loss, residual_target
from monotakd.distill.response import response_losses
from monotakd.distill.settings import DistillSettings
from monotakd.distill.terms import LossTerms
from monotakd.distill.truth_response import truth_response_losses
from monotakd.models.assistant import Assistant, borrowed_assistant_map
from monotakd.models.heads.predictions import DensePredictions, HeadLosses
from monotakd.models.precision import at_least_float32, full_precision
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.scene import Batch, BevMap, Boxes3D


@dataclass(frozen=True, eq=False)
class Targets:
    """What the frozen networks say of a batch; may be computed once and kept.

    Attributes:
        teacher_bev: F_T.
        teacher_head: the teacher's predictions.
        assistant_bev: F_A; None where no loss needs it, or where it borrows the student.
    """

    teacher_bev: BevMap | None = None
    teacher_head: DensePredictions | None = None
    assistant_bev: BevMap | None = None


class Distiller(nn.Module):
    """Computes the losses of a recipe.

    Teacher and assistant are frozen for good: no gradient, evaluation mode whatever the distiller's mode. An
    optimiser that is given ``distiller.parameters()`` leaves them alone.

    Args:
        student: a `Student`, or any module as described above.
        teacher: trained; may be None where no loss needs it, or its outputs are given with every batch.
        assistant: trained; the same holds.
        settings: the recipe.

    Raises:
        ValueError: the networks do not fit the recipe or each other.
    """

    def __init__(
        self,
        student: nn.Module,
        teacher: Teacher | None,
        assistant: Assistant | None,
        settings: DistillSettings,
    ):
        super().__init__()
        self.student, self.teacher, self.assistant, self.settings = student, teacher, assistant, settings
        for network in self.frozen().values():
            network.requires_grad_(False)
        self.train(self.training)
        self._check_assistant()
        self._empty: Tensor | None = None

    def frozen(self) -> dict[str, nn.Module]:
        """The networks that teach and do not learn, by name."""
        named = {"teacher": self.teacher, "assistant": self.assistant}
        return {name: network for name, network in named.items() if network is not None}

    def train(self, mode: bool = True) -> Distiller:
        """Sets the student's mode; the frozen networks stay in evaluation mode."""
        super().train(mode)
        for network in self.frozen().values():
            network.eval()
        return self

    def forward(self, batch: Batch, targets: Targets | None = None) -> LossTerms:
        """The loss terms of a batch.

        Args:
            batch: what a loss does not need may be missing: labels, points or depth.
            targets: outputs of the frozen networks if they are known already, else they are computed here.

        Raises:
            ValueError: something is missing that a loss needs.
        """
        if targets is None:
            targets = self.targets(batch)
        return self.losses(self.student(batch.sensors), targets, batch)

    @torch.no_grad()
    def targets(self, batch: Batch) -> Targets:
        """What the frozen networks say of a batch, as far as a loss needs it.

        In float32, whatever the precision of the student: a box code in bfloat16 has three digits, and outputs that
        were stored before (`engine.feature_cache`) were made in float32 too.
        """
        with full_precision(batch.sensors.images):
            return self._targets(batch)

    def _targets(self, batch: Batch) -> Targets:
        found: dict[str, Any] = {}
        if self.settings.needs_teacher:
            _require(self.teacher is not None, "the teacher", "pass a teacher, or its outputs as targets")
            _require(batch.privileged.points is not None, "the batch's points", "read the frames with points")
            output = self.teacher(batch.privileged.points)
            found.update(teacher_bev=output.bev, teacher_head=output.head)
        if self.settings.needs_assistant and self.settings.assistant != "borrowed":
            _require(self.assistant is not None, "the assistant", "pass an assistant, or its outputs as targets")
            found.update(assistant_bev=self.assistant.bev_map(batch.sensors, _depth(batch)))
        return Targets(**found)

    def losses(self, output: Any, targets: Targets, batch: Batch) -> LossTerms:
        """Compares a student's output with the targets.

        Args:
            output: the student's.
            targets: of the same batch; kept half-precision outputs are fine.
            batch: for labels and true depth.

        Raises:
            DataError: a target is not finite; names it and the frames.
            ValueError: something is missing that a loss needs.
        """
        named = {
            "F_T, the teacher's BEV map": targets.teacher_bev,
            "F_A, the assistant's BEV map": targets.assistant_bev,
            "the teacher's predictions": targets.teacher_head,
        }
        require_finite(named, batch.frame_ids)
        settings, weights = self.settings, self.settings.weights
        terms: dict[str, Tensor] = {}
        if weights.intra_modal or weights.residual or weights.direct:
            terms.update(self._feature_losses(output, targets, batch))
        if weights.depth:
            scale = self._student_scale()
            terms["depth"] = depth_loss(
                _asked(output, "depth_logits"),
                _depth(batch),
                batch.labels,
                scale.bins,
                scale.image.stride,
                unknown=settings.depth_unknown,
                pooling=settings.depth_pooling,
            )
        if weights.any_response:
            response = response_losses(
                _asked(output, "head"),
                _target(targets.teacher_head, "predictions"),
                score_threshold=settings.score_threshold,
                average_classification=settings.average_classification,
            )
            terms.update({f"response_{name}": term for name, term in response._asdict().items()})
        if weights.any_truth:
            truth = self._truth_losses(_asked(output, "head"), targets, batch)
            terms.update({f"truth_{name}": term for name, term in truth._asdict().items()})
        return LossTerms(**terms)

    def assistant_map(self, output: Any, targets: Targets, batch: Batch) -> BevMap:
        """F_A: of the targets, or borrowed from the student where the recipe says so."""
        if self.settings.assistant != "borrowed":
            return _target(targets.assistant_bev, "the assistant's BEV map")
        features = _asked(output, "features_visual")
        return borrowed_assistant_map(self.student, features, batch.sensors, _depth(batch), self.settings.depth_pooling)

    def _feature_losses(self, output: Any, targets: Targets, batch: Batch) -> dict[str, Tensor]:
        settings, weights = self.settings, self.settings.weights
        teacher = assistant = counts = None
        if settings.needs_teacher:
            teacher = _target(targets.teacher_bev, "the teacher's BEV map")
            head = targets.teacher_head
            features = at_least_float32(teacher.features)
            empty = self._empty_features(teacher) if settings.cells == "occupied" else None
            counts = cell_weights(settings.cells, features, empty, head, settings.background)
        if settings.needs_assistant:
            assistant = self.assistant_map(output, targets, batch)

        terms = {}
        if weights.intra_modal:
            visual, target = _on_one_grid(_asked(output, "bev_visual"), assistant)
            terms["intra_modal"] = intra_modal_loss(
                visual, target, normalisation=settings.intra_modal_normalisation, weights=counts
            )
        if weights.residual:
            reference = assistant if settings.residual_of == "assistant" else _asked(output, "bev_visual")
            known, beyond = _on_one_grid(reference, teacher)
            how = settings.residual_form, settings.residual_threshold, settings.residual_scaling
            residual = residual_target(beyond, known, *how)
            spatial, _ = _on_one_grid(_asked(output, "bev_spatial"), teacher)
            terms["residual"] = residual_loss(
                spatial, residual, normalisation=settings.residual_normalisation, weights=counts
            )
        if weights.direct:
            fused, target = _on_one_grid(_asked(output, "bev"), teacher)
            terms["direct"] = direct_loss(fused, target, normalisation=settings.direct_normalisation, weights=counts)
        return terms

    def _empty_features(self, teacher: BevMap) -> Tensor:
        """Asked for once. Without a teacher, as beside kept outputs, 0: what sparse convolutions leave empty is 0."""
        if self._empty is None:
            channels = teacher.features.shape[1]
            self._empty = torch.zeros(channels) if self.teacher is None else empty_features(self.teacher)
        return self._empty

    def _truth_losses(self, predictions: DensePredictions, targets: Targets, batch: Batch) -> HeadLosses:
        settings, head = self.settings, self._student_head()
        boxes = self._boxes(head, targets, batch)
        if settings.truth_form == "head":
            return ground_truth_losses(head, predictions, boxes)
        return truth_response_losses(
            head,
            predictions,
            boxes,
            score_threshold=settings.score_threshold,
            average_classification=settings.average_classification,
        )

    def _boxes(self, head: nn.Module, targets: Targets, batch: Batch) -> list[Boxes3D | None]:
        boxes = labelled_boxes(batch.labels)
        if not self.settings.pseudo_boxes or None not in boxes:
            return boxes
        detections = head.decode(_target(targets.teacher_head, "predictions"))
        return [
            guess if known is None else known
            for known, guess in zip(boxes, pseudo_boxes(detections, self.settings.sure), strict=True)
        ]

    def _student_head(self) -> nn.Module:
        head = getattr(self.student, "dense_head", None)
        _require(head is not None, "student.dense_head", "name the student's AnchorHead or CenterHead so")
        return head

    def _student_scale(self) -> Any:
        scale = getattr(self.student, "scale", None)
        _require(scale is not None, "student.scale", "the depth loss needs its bins and image.stride")
        return scale

    def _check_assistant(self) -> None:
        wanted = self.settings.assistant
        if not self.settings.needs_assistant:
            return
        if wanted == "borrowed" and not isinstance(self.student, Student):
            raise ValueError(
                f"a borrowed assistant is made of the student's parts, which a {type(self.student).__name__} does not "
                "have; train an Assistant, or use a Student"
            )
        trained = getattr(getattr(self.assistant, "settings", None), "training", wanted)
        if wanted != "borrowed" and trained != wanted:
            raise ValueError(
                f"the recipe asks for an assistant trained as {wanted!r}, this one is of kind {trained!r}; "
                "the residual means something else for it, so pass the other checkpoint or change settings.assistant"
            )


def _on_one_grid(student: BevMap, target: BevMap) -> tuple[Tensor, Tensor]:
    """The features of both, in float32 at least, after checking that they lie on the same cells."""
    student.require_same_grid(target)
    return at_least_float32(student.features), at_least_float32(target.features)


def _depth(batch: Batch) -> Tensor:
    _require(batch.privileged.depth is not None, "the batch's depth", "read the frames with depth maps")
    return batch.privileged.depth


def _asked(output: Any, name: str) -> Any:
    value = getattr(output, name, None)
    _require(value is not None, f"output.{name} of the student", "return it, or leave that loss out")
    return value


def _target(value: Any, name: str) -> Any:
    _require(value is not None, f"{name} among the targets", "compute them with distiller.targets(batch)")
    return value


def _require(present: bool, what: str, fix: str) -> None:
    if not present:
        raise ValueError(f"a loss of this recipe needs {what}, which is missing; {fix}")
