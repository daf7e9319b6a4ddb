"""Points into voxels, against the reference tensors and by hand."""

import numpy as np
import pytest
import torch

from monotakd.models.voxelize import voxelize, voxelize_batch
from monotakd.scene import VoxelGrid

GRID = VoxelGrid((0.0, -1.0, 0.0), (2.0, 1.0, 1.0), (0.5, 0.5, 0.5))


def cloud(*rows):
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


@pytest.mark.parametrize(("prefix", "suffix", "cap"), [("", "", None), ("", "_cap2000", 2000), ("clumped_", "", None)])
def test_equals_the_release(shared, prefix, suffix, cap):
    reference = np.load(shared / "reference" / "released_code" / "voxelize.npz")
    points = torch.from_numpy(reference[f"{prefix}points"])
    found = voxelize(points, VoxelGrid.kitti_lidar(), max_points=int(reference["max_points"]), max_voxels=cap)
    np.testing.assert_array_equal(found.points.numpy(), reference[f"{prefix}voxels{suffix}"])
    np.testing.assert_array_equal(found.coordinates.numpy(), reference[f"{prefix}coords{suffix}"])
    np.testing.assert_array_equal(found.counts.numpy(), reference[f"{prefix}num_points{suffix}"])


def test_by_hand():
    points = cloud((1.6, 0.1, 0.6, 1), (0.1, -0.9, 0.1, 2), (1.9, 0.4, 0.9, 3), (5, 0, 0, 9), (0.2, -0.8, 0.2, 4))
    voxels = voxelize(points, GRID)
    assert voxels.coordinates.tolist() == [[1, 2, 3], [0, 0, 0]]
    assert voxels.counts.tolist() == [2, 2]
    torch.testing.assert_close(voxels.means, torch.tensor([[1.75, 0.25, 0.75, 2.0], [0.15, -0.85, 0.15, 3.0]]))


def test_the_cap_keeps_the_first_points_of_the_first_voxels():
    points = cloud(*((0.1, -0.9, 0.1, i) for i in range(3)), (1.6, 0.1, 0.6, 7), (0.1, -0.9, 0.1, 3))
    voxels = voxelize(points, GRID, max_points=2, max_voxels=1)
    assert voxels.points[:, :, 3].tolist() == [[0, 1]]


def test_unusable_and_outside_points_are_left_out():
    inf, nan = float("inf"), float("nan")
    points = cloud((nan, 0, 0, 0), (inf, 0, 0, 0), (1, -inf, 0.1, 0), (2.0, 0, 0.1, 0), (-1e-6, 0, 0.1, 0))
    assert len(voxelize(points, GRID)) == 0
    assert len(voxelize(cloud((0.0, -1.0, 0.0, 0)), GRID)) == 1


def test_batches_name_their_sample_and_may_hold_empty_clouds():
    features, coordinates = voxelize_batch([cloud((0.1, 0.1, 0.1, 1)), cloud(), cloud((1.9, 0.9, 0.9, 2))], GRID)
    assert coordinates.tolist() == [[0, 0, 2, 0], [2, 1, 3, 3]]
    assert features[:, 3].tolist() == [1, 2]
    features, coordinates = voxelize_batch([cloud(), cloud()], GRID)
    assert features.shape == (0, 4)
    assert coordinates.shape == (0, 4)
    with pytest.raises(ValueError, match="one tensor per sample"):
        voxelize_batch([], GRID)


def test_commutes_with_a_flip():
    points = torch.rand(500, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([2, 2, 1, 1.0])
    points[:, 1] -= 1
    mirror = torch.tensor([1.0, -1, 1, 1])
    plain, flipped = voxelize(points, GRID), voxelize(points * mirror, GRID)
    rows = GRID.shape[1]
    assert torch.equal(flipped.coordinates[:, 1], rows - 1 - plain.coordinates[:, 1])
    torch.testing.assert_close(flipped.means, plain.means * mirror)
