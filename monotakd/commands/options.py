"""What several commands share: options that look alike, and how they are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.errors import DataError

PresentOnly = Annotated[
    bool, tyro.conf.arg(help="Use the listed frames that exist and say how many are absent.", name="present-only")
]
AsJson = Annotated[bool, tyro.conf.arg(help="Print JSON instead of text.", name="json")]
JsonOut = Annotated[Path | None, tyro.conf.arg(name="json")]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"],
    tyro.conf.arg(help="Where to compute: auto takes an NVIDIA GPU where there is one, else the CPU, never mps."),
]


def every_core() -> int:
    """Number of cores this process may use, at least one."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def device_named(name: str, devices: int = 1) -> str | None:
    """What `Device` means to `engine.device.choose_device`.

    Args:
        name: as typed.
        devices: processes that share every batch.

    Raises:
        DataError: there is none here, or it cannot be shared out.
    """
    from monotakd.engine.device import choose_device

    if name == "auto":
        return None
    if name == "mps" and devices > 1:
        raise DataError("--devices", f"{devices} with --device mps", "1: Apple's GPU works for one process")
    try:
        choose_device(name)
    except ValueError:
        import torch

        found = f"{name}, which torch {torch.__version__} does not find here"
        fix = "Leave --device out to take what there is, or install a build of torch for it"
        raise DataError("--device", found, "a device of this machine", fix=fix) from None
    return name


def require_at_least(least: int, **options: int | float) -> None:
    """Refuses options that are smaller than they can be.

    Raises:
        DataError: one is, or is no number; names it as it is typed.
    """
    for name, value in options.items():
        if not value >= least:
            raise DataError(f"--{name.replace('_', '-')}", f"{value:g}", f"{least:g} or more")


def names(text: str) -> tuple[str, ...]:
    """The names in a list with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
