"""What a student learned of its targets, measured on streets that it did not see.

AP says what came out at the end. This asks in between: how much of the teacher's map is in the student's, how much of
the assistant's is in the visual branch, how much of the residual in the spatial one, and what the student knows of
depth. Maps are compared through the best linear map (with offset) between their channels, fitted on every other street
and judged on the rest, so that rows that were never asked for equal channels are measured alike. Cells are those in
cars: over all cells a map that only tells street from no street would do well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from monotakd.datasets.collate import collate
from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.training_frames import CameraFrames
from monotakd.engine.device import to_device
from monotakd.errors import require
from monotakd.geometry.box_cells import cells_in_boxes
from monotakd.geometry.boxes import points_in_boxes
from monotakd.geometry.depth_bins import bin_centres, bin_target
from monotakd.metrics.alignment_of_spaces import best_linear_map, explained
from monotakd.models.assistant import Assistant
from monotakd.models.depth_distribution import pool_depth
from monotakd.models.student import Student
from monotakd.models.teacher import Teacher
from monotakd.scene import Batch, BevMap, DepthBins, Frame

BATCH = 8


@dataclass(frozen=True)
class Learned:
    """One student against its targets, on cells in cars. R2 is 1 for perfect and 0 for no better than the mean.

    Attributes:
        teacher: R2 of F_T from the map that the student's detector reads, F_S.
        assistant: R2 of F_A from F_vis.
        residual: R2 of F_T - F_A from the aligned spatial map.
        true_bin: mean probability of the true depth bin.
        depth_error: median distance of the mean predicted depth from the true one, metres.
    """

    teacher: float
    assistant: float
    residual: float
    true_bin: float
    depth_error: float

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the numbers."""
        return tuple(field.name for field in fields(cls))

    def to_json(self) -> dict[str, float]:
        """Four decimals are more than the frames can tell apart."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Given:
    """What teacher and assistant say of the frames: the same for every student.

    Attributes:
        teacher: per frame, (N, C) F_T in the cells of cars.
        assistant: the same of F_A.
    """

    teacher: tuple[Float[np.ndarray, "_ C"], ...]
    assistant: tuple[Float[np.ndarray, "_ C"], ...]


@torch.no_grad()
def given_by(teacher: Teacher, assistant: Assistant, frames: CameraFrames, progress: bool = True) -> Given:
    """Runs teacher and assistant on frames with points, depth and labels."""
    taught, told = [], []
    for part, batch in _batches(frames, teacher, "teacher and assistant", progress):
        taught += _in_cars(teacher(batch.privileged.points).bev, part)
        told += _in_cars(assistant.bev_map(batch.sensors, batch.privileged.depth), part)
    return Given(tuple(taught), tuple(told))


@torch.no_grad()
def learned_by(student: Student, given: Given, frames: CameraFrames, progress: bool = True) -> Learned:
    """Compares a student with its targets.

    Args:
        student: trained, in evaluation mode.
        given: of the same frames.
        frames: with points, depth and labels; the student sees neither of them.
        progress: show a bar.

    Raises:
        ValueError: too few cells in cars to fit the maps.
    """
    fused, visual, spatial, sure, errors = [], [], [], [], []
    bins, stride = student.scale.bins, student.scale.image.stride
    for part, batch in _batches(frames, student, "student", progress):
        output = student(batch.sensors)
        fused += _in_cars(output.bev, part)
        visual += _in_cars(output.bev_visual, part)
        spatial += _in_cars(output.bev_spatial, part)
        probabilities = output.depth_logits.float().softmax(dim=1)[:, : bins.num]
        for one, frame in zip(probabilities, part, strict=True):
            p, error = _depth_on_cars(one, frame, bins, stride)
            sure.append(p)
            errors.append(error)
    residual = [t - a for t, a in zip(given.teacher, given.assistant, strict=True)]
    return Learned(
        teacher=_held_out_r2(fused, given.teacher),
        assistant=_held_out_r2(visual, given.assistant),
        residual=_held_out_r2(spatial, residual),
        true_bin=float(np.concatenate(sure).mean()),
        depth_error=float(np.median(np.concatenate(errors))),
    )


def _batches(
    frames: CameraFrames, network: nn.Module, title: str, progress: bool
) -> Iterator[tuple[list[Frame], Batch]]:
    device, count = next(network.parameters()).device, len(frames.frame_ids)
    for start in tqdm(range(0, count, BATCH), desc=title, unit="batch", disable=not progress):
        part = [frames.frame(index) for index in range(start, min(start + BATCH, count))]
        yield part, to_device(collate(part), device)


def _in_cars(bev: BevMap, frames: list[Frame]) -> list[np.ndarray]:
    features = bev.features.float().cpu().numpy()
    return [features[row][:, _car_cells(bev, frame)].T for row, frame in enumerate(frames)]


def _car_cells(bev: BevMap, frame: Frame) -> Bool[np.ndarray, "Y X"]:
    return cells_in_boxes(bev.grid, frame.annotations.boxes.named("Car").values)


def _depth_on_cars(
    probabilities: Float[Tensor, "D h w"], frame: Frame, bins: DepthBins, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of every feature cell that a LiDAR point on a car falls into: probability of the true bin, error in metres."""
    cars = frame.annotations.boxes.named("Car").values
    on_cars = frame.points[points_in_boxes(frame.points, cars) >= 0]
    depth = torch.from_numpy(sparse_depth(on_cars, frame.calibration))[None]
    pooled = pool_depth(depth, stride)[0].to(probabilities.device)
    target = bin_target(bins, torch.where(pooled > 0, pooled, torch.nan))
    known = target < bins.num
    sure = probabilities.gather(0, target.clamp(max=bins.num - 1)[None])[0][known]
    middles = torch.as_tensor(bin_centres(bins), dtype=probabilities.dtype, device=probabilities.device)
    expected = (probabilities * middles[:, None, None]).sum(0) / probabilities.sum(0)
    return sure.cpu().numpy(), (expected - pooled)[known].abs().cpu().numpy()


def _held_out_r2(source: list[np.ndarray], target: tuple[np.ndarray, ...] | list[np.ndarray]) -> float:
    """Fitted on every other frame, judged on the rest."""
    fitted = best_linear_map(np.concatenate(source[::2]), np.concatenate(target[::2]))
    rest = np.concatenate(source[1::2])
    require(len(rest) > 0, "no cell in a car on the frames that are held out: take more frames")
    return explained(fitted(rest), np.concatenate(target[1::2]))
