import pytest
import torch
from released_module import check_module

from monotakd.models.scnet import SCNet


def test_released_module(shared):
    path = shared / "reference/released_code/scnet.npz"
    check_module(SCNet(32, blocks=4), path, lambda module, x: module(x), input_name="x")


def test_coarse_view_reaches_over_a_whole_coarse_cell():
    torch.manual_seed(0)
    module = SCNet(16, blocks=1).eval()
    x = torch.rand(1, 16, 16, 16, requires_grad=True)
    module(x)[0, :, 8, 8].sum().backward()
    # Two 3x3 convolutions reach 2 cells; only the averages over 4x4 cells see further.
    assert x.grad[0, :, 8, 13].any()


def test_says_what_it_cannot_do():
    with pytest.raises(ValueError, match="even"):
        SCNet(5)
    with pytest.raises(ValueError, match="4x4 cells"):
        SCNet(4, blocks=1)(torch.rand(1, 4, 3, 8))


def test_paper_has_five_blocks():
    assert len(SCNet(4).layers) == 5


def test_order_in_memory_changes_no_value_and_a_map_to_learn_from_comes_back_channel_by_channel():
    torch.manual_seed(0)
    module = SCNet(8, blocks=2).eval()
    x = torch.rand(2, 8, 12, 8)
    learnt = module(x)
    assert learnt.is_contiguous()
    torch.testing.assert_close(learnt, module.layers(x))
    with torch.no_grad():
        torch.testing.assert_close(module(x), learnt)
