"""Evaluation of a folder of prediction files against a folder of label files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from monotakd.datasets.kitti.labels import read_labels
from monotakd.datasets.kitti.splits import read_split
from monotakd.errors import DataError
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.rules import KITTI_CLASSES, ClassRule


def evaluate_folders(
    labels_dir: str | os.PathLike[str],
    predictions_dir: str | os.PathLike[str],
    *,
    split: str | os.PathLike[str] | None = None,
    present_only: bool = False,
    classes: Sequence[str | ClassRule] = KITTI_CLASSES,
    trace: bool = False,
    workers: int | None = None,
) -> Evaluation:
    """Scores prediction files (16 columns) against label files (15 columns) of the same names.

    Args:
        labels_dir: folder of label files, ``000000.txt`` and so on.
        predictions_dir: folder of prediction files; an empty file says that nothing was detected.
        split: a file of frame ids, one a line; without it every frame that has a label file counts.
        present_only: leave out frames of the split that have no label file; ``Evaluation.absent`` says how many.
            A frame with labels and without a prediction file stays an error: leaving it out would flatter the result.
        classes: KITTI class names, or a ClassRule for any other class.
        trace: keep what is needed to tell the fate of every object.
        workers: threads; all cores by default.

    Raises:
        DataError: a folder or file is missing, or a line cannot be read; names the file and line.
    """
    labels_dir, predictions_dir = Path(labels_dir), Path(predictions_dir)
    with_labels, with_predictions = _stems(labels_dir, "label"), _stems(predictions_dir, "prediction")
    listed = read_split(split) if split is not None else tuple(sorted(with_labels))
    frames = [frame for frame in listed if frame in with_labels] if present_only else listed
    if not frames:
        source = labels_dir if split is None else split
        raise DataError(source, "no frame to evaluate", f"frames with a label file in {labels_dir}")
    where = "in the label folder" if split is None else f"listed in {split}"
    _require_all(frames, with_labels, labels_dir, f"a label file for each frame {where}", _LABEL_FIX)
    _require_all(
        frames, with_predictions, predictions_dir, f"a prediction file for each frame {where}", _PREDICTION_FIX
    )
    evaluation = evaluate(
        [read_labels(labels_dir / f"{frame}.txt", scores=False) for frame in frames],
        [read_labels(predictions_dir / f"{frame}.txt", scores=True) for frame in frames],
        classes=classes,
        trace=trace,
        frame_ids=frames,
        workers=workers,
    )
    return replace(evaluation, absent=len(listed) - len(frames))


_LABEL_FIX = "Check the split, or leave out frames without labels with present_only (--present-only)"
_PREDICTION_FIX = "Write an empty file where nothing was detected, or give a split that lists only the frames predicted"


def _stems(folder: Path, kind: str) -> frozenset[str]:
    if not folder.is_dir():
        raise DataError(folder, "no such folder", f"a folder of {kind} files, 000000.txt and so on")
    return frozenset(entry.name[:-4] for entry in os.scandir(folder) if entry.name.endswith(".txt"))


def _require_all(frames: Sequence[str], there: frozenset[str], folder: Path, expected: str, fix: str) -> None:
    missing = [frame for frame in frames if frame not in there]
    if missing:
        others = f" ({len(missing)} of {len(frames)} are missing)" if len(missing) > 1 else ""
        raise DataError(folder / f"{missing[0]}.txt", f"no such file{others}", expected, fix=fix)
