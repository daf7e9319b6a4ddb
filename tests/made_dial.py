"""A depth dial with made-up positions, for the tests of its numbers and of its page."""

from itertools import product

import numpy as np
import torch

from monotakd.metrics.found import cars_in_view
from monotakd.models.depth_dial import Dial, blur_matrix, known_truth, shift_matrix, turn
from monotakd.scene import BevGrid, Boxes3D, DepthBins, Detections
from monotakd.viz.explorers.depth_dial.dial import DialledFrame, Position

BINS = DepthBins("UD", 20, 2.0, 42.0)
GRID = BevGrid((2.0, -20.0), (42.0, 20.0), (1.0, 2.0))
TRUTHS, SHIFTS, BLURS = (0.0, 0.5, 1.0), (-2.0, 0.0, 3.0), (0.0, 1.5)


def made_up_dial(frame) -> DialledFrame:
    """Positions that can be told apart: the map's strength and the box's place say which it is."""
    rng = np.random.default_rng(0)
    predicted = torch.from_numpy(rng.dirichlet(np.full(21, 0.3), (24, 80)).transpose(2, 0, 1)[None].copy()).float()
    truth, known = known_truth(torch.from_numpy(frame.depth)[None], BINS, 4)
    car = frame.annotations.boxes[cars_in_view(frame.annotations, GRID)].values[:1]
    positions = {}
    for number, (t, s, b) in enumerate(product(TRUTHS, SHIFTS, BLURS)):
        boxes = Boxes3D(np.concatenate([car, car]) + np.array([[s], [9]]) * np.eye(7)[:1], ("Car", "Car"))
        found = Detections(boxes, np.array([0.9, 0.2]))
        norm = rng.uniform(0, 1, GRID.shape) * (number + 1)
        positions[t, s, b] = Position.of(frame, GRID, norm, found, 10.0 * number)
    return DialledFrame(
        frame=frame, grid=GRID, bins=BINS, truths=TRUTHS, shifts=SHIFTS, blurs=BLURS,
        predicted=predicted[0].numpy(), truth=truth[0].numpy(),
        shift_matrices=np.stack([shift_matrix(BINS, metres).numpy() for metres in SHIFTS]),
        blur_matrices=np.stack([blur_matrix(BINS, metres).numpy() for metres in BLURS]),
        turned=lambda key: turn(Dial(*key), predicted, truth, known, BINS)[0].numpy(),
        positions=positions, best_ap=100.0,
    )  # fmt: skip
