"""What a student says of a street that was changed: the true distance of a car against the one it sees."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image

from monotakd import checkpoints, paths
from monotakd.datasets.collate import collate
from monotakd.datasets.street.what_if import SWEEPS, WhatIf, what_if_scene
from monotakd.errors import DataError
from monotakd.geometry.box_projection import project_boxes
from monotakd.geometry.depth_bins import bin_edges
from monotakd.geometry.frames import project_lidar
from monotakd.models.student import Student
from monotakd.scene import Boxes3D, Calibration, DepthBins, Detections, Frame
from monotakd.viz.explorers.what_if.swept import Answer, Swept

FRAMES, NUMBERS = "frames.webp", "frames.npz"
SURE = 0.2
"""Boxes below this score are not taken for an answer."""
OVERLAP = 0.3
"""A box answers for the car if its rectangle in the image overlaps the car's by this IoU."""


@dataclass(frozen=True, eq=False)
class Case:
    """A changed street as the camera sees it, and the truth about its car.

    Attributes:
        what: what was changed.
        frame: image and calibration.
        box: (7,) of the car in the LiDAR frame.
        car: (H, W) pixels that show the car.
        surface: median depth of these, metres; NaN where none is seen.
    """

    what: WhatIf
    frame: Frame
    box: Float[np.ndarray, " 7"]
    car: Bool[np.ndarray, "H W"]
    surface: float


def render_case(what: WhatIf) -> Case:
    """Renders a changed street; about 0.2 s.

    Raises:
        DataError: open3d is not installed.
    """
    from monotakd.datasets.street.camera import world_from_lidar
    from monotakd.datasets.street.render import render
    from monotakd.geometry.frames import invert_rigid

    scene = what_if_scene(what)
    frame = render(scene, frame_id="what if", lidar_sweep=False).frame
    car = frame.instances == 0
    if frame.annotations is not None and len(frame.annotations):
        box = frame.annotations.boxes.values[0]
    else:  # too small or too hidden to be labelled
        actor = scene.actors[0]
        lidar_from_world = invert_rigid(world_from_lidar(scene.rig))
        centre = lidar_from_world @ (actor.x, actor.y, actor.height / 2, 1.0)
        box = np.array([*centre[:3], actor.length, actor.width, actor.height, actor.yaw])
    surface = float(np.median(frame.depth[car])) if car.any() else float("nan")
    bare = Frame(frame.frame_id, frame.image, frame.calibration)
    return Case(what, bare, box, car, surface)


@torch.no_grad()
def answers(cases: Sequence[Case], student: Student | None = None) -> list[Answer]:
    """What a student says of changed streets.

    Two answers each: the depth distribution on the car's pixels (there always is one), and the box, where it finds one.

    Args:
        cases: see `render_case` and `stored_cases`.
        student: the stored ``"monotakd"`` by default.
    """
    student = student or checkpoints.student()
    told = []
    for case in cases:
        sensors = collate([case.frame]).sensors
        output = student(sensors)
        boxes = student.dense_head.decode(output.head)[0]
        p = output.depth_logits[0].softmax(dim=0).numpy()
        low, middle, high = depth_on(case.car, p, student.scale.bins, student.scale.image.stride)
        found = box_of_car(case, boxes)
        distance = _distance(case.box, case.frame.calibration)
        told.append(
            Answer(
                case.frame, Boxes3D(case.box[None], ("Car",)), boxes, distance, case.surface, middle, (low, high),
                None if found is None else _distance(boxes.boxes.values[found], case.frame.calibration),
                None if found is None else float(boxes.scores[found]),
            )
        )  # fmt: skip
    return told


def depth_on(
    car: Bool[np.ndarray, "H W"], p: Float[np.ndarray, "D1 h w"], bins: DepthBins, stride: int
) -> tuple[float, float, float]:
    """The 10 %, 50 % and 90 % points of the depth on a car, metres: the mean distribution of its feature cells.

    A cell counts where at least half of its pixels show the car; NaN where none does.
    """
    rows, columns = p.shape[1:]
    share = car[: rows * stride, : columns * stride].reshape(rows, stride, columns, stride).mean(axis=(1, 3))
    inside = p[: bins.num, share >= 0.5]
    if not inside.size or inside.sum() <= 0:
        return (float("nan"),) * 3
    known = inside.sum(axis=1) / inside.sum()
    return tuple(float(v) for v in np.interp((0.1, 0.5, 0.9), np.cumsum([0.0, *known]), bin_edges(bins)))


def box_of_car(case: Case, found: Detections) -> int | None:
    """The surest box whose rectangle in the image lies on the car's; None where there is none."""
    if not len(found) or not case.car.any():
        return None
    rows, columns = np.nonzero(case.car)
    car = np.array([columns.min(), rows.min(), columns.max(), rows.max()], dtype=np.float64)
    rectangles = project_boxes(found.boxes.values.astype(np.float64), case.frame.calibration)
    shared = np.minimum(rectangles[:, 2:], car[2:]) - np.maximum(rectangles[:, :2], car[:2])
    shared = np.clip(np.nan_to_num(shared, nan=0.0), 0, None).prod(axis=1)
    areas = np.nan_to_num((rectangles[:, 2:] - rectangles[:, :2]).prod(axis=1), nan=0.0)
    overlap = shared / np.maximum(areas + (car[2:] - car[:2]).prod() - shared, 1e-9)
    scores = np.where((overlap > OVERLAP) & (np.asarray(found.scores) > SURE), found.scores, -1.0)
    return int(scores.argmax()) if scores.max() > 0 else None


def _distance(box: np.ndarray, calibration: Calibration) -> float:
    return float(project_lidar(calibration, box[:3].astype(np.float64))[1])


def swept(student: Student | None = None, names: Sequence[str] = tuple(SWEEPS)) -> dict[str, Swept]:
    """The stored sweeps with the answers of a student; needs no open3d.

    Args:
        student: the stored ``"monotakd"`` by default.
        names: of `datasets.street.what_if.SWEEPS`.
    """
    stored = stored_cases()
    wanted = {what: None for name in names for what in SWEEPS[name].cases}
    told = dict(zip(wanted, answers([stored[what] for what in wanted], student), strict=True))
    return {
        name: Swept(sweep.title, sweep.label, sweep.values, tuple(told[what] for what in sweep.cases))
        for name, sweep in ((name, SWEEPS[name]) for name in names)
    }


def stored_cases() -> dict[WhatIf, Case]:
    """The rendered streets of all sweeps, as they come with the project.

    Raises:
        DataError: they are missing or damaged.
    """
    folder = paths.data_folder() / "what_if"
    try:
        images = np.array(Image.open(folder / FRAMES).convert("RGB"))
        with np.load(folder / NUMBERS, allow_pickle=False) as stored:
            known = {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        fix = "Restore data/what_if from the checkout"
        raise DataError(folder, f"nothing that can be read ({error})", "the stored streets", fix=fix) from None
    images = images.reshape(len(known["cases"]), -1, *images.shape[1:])
    masks = np.unpackbits(known["cars"], axis=-1).astype(bool)
    found = {}
    for row, values in enumerate(known["cases"]):
        what, size = WhatIf(*values.tolist()), images[row].shape[:2]
        calibration = Calibration(known["img_from_cam"][row], known["cam_from_lidar"][row], tuple(size))
        frame = Frame("what if", images[row], calibration)
        found[what] = Case(what, frame, known["boxes"][row], masks[row], float(known["surfaces"][row]))
    return found


def store_cases(
    folder: str | os.PathLike[str], render: Callable[[WhatIf], Case] = render_case,
    sweeps: Mapping[str, object] = SWEEPS,
) -> Path:  # fmt: skip
    """Renders all sweeps and stores them.

    ``python -c "from monotakd.interactive.what_if import *; store_cases('data/what_if')"`` made those of the checkout.

    Args:
        folder: where to.
        render: makes a case.
        sweeps: to store.

    Raises:
        DataError: open3d is not installed.
    """
    cases = [render(what) for what in dict.fromkeys(what for sweep in sweeps.values() for what in sweep.cases)]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    sheet = Image.fromarray(np.concatenate([case.frame.image for case in cases]))
    sheet.save(folder / FRAMES, format="webp", lossless=True, quality=100, method=6)
    np.savez_compressed(
        folder / NUMBERS,
        cases=np.array([list(vars(case.what).values()) for case in cases]),
        img_from_cam=np.stack([case.frame.calibration.img_from_cam for case in cases]),
        cam_from_lidar=np.stack([case.frame.calibration.cam_from_lidar for case in cases]),
        boxes=np.stack([case.box for case in cases]),
        cars=np.packbits(np.stack([case.car for case in cases]), axis=-1),
        surfaces=np.array([case.surface for case in cases]),
    )
    return folder


def live_view(student: Student | None = None, surroundings: WhatIf | None = None) -> Callable[..., object]:
    """A function of the six values that renders the street, runs the student and draws both; for `viz.explore.explore`.

    Example:
        ``explore(live_view(), without_open3d=shipped, distance=(5.0, 40.0, 1.0), pitch=(-3.0, 3.0, 0.5))``
    """
    from monotakd.viz.explorers.what_if.still import draw_answer

    student, base = student or checkpoints.student(), surroundings or WhatIf()

    def view(**changes: float):
        what = replace(base, **changes)
        return draw_answer(answers([render_case(what)], student)[0])

    return view
