"""Lists of raw frames: text files with one drive and frame a line.

A line names a frame in one of two ways; blank lines are passed over:

    2011_09_26_drive_0052_sync/0000000005
    2011_09_26/2011_09_26_drive_0052_sync/image_02/data/0000000005

The first is our own (and a frame's name everywhere else), the second, with or without ``.png``, is that of the "eigen
clean" list that CMKD published: 14,940 frames of ten drives that share nothing with the object set's validation frames.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.datasets.kitti_raw.layout import is_raw_id
from monotakd.errors import DataError

_EXPECTED = "a list of raw frames, one drive and frame a line"
_LINE = re.compile(
    r"(?:(?P<day>\d{4}_\d\d_\d\d)/(?=(?P=day)_))?(?P<drive>\d{4}_\d\d_\d\d_drive_\d{4}_sync)/"
    r"(?:image_02/data/)?(?P<number>\d{10})(?:\.png)?"
)


def read_frame_list(path: str | os.PathLike[str], *, fix: str | None = None) -> tuple[str, ...]:
    """Reads the names of the frames, in file order.

    Args:
        path: the text file.
        fix: where the file comes from, for the message when it is missing.

    Raises:
        DataError: the file is missing or empty, a line names no frame of camera 2, or a frame is listed twice; names
            the line.
    """
    first_line: dict[str, int] = {}
    for number, line in enumerate(read_text(path, _EXPECTED, fix=fix).split("\n"), 1):
        text, place = line.strip(), f"line {number}"
        if not text:
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            expected = "DRIVE/FRAME, such as 2011_09_26_drive_0052_sync/0000000005, of camera 2"
            raise DataError(path, repr(text[:80]), expected, place=place)
        frame_id = f"{match['drive']}/{match['number']}"
        if frame_id in first_line:
            expected = f"each frame once (first in line {first_line[frame_id]})"
            raise DataError(path, f"{frame_id} a second time", expected, place=place)
        first_line[frame_id] = number
    if not first_line:
        raise DataError(path, "no frames", "at least one", place="line 1")
    return tuple(first_line)


def write_frame_list(path: str | os.PathLike[str], frame_ids: Iterable[str]) -> None:
    """Writes a list in one step, one ``DRIVE/FRAME`` a line.

    Raises:
        ValueError: a name is no raw frame's, or is there twice, or there is none.
    """
    frame_ids = list(frame_ids)
    wrong = [frame_id for frame_id in frame_ids if not is_raw_id(frame_id)]
    if wrong or len(set(frame_ids)) != len(frame_ids) or not frame_ids:
        found = f"{wrong[0]!r}" if wrong else "a frame twice" if frame_ids else "no frames"
        raise ValueError(f"a list holds different names such as '2011_09_26_drive_0052_sync/0000000005'; got {found}")
    write_text(path, "".join(f"{frame_id}\n" for frame_id in frame_ids))
