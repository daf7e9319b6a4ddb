"""``torch.compile`` for the dense parts of the networks of a training.

Whether it pays depends on machine and size: compiling takes minutes, and a dry run tells what a step takes then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import torch
import torch._functorch.config
from torch import nn

from monotakd.errors import DataError
from monotakd.models.recompute import keep_everything, keeps_convolutions

IMAGE = ("image_backbone", "depth_head")
DENSE = (*IMAGE, "backbone_2d", "dense_head")
"""Parts made of ordinary layers alone. The lift, sparse and deformable convolutions have kernels of their own."""


def compile_dense(networks: Iterable[nn.Module], *, backend: str = "inductor") -> list[nn.Module]:
    """Has the dense parts of networks compiled when they are first called; names of weights stay.

    Image networks under `recompute.keep_convolutions` keep everything again, since a compiler works out for itself what
    it had better repeat. Other parts under it stay as they are: they choose, layer by layer, what is kept. So does
    a bare ``nn.Sequential``, whose call torch does not trace; a subclass with a ``forward`` of its own is compiled.
    Graphs can be gone through several times, as gradient norms per term need it.

    Args:
        networks: trained and frozen ones, on their device.
        backend: of ``torch.compile``.

    Returns:
        The parts.
    """
    networks = list(networks)
    found = {name: [getattr(network, name) for network in networks if hasattr(network, name)] for name in DENSE}
    for part in (part for name in IMAGE for part in found.get(name, ())):
        keep_everything(part)
    dense = [
        part
        for parts in found.values()
        for part in parts
        if type(part).forward is not nn.Sequential.forward
        and not any(keeps_convolutions(module) for module in part.modules())
    ]
    torch._functorch.config.donated_buffer = False  # Else the way back reuses what the next one needs.
    for part in dense:
        part.compile(backend=backend)
    return dense


def require_compiler(device: torch.device) -> None:
    """Compiles and runs a trivial function, so that a missing compiler is told at once and in one line.

    Args:
        device: that will train.

    Raises:
        DataError: it cannot be compiled for this device.
    """
    fresh = float(time.time_ns() % 10**9)  # Code that no cache holds from a time when there was a compiler.
    trial = torch.compile(lambda x: torch.sin(x) * fresh)
    try:
        trial(torch.arange(64.0, device=device))
    except (RuntimeError, ImportError, OSError) as error:
        fix = _FIXES.get(device.type, "") + _WITHOUT
        raise DataError("--compile", _said(error), f"a compiler that works for {device.type}", fix=fix) from error


def _said(error: Exception) -> str:
    """What torch says first, and what a compiler complained about."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    complaint = next((line for line in lines[1:] if "error:" in line), None)
    return lines[0] if complaint is None else f"{lines[0]} {complaint}"


_FIXES = {
    "cpu": "Install a C++ compiler (Debian: apt install g++) and Python's headers, or name one with CXX; or ",
    "cuda": "Install the triton that this torch asks for (pip show torch); or ",
}
_WITHOUT = "leave --compile out: the numbers are the same but for rounding"
