"""Reading and writing whole files: bounded in size, one error type, and never half written."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from pathlib import Path
from typing import Any

from monotakd.errors import DataError

TEXT_LIMIT = 16 * 2**20
BINARY_LIMIT = 256 * 2**20
_NOT_PLAIN_TEXT = re.compile(rb"[^\t\n\r\x20-\x7e]")


def read_bytes(
    path: str | os.PathLike[str], expected: str, *, limit: int = BINARY_LIMIT, fix: str | None = None
) -> bytes:
    """The content of a regular file.

    Args:
        path: the file.
        expected: what the file should be, for the error message, such as ``"a label file"``.
        limit: the largest size that is read, bytes; a damaged or wrong file must not fill the memory.
        fix: where the file comes from, for the error message when it is missing.

    Raises:
        DataError: the path is missing, is no regular file, is not readable or is larger than ``limit``.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DataError(path, "something that is no regular file", expected)
            if status.st_size > limit:
                raise DataError(path, f"{status.st_size} bytes", f"{expected} of at most {limit} bytes")
            return file.read()
    except FileNotFoundError:
        raise DataError(path, "no such file", expected, fix=fix) from None
    except IsADirectoryError:
        raise DataError(path, "a folder", expected) from None
    except OSError as error:
        raise DataError(path, f"a file that cannot be read ({error.strerror})", expected) from None


def _open_without_waiting(path: str, flags: int) -> int:
    # Without O_NONBLOCK, opening a named pipe would wait for a writer that never comes. Windows has neither.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)


def read_text(path: str | os.PathLike[str], expected: str, *, fix: str | None = None) -> str:
    """The content of a plain ASCII text file.

    Raises:
        DataError: as :func:`read_bytes`, or the file holds anything but printable ASCII, tabs and line ends.
    """
    return plain_text(read_bytes(path, expected, limit=TEXT_LIMIT, fix=fix), path, expected)


def plain_text(data: bytes, source: str | os.PathLike[str], expected: str) -> str:
    """Decodes plain ASCII text; see :func:`read_text`."""
    wrong = _NOT_PLAIN_TEXT.search(data)
    if wrong:
        line = data.count(b"\n", 0, wrong.start()) + 1
        raise DataError(
            source,
            f"byte 0x{wrong.group()[0]:02x}",
            f"{expected} in plain ASCII text",
            place=f"line {line}, byte {wrong.start()}",
            fix="The file is damaged, binary, or saved with a byte order mark or another encoding than ASCII.",
        )
    return data.decode("ascii")


def read_json(path: str | os.PathLike[str], expected: str, *, fix: str | None = None) -> Any:
    """The value in a JSON file.

    Raises:
        DataError: as :func:`read_bytes`, or the file holds no JSON.
    """
    data = read_bytes(path, expected, limit=TEXT_LIMIT, fix=fix)
    try:
        return json.loads(data)
    except ValueError as error:
        raise DataError(path, f"text that is no JSON ({error})", expected, fix=fix) from None


def read_json_object(path: str | os.PathLike[str], expected: str, *, fix: str | None = None) -> dict[str, Any]:
    """The JSON object in a file; see :func:`read_json`.

    Raises:
        DataError: as there, or the file holds another JSON value.
    """
    value = read_json(path, expected, fix=fix)
    if not isinstance(value, dict):
        raise DataError(path, f"a JSON {type(value).__name__}", f"{expected}, a JSON object", fix=fix)
    return value


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file in one step: a reader sees the old content or the new, never a part. Makes missing folders."""
    path = Path(path)
    # The process id keeps workers that write the same file apart; each process writes one file at a time.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        try:
            temporary.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes ASCII text in one step, with Unix line ends on every platform; see :func:`write_bytes`."""
    write_bytes(path, text.encode("ascii"))


def remove_leftovers(folder: Path, *, older: float = 0.0) -> None:
    """Removes the temporary files that killed processes have left in a folder and in those below it.

    Args:
        folder: may be missing.
        older: only those that nobody has written to for so many seconds: for folders that others may be writing to.
    """
    before = time.time() - older
    for path in folder.rglob(".*.part"):
        try:
            if path.stat().st_mtime <= before:
                path.unlink()
        except FileNotFoundError:
            continue  # Its writer was not dead.
