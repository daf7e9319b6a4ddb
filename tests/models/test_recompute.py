"""Parts that keep convolutions and statistics only: same numbers, and neither of the two is computed again."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from monotakd.models.align import ReleasedAtrousPyramid
from monotakd.models.bev_backbone import BevBackbone, BevBackboneSettings
from monotakd.models.fuse import ReleasedFuse
from monotakd.models.recompute import keep_convolutions, keep_everything, keeps_convolutions
from monotakd.models.resnet_backbone import ResNetSettings
from monotakd.models.scnet import Bottleneck


def _parts() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    backbone = BevBackbone(8, BevBackboneSettings((2,), (2,), (8,), (8,)))
    return {
        "bottleneck": Bottleneck(8),
        "block": backbone.blocks[0],
        "deblock": backbone.deblocks[0],
        "pyramid": ReleasedAtrousPyramid(8),
        "stage": ResNetSettings((1, 2, 2, 2), width=2).build_depth_head(4).layer4,
        "fusion": ReleasedFuse(8),
    }


class _Ran(TorchDispatchMode):
    """Counts what is computed."""

    def __init__(self):
        super().__init__()
        self.counts = {"convolution": 0, "native_batch_norm": 0, "statistics": 0}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._opname
        if name in self.counts:
            self.counts[name] += 1
        self.counts["statistics"] += name == "native_batch_norm" and args[5]
        return func(*args, **(kwargs or {}))


def _step(part: nn.Module, inputs: list[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, int]]:
    leaves = [x.clone().requires_grad_() for x in inputs]
    loss = part(*leaves).square().sum()
    with _Ran() as ran:
        gradients = torch.autograd.grad(loss, [*leaves, *part.parameters()])
    return [loss.detach(), *gradients, *part.state_dict().values()], ran.counts


@pytest.mark.parametrize("name", _parts())
@pytest.mark.parametrize("training", [True, False])
def test_gives_the_same_bytes_and_repeats_neither_convolutions_nor_statistics(name, training):
    part = _parts()[name].train(training)
    lean = deepcopy(part)
    keep_convolutions(lean)
    channels = 32 if name == "stage" else 8
    inputs = [torch.randn(2, channels, 12, 16) for _ in range(2 if name == "fusion" else 1)]
    expected, _ = _step(part, inputs)
    found, ran = _step(lean, inputs)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert ran["convolution"] == ran["statistics"] == 0
    assert ran["native_batch_norm"] == sum(isinstance(m, nn.BatchNorm2d) for m in part.modules()) + (name == "fusion")


def test_gives_the_same_bytes_in_bf16():
    part = _parts()["bottleneck"]
    lean = deepcopy(part)
    keep_convolutions(lean)
    inputs = [torch.randn(2, 8, 12, 16)]
    with torch.autocast("cpu", torch.bfloat16):
        (expected, _), (found, _) = _step(part, inputs), _step(lean, inputs)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_the_way_back_can_be_gone_several_times():
    part = _parts()["block"]
    lean = deepcopy(part)
    keep_convolutions(lean)
    x = torch.randn(2, 8, 12, 16)
    found = []
    for one in (part, lean):
        output, weights = one(x), list(one.parameters())
        terms = (output.sum(), output.square().sum())
        found.append([torch.autograd.grad(term, weights, retain_graph=True) for term in (*terms, terms[0])])
        sum(terms).backward()
        found[-1].append([weight.grad for weight in weights])
    assert all(torch.equal(a, b) for one, other in zip(*found, strict=True) for a, b in zip(one, other, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(part.buffers(), lean.buffers(), strict=True))


def test_a_result_that_was_changed_in_place_is_noticed():
    part = nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(2, 2, 1))
    keep_convolutions(part)
    with pytest.raises(ValueError, match="changed in place"):
        part(torch.randn(1, 2, 4, 4)).sum().backward()


def test_a_copy_trains_its_own_weights():
    part = _parts()["block"]
    keep_convolutions(part)
    copy = deepcopy(part)
    copy(torch.randn(1, 8, 12, 16)).sum().backward()
    assert all(parameter.grad is None for parameter in part.parameters())
    assert all(parameter.grad is not None for parameter in copy.parameters())


def test_a_part_can_keep_everything_again():
    part = nn.Sequential(_parts()["block"], _parts()["bottleneck"])
    keep_convolutions(part[0])
    keep_convolutions(part)
    keep_everything(part)
    assert not any(keeps_convolutions(module) for module in part.modules())
    loss = part(torch.randn(2, 8, 12, 16)).sum()
    with _Ran() as ran:
        loss.backward()
    assert ran.counts["native_batch_norm"] == 0


def test_keeps_nothing_where_there_is_no_way_back():
    part = _parts()["block"].eval()
    x = torch.randn(1, 8, 12, 16)
    with torch.no_grad():
        expected = part(x)
        keep_convolutions(part)
        assert torch.equal(part(x), expected)
