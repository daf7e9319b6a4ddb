"""What each stage of the gap ledger does: draws dense depth, trains cameras on it, puts the true depth into students.

A stage can be killed at any time and called again; what is there is not redone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from torch import nn

from monotakd.datasets.kitti.depth import read_depth
from monotakd.datasets.street.dense_depth import depth_path, render_depth_maps
from monotakd.datasets.training_frames import CameraFrames
from monotakd.distill.detector_training import AssistantTraining
from monotakd.engine.config_file import read_config
from monotakd.engine.device import choose_device, torch_threads
from monotakd.engine.run_folder import FINAL
from monotakd.engine.settings import TrainSettings
from monotakd.engine.task import Task
from monotakd.engine.train import fit
from monotakd.engine.weights import load_weights, weights_hash
from monotakd.models.assistant import Assistant
from monotakd.pipeline.networks import load
from monotakd.pipeline.prediction import predict
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import RunResult
from monotakd.pipeline.rows import row_named
from monotakd.pipeline.scoring import score_on
from monotakd.pipeline.stages import trained_model
from monotakd.pipeline.training import fresh_assistant, require_first_weights, trained_with
from monotakd.pipeline.truth_told import TruthTold
from monotakd.pipeline.workplace import Workplace
from monotakd.scene import Frame

DepthForm = Literal["one_hot", "split"]
SCORE = "score.json"
"""A `RunResult`. Not called ``results.json``, so that the table of the job does not take it for one of its rows."""


def ledger_folder(place: Workplace, labels: str, name: str) -> Path:
    """Where a step of the ledger keeps its training and its score."""
    return place.out / "ledger" / f"labels_{labels}" / name


def depth_folder(place: Workplace) -> Path:
    """The dense depth maps of the job's world."""
    return place.out / "ledger" / "depth"


@dataclass(eq=False)
class DenseFrames(CameraFrames):
    """Frames whose depth is the dense truth, from the maps of `render_depth_maps`; images keep their size.

    Attributes:
        maps: folder of the maps.
    """

    maps: Path = Path()

    def frame(self, index: int) -> Frame:
        """Frame ``index`` with its dense depth."""
        if index not in self._kept:
            frame = super().frame(index)
            dense = read_depth(depth_path(self.maps, frame.frame_id), size=frame.image.shape[:2])
            frame = replace(frame, depth=dense)
            if not self.keep:
                return frame
            self._kept[index] = frame
        return self._kept[index]


def draw_depth(place: Workplace, labels: str, workers: int, marker: Path) -> None:
    """Draws the dense depth of the labelled training frames and of the reported ones."""
    _, reported = place.report_root()
    wanted = (*place.data(labels).labelled_ids, *reported)
    render_depth_maps(place.world, wanted, depth_folder(place), workers=workers, progress=False)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(f"{len(wanted)} maps, complete\n")


def train_on_dense_depth(place: Workplace, labels: str, form: DepthForm, folder: Path) -> None:
    """Trains and scores the assistant's network on dense depth: its frames, budget and seed, only the depth differs."""
    budget, data = assistant_budget(place, labels), place.data(labels)
    network = camera_told(place, labels, form)
    training = AssistantTraining(network)
    frames = DenseFrames(data.root, data.labelled_ids, keep=True, maps=depth_folder(place))
    task = Task(
        f"camera, dense depth, {form}",
        network,
        lambda batch: training(batch).computed(),
        weights=training.weights.active(),
        config={
            "network": network.settings,
            "true_depth": "dense",
            "depth_network": read_config(place.model(labels, "assistant"))["settings"]["depth_network"],
        },
    )
    begun = time.process_time()
    trained = fit(task, frames, budget, folder, run=place.run, resume=True)
    load_weights(trained.final, network)
    root, ids = place.report_root()
    _score(
        place,
        labels,
        folder.name,
        folder,
        network.eval(),
        DenseFrames(root, ids, maps=depth_folder(place)),
        budget.seed,
        training={"steps": budget.steps, "cpu_seconds": round(time.process_time() - begun, 1)},
    )


def camera_told(place: Workplace, labels: str, form: DepthForm) -> Assistant:
    """The network of the job's assistant with its first weights, told depth in another form.

    Raises:
        DataError: these are not the weights that the assistant began with.
    """
    folder = place.model(labels, "assistant")
    networks = place.preset.networks
    networks = replace(networks, assistant=replace(networks.assistant, depth_form=form))
    known = read_config(folder)
    begun = None if known["settings"]["depth_network"] is None else trained_model(place, labels, "depth_network")
    # The form of the depth has no parameters.
    network = fresh_assistant("assistant", assistant_budget(place, labels).seed, networks, begun)
    require_first_weights(folder, weights_hash(network), "an assistant")
    return network


def put_truth_into(place: Workplace, labels: str, row: str, seed: int, folder: Path) -> None:
    """Scores a trained student with the depth that the assistant is told in place of the one it predicts."""
    student = load(row, place.student(labels, row, seed) / FINAL, place.preset.networks)
    root, ids = place.report_root()
    frames = CameraFrames(root, ids, depth=place.preset.true_depth, size=place.image_size)
    _score(place, labels, f"{row}_told", folder, TruthTold(student), frames, seed, {}, boxes=row_named(row).uses_boxes)


def assistant_budget(place: Workplace, labels: str) -> TrainSettings:
    """The budget that the job's assistant was trained with, whatever the preset says today."""
    return trained_with(place.model(labels, "assistant"))


def _score(
    place: Workplace,
    labels: str,
    name: str,
    folder: Path,
    network: nn.Module,
    frames: CameraFrames,
    seed: int,
    training: dict[str, Any],
    boxes: bool = True,
) -> None:
    root, ids = frames.root, frames.frame_ids
    with torch_threads(place.run.threads):
        network.to(choose_device(place.run.device))
        found = predict(network, frames, workers=place.run.workers, progress=False)
    RunResult(
        row=name,
        labels=labels,
        seed=seed,
        preset=place.preset.name,
        split=place.report_split,
        frames=len(ids),
        boxes=boxes,
        training=training,
        record=record_of(place.command),
        **score_on(root, ids, found, classes=place.preset.networks.classes),
    ).write(folder / SCORE)
