import numpy as np
import pytest
import torch
from geometry_strategies import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from monotakd.geometry.depth_bins import bin_centres, bin_edges, bin_index, bin_target, depth_of_index
from monotakd.scene import DepthBins

MODES = ("LID", "UD", "SID")
KITTI = DepthBins.kitti()


def test_lid_worked_out_by_hand():
    # 10 bins over 55 m grow by 1 m each, because 1 + 2 + ... + 10 = 55.
    bins = DepthBins("LID", 10, 0.0, 55.0)
    np.testing.assert_allclose(bin_edges(bins), [0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55], atol=1e-12)
    np.testing.assert_allclose(bin_centres(bins)[:3], [0.5, 2.0, 4.5], atol=1e-12)
    np.testing.assert_allclose(bin_index(bins, np.array([0.0, 3.0, 55.0])), [0, 2, 10], atol=1e-12)
    assert bin_target(bins, np.array([0.5, 2.9, 3.1, 54.9])).tolist() == [0, 1, 2, 9]


def test_uniform_and_spaced_worked_out_by_hand():
    uniform = DepthBins("UD", 4, 2.0, 10.0)
    np.testing.assert_allclose(bin_edges(uniform), [2, 4, 6, 8, 10], atol=1e-12)
    # SID cuts ln(1 + d) evenly: 1 + d doubles from bin to bin here.
    spaced = DepthBins("SID", 3, 1.0, 15.0)
    np.testing.assert_allclose(bin_edges(spaced), [1, 3, 7, 15], atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_what_is_beyond(mode, convert):
    bins = DepthBins(mode, 120, 2.0, 46.8)
    beyond = np.array([0.0, -1.0, -5.0, 1.999, 46.8, 46.81, 47.5, 50.0, 80.0, np.nan, np.inf, -np.inf])
    assert bin_target(bins, convert(beyond)).tolist() == [120] * len(beyond)
    assert bin_target(bins, convert(np.array([2.0, 46.799]))).tolist() == [0, 119]


@EXAMPLES
@given(st.sampled_from(MODES), st.integers(1, 200), st.floats(0, 5), st.floats(1, 100), st.floats(0, 1))
def test_index_and_depth_are_inverse(mode, num, minimum, span, share):
    bins = DepthBins(mode, num, minimum, minimum + span)
    depth = np.array([minimum + share * span])
    index = bin_index(bins, depth)
    np.testing.assert_allclose(depth_of_index(bins, index), depth, atol=1e-9)
    np.testing.assert_allclose(bin_index(bins, bin_edges(bins)), np.arange(num + 1), atol=1e-6)
    edges = bin_edges(bins)
    target = bin_target(bins, depth)[0]
    if 0 < share < 1 and np.abs(edges - depth).min() > 1e-6:
        assert edges[target] < depth[0] < edges[target + 1]
    assert bin_target(bins, bin_centres(bins)).tolist() == list(range(num))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arrays_and_tensors_agree_and_keep_their_precision(mode, dtype):
    bins = DepthBins(mode, 40, 2.0, 46.8)
    depth = torch.linspace(2, 46, 333, dtype=dtype).reshape(3, 111)
    index, target = bin_index(bins, depth), bin_target(bins, depth)
    assert (index.dtype, target.dtype, target.shape) == (dtype, torch.int64, depth.shape)
    array_index = bin_index(bins, depth.numpy())
    assert array_index.dtype == depth.numpy().dtype
    np.testing.assert_allclose(array_index, index.numpy(), rtol=0, atol=1e-4 if dtype == torch.float32 else 1e-12)
    back = depth_of_index(bins, index)
    assert back.dtype == dtype
    torch.testing.assert_close(back, depth, rtol=1e-5, atol=1e-5)


def test_gradients_flow_through_the_index():
    depth = torch.tensor([3.0, 20.0], requires_grad=True)
    bin_index(KITTI, depth).sum().backward()
    assert (depth.grad > 0).all()


@pytest.mark.parametrize("num", [40, 120])
@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_reference(shared, num, convert):
    data = np.load(shared / "reference" / "released_code" / "lid_bins.npz")
    depth = convert(data[f"depth_{num}"])
    for mode in MODES:
        bins = DepthBins(mode, num, 2.0, 46.8)
        expected = data[f"index_{mode}_{num}"]
        np.testing.assert_allclose(np.asarray(bin_index(bins, depth)), expected, rtol=1e-4, atol=1e-5)
        same = np.asarray(bin_target(bins, depth)) == data[f"target_{mode}_{num}"]
        with np.errstate(invalid="ignore"):
            on_an_edge = np.abs(expected - np.round(expected)) < 1e-4
        assert same[~on_an_edge].all()
        if isinstance(depth, torch.Tensor):
            assert same.all()
    lid = DepthBins("LID", num, 2.0, 46.8)
    np.testing.assert_allclose(bin_edges(lid), data[f"lid_edges_{num}"], rtol=0, atol=1e-12)
    given_index = convert(data[f"bin2depth_in_{num}"])
    np.testing.assert_allclose(np.asarray(depth_of_index(lid, given_index)), data[f"bin2depth_out_{num}"], rtol=1e-6)
