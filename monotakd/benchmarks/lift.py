"""Benchmark of the lift at KITTI size: features and depth to a BEV map, against filling the frustum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from monotakd.benchmarks.timing import Row, measure
from monotakd.benchmarks.volume_lift import sampling_grid, volume_lift
from monotakd.models.lift import Lift, lift_to_bev
from monotakd.models.lift_plan import frustum_cells
from monotakd.scene import Calibration, DepthBins, VoxelGrid

CHANNELS, OUTPUT, STRIDE = 64, 128, 8
IMAGE = (375, 1242)
FEATURES = (47, 156)
_PLAIN = "outer product, grid_sample, 1x1 conv"


def _kitti_camera() -> Calibration:
    focal, (u, v) = 721.5377, (609.5593, 172.854)
    projection = np.array([[focal, 0, u, 44.85728], [0, focal, v, 0.2163791], [0, 0, 1, 0.002745884]])
    axes = np.array([[0, -1, 0, 0], [0, 0, -1, -0.08], [1, 0, 0, -0.27], [0, 0, 0, 1]], dtype=np.float64)
    return Calibration(projection, axes, IMAGE)


def run() -> Iterator[Row]:
    """Yields forward, and forward with backward; both ways start from depth logits and end at the BEV map."""
    calibration, grid, bins = _kitti_camera(), VoxelGrid.kitti_camera(), DepthBins.kitti()
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(1, CHANNELS, *FEATURES, generator=generator, requires_grad=True)
    logits = torch.randn(1, bins.num + 1, *FEATURES, generator=generator, requires_grad=True)
    weight = (torch.randn(OUTPUT, CHANNELS * grid.shape[0], generator=generator) / 25).requires_grad_()
    plans = Lift(grid, bins, STRIDE).plans((calibration,), features)
    cells = frustum_cells(calibration, grid, bins, FEATURES, stride=STRIDE)
    volume_grid = sampling_grid(cells, (bins.num, *FEATURES))

    def ours() -> torch.Tensor:
        return lift_to_bev(features, logits.softmax(dim=1), weight, plans)

    def plain() -> torch.Tensor:
        volume = volume_lift(features, logits.softmax(dim=1)[:, :-1], [volume_grid])
        return torch.nn.functional.conv2d(volume.flatten(1, 2), weight[:, :, None, None])

    def backward(lift: Callable[[], torch.Tensor]) -> None:
        torch.autograd.grad(lift().square().sum(), (features, logits, weight))

    with torch.no_grad():
        error = float((ours() - plain()).abs().max())
        assert error < 1e-3, f"the lift and the frustum volume differ by {error}"
        yield Row("lift and collapse at KITTI size, forward", "map", measure(ours), measure(plain), _PLAIN, "7x")
    yield Row(
        "lift and collapse at KITTI size, forward and backward",
        "map",
        measure(lambda: backward(ours)),
        measure(lambda: backward(plain)),
        _PLAIN,
        "5x",
    )
