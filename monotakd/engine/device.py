"""Where tensors live and how many threads work on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch

from monotakd.errors import require


def choose_device(name: str | None = None) -> torch.device:
    """The device to train on.

    Args:
        name: as torch names it; None takes CUDA where there is one, else the CPU. Apple's MPS is taken only when it is
            asked for: it lacks operators and rounds differently.

    Raises:
        ValueError: no such device here.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device {name!r} is none that torch knows: use 'cpu', 'cuda', 'cuda:1' or 'mps'") from None
    there = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available, "cpu": lambda: True}
    require(
        there.get(device.type, lambda: False)(),
        f"device {name!r} was asked for, but torch {torch.__version__} finds none here: "
        "leave the device out to train on what there is, or install a build of torch for it",
    )
    return device


def to_device(value: Any, device: torch.device) -> Any:
    """A copy of a batch (dataclasses, mappings, sequences of tensors) with its tensors on a device."""
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if is_dataclass(value) and not isinstance(value, type):
        moved = {f.name: to_device(getattr(value, f.name), device) for f in fields(value) if f.init}
        return replace(value, **moved) if any(moved[k] is not getattr(value, k) for k in moved) else value
    if isinstance(value, dict):
        return {key: to_device(item, device) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(to_device(item, device) for item in value))
    if isinstance(value, (tuple, list)):
        moved = type(value)(to_device(item, device) for item in value)
        return moved if any(a is not b for a, b in zip(moved, value, strict=True)) else value
    return value


@contextmanager
def torch_threads(count: int | None) -> Iterator[None]:
    """Within the block torch works with ``count`` threads on the CPU; None changes nothing."""
    before = torch.get_num_threads()
    try:
        if count is not None:
            torch.set_num_threads(count)
        yield
    finally:
        torch.set_num_threads(before)


def bf16_is_fast(name: str | None = None) -> bool:
    """Whether the device computes in bfloat16 itself; others, such as GPUs before Ampere, emulate it, more slowly.

    Args:
        name: see `choose_device`.
    """
    device = choose_device(name).type
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
