"""Runs a network over a split and writes KITTI result files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import nn
from tqdm.auto import tqdm

from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.conversion import labels_from_detections
from monotakd.datasets.kitti.labels import KittiLabels, write_labels
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.device import to_device
from monotakd.engine.loader import read_ahead
from monotakd.models.assistant import Assistant
from monotakd.models.teacher import Teacher
from monotakd.pipeline.truth_told import TruthTold
from monotakd.scene import Batch, Detections


def detector(network: nn.Module) -> Callable[[Batch], list[Detections]]:
    """The network's ``detect`` on a batch, given no more than it may see: a student gets the sensors only."""
    if isinstance(network, Teacher):
        return lambda batch: network.detect(batch.privileged.points)
    if isinstance(network, (Assistant, TruthTold)):
        return lambda batch: network.detect(batch.sensors, batch.privileged.depth)
    return lambda batch: network.detect(batch.sensors)


def predict(
    network: nn.Module, frames: CameraFrames, *, batch_size: int = 8, workers: int = 0, progress: bool = True
) -> list[KittiLabels]:
    """Detections of every frame as KITTI rows, in the pixels of the stored images.

    Args:
        network: teacher, assistant or student.
        frames: with points for a teacher, with depth for an assistant.
        batch_size: frames at once.
        workers: processes that read frames; 0 reads in this one.
        progress: show a bar.
    """
    rows = dict(iter_predict(network, frames, batch_size=batch_size, workers=workers, progress=progress))
    return [rows[frame_id] for frame_id in frames.frame_ids]


def iter_predict(
    network: nn.Module, frames: CameraFrames, *, batch_size: int = 8, workers: int = 0, progress: bool = True
) -> Iterator[tuple[str, KittiLabels]]:
    """`predict` frame by frame, each with its id; frames of one image size come together.

    A batch has images of one size: none is padded, and what is found in a frame does not depend on its neighbours.
    """
    detect = detector(network)
    device = next(network.parameters()).device
    sizes = [frames.root.image_size(frame_id) for frame_id in frames.frame_ids]
    seen = sizes if frames.size is None else [frames.size] * len(sizes)
    wanted = _batches(seen, batch_size)
    read = read_ahead(frames.frame, wanted, collate, workers)
    with tqdm(total=len(sizes), desc="detect", unit="frame", disable=not progress) as bar:
        for indices, batch in zip(wanted, read, strict=True):
            with torch.no_grad():
                found = detect(to_device(batch, device))
            for index, detections in zip(indices, found, strict=True):
                frame_id = frames.frame_ids[index]
                # The projection of the stored image, whatever size the network saw.
                calibration = frames.root.calibration(frame_id).calibration(sizes[index])
                yield frame_id, labels_from_detections(detections, calibration)
                bar.update()


def _batches(sizes: Sequence[tuple[int, int]], batch_size: int) -> list[list[int]]:
    """Indices of images of one size, at most so many together, in their order."""
    alike: dict[tuple[int, int], list[int]] = {}
    for index, size in enumerate(sizes):
        alike.setdefault(size, []).append(index)
    return [group[start : start + batch_size] for group in alike.values() for start in range(0, len(group), batch_size)]


def write_predictions(folder: Path, frame_ids: tuple[str, ...], predictions: list[KittiLabels]) -> None:
    """One result file per frame, for `monotakd evaluate`."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame_id, rows in zip(frame_ids, predictions, strict=True):
        write_labels(folder / f"{frame_id}.txt", rows)
