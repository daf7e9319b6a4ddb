"""Sparse convolutions against torch's dense conv3d, and spconv against its stand-in: values and gradients."""

import logging
import sys
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from monotakd.models import sparse, spconv_cpu
from monotakd.models.sparse import SparseBatchNorm, SparseConv3d, SparseTensor, choose_backend, to_bev, use_backend

SHAPE = (5, 9, 8)
KINDS = {
    "submanifold": {"submanifold": True},
    "submanifold 1x3x3": {"submanifold": True, "kernel": (1, 3, 3)},
    "strided": {"stride": 2, "padding": 1},
    "strided in z": {"kernel": (3, 1, 1), "stride": (2, 1, 1), "padding": 0},
    "strided, padded in the plane": {"stride": 2, "padding": (0, 1, 1)},
    "regular": {},
}
try:
    import spconv  # noqa: F401

    BACKENDS = ["torch", "spconv"]
except ImportError:
    BACKENDS = ["torch"]


def random_sites(counts, shape=SHAPE, seed=0):
    """(N, 4) coordinates, the samples mixed: rows need not be sorted."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for sample, count in enumerate(counts):
        number = torch.randperm(shape[0] * shape[1] * shape[2], generator=generator)[:count]
        z, y, x = torch.unravel_index(number, shape)
        rows.append(torch.stack([torch.full_like(z, sample), z, y, x], dim=1))
    rows = torch.cat(rows)
    return rows[torch.randperm(len(rows), generator=generator)]


def random_tensor(counts, channels=3, dtype=torch.float32, seed=0):
    sites = random_sites(counts, seed=seed)
    features = torch.randn(len(sites), channels, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    return SparseTensor(features.requires_grad_(), sites, SHAPE, len(counts))


def dense_convolution(layer, tensor):
    """conv3d on the whole grid; for a submanifold layer, read where the inputs are."""
    weight = layer.weight.permute(0, 4, 1, 2, 3)
    result = F.conv3d(tensor.dense(), weight, layer.bias, layer.taps.stride, layer.taps.padding)
    if not layer.taps.submanifold:
        return result
    occupied = tensor.with_features(torch.ones_like(tensor.features[:, :1])).dense()
    return result * occupied


def gradients(value, upstream, *inputs):
    return torch.autograd.grad((value * upstream).sum(), inputs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("counts", [(40,), (60, 17), (0, 25), (1,), (25, 0, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_dense_convolution(kind, counts, backend):
    torch.manual_seed(1)
    layer, tensor = SparseConv3d(3, 4, **KINDS[kind]), random_tensor(counts)
    with use_backend(backend):
        output = layer(tensor)
        found = output.dense()
        expected = dense_convolution(layer, tensor)
        upstream = torch.randn_like(expected)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
        # Forward and backward of spconv must be single-threaded; the rows' gradient is what its race spoils.
        inputs = (tensor.features, layer.weight)
        for mine, dense in zip(
            gradients(found, upstream, *inputs), gradients(expected, upstream, *inputs), strict=True
        ):
            torch.testing.assert_close(mine, dense, rtol=1e-4, atol=1e-5)


def test_outputs_exist_only_where_a_tap_meets_an_input():
    tensor = SparseTensor(torch.ones(1, 1), torch.tensor([[0, 2, 4, 4]]), SHAPE, 1)
    assert len(SparseConv3d(1, 1)(tensor).features) == 27
    assert len(SparseConv3d(1, 1, submanifold=True)(tensor).features) == 1
    assert SparseConv3d(1, 1, stride=2)(tensor).coordinates.tolist() == [[0, 1, 2, 2]]


def test_a_bias_is_added_to_occupied_voxels_only():
    layer, tensor = SparseConv3d(3, 2, submanifold=True, bias=True), random_tensor((4,))
    plain = layer(tensor).features - layer.bias
    with torch.no_grad():
        layer.bias += 1
    torch.testing.assert_close(layer(tensor).features - layer.bias, plain)
    assert (layer(tensor).dense() != 0).any(dim=1).sum() == 4


@pytest.mark.parametrize("kind", ["submanifold", "strided"])
def test_gradients_in_double_precision(kind):
    layer, tensor = SparseConv3d(2, 2, **KINDS[kind]).double(), random_tensor((6, 3), 2, torch.float64)

    def run(features, weight):
        return torch.func.functional_call(layer, {"weight": weight}, (tensor.with_features(features),)).features

    assert torch.autograd.gradcheck(run, (tensor.features, layer.weight.detach().requires_grad_()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_cloud_goes_through(kind, backend):
    layer, tensor = SparseConv3d(3, 4, bias=True, **KINDS[kind]), random_tensor((0, 0))
    with use_backend(backend):
        output = layer(tensor)
        output.features.sum().backward()
    assert output.features.shape == (0, 4)
    assert output.dense().abs().sum() == 0
    assert output.dense().shape[:2] == (2, 4)
    assert layer.weight.grad.abs().sum() == 0


def test_batch_norm_of_fewer_than_two_voxels_uses_the_running_statistics():
    norm = SparseBatchNorm(3)
    before = norm.running_mean.clone()
    assert norm(random_tensor((0,))).features.shape == (0, 3)
    one = random_tensor((1,))
    torch.testing.assert_close(norm(one).features, one.features / (1 + norm.eps) ** 0.5)
    torch.testing.assert_close(norm.running_mean, before)
    norm(random_tensor((9,)))
    assert not torch.equal(norm.running_mean, before)


def stack():
    """Two resolutions; the submanifold layers share their pairs."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        SparseConv3d(3, 8, submanifold=True),
        SparseBatchNorm(8),
        sparse.SparseReLU(),
        SparseConv3d(8, 8, submanifold=True),
        SparseConv3d(8, 6, stride=2),
        SparseConv3d(6, 6, submanifold=True),
    )


def run_stack(network, backend, tensor):
    with use_backend(backend):
        bev = to_bev(network(tensor))
        (bev**2).sum().backward()
    result = [bev.detach(), tensor.features.grad.clone(), *(p.grad.clone() for p in network.parameters())]
    network.zero_grad()
    tensor.features.grad = None
    return result


@pytest.mark.skipif("spconv" not in BACKENDS, reason="spconv is not installed")
def test_spconv_equals_its_stand_in():
    network, tensor = stack(), random_tensor((150, 90))
    for mine, theirs in zip(*(run_stack(network, backend, tensor) for backend in BACKENDS), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_repeat_on_several_threads(backend):
    """spconv's own race shows here within a few hundred runs when forward or backward gets two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        network, tensor = stack(), random_tensor((150, 90))
        first = run_stack(network, backend, SparseTensor(tensor.features, tensor.coordinates, SHAPE, 2))
        for _ in range(60):
            again = run_stack(network, backend, SparseTensor(tensor.features, tensor.coordinates, SHAPE, 2))
            # The batch norm's running statistics move, but nothing in training mode reads them.
            assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.skipif("spconv" not in BACKENDS, reason="spconv is not installed")
def test_spconv_runs_on_one_thread_forward_and_backward(monkeypatch):
    from spconv.pytorch import ops

    seen = []
    for name in ("indice_conv", "indice_conv_backward"):
        original = getattr(ops, name)

        def watched(*args, original=original, name=name, **kwargs):
            seen.append((name, torch.get_num_threads()))
            return original(*args, **kwargs)

        monkeypatch.setattr(ops, name, watched)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with use_backend("spconv"):
            output = SparseConv3d(3, 4)(random_tensor((20,)))
        output.features.sum().backward()  # outside of every block, as an engine would
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert seen == [("indice_conv", 1), ("indice_conv_backward", 1)]


def test_pairs_are_searched_once_for_a_set_of_voxels(monkeypatch):
    calls = []
    original = sparse.build_rulebook
    monkeypatch.setattr(sparse, "build_rulebook", lambda *args: calls.append(args[2]) or original(*args))
    stack()(random_tensor((50,)))
    assert len(calls) == 3


def test_autocast_leaves_the_convolution_in_float32():
    layer, tensor = SparseConv3d(3, 4, submanifold=True), random_tensor((30,))
    plain = layer(tensor).features
    with torch.autocast("cpu", torch.bfloat16):
        output = layer(tensor.with_features(tensor.features)).features
        output.sum().backward()
    assert output.dtype == torch.float32
    assert torch.equal(output, plain)
    assert torch.equal(layer.weight.grad, torch.autograd.grad(layer(tensor).features.sum(), layer.weight)[0])


def test_weights_in_half_precision_are_taken_too():
    layer, tensor = SparseConv3d(3, 4, submanifold=True), random_tensor((30,))
    exact = layer(tensor).features
    half = layer.bfloat16()(tensor).features
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), exact, atol=0.05, rtol=0.05)


def test_height_compression_puts_height_inside_the_channel():
    tensor = SparseTensor(torch.tensor([[5.0, 7.0]]), torch.tensor([[1, 2, 3, 4]]), SHAPE, 2)
    bev = to_bev(tensor)
    assert bev.shape == (2, 2 * 5, 9, 8)
    assert bev.nonzero().tolist() == [[1, 2, 3, 4], [1, 7, 3, 4]]
    assert bev[1, :, 3, 4].tolist() == [0, 0, 5, 0, 0, 0, 0, 7, 0, 0]


def test_the_state_dict_has_spconvs_layout():
    layer = SparseConv3d(2, 5, (3, 1, 1), stride=(2, 1, 1), padding=0)
    assert {name: tuple(value.shape) for name, value in layer.state_dict().items()} == {"weight": (5, 3, 1, 1, 2)}


def test_the_stand_in_takes_over_where_spconv_is_missing_and_says_so_once(monkeypatch, caplog):
    monkeypatch.setattr(sparse, "spconv_is_installed", lambda: False)
    monkeypatch.setattr(sparse, "load_spconv", lambda: None)
    monkeypatch.setattr(sparse, "spconv_knows_cuda", lambda: False)
    sparse._say_once.cache_clear()
    with caplog.at_level(logging.INFO):
        for device in ("cpu", "cuda"):
            assert [choose_backend(torch.device(device)) for _ in range(3)] == ["torch"] * 3
    said = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == [logging.INFO, logging.WARNING], "on the CPU nobody has to be warned"
    (_, on_cpu), (_, on_cuda) = said
    assert on_cpu.startswith("sparse convolutions: plain torch, for want of spconv; ")
    assert on_cuda.startswith("sparse convolutions: plain torch, for want of an spconv built for CUDA; ")
    assert "spconv-cu126" in on_cuda
    with pytest.raises(ValueError, match="not installed"), use_backend("spconv"):
        pass


def test_nothing_is_said_where_spconv_is_installed(monkeypatch, caplog):
    monkeypatch.setattr(sparse, "spconv_is_installed", lambda: True)
    monkeypatch.setattr(sparse, "spconv_knows_cuda", lambda: True)
    with caplog.at_level(logging.INFO):
        assert choose_backend(torch.device("cpu")) == "torch"
        assert choose_backend(torch.device("cuda")) == "spconv"
    assert not caplog.records


def test_an_spconv_without_cuda_is_not_taken_for_tensors_on_cuda(monkeypatch):
    """The wheel that is pinned, beside pip's default torch: what a new user with a GPU has."""
    monkeypatch.setattr(spconv_cpu, "load_spconv", lambda: sys)
    for cpu_only, backend in ((True, "torch"), (False, "spconv")):
        monkeypatch.setitem(
            sys.modules, "spconv", SimpleNamespace(cppconstants=SimpleNamespace(CPU_ONLY_BUILD=cpu_only))
        )
        spconv_cpu.spconv_knows_cuda.cache_clear()
        assert choose_backend(torch.device("cuda")) == backend
        assert choose_backend(torch.device("cpu")) == "torch"
    spconv_cpu.spconv_knows_cuda.cache_clear()


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="this layer takes 4"):
        SparseConv3d(4, 2)(random_tensor((3,)))
    with pytest.raises(ValueError, match="odd kernel and stride 1"):
        SparseConv3d(4, 2, submanifold=True, stride=2)
    with pytest.raises(ValueError, match="does not fit into a grid"):
        SparseConv3d(3, 2, 7, padding=0)(random_tensor((3,)))
