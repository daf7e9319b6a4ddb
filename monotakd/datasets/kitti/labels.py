"""KITTI label and prediction files: one object a line, 15 columns, and a 16th with the score in predictions.

Columns: class, truncated, occluded, alpha, 2D box (left, top, right, bottom), size (height, width, length),
location (x, y, z of the bottom centre in the camera frame), rotation_y, score. This module knows text and
numpy only; turning rows into boxes of the LiDAR frame is done in ``conversion.py``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from monotakd.datasets.kitti.files import read_text, write_text
from monotakd.errors import DataError

COLUMNS = (
    "class", "truncated", "occluded", "alpha", "left", "top", "right", "bottom",
    "height", "width", "length", "x", "y", "z", "rotation_y", "score",
)  # fmt: skip
DONT_CARE = "DontCare"
_EXPECTED = "a KITTI label file"
_HEIGHT = COLUMNS.index("height") - 1
_OCCLUDED = COLUMNS.index("occluded") - 1


@dataclass(frozen=True, eq=False)
class KittiLabels:
    """The N rows of a label or prediction file, in file order and in the camera frame as in the file.

    Attributes:
        names: N class names; ``"DontCare"`` marks image regions in which nothing counts.
        truncated: (N,) share of the object outside the image, 0..1; -1 unknown.
        occluded: (N,) 0 fully visible, 1 partly, 2 largely occluded, 3 unknown; -1 not given.
        alpha: (N,) observation angle, radians; -10 unknown.
        boxes_2d: (N, 4) left, top, right, bottom, pixels.
        dimensions: (N, 3) height, width, length, metres; -1 in DontCare rows.
        locations: (N, 3) bottom centre x, y, z in the rectified camera frame, metres; -1000 in DontCare rows.
        rotation_y: (N,) heading about the camera's y axis, radians; -10 in DontCare rows.
        scores: (N,) confidence, or None for ground truth.
    """

    names: tuple[str, ...]
    truncated: Float[np.ndarray, " N"]
    occluded: Int[np.ndarray, " N"]
    alpha: Float[np.ndarray, " N"]
    boxes_2d: Float[np.ndarray, "N 4"]
    dimensions: Float[np.ndarray, "N 3"]
    locations: Float[np.ndarray, "N 3"]
    rotation_y: Float[np.ndarray, " N"]
    scores: Float[np.ndarray, " N"] | None = None

    def __post_init__(self):
        n = len(self.names)
        for name, columns in _SHAPES:
            value = getattr(self, name)
            if value is not None and value.shape != (n, *columns):
                raise ValueError(f"KittiLabels.{name} has shape {value.shape}, expected {(n, *columns)} for {n} names")

    @classmethod
    def empty(cls, *, scores: bool = False) -> KittiLabels:
        """No rows; with ``scores`` a prediction file that detects nothing."""
        return _from_values((), np.zeros((0, 15 if scores else 14)))

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: np.ndarray | slice) -> KittiLabels:
        rows = np.arange(len(self))[index]
        return _from_values(tuple(self.names[i] for i in rows), self.matrix()[rows])

    def matrix(self) -> Float[np.ndarray, "N C"]:
        """(N, 14) all numbers of the file, or (N, 15) with scores, in the order of the columns."""
        columns = [getattr(self, name) for name, _ in _SHAPES if getattr(self, name) is not None]
        return np.column_stack(columns).astype(np.float64, copy=False)


_SHAPES = (
    ("truncated", ()), ("occluded", ()), ("alpha", ()), ("boxes_2d", (4,)),
    ("dimensions", (3,)), ("locations", (3,)), ("rotation_y", ()), ("scores", ()),
)  # fmt: skip


def _from_values(names: tuple[str, ...], values: np.ndarray) -> KittiLabels:
    return KittiLabels(
        names,
        values[:, 0],
        values[:, 1].astype(np.int64),
        values[:, 2],
        values[:, 3:7],
        values[:, 7:10],
        values[:, 10:13],
        values[:, 13],
        values[:, 14] if values.shape[1] > 14 else None,
    )


def read_labels(path: str | os.PathLike[str], *, scores: bool | None = None, fix: str | None = None) -> KittiLabels:
    """Reads a label or prediction file.

    Args:
        path: the text file; an empty one is valid and says "no objects".
        scores: True wants the 16 columns of predictions, False the 15 of labels, None takes either.
        fix: where the file comes from, for the message when it is missing.

    Raises:
        DataError: the file is missing or not plain text, a line has the wrong number of columns, a value is not
            a finite number, an occlusion is not whole, or an object (other than DontCare) has a size that is not
            positive. The error names the file and the line.
    """
    return parse_labels(read_text(path, _EXPECTED, fix=fix), path, scores=scores)


def parse_labels(text: str, source: str | os.PathLike[str], *, scores: bool | None = None) -> KittiLabels:
    """Reads the text of a label file; ``source`` names it in errors. See :func:`read_labels`."""
    width = None if scores is None else 15 + scores
    names: list[str] = []
    values: list[float] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        columns = line.split()
        if not columns:
            continue
        if len(columns) != width:
            if width is not None or len(columns) not in (15, 16):
                raise _wrong_columns(source, number, len(columns), scores, lines[0] if lines else None, width)
            width = len(columns)
        names.append(columns[0])
        lines.append(number)
        try:
            values.extend(map(float, columns[1:]))
        except ValueError:
            raise _not_a_number(source, text) from None
    if text.count("_") != sum(name.count("_") for name in names):
        raise _not_a_number(source, text)  # float() reads 1_0 as 10, which no other KITTI reader does
    matrix = np.array(values, dtype=np.float64).reshape(len(names), (width or 15 + bool(scores)) - 1)
    _check_values(source, names, matrix, lines)
    return _from_values(tuple(names), matrix)


def _check_values(source: str | os.PathLike[str], names: list[str], matrix: np.ndarray, lines: list[int]) -> None:
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise DataError(
            source,
            f"{COLUMNS[column + 1]} = {matrix[row, column]}",
            "a finite number",
            place=f"line {lines[row]}, column {column + 2}",
            fix="NaN or infinite values usually come from a training run that diverged or a division by zero.",
        )
    occluded = matrix[:, _OCCLUDED]
    if (occluded != np.rint(occluded)).any() or (np.abs(occluded) > 2**31).any():
        row = np.flatnonzero((occluded != np.rint(occluded)) | (np.abs(occluded) > 2**31))[0]
        raise DataError(
            source,
            f"occluded = {occluded[row]}",
            "a whole number: 0, 1, 2, 3, or -1 where it is not given",
            place=f"line {lines[row]}, column 3",
        )
    sizes = matrix[:, _HEIGHT : _HEIGHT + 3]
    if len(sizes) and sizes.min() <= 0:
        for row, column in np.argwhere(sizes <= 0):
            if names[row] != DONT_CARE:
                raise DataError(
                    source,
                    f"{names[row]} with {COLUMNS[_HEIGHT + 1 + column]} = {sizes[row, column]:g} m",
                    "a size above 0 (only DontCare rows carry -1)",
                    place=f"line {lines[row]}, column {_HEIGHT + 2 + column}",
                )


def _wrong_columns(source, number, found, scores, first, width) -> DataError:
    if scores is None and first is not None:
        expected = f"{width} columns as in line {first}"
    else:
        expected = {
            None: "15 columns (labels) or 16 (predictions, the last being the score)",
            False: "15 columns (class, truncated, occluded, alpha, 2D box, size, location, rotation_y)",
            True: "16 columns, the last being the score",
        }[scores]
    fix = None
    if scores is True and found == 15:
        fix = "This looks like a label file, or a prediction written without its score."
    elif scores is False and found == 16:
        fix = "This looks like a prediction file: labels carry no score."
    elif found < 15:
        fix = "The line may be cut off."
    return DataError(source, f"{found} columns", expected, place=f"line {number}", fix=fix)


def _not_a_number(source: str | os.PathLike[str], text: str) -> DataError:
    place, name, found = next(
        (f"line {number}, column {index + 1}", COLUMNS[index], column)
        for number, line in enumerate(text.split("\n"), 1)
        for index, column in enumerate(line.split())
        if index and not _is_number(column)
    )
    return DataError(source, f"{name} = {found[:40]!r}", "a number", place=place)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def format_labels(labels: KittiLabels) -> str:
    """The text of a label file: two decimals as in KITTI where they say it all, else as many as the value needs.

    Reading the text back gives equal values.

    Raises:
        ValueError: a class name is empty or has spaces or characters outside ASCII, or a value is not finite.
    """
    matrix = labels.matrix()
    if not np.isfinite(matrix).all():
        row = int(np.argwhere(~np.isfinite(matrix))[0, 0])
        raise ValueError(f"row {row} ({labels.names[row]}) has NaN or infinite values; a label file cannot hold them")
    rows = []
    for name, values in zip(labels.names, matrix.tolist(), strict=True):
        if not name.isascii() or not name.isprintable() or len(name.split()) != 1 or name != name.strip():
            raise ValueError(f"class name {name!r} cannot be written: one word of ASCII letters is wanted")
        number = _whole_or_decimals if name == DONT_CARE else _decimals
        columns = [number(value) for value in values]
        columns[_OCCLUDED] = str(int(values[_OCCLUDED]))
        rows.append(f"{name} {' '.join(columns)}\n")
    return "".join(rows)


def _decimals(value: float) -> str:
    text = f"{value:.2f}"
    return text if float(text) == value else repr(value)


def _whole_or_decimals(value: float) -> str:
    # KITTI writes DontCare's placeholders as -1, -10 and -1000, and only its boxes with decimals.
    return str(int(value)) if value in (-1.0, -10.0, -1000.0) else _decimals(value)


def write_labels(path: str | os.PathLike[str], labels: KittiLabels) -> None:
    """Writes a label or prediction file in one step; reading it back gives equal values.

    Raises:
        ValueError: see :func:`format_labels`.
    """
    write_text(path, format_labels(labels))
