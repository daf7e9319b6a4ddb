"""Stopping at targets that are no numbers, which a loss may swallow: NaN > threshold is False, a residual of 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import torch
from torch import Tensor

from monotakd.errors import DataError
from monotakd.models.heads.predictions import DensePredictions
from monotakd.scene import BevMap

_FIX = (
    "Likely causes: broken points or depth of these frames, a checkpoint of an unfinished or diverged training, or "
    "stored outputs that are damaged. Check the data (monotakd data check), then the networks on these frames alone"
)


def require_finite(targets: Mapping[str, BevMap | DensePredictions | None], frame_ids: Sequence[str]) -> None:
    """One pass over each target; looks for the frame only where something is wrong.

    Args:
        targets: by the name that the message gives them; None is left out.
        frame_ids: names of the samples.

    Raises:
        DataError: a target holds NaN or infinite values; names it and the frames.
    """
    named = [(name + part, values) for name, target in targets.items() for part, values in _tensors(target)]
    if not named:
        return
    finite = torch.stack([torch.isfinite(values).all() for _, values in named]).tolist()  # One question to the device.
    if not all(finite):
        raise _broken(*named[finite.index(False)], frame_ids)


def _tensors(target: BevMap | DensePredictions | None) -> Iterator[tuple[str, Tensor]]:
    if isinstance(target, BevMap):
        yield "", target.features
    elif target is not None:
        named = ((field.name, getattr(target, field.name)) for field in fields(target))
        yield from ((f", {name.replace('_', ' ')}", values) for name, values in named if values is not None)


def _broken(name: str, values: Tensor, frame_ids: Sequence[str]) -> DataError:
    wrong = ~torch.isfinite(values).flatten(1)
    frames = [frame for frame, count in zip(frame_ids, wrong.sum(dim=1).tolist(), strict=True) if count]
    found = f"{int(wrong.sum())} of {values.numel()} values NaN or infinite in {name}"
    return DataError(f"targets of frames {', '.join(frames)}", found, "finite numbers to distil from", fix=_FIX)
