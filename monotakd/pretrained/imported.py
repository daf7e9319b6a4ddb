"""Imported weights as a file of ours, with what is needed to open it and to know where it came from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import nn

from monotakd.engine.config_file import NAME as CONFIG
from monotakd.engine.config_file import RECORD, to_json, write_config
from monotakd.engine.weights import save_weights
from monotakd.errors import DataError
from monotakd.pretrained.foreign_file import files_of


def require_new(out: Path) -> None:
    """Raises DataError where something would be overwritten."""
    for existing in (out, out.parent / CONFIG):
        if existing.exists():
            raise DataError(existing, "a file", "nothing yet", fix="Name a file in another folder")


def write_imported(out: Path, task: str, network: nn.Module, source: Path) -> None:
    """Writes weights that ``engine.weights.load_weights`` opens, and beside them ``config.json``, as a training does.

    A folder with a ``final.safetensors`` made this way is a finished training for every command that asks for one.

    Args:
        out: the new file.
        task: ``"teacher"``, ``"student"`` or ``"depth_network"``.
        network: filled; with ``settings``.
        source: the file, or the folder of files, that the weights are from: names and SHA-256 are written down.

    Raises:
        DataError: the file cannot be written.
    """
    origin = [_described(path) for path in files_of(source)]
    save_weights(out, network, {"imported": origin})
    config = {"task": task, "settings": {"network": to_json(network.settings)}}
    write_config(out.parent, {**config, RECORD: {"imported": origin, "torch": torch.__version__}})


def _described(path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": digest}
