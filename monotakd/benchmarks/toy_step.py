"""Benchmark of the toy student's training step with kept targets, against the same step with the volume lift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd import paths
from monotakd.benchmarks.timing import Row, measure_both, two_threads
from monotakd.benchmarks.volume_lift import sampling_grid, volume_lift
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.distiller import Distiller, Targets
from monotakd.distill.settings import DistillSettings
from monotakd.models.assistant import Assistant
from monotakd.models.collapse import HeightCollapse
from monotakd.models.lift_plan import frustum_cells
from monotakd.models.student import Student, StudentSettings
from monotakd.models.teacher import Teacher
from monotakd.scene import Batch, BevMap, Calibration

BATCH = 8
TOLERANCE = 1e-4


class VolumeStudent(Student):
    """A student that fills frustum volumes."""

    def __init__(self, settings: StudentSettings):
        super().__init__(settings)
        self._grids = {}

    def lift(
        self,
        features: Float[Tensor, "B C h w"],
        depth: Float[Tensor, "B D h w"],
        calibrations: Sequence[Calibration],
        collapse: HeightCollapse,
    ) -> BevMap:
        """As a `Student`'s."""
        grids = [self._grid(calibration, tuple(features.shape[2:])) for calibration in calibrations]
        voxels = volume_lift(features, depth[:, : self.scale.bins.num], grids)
        return BevMap(collapse(voxels), self.scale.bev_grid)

    def _grid(self, calibration: Calibration, size: tuple[int, int]):
        if id(calibration) not in self._grids:
            scale = self.scale
            cells = frustum_cells(calibration, scale.grid, scale.bins, size, stride=scale.image.stride)
            self._grids[id(calibration)] = sampling_grid(cells, (scale.bins.num, *size))
        return self._grids[id(calibration)]


def toy_batch(size: int = BATCH) -> Batch:
    """Streets of the toy set, with points and completed depth."""
    root = KittiRoot(paths.toy_set())
    ids = root.split("val").ids[:size]
    frames = CameraFrames(root, ids, points=True, depth="completed")
    return collate([frames.frame(index) for index in range(len(ids))])


def toy_distillers(settings: StudentSettings) -> tuple[Distiller, Distiller]:
    """Two of equal weights; the student of the second one fills volumes."""
    torch.manual_seed(0)
    student, plain = Student(settings), VolumeStudent(settings)
    plain.load_state_dict(student.state_dict())
    return tuple(Distiller(network, None, None, DistillSettings.published()).train() for network in (student, plain))


@torch.no_grad()
def toy_targets(batch: Batch) -> Targets:
    """What an untrained teacher and an untrained assistant say of the batch."""
    torch.manual_seed(1)
    frozen = Distiller(Student.toy(), Teacher.toy(), Assistant.toy(), DistillSettings.published())
    return frozen.targets(batch)


def gradients(distiller: Distiller, batch: Batch, targets: Targets) -> tuple[Tensor, ...]:
    """Loss and the gradient of every parameter."""
    loss = distiller(batch, targets).total(distiller.settings.weights)
    return loss.detach(), *torch.autograd.grad(loss, list(distiller.parameters()))


def run() -> Iterator[Row]:
    """Yields the published wiring and recipe, in float32."""
    from monotakd.benchmarks.distill_step import largest_difference

    batch = toy_batch()
    targets = toy_targets(batch)
    ours, plain = toy_distillers(StudentSettings.toy())
    with two_threads():
        error = largest_difference(gradients(ours, batch, targets), gradients(plain, batch, targets))
        assert error < TOLERANCE, f"the step with the volume lift differs by {error}"
        yield Row(
            f"toy student step, batch {BATCH}, teacher and assistant cached",
            "step",
            *measure_both(lambda: gradients(ours, batch, targets), lambda: gradients(plain, batch, targets)),
            "the same with outer product, grid_sample, 1x1 conv",
            "1.3x",
        )
