"""Named tensors from files that other programs wrote: torch checkpoints, safetensors, Hugging Face folders.

Nothing in such a file is ever executed (``weights_only``), and nothing is downloaded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from monotakd.datasets.kitti.files import read_json_object
from monotakd.errors import DataError

STATES = ("model_state", "state_dict", "model")
"""Where programs put the state dict beside an optimiser's state: OpenPCDet; Lightning and MMLab; torchvision."""

_DAMAGE = (
    *(RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(OSError, struct.error),
)
"""What torch raises on bytes that are no checkpoint, depending on the byte."""

_INDEX = "an index: under weight_map, the file of each tensor"
_FOLDER_FILES = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class ForeignTensors:
    """What is in a file, or in a folder of files.

    Attributes:
        path: where.
        tensors: on the CPU, by name; a prefix ``module.`` that all names share (of data-parallel training) is off.
        config: a Hugging Face folder's ``config.json``; empty otherwise.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any]


def read_foreign(path: Path) -> ForeignTensors:
    """Reads a torch checkpoint, a safetensors file, or a Hugging Face folder with either, in one file or several.

    Raises:
        DataError: there is nothing, it is damaged, holds something else than tensors, or would run code.
    """
    found: dict[str, Tensor] = {}
    for part in files_of(path):
        found.update(_named(part, _read_file(part)))
    config = path / "config.json"
    settings = read_json_object(config, "a Hugging Face model's settings") if config.exists() else {}
    return ForeignTensors(path, found, settings)


def files_of(path: Path) -> list[Path]:
    """The files of weights at a path: itself, or those of a Hugging Face folder.

    Raises:
        DataError: a folder without any.
    """
    if not path.is_dir():
        return [path]
    for name in _FOLDER_FILES:
        if (path / name).exists():
            return [path / name]
        index = path / f"{name}.index.json"
        if index.exists():
            weight_map = read_json_object(index, _INDEX).get("weight_map")
            if not isinstance(weight_map, dict) or not weight_map:
                raise DataError(index, f"weight_map = {str(weight_map)[:40]}", _INDEX)
            return [path / str(part) for part in dict.fromkeys(weight_map.values())]
    raise DataError(
        path,
        "none of " + ", ".join(_FOLDER_FILES),
        "a folder as Hugging Face stores a model in",
        fix="Download the model's files by hand, weights and config.json, and name their folder",
    )


def _read_file(path: Path) -> Any:
    if not path.is_file():
        raise DataError(path, "no such file", "a file of weights")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise DataError(path, f"a damaged safetensors file ({error})", "a whole one") from None
    except UnpicklingError as error:
        # torch's own words are a page of advice; the name of what the file wants to call says it.
        called = re.search(r"GLOBAL (\S+)", str(error))
        raise DataError(
            path,
            "something that torch will not read as weights alone" + (f" (it calls {called[1]})" if called else ""),
            "a checkpoint of tensors, numbers and text",
            fix="Load it where you trust it and save its state_dict() alone; nothing was run",
        ) from None
    except _DAMAGE as error:
        found = f"{path.stat().st_size} bytes that are no checkpoint ({type(error).__name__})"
        raise DataError(path, found, "a torch checkpoint or a safetensors file", fix="Is it cut off?") from None


def _named(path: Path, value: Any) -> dict[str, Tensor]:
    """The state dict in what was read, whatever it is wrapped in."""
    for key in STATES:
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
    if not isinstance(value, Mapping) or not value:
        raise DataError(path, f"a {type(value).__name__}", "tensors by name, alone or under " + ", ".join(STATES))
    other = [name for name, item in value.items() if not isinstance(item, Tensor)]
    if other:
        raise DataError(path, f"{other[0]!r}, a {type(value[other[0]]).__name__}, among the tensors", "tensors alone")
    prefix = "module." if all(name.startswith("module.") for name in value) else ""
    return {name.removeprefix(prefix): item for name, item in value.items()}
