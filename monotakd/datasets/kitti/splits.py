"""Split files: one frame id of six digits a line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.errors import DataError

_FRAME_ID = re.compile(r"[0-9]{6}")
_EXPECTED = "a split file with one frame id a line"


def is_frame_id(text: str) -> bool:
    """Whether the text names a frame: six digits, as in every KITTI tool."""
    return _FRAME_ID.fullmatch(text) is not None


def read_split(path: str | os.PathLike[str], *, fix: str | None = None) -> tuple[str, ...]:
    """Reads the frame ids of a split, in file order.

    Args:
        path: the text file; the last line may lack its newline, blank lines are passed over.
        fix: where the file comes from, for the message when it is missing.

    Raises:
        DataError: the file is missing, not plain text, has no ids, a line is no id of six digits, or an id is
            listed twice; names the line.
    """
    ids, problems = scan_split(path, fix=fix)
    if problems:
        raise problems[0]
    return ids


def scan_split(path: str | os.PathLike[str], *, fix: str | None = None) -> tuple[tuple[str, ...], list[DataError]]:
    """The good ids of a split file, and all that is wrong with its lines; `read_split` raises the first of these.

    Raises:
        DataError: the file is missing or not plain text.
    """
    first_line: dict[str, int] = {}
    problems = []
    for number, line in enumerate(read_text(path, _EXPECTED, fix=fix).split("\n"), 1):
        frame_id, place = line.strip(), f"line {number}"
        if not frame_id:
            continue
        if not is_frame_id(frame_id):
            problems.append(DataError(path, repr(frame_id[:40]), "one frame id of six digits", place=place))
        elif frame_id in first_line:
            expected = f"each id once (first in line {first_line[frame_id]})"
            problems.append(DataError(path, f"{frame_id} a second time", expected, place=place))
        else:
            first_line[frame_id] = number
    if not first_line and not problems:
        problems.append(DataError(path, "no frame ids", "at least one", place="line 1"))
    return tuple(first_line), problems


def write_split(path: str | os.PathLike[str], ids: Iterable[str]) -> None:
    """Writes a split file in one step.

    Raises:
        ValueError: an id is not six digits, or is there twice.
    """
    ids = list(ids)
    wrong = [frame_id for frame_id in ids if not is_frame_id(frame_id)]
    if wrong or len(set(ids)) != len(ids) or not ids:
        found = f"{wrong[0]!r}" if wrong else "an id twice" if ids else "no ids"
        raise ValueError(f"a split is a list of different ids of six digits, such as '000008'; got {found}")
    write_text(path, "".join(f"{frame_id}\n" for frame_id in ids))
