"""What a set of labels looks like in numbers, beside real KITTI's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from monotakd.datasets.kitti.labels import KittiLabels

CLASSES = ("Car", "Van", "Truck", "Pedestrian", "Cyclist")
PERCENTILES = (5, 25, 50, 75, 95)
PARALLEL = np.deg2rad(20)
"""A car is parallel to the camera axis when its heading differs from the axis by less than this, radians."""


@dataclass(frozen=True)
class ClassStatistics:
    """One class.

    Attributes:
        count: labelled objects.
        size_mean: mean height, width, length, metres.
        size_sd: their standard deviations.
        distance: percentiles 5, 25, 50, 75, 95 of the distance along the camera axis, metres.
        occlusion: share of the levels 0, 1, 2, 3.
        truncated: share of objects that the image border cuts.
    """

    count: int
    size_mean: tuple[float, float, float]
    size_sd: tuple[float, float, float]
    distance: tuple[float, float, float, float, float]
    occlusion: tuple[float, float, float, float]
    truncated: float


@dataclass(frozen=True)
class LabelStatistics:
    """A whole set.

    Attributes:
        frames: label files.
        classes: statistics by class name; a class without any object is absent.
        cars_per_frame: mean, median, 90th and 99th percentile.
        car_x: percentiles of the cars' position to the right of the camera, metres.
        car_pixels: percentiles of the cars' image height, pixels of a 1242 pixel wide image.
        parallel: share of cars whose heading lies along the camera axis (see ``PARALLEL``).
    """

    frames: int
    classes: Mapping[str, ClassStatistics]
    cars_per_frame: tuple[float, float, float, float]
    car_x: tuple[float, ...]
    car_pixels: tuple[float, ...]
    parallel: float

    def rows(self) -> Iterator[tuple[str, float]]:
        """Every number with its name, in a fixed order; counts are given per frame so that sets compare."""
        for name, value in zip(("mean", "median", "90 %", "99 %"), self.cars_per_frame, strict=True):
            yield f"cars per frame, {name}", value
        for label, values in (("car x", self.car_x), ("car height in pixels", self.car_pixels)):
            yield from ((f"{label}, {p} %", v) for p, v in zip(PERCENTILES, values, strict=True))
        yield "cars parallel to the camera axis", self.parallel
        for name, one in self.classes.items():
            yield f"{name}, per frame", one.count / self.frames
            for what, values in (("mean", one.size_mean), ("sd", one.size_sd)):
                yield from ((f"{name}, {what} {axis}", v) for axis, v in zip("hwl", values, strict=True))
            yield from ((f"{name}, distance {p} %", v) for p, v in zip(PERCENTILES, one.distance, strict=True))
            yield from ((f"{name}, occlusion {k}", v) for k, v in enumerate(one.occlusion))
            yield f"{name}, truncated", one.truncated


KITTI = LabelStatistics(
    frames=7481,
    classes={
        "Car": ClassStatistics(28742, (1.53, 1.63, 3.88), (0.14, 0.10, 0.43), (5.9, 15.2, 25.4, 38.3, 58.8),
                               (0.47, 0.28, 0.21, 0.03), 0.14),
        "Van": ClassStatistics(2914, (2.21, 1.90, 5.08), (0.32, 0.17, 0.83), (6.3, 18.8, 32.2, 49.2, 69.8),
                               (0.27, 0.30, 0.24, 0.19), 0.15),
        "Truck": ClassStatistics(1094, (3.25, 2.59, 10.11), (0.45, 0.22, 2.86), (8.8, 31.1, 46.3, 68.4, 76.7),
                                 (0.48, 0.25, 0.09, 0.17), 0.11),
        "Pedestrian": ClassStatistics(4487, (1.76, 0.66, 0.84), (0.11, 0.14, 0.23), (5.7, 8.9, 14.7, 22.4, 38.4),
                                      (0.59, 0.24, 0.15, 0.01), 0.08),
        "Cyclist": ClassStatistics(1627, (1.74, 0.60, 1.76), (0.09, 0.12, 0.18), (6.4, 13.7, 21.6, 32.8, 52.8),
                                   (0.62, 0.16, 0.05, 0.17), 0.08),
    },
    cars_per_frame=(3.84, 3.0, 9.0, 14.0),
    car_x=(-16.9, -6.6, -3.0, 2.9, 10.9),
    car_pixels=(19.0, 31.0, 47.0, 83.0, 180.0),
    parallel=0.75,
)  # fmt: skip
"""KITTI's 7,481 training label files, counted by this project; "a quarter are not parallel" is a rounded figure."""


def label_statistics(labels: Iterable[KittiLabels], width: int = 1242) -> LabelStatistics:
    """Counts a set of label files.

    Args:
        labels: one value per frame.
        width: width of the images that the labels belong to, pixels.

    Raises:
        ValueError: there is no frame.
    """
    frames = list(labels)
    if not frames:
        raise ValueError("label_statistics got no frames; expected one KittiLabels per frame")
    names = np.array([name for frame in frames for name in frame.names], dtype=object)
    sizes, places, boxes = (
        np.concatenate([getattr(frame, key) for frame in frames]) for key in ("dimensions", "locations", "boxes_2d")
    )
    truncated, occluded, heading = (
        np.concatenate([getattr(frame, key) for frame in frames]) for key in ("truncated", "occluded", "rotation_y")
    )
    classes = {}
    for name in CLASSES:
        own = names == name
        if own.any():
            classes[name] = ClassStatistics(
                count=int(own.sum()),
                size_mean=_numbers(sizes[own].mean(0)),
                size_sd=_numbers(sizes[own].std(0)),
                distance=_numbers(np.percentile(places[own, 2], PERCENTILES)),
                occlusion=_numbers([(occluded[own] == level).mean() for level in range(4)]),
                truncated=float((truncated[own] > 0.005).mean()),
            )
    cars = names == "Car"
    per_frame = np.array([sum(name == "Car" for name in frame.names) for frame in frames])
    nothing = np.full(len(PERCENTILES), np.nan)
    return LabelStatistics(
        frames=len(frames),
        classes=classes,
        cars_per_frame=(float(per_frame.mean()), *_numbers(np.percentile(per_frame, (50, 90, 99)))),
        car_x=_numbers(np.percentile(places[cars, 0], PERCENTILES) if cars.any() else nothing),
        car_pixels=_numbers(
            np.percentile((boxes[cars, 3] - boxes[cars, 1]) * 1242 / width, PERCENTILES) if cars.any() else nothing
        ),
        parallel=float((np.abs(np.sin(heading[cars])) > np.cos(PARALLEL)).mean()) if cars.any() else float("nan"),
    )


def from_record(record: Mapping) -> LabelStatistics:
    """The statistics in a file that ``monotakd data statistics --json`` wrote, such as data/world_statistics.json."""
    values = dict(record["statistics"])
    values["classes"] = {
        name: ClassStatistics(**{k: tuple(v) if isinstance(v, list) else v for k, v in one.items()})
        for name, one in values["classes"].items()
    }
    return LabelStatistics(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def comparison(ours: LabelStatistics, theirs: LabelStatistics = KITTI) -> str:
    """Two sets side by side as a Markdown table; a number that one of them lacks is a dash."""

    def cell(values: Iterable[float] | None) -> str:
        return "-" if values is None else " / ".join(f"{value:.3g}" for value in values)

    def line(what: str, a: Iterable[float] | None, b: Iterable[float] | None) -> str:
        return f"| {what} | {cell(a)} | {cell(b)} |"

    lines = [f"| | these {ours.frames} frames | KITTI, {theirs.frames} frames |", "|---|---|---|"]
    lines.append(line("cars per frame: mean / median / 90 % / 99 %", ours.cars_per_frame, theirs.cars_per_frame))
    lines.append(line("car x, m: 5 / 25 / 50 / 75 / 95 %", ours.car_x, theirs.car_x))
    lines.append(line("car height, px: 5 / 25 / 50 / 75 / 95 %", ours.car_pixels, theirs.car_pixels))
    lines.append(line("cars parallel to the camera axis", [ours.parallel], [theirs.parallel]))
    for name in CLASSES:
        a, b = ours.classes.get(name), theirs.classes.get(name)
        pairs = [
            ("per frame", *(one and [one.count / of.frames] for one, of in ((a, ours), (b, theirs)))),
            ("mean h / w / l, m", a and a.size_mean, b and b.size_mean),
            ("sd h / w / l, m", a and a.size_sd, b and b.size_sd),
            ("distance, m: 5 / 25 / 50 / 75 / 95 %", a and a.distance, b and b.distance),
            ("occlusion 0 / 1 / 2 / 3", a and a.occlusion, b and b.occlusion),
            ("truncated", a and [a.truncated], b and [b.truncated]),
        ]
        lines += [line(f"{name}, {what}", mine, other) for what, mine, other in pairs]
    return "\n".join(lines)


def _numbers(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
