"""The 2D backbone: resolution kept, every block heard, misfits named."""

import pytest
import torch

from monotakd.models.bev_backbone import BevBackbone, BevBackboneSettings


@pytest.mark.parametrize(
    "settings", [BevBackboneSettings.toy(), BevBackboneSettings((0, 1, 0), (2, 2, 1), (4, 6, 8), (3, 5, 7))]
)
def test_channels_of_all_blocks_side_by_side(settings):
    torch.manual_seed(0)
    network = BevBackbone(4, settings)
    output = network(torch.randn(2, 4, 8, 12))
    assert output.shape == (2, sum(settings.up_filters), 8, 12)
    output.square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())


def test_the_released_widths():
    network = BevBackbone(128, BevBackboneSettings.kitti())
    assert network.settings.out_channels == 512
    assert [sum(isinstance(m, torch.nn.Conv2d) for m in block) for block in network.blocks] == [6, 6]


def test_misfits_are_named():
    with pytest.raises(ValueError, match="multiple of 2"):
        BevBackbone(4, BevBackboneSettings.toy())(torch.zeros(1, 4, 7, 8))
    with pytest.raises(ValueError, match="same blocks"):
        BevBackboneSettings((1, 1), (1,), (8, 8), (8, 8))
