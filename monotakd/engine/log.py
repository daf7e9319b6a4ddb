"""The log of a run: one JSON object per line, cut back to the checkpoint when the run is resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monotakd.engine.progress import duration
from monotakd.errors import DataError

NAME = "log.jsonl"

MUCH_WAITING = 0.1
"""Spending a larger part of a training on waiting for frames is worth a remark."""


class TrainingLog:
    """Appends records to a file.

    Args:
        path: the file; made if it is missing.
        keep: bytes to keep of what is there, as a checkpoint recorded it; what a killed run wrote after that is cut.

    Raises:
        DataError: the file is shorter than that.
    """

    def __init__(self, path: Path, keep: int = 0):
        size = path.stat().st_size if path.exists() else 0
        if size < keep:
            raise DataError(
                path,
                f"{size} bytes",
                f"at least the {keep} bytes that the checkpoint recorded",
                fix="Restore the log, or train again into another folder",
            )
        self._file = open(path, "ab")  # noqa: SIM115 - closed by close()
        self._file.truncate(keep)
        self._file.seek(0, os.SEEK_END)

    def write(self, record: Mapping[str, Any]) -> None:
        """Appends a record. Readers see it at once."""
        self._file.write(json.dumps(record).encode() + b"\n")
        self._file.flush()

    def sync(self) -> int:
        """Makes sure that all records are on the disk.

        Returns:
            The file's size, to be kept in a checkpoint.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a log, also of a run that is still going: an unfinished last line is left out.

    Raises:
        DataError: the file is missing, or a finished line is no JSON object.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(path, f"nothing that can be read ({error.strerror})", "the log of a run") from None
    records = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise DataError(path, f"{line[:60]!r}", "a JSON object", place=f"line {number}", fix="The log is damaged")
        records.append(record)
    return records


def read_steps(path: Path) -> list[dict[str, Any]]:
    """Only the records of steps, without events such as ``"resumed"``; see `read_log`."""
    return [record for record in read_log(path) if "event" not in record]


def told_of(path: Path) -> str:
    """A line on how long a training took, and which part of that went by waiting for frames; see `read_log`.

    The first step, which starts the processes that read and warms everything up, is left out of that part.
    """
    steps = read_steps(path)
    end, took = steps[-1]["step"], duration(steps[-1]["seconds"])
    passed = steps[-1]["seconds"] - steps[0]["seconds"]
    share = sum(step.get("waited", 0.0) for step in steps[1:]) / passed if passed > 0 else 0.0
    advice = "; with more --workers it would be less" if share > MUCH_WAITING else ""
    return f"{end:,} steps in {took}, {share:.0%} of the time waiting for frames{advice}"
