import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry.depth_bins import bin_centres, bin_index, depth_of_index
from monotakd.models.depth_distribution import one_hot_depth, pool_depth, split_depth, true_depth_bins
from monotakd.models.lift import Lift, lift_to_voxels
from monotakd.scene import Calibration, DepthBins, VoxelGrid


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


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_pooling_equals_a_loop_over_blocks(height, width, factor, seed):
    rng = np.random.default_rng(seed)
    depth = np.where(rng.random((height, width)) < 0.3, rng.uniform(1, 80, (height, width)), 0)
    mean, nearest = (pool_depth(torch.from_numpy(depth)[None], factor, how)[0] for how in ("mean", "nearest"))
    assert mean.shape == nearest.shape == (-(-height // factor), -(-width // factor))
    for row, column in np.ndindex(*mean.shape):
        block = depth[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
        known = block[block > 0]
        assert mean[row, column].item() == pytest.approx(known.mean() if len(known) else 0)
        assert nearest[row, column].item() == pytest.approx(known.min() if len(known) else 0)


@pytest.mark.parametrize("minimum", [0.0, 2.0])
def test_unknown_and_far_are_beyond_and_lifted_nowhere(minimum):
    bins = DepthBins("UD", 4, minimum, 10.0)
    target = true_depth_bins(torch.tensor([[[0.0, 3.0, 12.0]]]), bins, 1)
    assert target.flatten().tolist() == [4, int((3.0 - minimum) / (10.0 - minimum) * 4), 4]
    assert one_hot_depth(target, bins).sum(dim=1).flatten().tolist() == [0.0, 1.0, 0.0]


BINNINGS = [DepthBins("UD", 56, 2.0, 46.8), DepthBins.kitti(), DepthBins("SID", 30, 1.0, 60.0)]
by_mode = pytest.mark.parametrize("bins", BINNINGS, ids=lambda bins: bins.mode)


@by_mode
def test_a_split_depth_is_shared_by_two_bins_and_none_of_it_is_lost(bins):
    index = torch.linspace(0.5, bins.num - 0.5, 5001, dtype=torch.float64)
    depth = depth_of_index(bins, index)
    split = split_depth(depth[None, None], bins)[0, :, 0]
    torch.testing.assert_close(split.sum(dim=0), torch.ones_like(depth))
    assert (split >= 0).all()
    assert ((split > 0).sum(dim=0) <= 2).all()
    middles = torch.arange(bins.num, dtype=torch.float64) + 0.5
    torch.testing.assert_close(depth_of_index(bins, middles @ split), depth)
    if bins.mode == "UD":
        torch.testing.assert_close(torch.from_numpy(bin_centres(bins)) @ split, depth)


@by_mode
def test_at_the_middle_of_a_bin_split_and_one_hot_agree(bins):
    depth = depth_of_index(bins, torch.arange(bins.num, dtype=torch.float64) + 0.5)[None, None]
    certain = one_hot_depth(true_depth_bins(depth, bins, 1), bins).double()
    torch.testing.assert_close(split_depth(depth, bins), certain, rtol=0, atol=1e-9)


def test_a_split_depth_by_hand():
    bins = DepthBins("UD", 4, 2.0, 10.0)  # middles at 3, 5, 7, 9
    depth = torch.tensor([[[0.0, 1.9, 2.5, 3.0, 3.5, 6.0, 9.9, 10.0, 50.0]]])
    shares = split_depth(depth, bins)[0, :, 0].T.tolist()
    nothing, first, last = [0.0] * 4, [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]
    assert shares[:4] == [nothing, nothing, first, first]
    assert shares[4:] == [[0.75, 0.25, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0], last, nothing, nothing]


@pytest.mark.parametrize("depth", [5.3, 7.0, 8.05, 11.9])
def test_lifted_split_depth_lies_at_the_depth_itself(depth):
    """Along the ray of one pixel, in voxels much finer than the bins: the centre of what is lifted there."""
    bins, size = DepthBins("UD", 8, 2.0, 18.0), (3, 5)
    # One feature cell looks straight along x; its voxels are 0.125 m long, the bins 2 m.
    axes = np.array([[0, -1.0, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    camera = Calibration(np.array([[60.0, 0, 9.5, 0], [0, 60.0, 5.5, 0], [0, 0, 1, 0]]), axes, (12, 20))
    grid = VoxelGrid((0.0, -0.1, -0.1), (20.0, 0.1, 0.1), (0.125, 0.2, 0.2))
    places = torch.arange(160, dtype=torch.float64) * 0.125 + 0.0625

    def centre(weights):
        features = torch.ones(1, 1, *size, dtype=torch.float64)
        lifted = lift_to_voxels(features, weights, Lift(grid, bins, 4).plans([camera], features))[0, 0, 0, 0]
        return float(lifted @ places / lifted.sum())

    told = torch.full((1, *size), depth, dtype=torch.float64)
    assert centre(split_depth(told, bins)) == pytest.approx(depth, abs=1e-6)
    certain = centre(one_hot_depth(true_depth_bins(told, bins, 1), bins).double())
    assert certain == pytest.approx(2 * int(depth / 2) + 1, abs=1e-6), "one-hot puts it at the middle of its bin"
