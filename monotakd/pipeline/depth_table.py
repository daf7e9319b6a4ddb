"""``monotakd depth-table``: what depth costs networks, and how far an ideal detector comes that judges it by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.kitti.layout import subset_of_split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.durable import write_json_durably, write_text_durably
from monotakd.errors import DataError
from monotakd.metrics.apparent_size import mean_height, seen_by_size
from monotakd.metrics.kitti import evaluate
from monotakd.pipeline import markdown
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import METRIC_TITLES
from monotakd.pipeline.scoring import COMPARED, METRICS, at_kitti_scale, average_precisions
from monotakd.predict.detect_split import FACTS

PIXELS = (0.0, 0.25, 0.5, 1.0)
"""Standard deviations of the error in the height of a box, in pixels of the images as they are stored."""
DRAWS = 5
_DETECTED = "what `monotakd detect` writes for frames with labels"


@dataclass(frozen=True)
class SizeLine:
    """One ideal detector; see `metrics.apparent_size`.

    Attributes:
        assumed_height: of every car, metres; None for the true height of each.
        pixels: standard deviation of its error in the height of a box.
        ap: moderate AP by short name, mean over `DRAWS` draws of the errors.
    """

    assumed_height: float | None
    pixels: float
    ap: Mapping[str, float]


def ideal_detectors(root: KittiRoot, frame_ids: Sequence[str], assumed_height: float) -> list[SizeLine]:
    """Ideal detectors that know each car's height, or assume one for all, with errors of `PIXELS`.

    Args:
        root: with labels.
        frame_ids: the frames.
        assumed_height: metres.
    """
    widths = [root.image_size(frame_id)[1] for frame_id in frame_ids]
    stored = [root.labels(frame_id) for frame_id in frame_ids]
    truth = [at_kitti_scale(rows, width) for rows, width in zip(stored, widths, strict=True)]
    lines = []
    for height in (None, assumed_height):
        for pixels in PIXELS:
            drawn = []
            for seed in range(DRAWS if pixels else 1):
                rng = np.random.default_rng(seed)
                seen = [seen_by_size(rows, COMPARED, assumed_height=height, pixels=pixels, rng=rng) for rows in stored]
                found = [at_kitti_scale(rows, width) for rows, width in zip(seen, widths, strict=True)]
                drawn.append(average_precisions(evaluate(truth, found, classes=[COMPARED]), COMPARED, "moderate"))
            lines.append(
                SizeLine(height, pixels, {name: float(np.mean([ap[name] for ap in drawn])) for name in METRICS})
            )
    return lines


def write_depth_table(data: Path, split: str, out: Path, *, detected: Sequence[Path] = (), command: str = "") -> str:
    """Measures, and writes ``OUT.json`` and the page ``OUT.md``.

    Args:
        data: KITTI root with labels; its split ``train`` gives the mean height.
        split: the frames to report on.
        out: the files, without their ending.
        detected: folders of `monotakd detect` on the same frames.
        command: for the record.

    Returns:
        The page.

    Raises:
        DataError: a frame cannot be read, or a folder's detections are of other frames.
    """
    root, seen = KittiRoot(data, subset_of_split(split)), KittiRoot(data)
    height = mean_height([seen.labels(frame_id) for frame_id in seen.split("train").ids], COMPARED)
    frames = root.split(split).ids
    facts = {
        "split": split,
        "frames": len(frames),
        "mean_height": height,
        "networks": [_detected(folder, root, split) for folder in detected],
        "ideal": [asdict(line) for line in ideal_detectors(root, frames, height)],
        "record": record_of(command),
    }
    page = depth_page(facts)
    write_json_durably(out.with_suffix(".json"), facts)
    write_text_durably(out.with_suffix(".md"), page)
    return page


def _detected(folder: Path, root: KittiRoot, split: str) -> dict[str, Any]:
    told = read_json_object(folder / FACTS, _DETECTED)
    if not told.get("if_known", {}).get(COMPARED):
        raise DataError(folder / FACTS, f"no scores of {COMPARED}", _DETECTED, place="if_known")
    of = (told.get("data"), told.get("split"))
    if of != (str(root.root.resolve()), split):
        raise DataError(folder / FACTS, f"detections in {of[0]}, split {of[1]}", f"those of --data, split {split}")
    scores = told["scores"]["classes"][COMPARED]
    strict, loose = sorted(scores, reverse=True)
    overlaps = {"loose": scores[loose], "strict": scores[strict]}
    as_found = {short: overlaps[level][metric]["R40"][1] for short, (metric, level) in METRICS.items()}
    kept = {name: told[name] for name in ("network", "weights", "record")}
    return {**kept, "ap": {"as found": as_found, **told["if_known"][COMPARED]}}


def depth_page(facts: Mapping[str, Any]) -> str:
    """The page for reading.

    Args:
        facts: as in the JSON file, see `write_depth_table`.
    """
    record = facts["record"]
    parts = [
        "# What depth costs\n",
        f"Written by `{record['command']}` with the JSON file beside it: {facts['frames']:,} frames of the split "
        f"{facts['split']}. Commit {record['commit']}; {record['hardware']}. AP R40 of cars, moderate, out of 100.\n",
    ]
    if facts["networks"]:
        parts += ["## One quantity put right\n", _SWAPPED, *swapped_lines(facts), ""]
    return (
        "\n".join([*parts, "## An ideal detector that judges distance by size\n", _IDEAL, *ideal_lines(facts)]) + "\n"
    )


def swapped_lines(facts: Mapping[str, Any]) -> list[str]:
    """The networks' table in Markdown: as found, and with one quantity put right; argument as for `depth_page`."""
    lines = [
        [network["network"], quantity, *(f"{ap[name]:.1f}" for name in METRICS)]
        for network in facts["networks"]
        for quantity, ap in network["ap"].items()
    ]
    return markdown.table(("network", "right besides", *_TITLES), lines, "ll" + "r" * len(_TITLES))


def ideal_lines(facts: Mapping[str, Any]) -> list[str]:
    """The ideal detectors' table in Markdown; argument as for `depth_page`."""
    lines = [
        [
            "its own" if line["assumed_height"] is None else f"{line['assumed_height']:.2f} m, the mean",
            f"{line['pixels']:g}",
            *(f"{line['ap'][name]:.1f}" for name in METRICS),
        ]
        for line in facts["ideal"]
    ]
    return markdown.table(("height of a car", "error of a box, pixels", *_TITLES), lines, "lr" + "r" * len(_TITLES))


_TITLES = tuple(METRIC_TITLES[name] for name in METRICS)

_SWAPPED = """Each detection that means a car, decided in the image, is given one quantity of that car
(`metrics.oracle`): its depth along the ray, its centre, its size, or its yaw. Score and image box stay. The stored
models' half-precision weights score a little differently from the runs they are of.
"""

_IDEAL = """It finds every car once and knows all of it but the distance, which it reads off the height of the car's box
in the image: of the car's own height, or of the mean height of the training cars for all. Errors of a box are normal,
in pixels of the stored images; nearer cars are surer; no box is on nothing (`metrics.apparent_size`).
"""
