"""The least precision that sums and losses are computed in."""

from __future__ import annotations

import torch
from torch import Tensor


def computed_in(tensor: Tensor) -> torch.dtype:
    """float64 for float64, float32 for all others."""
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def at_least_float32(tensor: Tensor) -> Tensor:
    """Half precision becomes float32; float32 and float64 stay as they are."""
    return tensor.to(computed_in(tensor))


def full_precision(beside: Tensor) -> torch.autocast:
    """A block without autocast on the device of a tensor."""
    return torch.autocast(beside.device.type, enabled=False)
