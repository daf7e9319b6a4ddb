"""``monotakd detect``: a trained network over a split of a KITTI root, to result files and, with labels, to AP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.kitti.labels import KittiLabels, read_labels, write_labels
from monotakd.datasets.kitti.layout import subset_of_split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.config_file import to_json
from monotakd.engine.device import choose_device, torch_threads
from monotakd.engine.durable import write_json_durably
from monotakd.engine.run_folder import exclusive
from monotakd.engine.weights import weights_hash
from monotakd.errors import DataError
from monotakd.metrics.evaluation import Evaluation
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.oracle import Swap, oracle
from monotakd.models.teacher import Teacher
from monotakd.pipeline.agreement import SHORT
from monotakd.pipeline.prediction import iter_predict
from monotakd.pipeline.record import record_of
from monotakd.pipeline.scoring import at_kitti_scale
from monotakd.predict.trained_network import TrainedNetwork

RESULTS = "labels"
"""Folder of result files, as `monotakd predict` has it: what `evaluate` and `submit` read."""
FACTS = "detect.json"


COLUMNS = {f"{metric} {level}": (metric, level) for level in ("loose", "strict") for metric in ("bev", "3d")}
"""Metric and level of the evaluation: loose and strict are overlaps of 0.5 and 0.7 for cars, else of 0.25 and 0.5."""
Known = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, eq=False)
class Detected:
    """What came of it.

    Attributes:
        network: which one.
        folder: of the result files.
        frames: how many there are.
        now: how many of them this call wrote; the others were there.
        absent: frames of the split that are not there and were left out.
        evaluation: None where the frames have no labels.
        if_known: moderate AP by class, by quantity that every detection is given from its object (`metrics.oracle`),
            and by `COLUMNS`: what is lost to that quantity alone. Empty without labels.
    """

    network: str
    folder: Path
    frames: int
    now: int
    absent: int
    evaluation: Evaluation | None
    if_known: Known

    def __str__(self) -> str:
        left_out = f"; {self.absent} listed frames are absent and were left out" if self.absent else ""
        lines = [f"{self.network}: {self.frames} result files in {self.folder}, {self.now} of them new{left_out}"]
        if self.evaluation is not None:
            lines += [str(self.evaluation), "", *self._if_known()]
        return "\n".join(lines)

    def _if_known(self) -> list[str]:
        header = "".join(f"{column:>12}" for column in COLUMNS)
        lines = [
            "What one quantity costs: moderate AP, were it right in every detection of an object",
            f"{'':<24}{header}",
        ]
        for name, by_quantity in self.if_known.items():
            for quantity, ap in {"as found": _moderate(self.evaluation, name), **by_quantity}.items():
                lines.append(f"{name:<12}{quantity:<12}" + "".join(f"{ap[column]:>12.2f}" for column in COLUMNS))
        return lines


def detect_split(
    trained: TrainedNetwork,
    data: Path,
    split: str,
    out: Path,
    *,
    device: str | None = None,
    threads: int | None = None,
    batch_size: int = 1,
    workers: int = 0,
    present_only: bool = False,
    progress: bool = True,
    command: str = "",
) -> Detected:
    """Writes one result file per frame as soon as it is known; a call that was stopped goes on with the rest.

    Where the frames have labels, the files are scored (all overlaps and metrics of `monotakd evaluate`); image boxes of
    smaller images than KITTI's are brought to KITTI's width for that, see `scoring.at_kitti_scale`.

    Args:
        trained: see `load_network`.
        data: KITTI root.
        split: a file in its ``ImageSets``, such as ``"val"``; ``"test"`` means the folder ``testing``.
        out: gets ``labels/`` and ``detect.json``: scores, hash of the weights, command, commit, hardware.
        device: see `choose_device`.
        threads: of the CPU; None leaves torch's choice.
        batch_size: frames at once.
        workers: processes that read frames; 0 reads in this one.
        present_only: leave out listed frames that are not there.
        progress: show a bar.
        command: for the record.

    Raises:
        DataError: a frame cannot be read; or ``out`` holds what another network, root or split gave.
    """
    root = KittiRoot(data, subset_of_split(split))
    chosen = root.split(split, present_only=present_only)
    network = trained.network.to(choose_device(device))
    facts = {
        "network": trained.name,
        "weights": weights_hash(network),
        "settings": _settings_hash(trained),
        "step": trained.step,
        "data": str(root.root.resolve()),
        "split": split,
    }
    folder = out / RESULTS
    with exclusive(out):
        _begin(out, facts)
        missing = [frame_id for frame_id in chosen.ids if not (folder / f"{frame_id}.txt").exists()]
        folder.mkdir(exist_ok=True)
        with torch_threads(threads):
            frames = _frames(trained, root, missing)
            found = iter_predict(network, frames, batch_size=batch_size, workers=workers, progress=progress)
            for frame_id, rows in found:
                write_labels(folder / f"{frame_id}.txt", rows)
        rows = _rows(root, chosen.ids, folder)
        evaluation, if_known = None, {}
        if rows is not None:
            scored = evaluate(*rows, classes=trained.classes, frame_ids=chosen.ids)
            evaluation, if_known = replace(scored, absent=len(chosen.absent)), _if_known(*rows, trained.classes)
        told = {
            "frames": len(chosen.ids),
            "absent": len(chosen.absent),
            "scores": None if evaluation is None else evaluation.to_json(),
            "if_known": if_known,
            "record": record_of(command),
        }
        write_json_durably(out / FACTS, {**facts, **told})
    return Detected(trained.name, folder, len(chosen.ids), len(missing), len(chosen.absent), evaluation, if_known)


def _settings_hash(trained: TrainedNetwork) -> str:
    """Of all that decides the detections besides weights: equal weights may be told other voxels, anchors or depths."""
    told = [to_json(trained.network.settings), trained.image_size, trained.true_depth]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:SHORT]


def _begin(out: Path, facts: dict[str, Any]) -> None:
    """Notes what the files are about to be of, or refuses a folder whose files are of something else."""
    path, files = out / FACTS, next((out / RESULTS).glob("*.txt"), None)
    if not path.exists():
        if files is not None:
            raise DataError(out, f"result files without {FACTS}, which would say what they are of", _OTHER, fix=_FIX)
        write_json_durably(path, facts)
        return
    before = read_json_object(path, "what result files are of")
    for name in ("weights", "settings", "data", "split"):
        if before.get(name) != facts[name]:
            expected = f"{str(facts[name])[:80]}, as asked for now"
            raise DataError(path, f"result files of {name} {str(before.get(name))[:80]}", expected, fix=_FIX)


_OTHER = "a new folder, or one that this command has begun"
_FIX = "Take another --out, or remove the folder"


def _frames(trained: TrainedNetwork, root: KittiRoot, ids: Sequence[str]) -> CameraFrames:
    lidar = isinstance(trained.network, Teacher)
    size = None if lidar else trained.image_size
    return CameraFrames(root, ids, points=lidar, depth=trained.true_depth, size=size, labelled=frozenset())


def _rows(root: KittiRoot, ids: Sequence[str], folder: Path) -> tuple[list[KittiLabels], list[KittiLabels]] | None:
    """Labels and result files of every frame at KITTI's scale; None where a frame has no labels.

    The files, not what was in memory: a call that was stopped and went on gives the same numbers.
    """
    truth = [root.labels(frame_id) for frame_id in ids]
    if any(labels is None for labels in truth):
        return None
    widths = [root.image_size(frame_id)[1] for frame_id in ids]
    found = [read_labels(folder / f"{frame_id}.txt", scores=True) for frame_id in ids]
    labels = [at_kitti_scale(one, width) for one, width in zip(truth, widths, strict=True)]
    return labels, [at_kitti_scale(one, width) for one, width in zip(found, widths, strict=True)]


def _if_known(truth: Sequence[KittiLabels], found: Sequence[KittiLabels], classes: Sequence[str]) -> Known:
    swapped = {swap: oracle(truth, found, swap=swap, classes=classes) for swap in get_args(Swap)}
    return {name: {swap: _moderate(scored, name) for swap, scored in swapped.items()} for name in classes}


def _moderate(evaluation: Evaluation, name: str) -> dict[str, float]:
    return {column: evaluation.ap(name, metric, "moderate", level) for column, (metric, level) in COLUMNS.items()}
