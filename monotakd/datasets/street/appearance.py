"""Draws how one road user looks: body shape, size and colour."""

from __future__ import annotations

import numpy as np

from monotakd.datasets.street.actors import natural_size
from monotakd.datasets.street.car_shapes import CARS, VANS
from monotakd.datasets.street.people import CYCLISTS, PEDESTRIANS, SITTING
from monotakd.datasets.street.trucks import TRUCKS

# Colours of cars on German roads of KITTI's years: mostly black, silver and grey; linear RGB and share.
PAINTS = (
    ((0.012, 0.012, 0.014), 0.28),
    ((0.42, 0.43, 0.44), 0.22),
    ((0.10, 0.105, 0.11), 0.14),
    ((0.72, 0.72, 0.70), 0.10),
    ((0.015, 0.035, 0.13), 0.11),
    ((0.34, 0.015, 0.015), 0.08),
    ((0.02, 0.07, 0.035), 0.03),
    ((0.30, 0.25, 0.17), 0.02),
    ((0.60, 0.36, 0.02), 0.02),
)
# Length, width and height of the label over the mesh's natural size, and their spread. KITTI's annotators drew people
# a little roomier than they are.
_SCALE = {
    "Pedestrian": (1.20, 1.19, 0.98), "Cyclist": (1.03, 0.92, 0.975)
}  # fmt: skip
_SPREAD = {
    "Car": (0.065, 0.035, 0.055), "Van": (0.12, 0.06, 0.08), "Truck": (0.12, 0.07, 0.10),
    "Pedestrian": (0.18, 0.16, 0.055), "Cyclist": (0.08, 0.17, 0.045), "Person_sitting": (0.1, 0.1, 0.05),
}  # fmt: skip


VEHICLES = {"Car": CARS, "Van": VANS, "Truck": TRUCKS}
_PEOPLE = {"Pedestrian": PEDESTRIANS, "Cyclist": CYCLISTS, "Person_sitting": SITTING}
_CLOTHES = {"dark": (0.01, 0.08), "light": (0.35, 0.75), "bright": (0.02, 0.5)}


def sample_look(
    rng: np.random.Generator, kind: str
) -> tuple[int, tuple[float, float, float], tuple[float, float, float]]:
    """Shape number, size (length, width, height in metres) and colour (linear RGB) of one actor."""
    if kind in VEHICLES:
        table = VEHICLES[kind]
        shape = int(rng.choice(len(table), p=_shares([model.share for model in table])))
        if kind == "Truck":
            shape += len(TRUCKS) * int(rng.integers(64))  # the rest of the number chooses the tarpaulin
        base = PAINTS[int(rng.choice(len(PAINTS), p=_shares([share for _, share in PAINTS])))][0]
        if kind != "Car" and rng.random() < 0.55:
            base = (0.72, 0.72, 0.70)
        colour = np.array(base) * rng.uniform(0.75, 1.25) * rng.uniform(0.92, 1.08, 3)
    else:
        shape = int(rng.integers(_PEOPLE[kind]))
        tone = str(rng.choice(list(_CLOTHES), p=[0.5, 0.3, 0.2]))
        colour = rng.uniform(*_CLOTHES[tone], 3 if tone == "bright" else 1) * rng.uniform(0.85, 1.15, 3)
    noise = np.clip(rng.normal(0.0, 1.0, 3), -2.5, 2.5) * _SPREAD[kind]
    size = np.array(natural_size(kind, shape)) * _SCALE.get(kind, (1.0, 1.0, 1.0)) * (1.0 + noise)
    return shape, tuple(np.round(size, 2).tolist()), tuple(np.clip(colour, 0, 0.9).tolist())


def _shares(weights: list[float]) -> np.ndarray:
    return np.array(weights) / np.sum(weights)
