"""Weights go into a module completely or not at all."""

import pytest
import torch
from tiny_training import TinyNet
from torch import nn

from monotakd.engine.seeds import seeded
from monotakd.engine.weights import load_weights, save_weights, weights_hash
from monotakd.errors import DataError


def net(seed: int) -> TinyNet:
    with seeded(seed):
        return TinyNet()


def test_weights_come_back_with_their_facts(tmp_path):
    save_weights(tmp_path / "w", net(1), {"step": 5})
    other = net(2)
    assert load_weights(tmp_path / "w", other)["step"] == 5
    assert weights_hash(other) == weights_hash(net(1)) != weights_hash(net(2))


def test_half_precision_comes_back_as_the_modules_type(tmp_path):
    save_weights(tmp_path / "w", net(1), dtype=torch.float16)
    other = net(2)
    load_weights(tmp_path / "w", other)
    assert other.head[1].weight.dtype == torch.float32
    assert torch.equal(other.head[1].weight, net(1).head[1].weight.half().float())


def test_the_report_lists_every_tensor_that_does_not_fit(tmp_path):
    given = net(1)
    given.head = nn.Sequential(nn.Dropout(0.1), nn.Conv2d(4, 3, 1, bias=False))
    given.extra = nn.Linear(1, 1, bias=False)
    save_weights(tmp_path / "w", given)
    other = net(2)
    before = weights_hash(other)
    with pytest.raises(DataError) as refusal:
        load_weights(tmp_path / "w", other)
    assert refusal.value.source == str(tmp_path / "w")
    assert refusal.value.found == (
        "weights that do not fit TinyNet (3 of 9 tensors): head.1.bias is missing; extra.weight is unknown; "
        "head.1.weight is float32 (3, 4, 1, 1) instead of float32 (2, 4, 1, 1)"
    )
    assert weights_hash(other) == before, "nothing was loaded"


def test_types_of_another_sort_do_not_fit(tmp_path):
    given = net(1)
    given.stem[1].num_batches_tracked = given.stem[1].num_batches_tracked.float()
    save_weights(tmp_path / "w", given)
    with pytest.raises(DataError, match=r"num_batches_tracked is float32 \(\) instead of int64 \(\)"):
        load_weights(tmp_path / "w", net(2))


@pytest.mark.parametrize(("value", "dtype"), [(float("nan"), None), (1e6, torch.float16)])
def test_weights_that_are_no_numbers_are_not_saved(tmp_path, value, dtype):
    broken = net(1)
    broken.head[1].bias.data[0] = value
    with pytest.raises(ValueError, match=r"head\.1\.bias"):
        save_weights(tmp_path / "w", broken, dtype=dtype)
    assert not (tmp_path / "w").exists()
