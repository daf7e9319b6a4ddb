"""A student for one camera as a file that torch runs without this package (torch.export).

With the camera fixed, the lift's plan, where every voxel reads, is a constant like the weights. What the network reads
is a view of the photograph at its own size (`view`); what it says is told before suppression: scores and boxes of all
cells, and the depth distribution. Compiled loops of this package are replaced by torch's own operators, so numbers may
differ in the last digits.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from monotakd.benchmarks.timing import REPEATS, Timing, measure
from monotakd.datasets.collate import collate
from monotakd.engine.durable import write_durably
from monotakd.errors import DataError
from monotakd.models.heads.predictions import DensePredictions
from monotakd.models.student import Student
from monotakd.predict.trained_student import TrainedStudent
from monotakd.predict.view import View, view_of
from monotakd.scene import Calibration, Frame, Sensors

FACTS = "monotakd.json"
"""Name of the facts inside the file: what goes in and what comes out."""

TOLERANCE = 1e-4
"""Largest difference to the eager network that is accepted, relative to the largest value of each output."""


class FixedCamera(nn.Module):
    """A student whose calibration is part of it: images (1, 3, H, W), 0..1, to named tensors.

    Args:
        student: in evaluation mode.
        calibration: of its input.
    """

    def __init__(self, student: Student, calibration: Calibration):
        super().__init__()
        self.student, self.calibration = student, calibration

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """``scores`` (1, N, K), ``boxes`` (1, N, 7) in the LiDAR frame, the head's raw outputs, ``depth_logits``."""
        output = self.student(Sensors(images, (self.calibration,)))
        head = output.head
        told = {
            "scores": head.class_logits.sigmoid(),
            "boxes": self.student.dense_head.boxes(head),
            "class_logits": head.class_logits,
            "codes": head.codes,
            "depth_logits": output.depth_logits,
        }
        return told if head.direction_logits is None else {**told, "direction_logits": head.direction_logits}


@dataclass(frozen=True)
class Exported:
    """What was written, and how it compares.

    Attributes:
        path: the file.
        images: so many were compared.
        difference: largest difference of any output, relative to the output's largest value.
        eager: median time of the network in this package, one image.
        exported: median time of the network in the file.
    """

    path: Path
    images: int
    difference: float
    eager: Timing
    exported: Timing

    def __str__(self) -> str:
        size, threads = self.path.stat().st_size / 1e6, torch.get_num_threads()
        eager, exported = (
            f"{1e3 * time.wall_s:,.0f} ms ({1e3 * time.cpu_s:,.0f} ms of CPU)" for time in (self.eager, self.exported)
        )
        return (
            f"{self.path}: {size:.1f} MB, equal to the eager network within {self.difference:.1e} on "
            f"{self.images} image{'s' * (self.images > 1)}\n"
            f"one image, median of {REPEATS}, {threads} thread{'s' * (threads > 1)}: eager {eager}, exported {exported}"
        )


def export_student(
    trained: TrainedStudent,
    photos: Sequence[Frame],
    out: str | os.PathLike[str],
    *,
    rescale_depth: bool = False,
) -> Exported:
    """Exports a student for the camera of these photographs, compares it on each of them and, if equal, writes it.

    Args:
        trained: the student.
        photos: at least one, all of one camera.
        out: the file, ``*.pt2``; `torch.export.load` reads it.
        rescale_depth: see `view`.

    Raises:
        DataError: the photographs are of several cameras, the file has another ending, or the exported network differs
            by more than ``TOLERANCE``; then nothing is written, and a file that is there stays.
    """
    out = Path(out)
    if out.suffix != ".pt2":
        raise DataError(out, f"the ending {out.suffix!r}", "the name of a .pt2 file")
    if not photos:
        raise DataError("photographs", "none", "at least one of the camera")
    views = [view_of(photo, trained, rescale_depth=rescale_depth) for photo in photos]
    first = views[0].frame.calibration
    for photo, view in zip(photos, views, strict=True):
        if not _same_camera(first, view.frame.calibration):
            raise DataError(
                f"image {photo.frame_id}", "another camera", f"that of {photos[0].frame_id}: a file is for one camera"
            )
    eager = FixedCamera(trained.student, first).eval()
    images = [collate([view.frame]).sensors.images for view in views]
    with torch.no_grad():
        eager(images[0])  # The lift's plan must exist before it can become a constant.
        program = torch.export.export(eager, (images[0],), strict=False)
    facts = {FACTS: json.dumps(_facts(trained, views[0]), indent=1)}
    content = io.BytesIO()
    torch.export.save(program, content, extra_files=facts)
    written = torch.export.load(content).module()
    with torch.no_grad():
        difference = max(_difference(eager(image), written(image)) for image in images)
        if not difference <= TOLERANCE:
            raise DataError(out, f"outputs off by {difference:.1e}", f"those of the eager network to {TOLERANCE:g}")
        write_durably(out, lambda temporary: temporary.write_bytes(content.getbuffer()))
        times = [measure(partial(network, images[0])) for network in (eager, written)]
    return Exported(out, len(images), difference, *times)


def dense_predictions(told: dict[str, Tensor]) -> DensePredictions:
    """The head's raw outputs among what an exported student says, for the head's own ``decode``."""
    return DensePredictions(told["class_logits"], told["codes"], told.get("direction_logits"))


def _same_camera(a: Calibration, b: Calibration) -> bool:
    same = (a.img_from_cam == b.img_from_cam).all() and (a.cam_from_lidar == b.cam_from_lidar).all()
    return bool(same) and tuple(a.image_size) == tuple(b.image_size)


def _facts(trained: TrainedStudent, view: View) -> dict:
    calibration = view.frame.calibration
    height, width = view.photo_size
    return {
        "network": Path(trained.name).name,
        "input": {
            "shape": [1, 3, *calibration.image_size],
            "values": "RGB, 0..1",
            "photograph": {"width": width, "height": height},
            "window": dict(zip(("left", "top", "width", "height"), view.window, strict=True)),
            "how": "cut the window out of the upright photograph, repeating its border outside, and resize it",
        },
        "img_from_cam": calibration.img_from_cam.tolist(),
        "cam_from_lidar": calibration.cam_from_lidar.tolist(),
        "classes": [anchor.name for anchor in trained.student.scale.classes],
        "boxes": "x y z l w h yaw, metres and radians, LiDAR frame: x forward, y left, z up; z of the box's centre",
        "afterwards": "take cells with a high score, drop boxes that overlap a better one",
    }


def _difference(expected: dict[str, Tensor], found: dict[str, Tensor]) -> float:
    # NaN must not pass for equal: max() would let it through, so it is made infinite.
    off = [
        float(((found[name] - value).abs().max() / value.abs().max().clamp_min(1e-6)).nan_to_num(torch.inf))
        for name, value in expected.items()
    ]
    return max(off)
