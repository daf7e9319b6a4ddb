"""The 3D backbone: what comes out, where, and that both backends agree on a whole network."""

import pytest
import torch

from monotakd.models.sparse import SparseBatchNorm, SparseTensor, to_bev, use_backend
from monotakd.models.sparse_backbone import SparseBackbone, SparseBackboneSettings, SparseResidualBlock, Stage

SMALL = SparseBackboneSettings(
    8, (Stage(8, 1, stride=1), Stage(12, 1), Stage(16, 1, padding=(0, 1, 1))), 4, extra_height=1
)


def voxels(count=300, shape=(20, 24, 16), batch_size=2):
    generator = torch.Generator().manual_seed(0)
    number = torch.randperm(batch_size * shape[0] * shape[1] * shape[2], generator=generator)[:count]
    coordinates = torch.stack(torch.unravel_index(number, (batch_size, *shape)), dim=1)
    return SparseTensor(torch.randn(count, 4, generator=generator), coordinates, shape, batch_size)


@pytest.mark.parametrize("settings", [SparseBackboneSettings.kitti(), SparseBackboneSettings.toy(), SMALL])
def test_the_shape_foretold_is_the_shape_that_comes(settings):
    torch.manual_seed(0)
    tensor = voxels(shape=(40, 64, 32) if settings.stride == 8 else (20, 24, 16))
    network = SparseBackbone(settings).eval()
    with torch.no_grad():
        output = network(tensor)
    assert output.shape == network.output_shape(tensor.shape)
    assert output.shape[1:] == tuple(n // settings.stride for n in tensor.shape[1:])
    assert output.features.shape[1] == settings.out_channels
    assert to_bev(output).shape[:2] == (2, settings.out_channels * output.shape[0])


def test_kitti_ends_in_two_layers_of_188_by_140_cells():
    assert SparseBackbone(SparseBackboneSettings.kitti()).output_shape((40, 1504, 1120)) == (2, 188, 140)


def test_a_residual_block_carries_its_input_on():
    block = SparseResidualBlock(4, SparseBatchNorm).eval()
    for convolution in (block.conv1, block.conv2):
        torch.nn.init.zeros_(convolution.weight)
        torch.nn.init.zeros_(convolution.bias)
    tensor = voxels(50)
    torch.testing.assert_close(block(tensor).features, tensor.features.relu())


def test_both_backends_agree_on_values_and_gradients():
    pytest.importorskip("spconv")
    network, results = SparseBackbone(SMALL).train(), []
    for backend in ("torch", "spconv"):
        network.zero_grad()
        with use_backend(backend):
            bev = to_bev(network(voxels()))
            (bev**2).mean().backward()
        results.append([bev.detach(), *(p.grad.clone() for p in network.parameters())])
    torch.testing.assert_close(*results, rtol=1e-3, atol=1e-5)


def test_samples_of_a_batch_do_not_touch_each_other():
    network, tensor = SparseBackbone(SMALL).eval(), voxels()
    with torch.no_grad():
        both = network(tensor).dense()
        for sample in range(2):
            mine = tensor.coordinates[:, 0] == sample
            alone = tensor.coordinates[mine] * torch.tensor([0, 1, 1, 1])
            output = network(SparseTensor(tensor.features[mine], alone, tensor.shape, 1)).dense()
            torch.testing.assert_close(output[0], both[sample], rtol=1e-4, atol=1e-6)


def test_mirrored_kernels_see_mirrored_voxels():
    """At stride 1 the whole stack commutes with a flip of the y axis."""
    settings = SparseBackboneSettings(8, (Stage(8, 1, stride=1),), 4)
    network, tensor = SparseBackbone(settings).eval(), voxels()
    mirrored = SparseBackbone(settings).eval()
    mirrored.load_state_dict({n: v.flip(2) if v.ndim == 5 else v for n, v in network.state_dict().items()})
    coordinates = tensor.coordinates.clone()
    coordinates[:, 2] = tensor.shape[1] - 1 - coordinates[:, 2]
    flipped = SparseTensor(tensor.features, coordinates, tensor.shape, 2)
    with torch.no_grad():
        torch.testing.assert_close(mirrored(flipped).dense().flip(3), network(tensor).dense(), rtol=1e-4, atol=1e-6)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="must keep 8 channels"):
        SparseBackbone(SparseBackboneSettings(8, (Stage(16, 1, stride=1),), 4))
    with pytest.raises(ValueError, match="does not fit into a grid"):
        SparseBackbone(SparseBackboneSettings.kitti()).output_shape((10, 64, 64))
