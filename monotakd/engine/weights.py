"""The weights of one network, alone in a file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import torch
from torch import Tensor, nn

from monotakd.engine.tensor_file import read_tensors, tensors_hash, write_tensors
from monotakd.errors import DataError, require

_KIND = "weights"


def weights_hash(module: nn.Module) -> str:
    """SHA-256 of the state dict: equal for equal weights, whatever file or device they are in."""
    return tensors_hash(module.state_dict())


def save_weights(
    path: str | PathLike[str],
    module: nn.Module,
    facts: Mapping[str, Any] | None = None,
    *,
    dtype: torch.dtype | None = None,
) -> None:
    """Writes the state dict in one step.

    Args:
        path: the file, usually ``*.safetensors``.
        module: the network.
        facts: plain JSON values to keep with it, such as the step.
        dtype: of floating point tensors in the file; None keeps theirs. ``torch.float16`` halves the file.

    Raises:
        DataError: the file cannot be written.
        ValueError: a weight is not finite, or too large for ``dtype``.
    """
    tensors = {
        name: value.to(dtype) if dtype is not None and value.is_floating_point() else value
        for name, value in module.state_dict().items()
    }
    broken = _not_finite(tensors)
    require(not broken, f"weights with NaN or infinite values (too large for {dtype}?) are not saved: {broken[:3]}")
    write_tensors(path, _KIND, tensors, facts or {})


def load_weights(path: str | PathLike[str], module: nn.Module) -> dict[str, Any]:
    """Loads what `save_weights` wrote, every tensor or none. Floating point types are converted to the module's.

    Returns:
        The facts kept with the weights.

    Raises:
        DataError: the file is missing, damaged or of another version, or does not fit the module; lists every tensor
            that is missing, unknown, of another shape, or not finite.
    """
    tensors, facts = read_tensors(path, _KIND)
    put_weights(path, module, tensors)
    return facts


def put_weights(source: str | PathLike[str], module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copies tensors into a module if all of them fit.

    Raises:
        DataError: as `load_weights`.
    """
    own = module.state_dict()
    problems = [f"{name} is missing" for name in own if name not in tensors]
    problems += [f"{name} is unknown" for name in tensors if name not in own]
    problems += [
        f"{name} is {_form(tensors[name])} instead of {_form(own[name])}"
        for name in own
        if name in tensors and not _fits(tensors[name], own[name])
    ]
    problems += [f"{name} has NaN or infinite values" for name in _not_finite(tensors)]
    if problems:
        raise DataError(
            source,
            f"weights that do not fit {type(module).__name__} ({len(problems)} of {len(own)} tensors): "
            + "; ".join(problems),
            f"exactly its {len(own)} tensors",
            fix="Build the network with the settings in the config.json beside the file",
        )
    module.load_state_dict(tensors)


def _fits(given: Tensor, own: Tensor) -> bool:
    same_type = given.dtype == own.dtype or (given.is_floating_point() and own.is_floating_point())
    return given.shape == own.shape and same_type


def _form(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    return [n for n, value in tensors.items() if value.is_floating_point() and not bool(torch.isfinite(value).all())]
