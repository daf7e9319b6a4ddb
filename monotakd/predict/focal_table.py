"""``monotakd focal-table``: what a student says through cameras of other focal lengths, with and without rescaling.

The same synthetic streets are rendered at several focal lengths; nothing else about the camera changes. Each image
goes to the student twice: whole, as it is, and cut and resized to the focal length of its training (`view.view_of`).
Depth is compared with LiDAR, boxes with the labels of the whole image, whatever part of it the network was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from tqdm.auto import tqdm

from monotakd.datasets.depth_maps import sparse_depth
from monotakd.datasets.kitti.conversion import labels_from_annotations
from monotakd.datasets.street.render import render
from monotakd.datasets.street.sample import sample_scene
from monotakd.datasets.street.settings import StreetSettings
from monotakd.engine.durable import write_json_durably, write_text_durably
from monotakd.pipeline import markdown
from monotakd.pipeline.record import record_of
from monotakd.pipeline.scoring import score
from monotakd.predict.images import predict_frame
from monotakd.predict.prediction import Prediction
from monotakd.predict.trained_student import TrainedStudent
from monotakd.scene import Frame

RATIOS = (0.7, 0.85, 1.0, 1.2, 1.4)
"""Focal lengths as factors of the one that the student was trained with."""
SEED = 991
"""Of the streets; no world of `monotakd data synthesize` has it unless asked to."""
WIDTH = 640
"""Of the images: twice the network's, so that a part of an image need not be blown up."""
FRAMES, REPLICATES = 100, 200
SCORES = ("bev_50", "3d_50")
_RANGE = (2.0, 46.8)
"""Depths that count, metres: those that the network has bins for."""


@dataclass(frozen=True)
class FocalLine:
    """What came out at one focal length, with or without rescaling.

    Attributes:
        ratio: focal length divided by that of the training.
        rescaled: whether the image was brought to the focal length of the training.
        cars_seen: share of the labelled cars that the network was shown, by the middle of their image boxes.
        depth_ratio: median over LiDAR pixels of predicted by true depth; 1 is right.
        depth_relative: mean of |predicted / true - 1|.
        depth_metres: median of |predicted - true|, metres.
        pixels: LiDAR pixels behind the three numbers.
        ap: of cars, moderate, by metric of `SCORES`, out of 100.
        replicates: the same on resampled frames, the same resamplings in every line.
    """

    ratio: float
    rescaled: bool
    cars_seen: float
    depth_ratio: float
    depth_relative: float
    depth_metres: float
    pixels: int
    ap: dict[str, float]
    replicates: dict[str, list[float]]


def measure(
    trained: TrainedStudent,
    *,
    ratios: Sequence[float] = RATIOS,
    frames: int = FRAMES,
    width: int = WIDTH,
    seed: int = SEED,
    replicates: int = REPLICATES,
    progress: bool = True,
) -> list[FocalLine]:
    """Two lines for each focal length, the first one without rescaling.

    Args:
        trained: the student.
        ratios: focal lengths, as factors of KITTI's.
        frames: streets; the same for every focal length.
        width: of the images, pixels.
        seed: of the streets.
        replicates: resamplings of the frames.
        progress: show a bar.
    """
    settings = StreetSettings(width=width, camera_view_only=True)
    lines = []
    with tqdm(total=len(ratios) * frames, desc="focal lengths", unit="image", disable=not progress) as bar:
        for ratio in ratios:
            photos, found = [], {False: [], True: []}
            for index in range(frames):
                scene = sample_scene(seed, index, settings)
                scene = scene.with_camera(focal=scene.camera.focal * ratio)
                photos.append(render(scene, frame_id=f"{index:06d}").frame)
                for rescaled, predictions in found.items():
                    predictions.append(predict_frame(trained, photos[-1], rescale_depth=rescaled))
                bar.update()
            lines += [_line(ratio, rescaled, photos, found[rescaled], replicates) for rescaled in found]
    return lines


def _line(
    ratio: float, rescaled: bool, photos: Sequence[Frame], predictions: Sequence[Prediction], replicates: int
) -> FocalLine:
    truth = [labels_from_annotations(photo.annotations, photo.calibration) for photo in photos]
    widths = [photo.image.shape[1] for photo in photos]
    scores = score(truth, [one.labels() for one in predictions], widths, replicates=replicates)
    pairs = [_depth_pairs(photo, one) for photo, one in zip(photos, predictions, strict=True)]
    said, true = np.concatenate(pairs).T
    seen = np.concatenate([_cars_seen(photo, one) for photo, one in zip(photos, predictions, strict=True)])
    return FocalLine(
        ratio,
        rescaled,
        cars_seen=round(float(seen.mean()), 4) if len(seen) else 0.0,
        depth_ratio=round(float(np.median(said / true)), 4),
        depth_relative=round(float(np.abs(said / true - 1).mean()), 4),
        depth_metres=round(float(np.median(np.abs(said - true))), 4),
        pixels=len(said),
        ap={name: round(scores["ap"][name], 3) for name in SCORES},
        replicates={name: scores["replicates"][name] for name in SCORES},
    )


def _depth_pairs(photo: Frame, prediction: Prediction) -> Float[np.ndarray, "N 2"]:
    """Predicted and true depth wherever LiDAR hit something in range and the network says how far it is."""
    true = sparse_depth(photo.points, prediction.view.frame.calibration)
    known = (true > _RANGE[0]) & (true < _RANGE[1]) & (prediction.depth > 0)
    return np.column_stack([prediction.depth[known], true[known]]).astype(np.float64)


def _cars_seen(photo: Frame, prediction: Prediction) -> Bool[np.ndarray, " N"]:
    """Whether the network was shown the middle of each labelled car's image box."""
    cars = [name == "Car" for name in photo.annotations.boxes.names]
    boxes = photo.annotations.boxes_2d[np.array(cars, dtype=bool)]
    left, top, width, height = prediction.view.window
    u, v = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    return (u >= left) & (u < left + width) & (v >= top) & (v < top + height)


def focal_page(lines: Sequence[FocalLine], facts: dict) -> str:
    """The table as Markdown.

    Args:
        lines: of `measure`.
        facts: as in the JSON file, see `write_focal_table`.
    """
    record = facts["record"]
    parts = [
        "# Other focal lengths, with and without --rescale-depth\n",
        f"Written by `{record['command']}` with the JSON file beside it. Student `{facts['checkpoint']}`, "
        f"{facts['frames']} synthetic streets {facts['width']} pixels wide, seed {facts['seed']}, each rendered at "
        f"every focal length. Commit {record['commit']}; {record['hardware']}.\n",
    ]
    rows = []
    for line in lines:
        gained = gain(lines, line.ratio, "bev_50") if line.rescaled else None
        cells = [
            f"{line.ratio:g} x",
            "yes" if line.rescaled else "no",
            f"{line.cars_seen:.0%}",
            f"{line.depth_ratio:.2f}",
            f"{1.0 if line.rescaled else 1 / line.ratio:.2f}",
            f"{line.depth_relative:.3f}",
            f"{line.depth_metres:.2f}",
            *(f"{line.ap[name]:.1f}" for name in SCORES),
            "" if gained is None else "{:+.1f} [{:+.1f}, {:+.1f}]".format(*gained),
        ]
        rows.append(cells)
    return "\n".join([*parts, *markdown.table(_HEAD, rows, "rl" + "r" * (len(_HEAD) - 2)), "", _NOTE]) + "\n"


_HEAD = (
    "focal length",
    "rescaled",
    "cars shown",
    "depth said / true",
    "predicted by the words",
    "mean relative error",
    "median error, m",
    "BEV .5",
    "3D .5",
    "BEV .5 gained",
)


_NOTE = """Depth: median of predicted by true depth, mean of |predicted / true - 1|, median of |predicted - true|, at
LiDAR pixels 2 to 46.8 m away that the network was shown. *Predicted by the words*: what `monotakd predict` tells its
user to expect (`monotakd/predict/words.py`): 1 / focal length without rescaling, no correction with it. BEV .5 and
3D .5: AP R40 of cars, moderate, out of 100,
against all labelled cars of the image, shown or not. *Gained*: with rescaling minus without, and its 95 % interval over
resampled streets. Focal lengths cannot be compared with each other: a longer one makes cars larger, so that others
count as moderate.

What rescaling cannot do: show what lies beside the trained camera's field of view (wide lens: the column *cars shown*),
or add what a tele lens did not record (the border of the image is repeated outwards)."""


def gain(lines: Sequence[FocalLine], ratio: float, metric: str) -> tuple[float, float, float]:
    """AP with rescaling minus AP without, and the 95 % interval of the difference over resampled frames."""
    without, rescaled = (next(one for one in lines if (one.ratio, one.rescaled) == (ratio, flag)) for flag in (0, 1))
    draws = np.subtract(rescaled.replicates[metric], without.replicates[metric])
    low, high = np.quantile(draws, (0.025, 0.975)) if len(draws) else (np.nan, np.nan)
    return rescaled.ap[metric] - without.ap[metric], float(low), float(high)


def write_focal_table(
    trained: TrainedStudent,
    out: Path,
    *,
    ratios: Sequence[float] = RATIOS,
    frames: int = FRAMES,
    width: int = WIDTH,
    seed: int = SEED,
    command: str = "",
) -> str:
    """Measures, and writes ``OUT.json`` and the page ``OUT.md``.

    Args:
        trained: the student.
        out: the files, without their ending.
        ratios: see `measure`.
        frames: see `measure`.
        width: see `measure`.
        seed: see `measure`.
        command: for the record.

    Returns:
        The page.
    """
    lines = measure(trained, ratios=ratios, frames=frames, width=width, seed=seed)
    facts = {
        "checkpoint": trained.name,
        "frames": frames,
        "width": width,
        "seed": seed,
        "record": record_of(command),
        "lines": [asdict(line) for line in lines],
    }
    page = focal_page(lines, facts)
    write_json_durably(out.with_suffix(".json"), facts)
    write_text_durably(out.with_suffix(".md"), page)
    return page
