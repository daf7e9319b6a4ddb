"""The device that is asked for or none, and batches that arrive there whole."""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from tiny_training import TinyFrames

from monotakd.datasets.collate import collate
from monotakd.engine.device import bf16_is_fast, choose_device, to_device, torch_threads


@pytest.mark.parametrize(("cuda", "expected"), [(True, "cuda"), (False, "cpu")])
def test_cuda_where_there_is_one_and_never_mps_unasked(monkeypatch, cuda, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device().type == expected
    assert choose_device("mps").type == "mps"


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="'cuda:1' was asked for"):
        choose_device("cuda:1")
    with pytest.raises(ValueError, match="'gpu' is none"):
        choose_device("gpu")


@pytest.mark.parametrize(("device", "expected"), [("cpu", True), ("mps", False)])
def test_what_a_processor_can_do_says_nothing_of_another_device(monkeypatch, device, expected):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert bf16_is_fast(device) is expected


class Pair(NamedTuple):
    a: torch.Tensor
    b: int


@dataclass(frozen=True)
class Inner:
    values: list
    named: dict
    pair: Pair


def test_every_tensor_moves_and_the_rest_stays():
    tensor = torch.zeros(2)
    moved = to_device(Inner([tensor, "x"], {"k": (tensor, None)}, Pair(tensor, 3)), torch.device("meta"))
    assert all(t.is_meta for t in (moved.values[0], moved.named["k"][0], moved.pair.a))
    assert (moved.values[1], moved.named["k"][1], moved.pair.b) == ("x", None, 3)
    batch = to_device(collate([TinyFrames().plain(0)]), torch.device("meta"))
    assert batch.sensors.images.is_meta
    assert batch.privileged.depth.is_meta
    assert batch.frame_ids == ("000000",)


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
