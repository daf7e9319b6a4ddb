"""Named tensors with a few facts in one safetensors file, that tells when a single byte of it is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from monotakd.engine.durable import write_durably
from monotakd.errors import DataError

FORMAT = 1
"""Raised whenever files of before can no longer be read."""

_KEY = "monotakd"
_EXPECTED = "a whole file as monotakd wrote it"


def tensors_hash(tensors: Mapping[str, Tensor], facts: Mapping[str, Any] | None = None) -> str:
    """SHA-256, as hexadecimal digits, of names, types, shapes and bytes of the tensors, and of the facts."""
    digest = hashlib.sha256(_json(facts or {}).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        if tensor.numel():  # Empty ones may have strides that cannot be viewed as bytes.
            digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def write_tensors(
    path: str | PathLike[str], kind: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]
) -> None:
    """Writes a file in one step; equal content gives equal bytes.

    Args:
        path: the file.
        kind: what it is, such as ``"checkpoint"``; readers ask for it.
        tensors: any number, on any device.
        facts: plain JSON values.

    Raises:
        DataError: the file cannot be written.
    """
    # Clones, because safetensors refuses tensors that share memory, as tied weights do.
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    header = {"format": FORMAT, "kind": kind, **facts}
    header["sha256"] = tensors_hash(own, header)
    # One key only: safetensors writes several in random order.
    metadata = {_KEY: _json(header)}
    try:
        # Not save_file: it writes to a temporary file of its own, which a kill would leave behind.
        write_durably(Path(path), lambda temporary: temporary.write_bytes(save(own, metadata=metadata)))
    except (OSError, SafetensorError) as error:
        raise DataError(
            path,
            f"that it cannot be written ({error})",
            "a writable folder with enough room",
            fix="Free disk space or choose another folder; what was written before is intact",
        ) from error


def read_tensors(path: str | PathLike[str], kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the facts of a file.

    Raises:
        DataError: missing, cut off, damaged, of another kind, or written by another version.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(path, f"nothing that can be read ({error.strerror})", _EXPECTED) from None
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"][_KEY]
        facts = json.loads(header)
        version, found = facts["format"], facts["kind"]
        recorded = facts.pop("sha256")
    # ValueError is what json raises; KeyError and TypeError: a header of another structure.
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            path,
            f"{len(data)} bytes that are no such file ({type(error).__name__}: {error})",
            _EXPECTED,
            fix="It is cut off, damaged, or was written by another program",
        ) from None
    if version != FORMAT:
        raise DataError(
            path,
            f"format {version}",
            f"format {FORMAT}",
            place="header",
            fix="It was written by another version of monotakd: use that one, or train again",
        )
    if recorded != tensors_hash(tensors, facts):
        raise DataError(path, "content that does not match its checksum", _EXPECTED, fix="The file is damaged")
    if found != kind:
        raise DataError(path, f"a file of kind {found!r}", f"kind {kind!r}", place="header")
    return tensors, facts


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)
