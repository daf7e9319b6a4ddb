"""``monotakd depth-table``: what depth costs networks, and how far an ideal detector comes that judges it by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from monotakd.datasets.kitti.files import read_json_object
from monotakd.datasets.kitti.labels import KittiLabels, read_labels
from monotakd.datasets.kitti.layout import subset_of_split
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.engine.durable import write_json_durably, write_text_durably
from monotakd.errors import DataError
from monotakd.metrics.apparent_size import mean_height, seen_by_size
from monotakd.metrics.kitti import evaluate
from monotakd.metrics.oracle import Swap, swap_from_truth
from monotakd.pipeline import markdown
from monotakd.pipeline.record import record_of
from monotakd.pipeline.results import METRIC_TITLES
from monotakd.pipeline.scoring import COMPARED, METRICS, at_kitti_scale, average_precisions
from monotakd.predict.detect_split import FACTS, RESULTS

PIXELS = (0.0, 0.25, 0.5, 1.0)
"""Standard deviations of the error in the height of a box, in pixels of the images as they are stored."""
DRAWS = 5
BY_SIZE = "depth by size"
"""Of a car of the mean height that covers exactly as many rows of the image."""
_DETECTED = "what `monotakd detect` writes"


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


@dataclass(frozen=True, eq=False)
class LabelledFrames:
    """Frames to report on.

    Attributes:
        root: where they lie.
        split: their list.
        frame_ids: names.
        stored: labels in the pixels of the stored images.
        widths: of the images, pixels.
    """

    root: KittiRoot
    split: str
    frame_ids: Sequence[str]
    stored: Sequence[KittiLabels]
    widths: Sequence[int]

    @classmethod
    def read(cls, data: Path, split: str) -> LabelledFrames:
        """Reads a split.

        Raises:
            DataError: it is not there, or a frame has no labels.
        """
        root = KittiRoot(data, subset_of_split(split))
        frame_ids = root.split(split).ids
        stored = [root.labels(frame_id) for frame_id in frame_ids]
        if any(labels is None for labels in stored):
            raise DataError(data, f"the split {split} without labels", "labels to compare with", fix="Take --split val")
        return cls(root, split, frame_ids, stored, [root.image_size(frame_id)[1] for frame_id in frame_ids])

    def scaled(self, rows: Sequence[KittiLabels]) -> list[KittiLabels]:
        """Labels or detections of all frames at KITTI's scale."""
        return [at_kitti_scale(one, width) for one, width in zip(rows, self.widths, strict=True)]

    def ap(self, found: Sequence[KittiLabels]) -> dict[str, float]:
        """Moderate AP of detections in the pixels of the stored images, by short name."""
        scored = evaluate(self.scaled(self.stored), self.scaled(found), classes=[COMPARED])
        return average_precisions(scored, COMPARED, "moderate")

    def guessed(self, height: float | None, pixels: float, seed: int) -> list[KittiLabels]:
        """What an ideal detector says of each frame; see `seen_by_size`."""
        rng = np.random.default_rng(seed)
        return [seen_by_size(rows, COMPARED, assumed_height=height, pixels=pixels, rng=rng) for rows in self.stored]


def ideal_detectors(frames: LabelledFrames, assumed_height: float) -> list[SizeLine]:
    """Ideal detectors that know each car's height, or assume one for all (metres), with errors of `PIXELS`."""
    lines = []
    for height in (None, assumed_height):
        for pixels in PIXELS:
            drawn = [frames.ap(frames.guessed(height, pixels, seed)) for seed in range(DRAWS if pixels else 1)]
            mean = {name: float(np.mean([ap[name] for ap in drawn])) for name in METRICS}
            lines.append(SizeLine(height, pixels, mean))
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
        DataError: a frame cannot be read or has no labels, or a folder's detections are of other frames.
    """
    frames, seen = LabelledFrames.read(data, split), KittiRoot(data)
    height = mean_height([seen.labels(frame_id) for frame_id in seen.split("train").ids], COMPARED)
    facts = {
        "split": split,
        "frames": len(frames.frame_ids),
        "mean_height": height,
        "networks": [_detected(folder, frames, height) for folder in detected],
        "ideal": [asdict(line) for line in ideal_detectors(frames, height)],
        "record": record_of(command),
    }
    page = depth_page(facts)
    write_json_durably(out.with_suffix(".json"), facts)
    write_text_durably(out.with_suffix(".md"), page)
    return page


def _detected(folder: Path, frames: LabelledFrames, height: float) -> dict[str, Any]:
    """What a network's result files say: as found, with one quantity of the truth, and with depth guessed from size."""
    told = read_json_object(folder / FACTS, _DETECTED)
    of = (told.get("data"), told.get("split"), told.get("frames"))
    asked = (str(frames.root.root.resolve()), frames.split, len(frames.frame_ids))
    if of != asked:
        said, wanted = (f"{data}, split {split}, {count} frames" for data, split, count in (of, asked))
        raise DataError(folder / FACTS, f"detections in {said}", wanted)
    found = [read_labels(folder / RESULTS / f"{frame_id}.txt", scores=True) for frame_id in frames.frame_ids]
    ap = {"as found": frames.ap(found)}
    for swap in get_args(Swap):
        ap[swap] = frames.ap(swap_from_truth(frames.stored, found, swap=swap, classes=[COMPARED]))
    by_size = [_with_cars(*pair) for pair in zip(frames.stored, frames.guessed(height, 0.0, 0), strict=True)]
    ap[BY_SIZE] = frames.ap(swap_from_truth(by_size, found, swap="depth", classes=[COMPARED]))
    return {**{name: told[name] for name in ("network", "weights", "record")}, "ap": ap}


def _with_cars(labels: KittiLabels, guessed: KittiLabels) -> KittiLabels:
    """Labels whose cars stand where an ideal detector puts them."""
    locations = labels.locations.copy()
    locations[[name == COMPARED for name in labels.names]] = guessed.locations
    return replace(labels, locations=locations)


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
    return markdown.table(("network", "given", *_TITLES), lines, "ll" + "r" * len(_TITLES))


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
(`metrics.oracle`): its depth along the ray, its centre, its size, or its yaw. Score and image box stay. *Depth by
size*: the depth that the second table's detector would say, of a car of the mean height and with no error in pixels.
The stored models' half-precision weights score a little differently from the runs they are of.
"""

_IDEAL = """It finds every car once and knows all of it but the distance, which it reads off the height of the car's box
in the image: of the car's own height, or of the mean height of the training cars for all. Errors of a box are normal,
in pixels of the stored images; nearer cars are surer; no box is on nothing (`metrics.apparent_size`).
"""
