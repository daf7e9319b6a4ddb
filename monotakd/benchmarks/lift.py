"""Benchmark of the lift at KITTI size: features and depth to a BEV map, against filling the frustum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from monotakd.benchmarks.kitti_networks import FEATURES, STRIDE
from monotakd.benchmarks.peak_memory import MemoryRow, memory_row
from monotakd.benchmarks.timing import Row, measure_both, two_threads
from monotakd.benchmarks.volume_lift import sampling_grid, volume_lift
from monotakd.models.lift import Lift, lift_to_bev
from monotakd.models.lift_plan import frustum_cells
from monotakd.scene import Calibration, DepthBins, VoxelGrid

CHANNELS, OUTPUT = 64, 128
IMAGE = (375, 1242)
_WORK = "lift and collapse at KITTI size"
_PLAIN = "outer product, grid_sample, 1x1 conv"


def _kitti_camera() -> Calibration:
    focal, (u, v) = 721.5377, (609.5593, 172.854)
    projection = np.array([[focal, 0, u, 44.85728], [0, focal, v, 0.2163791], [0, 0, 1, 0.002745884]])
    axes = np.array([[0, -1, 0, 0], [0, 0, -1, -0.08], [1, 0, 0, -0.27], [0, 0, 0, 1]], dtype=np.float64)
    return Calibration(projection, axes, IMAGE)


class LiftWork:
    """Both ways, from depth logits to the BEV map, on the same inputs."""

    def __init__(self):
        calibration, grid, bins = _kitti_camera(), VoxelGrid.kitti_camera(), DepthBins.kitti()
        generator = torch.Generator().manual_seed(0)
        self.features = torch.randn(1, CHANNELS, *FEATURES, generator=generator, requires_grad=True)
        self.logits = torch.randn(1, bins.num + 1, *FEATURES, generator=generator, requires_grad=True)
        weight = torch.randn(OUTPUT, CHANNELS * grid.shape[0], generator=generator) / 25
        self.weight = weight.requires_grad_()
        self.plans = Lift(grid, bins, STRIDE).plans((calibration,), self.features)
        cells = frustum_cells(calibration, grid, bins, FEATURES, stride=STRIDE)
        self.grid = sampling_grid(cells, (bins.num, *FEATURES))

    def ours(self) -> torch.Tensor:
        """The package's way."""
        return lift_to_bev(self.features, self.logits.softmax(dim=1), self.weight, self.plans)

    def plain(self) -> torch.Tensor:
        """The textbook's way."""
        volume = volume_lift(self.features, self.logits.softmax(dim=1)[:, :-1], [self.grid])
        return torch.nn.functional.conv2d(volume.flatten(1, 2), self.weight[:, :, None, None])

    def gradients(self, lift: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Forward and backward."""
        return torch.autograd.grad(lift().square().sum(), (self.features, self.logits, self.weight))


def _case(way: str, backward: bool) -> Callable[[], object]:
    torch.set_num_threads(2)
    torch.set_grad_enabled(backward)
    work = LiftWork()
    lift = getattr(work, way)
    return (lambda: work.gradients(lift)) if backward else lift


CASES = {
    f"{way} {direction}": partial(_case, way, backward)
    for way in ("ours", "plain")
    for direction, backward in (("forward", False), ("backward", True))
}


def run() -> Iterator[Row | MemoryRow]:
    """Yields time and memory, forward, and forward with backward."""
    work = LiftWork()
    with two_threads():
        with torch.no_grad():
            error = float((work.ours() - work.plain()).abs().max())
            assert error < 1e-3, f"the lift and the frustum volume differ by {error}"
            ours, plain = measure_both(work.ours, work.plain)
        yield Row(f"{_WORK}, forward", "map", ours, plain, _PLAIN, "7x")
        ours, plain = measure_both(lambda: work.gradients(work.ours), lambda: work.gradients(work.plain))
        yield Row(f"{_WORK}, forward and backward", "map", ours, plain, _PLAIN, "5x")
    for direction, name in (("forward", "forward"), ("backward", "forward and backward")):
        cases = f"ours {direction}", f"plain {direction}"
        yield memory_row(__name__, *cases, f"{_WORK}, {name}", "map", _PLAIN, "5x")
