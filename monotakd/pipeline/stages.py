"""What each stage of the job does. A stage can be killed at any time and called again; what is there is not redone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from monotakd.benchmarks.peak_memory import peak_bytes
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.datasets.street.generate import synthesize
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.config_file import read_config
from monotakd.engine.device import choose_device, torch_threads
from monotakd.engine.feature_cache import FeatureCache
from monotakd.engine.processes import current_process, joined, launch
from monotakd.engine.run_folder import FINAL
from monotakd.engine.train import Training
from monotakd.engine.weights import weights_hash
from monotakd.errors import StoppedError
from monotakd.models.assistant import Assistant
from monotakd.models.depth_network import DepthNetwork
from monotakd.models.teacher import Teacher
from monotakd.pipeline import training
from monotakd.pipeline.agreement import SHORT
from monotakd.pipeline.networks import load, with_image_weights
from monotakd.pipeline.prediction import predict, write_predictions
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import NAME, RunResult
from monotakd.pipeline.rows import ROWS, row_named
from monotakd.pipeline.scoring import score_on
from monotakd.pipeline.workplace import Workplace


def make_world(place: Workplace, workers: int) -> None:
    """Generates the streets."""
    sizes = place.preset.world
    synthesize(
        place.world,
        train=sizes.train,
        val=sizes.tune,
        test=sizes.test if place.preset.report == "test" else 0,
        seed=sizes.seed,
        workers=workers,
        settings=place.preset.street,
    )


def do_together(devices: int, device: str | None, work: Callable[[], None]) -> None:
    """Does a stage in several processes on this machine that share every batch, one per GPU or side by side.

    Raises:
        DataError: one of them raised it.
        StoppedError: one of them ended otherwise than well.
    """
    status = launch(devices, partial(_joined, device, work))
    if status:
        raise StoppedError(f"one of {devices} processes that train together ended with status {status}")


def _joined(device: str | None, work: Callable[[], None]) -> None:
    with joined(device):
        work()


def make_depth_network(place: Workplace, labels: str) -> None:
    """Trains what assistants and students start from."""
    networks = place.preset.networks
    training.train_depth_network(
        place.data(labels),
        place.budget("depth_network"),
        place.model(labels, "depth_network"),
        place.run,
        networks=networks,
        start=None if place.image_weights is None else with_image_weights(place.image_weights, networks),
    )


def make_model(place: Workplace, labels: str, name: str) -> None:
    """Trains and scores a teacher or an assistant."""
    out, data, networks = place.model(labels, name), place.data(labels), place.preset.networks
    begun = _Watch()
    match name:
        case "teacher":
            trained = training.train_teacher(data, place.budget(name), out, place.run, networks=networks)
        case _:
            trained = training.train_assistant(
                data,
                place.budget(name),
                out,
                place.run,
                networks=networks,
                teacher=None if name == "assistant" else trained_model(place, labels, "teacher"),
                name=name,
                depth_network=trained_model(place, labels, "depth_network"),
            )
    _score(place, labels, name, 0, out, begun.training(trained), taught_by={})


def store_outputs(place: Workplace, labels: str, name: str) -> None:
    """Computes what a teacher or an assistant says of every training frame and its mirror image."""
    data, network = place.data(labels), trained_model(place, labels, name)
    size = place.preset.student.batch_size
    with torch_threads(place.run.threads):
        cache = training.cache_of(place.cache, network, data)
        training.fill(cache, network, data, place.run, size)
    if current_process().writes:
        stored_marker(place, labels, name).write_text(cache.key + "\n")


def stored_marker(place: Workplace, labels: str, name: str) -> Path:
    """The file that says that a network's outputs are complete."""
    return place.model(labels, name) / "stored.txt"


def _stored(place: Workplace, labels: str, name: str, network: Teacher | Assistant) -> FeatureCache:
    """What a network said of every frame; said once more where an earlier version stored it under another key."""
    cache = training.cache_of(place.cache, network, place.data(labels))
    if place.preset.keep_outputs and stored_marker(place, labels, name).read_text().strip() != cache.key:
        store_outputs(place, labels, name)
    return cache


def make_student(place: Workplace, labels: str, row: str, seed: int) -> None:
    """Trains and scores a student."""
    out, data, recipe = place.student(labels, row, seed), place.data(labels), row_named(row)
    teacher = trained_model(place, labels, "teacher") if recipe.recipe.needs_teacher else None
    assistant = trained_model(place, labels, recipe.assistant) if recipe.assistant is not None else None
    stored = {
        "teacher": None if teacher is None else _stored(place, labels, "teacher", teacher),
        "assistant": None if assistant is None else _stored(place, labels, recipe.assistant, assistant),
    }
    begun = _Watch()
    trained = training.train_student(
        recipe,
        data,
        place.budget("student", seed),
        out,
        place.run,
        networks=place.preset.networks,
        **(stored if place.preset.keep_outputs else {"teacher": teacher, "assistant": assistant}),
        depth_network=trained_model(place, labels, "depth_network"),
        first_assistant=assistant,
    )
    taught_by = {name: None if cache is None else cache.key for name, cache in stored.items()}
    _score(place, labels, row, seed, out, begun.training(trained), taught_by)


def trained_model(place: Workplace, labels: str, name: str) -> Teacher | Assistant | DepthNetwork:
    """A depth network, teacher or assistant that was trained before."""
    return load(name, place.model(labels, name) / FINAL, place.preset.networks)


def frames_for(network: torch.nn.Module, place: Workplace, root: KittiRoot, ids: tuple[str, ...]) -> CameraFrames:
    """Frames with what the network may see, and no more."""
    return CameraFrames(
        root,
        ids,
        points=isinstance(network, Teacher),
        depth=place.preset.true_depth if isinstance(network, Assistant) else None,
        size=place.image_size,
    )


class _Watch:
    """What a training cost, also where it went on from an earlier process."""

    def __init__(self):
        self._cpu, self._wall = time.process_time(), time.monotonic()

    def training(self, trained: Training) -> dict[str, Any]:
        return {
            "steps": read_config(trained.config.parent)["train"]["steps"],
            "steps_now": trained.steps_now,
            "cpu_seconds": round(time.process_time() - self._cpu, 1),
            "seconds": round(time.monotonic() - self._wall, 1),
            "peak_memory_mb": peak_bytes() // 2**20,
        }


def _score(
    place: Workplace, labels: str, row: str, seed: int, out: Path, cost: dict[str, Any], taught_by: dict[str, Any]
) -> None:
    if not current_process().writes:
        return
    network = load(row, out / FINAL, place.preset.networks).to(choose_device(place.run.device))
    root, ids = place.report_root()
    with torch_threads(place.run.threads):
        frames = frames_for(network, place, root, ids)
        predictions = predict(network, frames, workers=place.run.workers, progress=False)
    write_predictions(out / "predictions", ids, predictions)
    RunResult(
        row=row,
        labels=labels,
        seed=seed,
        preset=place.preset.name,
        split=place.report_split,
        frames=len(ids),
        boxes=ROWS[row].uses_boxes if row in ROWS else True,
        training=cost,
        record={
            **record_of(place.command),
            "weights": weights_hash(network)[:SHORT],
            "world": None if place.given else asdict(place.preset.world),
            "config": read_config(out),
            **taught_by,
        },
        **score_on(root, ids, predictions, classes=place.preset.networks.classes),
    ).write(out / NAME)
