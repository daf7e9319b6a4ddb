import torch
from released_module import check_module

from monotakd.models.fuse import Fuse, ReleasedFuse


def test_released_module(shared):
    path = shared / "reference/released_code/ffm.npz"
    check_module(ReleasedFuse(128), path, lambda module, x: module(x, torch.zeros_like(x)), input_name="x")


def test_both_wirings_fuse_the_sum_and_reach_both_inputs():
    torch.manual_seed(0)
    for module in (Fuse(6), ReleasedFuse(6)):
        visual, spatial = (torch.randn(1, 6, 5, 4, requires_grad=True) for _ in range(2))
        out = module.eval()(visual, spatial)
        torch.testing.assert_close(module(visual + spatial, torch.zeros_like(visual)), out)
        out.sum().backward()
        assert visual.grad.any()
        torch.testing.assert_close(visual.grad, spatial.grad)


def test_published_has_two_convolutions_and_trains_on_a_batch_of_one():
    module = Fuse(6)
    assert sum(isinstance(m, torch.nn.Conv2d) for m in module.modules()) == 2
    module(torch.randn(1, 6, 5, 4), torch.randn(1, 6, 5, 4)).square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())
