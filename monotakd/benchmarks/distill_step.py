"""Benchmark of one distillation step at KITTI's sizes, against the release's arrangement of the same step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from monotakd.benchmarks.kitti_networks import kitti_assistant, kitti_batch, kitti_student, train_alone
from monotakd.benchmarks.peak_memory import memory_row
from monotakd.benchmarks.released_arrangement import ReleasedArrangement
from monotakd.benchmarks.timing import Row, measure, measure_both, two_threads
from monotakd.distill.distiller import Distiller, Targets
from monotakd.distill.settings import DistillSettings
from monotakd.distill.terms import LossTerms
from monotakd.models.assistant import Assistant
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.student import Student, Wiring
from monotakd.models.teacher import Teacher
from monotakd.scene import Batch, BevMap

TOLERANCE = 1e-4
"""How far losses may lie apart, and, in float64, gradients by their norm."""
ROUNDING = 0.1
"""How far gradients may lie apart in float32, as they are timed.

Those of an untrained network at this size are ill-conditioned: features moved by one part in a million move the
gradient of the visual branch by 0.4 %, and grid_sample's float32 coordinates move the map by 2e-5.
"""
_WORK = "distillation step at KITTI size, image network left out"
_PLAIN = "the release's arrangement"


@dataclass(frozen=True, eq=False)
class Step:
    """One training step without the optimiser: losses and the gradient of every parameter of the student."""

    distiller: Distiller
    batch: Batch

    @classmethod
    def build(cls, student: Student, teacher: Teacher, assistant: Assistant | None, settings: DistillSettings) -> Step:
        """A step on `kitti_batch`."""
        step = cls(Distiller(student, teacher, assistant, settings), kitti_batch())
        train_alone(student)
        return step

    def in_double(self) -> Step:
        """This step, its student turned to float64; teacher and batch stay as they are."""
        self.distiller.student.double()
        return self

    def targets(self) -> Targets:
        """What the frozen networks say."""
        return self.distiller.targets(self.batch)

    def ours(self, targets: Targets | None = None) -> tuple[Tensor, ...]:
        """Loss and gradients; the frozen networks run if their targets are not given."""
        return self.gradients(self.distiller(self.batch, targets))

    def plain(self, arrangement: ReleasedArrangement) -> tuple[Tensor, ...]:
        """The same in the release's arrangement."""
        return self.gradients(arrangement.losses(self.batch, self.targets()))

    def gradients(self, terms: LossTerms) -> tuple[Tensor, ...]:
        """The loss, and its gradient by every parameter; 0 for those that it does not reach."""
        loss = terms.total(self.distiller.settings.weights)
        parameters = list(self.distiller.student.parameters())
        return loss.detach(), *torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)


def released_step(*, save_memory: bool) -> Step:
    """Wiring and recipe of the release; as `monotakd` takes it, or for its own arrangement, which keeps everything."""
    student = kitti_student(Wiring.released())
    if save_memory:
        student.save_memory()
    return Step.build(student, Teacher.kitti(), None, DistillSettings.released())


def published_step() -> Step:
    """Wiring and recipe of the paper, with an assistant of its own."""
    student = kitti_student(Wiring.published()).save_memory()
    return Step.build(student, Teacher.kitti(), kitti_assistant(), DistillSettings.published())


def largest_difference(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> float:
    """Of two losses, or of the gradients of any parameter, in units of the loss and of the gradients' largest entry."""
    loss = float((a[0] - b[0]).abs() / b[0].abs())
    largest = max(float(gradient.abs().max()) for gradient in b[1:])
    return max(loss, *(float((x - y).abs().max()) / largest for x, y in zip(a[1:], b[1:], strict=True)))


def gradient_distance(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> float:
    """Norm of the difference of all gradients together, in units of the norm of the second."""
    apart = sum(float((x - y).square().sum()) for x, y in zip(a[1:], b[1:], strict=True))
    return (apart / sum(float(y.square().sum()) for y in b[1:])) ** 0.5


def differences(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[float, float]:
    """Of the losses, relative to the second, and `gradient_distance`."""
    return float((a[0] / b[0] - 1).abs()), gradient_distance(a, b)


def difference_in_double() -> tuple[float, float]:
    """Of loss and gradients of the two arrangements of the released step in float64, relative; see `TOLERANCE`."""
    step, kept = (released_step(save_memory=save).in_double() for save in (True, False))
    targets = in_double(step.targets())
    arrangement = ReleasedArrangement(kept.distiller.student, kept.batch)
    ours, plain = step.ours(targets), kept.gradients(arrangement.losses(kept.batch, targets))
    return differences(ours, plain)


def in_double(targets: Targets) -> Targets:
    """The same in float64, for a recipe whose assistant is borrowed."""
    bev, head = targets.teacher_bev, targets.teacher_head
    return Targets(
        BevMap(bev.features.double(), bev.grid),
        DensePredictions(head.class_logits.double(), head.codes.double(), head.direction_logits.double()),
    )


def _ours() -> Callable[[], object]:
    torch.set_num_threads(2)
    return released_step(save_memory=True).ours


def _plain() -> Callable[[], object]:
    torch.set_num_threads(2)
    step = released_step(save_memory=False)
    arrangement = ReleasedArrangement(step.distiller.student, step.batch)
    return lambda: step.plain(arrangement)


CASES = {"ours": _ours, "plain": _plain}


def run() -> Iterator[Row]:
    """Yields time and memory of the released step against its arrangement, then the published one alone."""
    with two_threads():
        error, distance = difference_in_double()
        assert error < TOLERANCE, f"the losses of the two arrangements differ by {error}, in float64"
        assert distance < TOLERANCE, f"the gradients of the two arrangements differ by {distance}, in float64"
        step, kept = (released_step(save_memory=save) for save in (True, False))
        arrangement = ReleasedArrangement(kept.distiller.student, kept.batch)
        first, second = step.ours(), kept.plain(arrangement)
        error, distance = differences(first, second)
        assert error < TOLERANCE, f"the losses of the two arrangements differ by {error}"
        assert distance < ROUNDING, f"the gradients of the two arrangements differ by {distance}"
        del first, second
        ours, plain = measure_both(step.ours, lambda: kept.plain(arrangement))
        yield Row(f"{_WORK}, released", "step", ours, plain, _PLAIN, "1.25x")
        yield memory_row(__name__, "ours", "plain", f"{_WORK}, released", "step", _PLAIN, "2x")
        targets = step.targets()
        yield Row(f"{_WORK}, released, teacher cached", "step", measure(lambda: step.ours(targets)))
        step = published_step()
        targets = step.targets()
        yield Row(f"{_WORK}, published", "step", measure(step.ours))
        yield Row(f"{_WORK}, published, teacher and assistant cached", "step", measure(lambda: step.ours(targets)))
