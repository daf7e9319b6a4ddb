"""Files that are there completely or not at all, whatever kills the process or the machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monotakd.errors import DataError


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, where it is missing.

    Raises:
        DataError: something else is in its place, or nothing may be made there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            path, f"that no folder can be made there ({error.strerror})", "a folder, or a place where one can be made"
        ) from None


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Lets ``write`` fill a temporary file beside ``path``, makes sure it is on the disk, then gives it its name.

    A reader sees the old file or the new one, also where several processes or machines write the same file: each has
    a temporary name of its own. What a kill leaves under one is never read;
    `kitti.files.remove_leftovers` sweeps it up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.part")
    try:
        write(temporary)
        _sync(temporary, os.O_RDWR)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # Windows cannot open folders; its renames are journalled.
        _sync(path.parent, os.O_RDONLY)


def write_text_durably(path: Path, text: str) -> None:
    """`write_durably` for text: UTF-8, with Unix line ends on every platform."""
    write_durably(path, lambda temporary: temporary.write_bytes(text.encode()))


def write_json_durably(path: Path, value: Any) -> None:
    """`write_text_durably` for JSON that people read too. NaN and infinities are refused (ValueError)."""
    write_text_durably(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
