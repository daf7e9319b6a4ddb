"""The command that trains one network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro

from monotakd.commands.options import PresentOnly


def train(
    what: tyro.conf.Positional[Literal["depth-network", "teacher", "assistant", "student"]],
    out: Path,
    data: Path,
    preset: Literal["smoke", "quick", "toy"] = "toy",
    row: str = "monotakd",
    labels: int = 0,
    seed: int = 0,
    teacher: Path | None = None,
    assistant: Path | None = None,
    depth_network: Path | None = None,
    present_only: PresentOnly = False,
    resume: Annotated[bool, tyro.conf.arg(help="Go on with the training in --out.")] = False,
    threads: int = 0,
    devices: int = 1,
) -> int:
    """Train one network on a KITTI root. Ends with final.safetensors in --out; a kill costs a minute with --resume.

    Args:
        what: Which network.
        out: Folder of the training.
        data: KITTI root; images are brought to the preset's size.
        preset: Budget of the training.
        row: Of a student: what teaches it, a row of the results table such as direct or ground_truth_only.
        labels: How many training frames show their labels; 0 for all.
        seed: First weights and data order.
        teacher: Folder of a trained teacher, where the student (or an aligned assistant) needs one; without it the
            teacher that comes with the project.
        assistant: Folder of a trained assistant; without it the one that comes with the project.
        depth_network: Folder of a trained depth network to start from, for an assistant or a student; without it they
            start with fresh weights.
        threads: Threads of torch on the CPU; 0 leaves them alone.
        devices: Processes that share every batch: one per GPU, or side by side on the CPU. Or start this command with
            torchrun --nproc-per-node N -m monotakd train ...
    """
    from monotakd.pipeline.single import train_on_devices, train_one

    start = train_one if devices == 1 else partial(train_on_devices, devices)
    done = start(
        what.replace("-", "_"),
        out,
        data,
        preset=preset,
        row=row,
        labels=labels or None,
        seed=seed,
        teacher=teacher,
        assistant=assistant,
        depth_network=depth_network,
        present_only=present_only,
        resume=resume,
        threads=threads or None,
    )
    return done if isinstance(done, int) else 0
