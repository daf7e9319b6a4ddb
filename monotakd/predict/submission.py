"""An archive for KITTI's test server, checked before it is sent: a wrong one costs one of few submissions.

The server wants the files 000000.txt to 007517.txt in the root of a zip archive (the folder ``data/`` that the offline
evaluation program expects is not wanted), both the image box and the 3D box in every row, and no row for a box that
the image does not show. Source: the benchmark's development kit, readme, notes on submission.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monotakd.datasets.kitti.files import write_bytes
from monotakd.datasets.kitti.labels import COLUMNS, KittiLabels, format_labels, read_labels
from monotakd.datasets.kitti.splits import is_frame_id, read_split
from monotakd.errors import DataError

TEST_FRAMES = 7518
"""Of KITTI's object benchmark, 000000 to 007517."""

CLASSES = ("Car", "Pedestrian", "Cyclist")
"""That the server scores; it passes over others."""

# No test image is larger; a pixel more is left for boxes that reach the outer edge of the last pixel.
_WIDTH, _HEIGHT = 1250, 400
# Column in a row -> lowest and highest value that makes sense.
_RANGES = {
    "alpha": (-np.pi, np.pi),
    "left": (-1.0, _WIDTH),
    "top": (-1.0, _HEIGHT),
    "right": (-1.0, _WIDTH),
    "bottom": (-1.0, _HEIGHT),
    "height": (0.0, 30.0),
    "width": (0.0, 30.0),
    "length": (0.0, 50.0),
    "x": (-200.0, 200.0),
    "y": (-50.0, 50.0),
    "z": (-10.0, 300.0),
    "rotation_y": (-np.pi, np.pi),
}
_ROUNDING = 0.01
_NO_ALPHA = -10.0


@dataclass(frozen=True)
class Submission:
    """What an archive holds.

    Attributes:
        path: the archive.
        frames: files in it.
        empty: of them, without any detection.
        detections: by class name.
        unseen: rows left out because their image box is empty.
        without_alpha: rows whose observation angle is -10, so that the server gives no orientation score.
    """

    path: Path
    frames: int
    empty: int
    detections: dict[str, int]
    unseen: int
    without_alpha: int

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in self.detections.items())
        lines = [f"{self.path}: {self.frames:,} frames, {self.empty:,} of them empty; {counts or 'nothing'}"]
        if self.unseen:
            lines.append(f"{self.unseen:,} rows left out: the image does not show their box")
        if self.without_alpha:
            lines.append(f"{self.without_alpha:,} rows without an observation angle: no orientation score (AOS)")
        return "\n".join(lines)


def write_submission(
    predictions: str | os.PathLike[str], out: str | os.PathLike[str], *, split: str | os.PathLike[str] | None = None
) -> Submission:
    """Checks result files and packs them. The same files give the same bytes.

    Args:
        predictions: folder with one file per frame, 16 columns a row; an empty file says that nothing was detected.
        out: the archive.
        split: file with the ids that must be there; None for KITTI's test frames.

    Raises:
        DataError: frames are missing or too many (named), a row has wrong columns or a value out of range (file, row
            and column named), or no frame has any detection.
    """
    folder, out = Path(predictions), Path(out)
    if out.suffix.lower() != ".zip":
        raise DataError(out, f"the ending {out.suffix!r}", "the name of a .zip file")
    ids = read_split(split) if split is not None else tuple(f"{number:06d}" for number in range(TEST_FRAMES))
    _require_frames(folder, ids)
    contents, counts, empty, unseen, without_alpha = {}, dict.fromkeys(CLASSES, 0), 0, 0, 0
    for frame_id in ids:
        path = folder / f"{frame_id}.txt"
        rows = read_labels(path, scores=True)
        _require_ranges(path, rows)
        seen = (rows.boxes_2d[:, 2] > rows.boxes_2d[:, 0]) & (rows.boxes_2d[:, 3] > rows.boxes_2d[:, 1])
        unseen += int((~seen).sum())
        rows = rows[seen]
        without_alpha += int((rows.alpha == _NO_ALPHA).sum())
        empty += not len(rows)
        for name in rows.names:
            counts[name] += 1
        contents[f"{frame_id}.txt"] = format_labels(rows)
    if empty == len(ids):
        raise DataError(folder, "no detection in any frame", "some detections", fix="It would score 0 everywhere.")
    write_bytes(out, _archive(contents))
    return Submission(out, len(ids), empty, {n: c for n, c in counts.items() if c}, unseen, without_alpha)


def _require_frames(folder: Path, ids: tuple[str, ...]) -> None:
    if not folder.is_dir():
        raise DataError(folder, "no such folder", "a folder of result files, such as 000000.txt")
    there = {path.stem for path in folder.glob("*.txt")}
    missing = [frame_id for frame_id in ids if frame_id not in there]
    if missing:
        raise DataError(
            folder,
            f"no file for {len(missing):,} of {len(ids):,} frames ({_some(missing)})",
            "one file per frame, empty where nothing was detected",
            fix="Predict the frames that are missing. KITTI's test frames are those of testing/, not of a training or "
            "validation split.",
        )
    surplus = sorted(there - set(ids))
    if surplus:
        named = "file names that are no frame ids" if not all(map(is_frame_id, surplus)) else "frames too many"
        raise DataError(
            folder, f"{len(surplus):,} {named} ({_some(surplus)})", f"the {len(ids):,} frames and nothing else"
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _require_ranges(path: Path, rows: KittiLabels) -> None:
    for row, name in enumerate(rows.names):
        if name not in CLASSES:
            raise DataError(path, f"the class {name!r}", f"one of {', '.join(CLASSES)}", place=f"row {row + 1}")
    values = rows.matrix()
    for column, (low, high) in _RANGES.items():
        value = values[:, COLUMNS.index(column) - 1]
        wrong = (value < low - _ROUNDING) | (value > high + _ROUNDING)
        if column == "alpha":
            wrong &= value != _NO_ALPHA
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                path,
                f"{column} = {value[row]:g}",
                f"{low:.4g} to {high:.4g}",
                place=f"row {row + 1}",
                fix="Pixels, metres and radians in the camera frame are wanted, as in KITTI's label files.",
            )
    turned = (rows.boxes_2d[:, 2] < rows.boxes_2d[:, 0]) | (rows.boxes_2d[:, 3] < rows.boxes_2d[:, 1])
    if turned.any():
        row = int(np.flatnonzero(turned)[0])
        box = " ".join(f"{value:g}" for value in rows.boxes_2d[row])
        raise DataError(path, f"the image box {box}", "left, top, right, bottom", place=f"row {row + 1}")


def _archive(contents: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in contents.items():
            # A fixed date, so that equal predictions give equal bytes.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()
