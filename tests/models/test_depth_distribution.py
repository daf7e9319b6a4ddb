import numpy as np
import pytest
import torch

from monotakd.geometry.depth_bins import bin_index
from monotakd.models.depth_distribution import one_hot_depth, pool_depth, true_depth_bins
from monotakd.scene import DepthBins


def test_released_depth_target(shared):
    data = np.load(shared / "reference/released_code/depth_target.npz")
    depth, bins = torch.from_numpy(data["depth_maps"]), DepthBins.kitti()
    pooled = pool_depth(depth, int(data["factor"]), "mean")
    torch.testing.assert_close(pooled, torch.from_numpy(data["pooled"]), rtol=1e-5, atol=1e-5)
    target = true_depth_bins(depth, bins, int(data["factor"]), "mean")
    # A bin may differ where the continuous index lies within rounding of an edge.
    index = bin_index(bins, torch.from_numpy(data["pooled"]))
    at_edge = (index - index.round()).abs() < 1e-4
    expected = torch.from_numpy(data["bins"])
    assert torch.equal(target[~at_edge], expected[~at_edge])
    assert at_edge.sum() < 20
    one_hot = one_hot_depth(expected, bins)
    assert torch.equal(one_hot, torch.from_numpy(data["one_hot"]).float()[:, :120])


def test_pooling_by_hand():
    depth = torch.tensor([[[4.0, 0.0, 0.0, 0.0, 9.0], [8.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 5.0, 0.0]]])
    assert pool_depth(depth, 2, "nearest").tolist() == [[[4.0, 0.0, 9.0], [0.0, 3.0, 0.0]]]
    assert pool_depth(depth, 2, "mean").tolist() == [[[6.0, 0.0, 9.0], [0.0, 4.0, 0.0]]]


@pytest.mark.parametrize("minimum", [0.0, 2.0])
def test_unknown_and_far_are_beyond_and_lifted_nowhere(minimum):
    bins = DepthBins("UD", 4, minimum, 10.0)
    target = true_depth_bins(torch.tensor([[[0.0, 3.0, 12.0]]]), bins, 1)
    assert target.flatten().tolist() == [4, int((3.0 - minimum) / (10.0 - minimum) * 4), 4]
    assert one_hot_depth(target, bins).sum(dim=1).flatten().tolist() == [0.0, 1.0, 0.0]
