"""The small trained models that come with the project, so that every lesson opens on networks that have learnt.

They lie in ``data/checkpoints`` (or below ``MONOTAKD_DATA``) as half-precision weights with a JSON file of facts beside
each: command, commit, seed, settings, scores. `store` makes them of a finished job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from monotakd import paths
from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.config_file import RECORD, require_same_config, to_json
from monotakd.engine.durable import write_text_durably
from monotakd.engine.log import NAME as LOG
from monotakd.engine.log import read_steps
from monotakd.engine.run_folder import FINAL
from monotakd.engine.tensor_file import tensors_hash
from monotakd.engine.weights import load_weights, save_weights
from monotakd.errors import DataError
from monotakd.models.assistant import Assistant
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.pipeline.networks import build, load
from monotakd.pipeline.prediction import predict
from monotakd.pipeline.results import NAME, RunResult
from monotakd.pipeline.scoring import score_on

LOG_POINTS = 120
"""Of a stored training log."""

STUDENTS = ("ground_truth_only", "direct", "monotakd")
NAMES = ("teacher", "assistant", "assistant_aligned", *(f"student_{row}" for row in STUDENTS))


def teacher() -> Teacher:
    """The stored LiDAR teacher, in evaluation mode.

    Raises:
        DataError: it is missing, damaged, or of another version of the network; the same holds for the others.
    """
    return _load("teacher")


def assistant(aligned: bool = False) -> Assistant:
    """The stored assistant, trained on boxes alone, or the one aligned to the teacher."""
    return _load("assistant_aligned" if aligned else "assistant")


def student(row: str = "monotakd") -> Student:
    """The stored student of a row of the table: ``"ground_truth_only"``, ``"direct"`` or ``"monotakd"``."""
    if row not in STUDENTS:
        raise DataError("stored students", repr(row), f"one of {', '.join(STUDENTS)}")
    return _load(f"student_{row}")


def facts(name: str) -> dict[str, Any]:
    """What is known of a stored model: command, commit, seed, training, settings, scores, and its `thinned_log`.

    Args:
        name: one of `NAMES`.

    Raises:
        DataError: no such model, or its file is damaged.
    """
    return read_json_object(_path(name, ".json"), "the facts of a stored model", fix=_FIX)


_FIX = f"Restore data/checkpoints from the checkout, or unset {paths.DATA_VARIABLE}"


def _path(name: str, suffix: str) -> Path:
    if name not in NAMES:
        raise DataError("stored models", repr(name), f"one of {', '.join(NAMES)}")
    return paths.checkpoint_folder() / f"{name}{suffix}"


def _network_name(name: str) -> str:
    return name.removeprefix("student_")


def _load(name: str) -> nn.Module:
    known, path = facts(name), _path(name, ".safetensors")
    network = build(_network_name(name))
    require_same_config(path, {"network": known["network"]}, {"network": to_json(network.settings)})
    load_weights(path, network)
    found = _hash_in_half_precision(network)
    if found != known["sha256"]:
        raise DataError(
            path, f"weights with SHA-256 {found[:16]}", f"{known['sha256'][:16]}, as noted beside", fix=_FIX
        )
    return network.eval().requires_grad_(False)


def _hash_in_half_precision(network: nn.Module) -> str:
    state = network.state_dict().items()
    return tensors_hash({key: value.half() if value.is_floating_point() else value for key, value in state})


def scores_on_toy_set(name: str) -> dict[str, float]:
    """AP of a stored model on the twelve shipped streets, by short name (`pipeline.scoring.METRICS`), at full limits.

    Too few streets to compare models by; enough to notice that code and weights no longer belong together.
    """
    return toy_scores(_load(name))


def toy_scores(network: Teacher | Assistant | Student) -> dict[str, float]:
    """`scores_on_toy_set` of any network of the toy size, in evaluation mode."""
    root = KittiRoot(paths.toy_set())
    ids = root.split("trainval").ids
    depth = "sparse" if isinstance(network, Assistant) else None
    frames = CameraFrames(root, ids, points=isinstance(network, Teacher), depth=depth)
    found = predict(network, frames, progress=False)
    scores = score_on(root, ids, found, replicates=0)
    return {short: round(value, 3) for short, value in scores["hard"].items()}


def store(name: str, run: Path, folder: Path) -> Path:
    """Makes a stored model of a finished run of the job.

    Args:
        name: one of `NAMES`.
        run: the run's folder, with final weights, results and log.
        folder: where to store it, usually ``data/checkpoints``.

    Returns:
        The file of weights.
    """
    result, network = RunResult.read(run / NAME), load(_network_name(name), run / FINAL)
    path = folder / f"{name}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(path, network, {"name": name}, dtype=torch.float16)
    known = {
        "name": name,
        "row": result.row,
        "labels": result.labels,
        "seed": result.seed,
        "network": to_json(network.settings),
        "sha256": _hash_in_half_precision(network),
        "scores": {"split": result.split, "frames": result.frames, "moderate": dict(result.ap)},
        "training": dict(result.training),
        "config": _without_network(result.record.get("config", {})),
        "record": {key: value for key, value in result.record.items() if key != "config"},
        "log": thinned_log(run / LOG),
    }
    trained = result.record.get("config", {}).get(RECORD, {})
    if "camera" in trained:
        known["record"]["camera"] = trained["camera"]
    _write_facts(path, known)
    if folder.resolve() == paths.checkpoint_folder().resolve():
        _write_facts(path, {**known, "on_toy_set": scores_on_toy_set(name)})
    return path


def thinned_log(path: Path, points: int = LOG_POINTS) -> dict[str, Any]:
    """A training's curves, small enough to be kept: means over blocks of neighbouring steps, to four digits.

    Args:
        path: ``log.jsonl`` of a run.
        points: at most so many; a shorter log is kept step by step.

    Returns:
        ``steps`` (the last of each block), ``total``, ``learning_rate``, and ``terms``, lists by the terms' names.

    Raises:
        DataError: there is no log, it is damaged, or without any step.
    """
    records = read_steps(path)
    if not records:
        raise DataError(path, "no step", "the log of a training")
    blocks = np.array_split(np.arange(len(records)), min(points, len(records)))

    def thinned(values: list[float]) -> list[float]:
        return [float(f"{np.mean([values[i] for i in block]):.4g}") for block in blocks]

    return {
        "steps": [records[block[-1]]["step"] for block in blocks],
        "total": thinned([record["total"] for record in records]),
        "learning_rate": thinned([record["learning_rate"] for record in records]),
        "terms": {name: thinned([record["terms"][name] for record in records]) for name in records[0]["terms"]},
    }


def _without_network(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a training was told: budget, recipe, weights of the terms, frames, and who taught it."""
    settings = {key: value for key, value in config.get("settings", {}).items() if key != "network"}
    return {**{key: value for key, value in config.items() if key != RECORD}, "settings": settings}


def _write_facts(path: Path, known: dict[str, Any]) -> None:
    # Indented, but lists of numbers in one line.
    text = re.sub(r'\[[^][{}"]*\]', lambda found: " ".join(found[0].split()), json.dumps(known, indent=1)) + "\n"
    write_text_durably(path.with_suffix(".json"), text)
