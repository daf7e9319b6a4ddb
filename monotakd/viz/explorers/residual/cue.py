"""What the residual explorer knows of one frame: F_T - F_A in every form, where its energy lies, what was learned.

The cue is what MonoTAKD teaches the student's spatial branch (paper's F_res). Energies and thresholds are in units of
the teacher's RMS, so that they mean the same for every teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Bool, Float

from monotakd.errors import require
from monotakd.geometry.box_cells import cells_in_boxes
from monotakd.geometry.grids import axis_centres
from monotakd.metrics.similarity import Similarity, compare_maps, occupied_cells
from monotakd.scene import BevMap, DepthBins, Frame
from monotakd.viz.boxsets import Drawable
from monotakd.viz.explorers.feature_gap.gap import FeatureGap, Selection
from monotakd.viz.feature_gap import map_arrays

Form = Literal["binarised", "magnitude", "signed"]
FORMS: tuple[Form, ...] = get_args(Form)
THRESHOLDS = tuple(round(0.1 * step, 1) for step in range(31))
"""Where the slider can stand, in units of the teacher's RMS."""
LARGE = 1_000_000
"""Elements of a map above which the slider stands at every fifth threshold only: KITTI's maps take seconds for each."""
NEEDED = ("teacher", "assistant")
GROUPS = ("in boxes", "other occupied cells", "empty cells")
BIN = 5.0
"""Width of a bin of distance, metres."""

Array = Float[np.ndarray, "B C Y X"]


@dataclass(frozen=True, eq=False)
class Energy:
    """How much a cue says per cell and channel, in squared units of the teacher's RMS; binarised: the share of ones.

    Attributes:
        edges: (K + 1,) of the bins of distance, metres ahead.
        whole: by group of cells (`GROUPS`), over all distances; NaN for a group without cells.
        by_distance: (K,) the same in each bin.
        share: of all the energy that lies in each group, 0..1; NaN where there is none.
    """

    edges: Float[np.ndarray, " K1"]
    whole: Mapping[str, float]
    by_distance: Mapping[str, Float[np.ndarray, " K"]]
    share: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class ResidualCue:
    """One frame's residual, ready to be looked at; made by `of`.

    Attributes:
        gap: maps, geometry and boxes of the frame, for choosing cells.
        teachers: F_T of the batch; the unit is taken from all of it, as in training.
        assistants: F_A of the batch.
        students: the spatial map of the batch by name (``"spatial"`` and its earlier version), where there are any.
        sample: row of the frame.
        unit: RMS of F_T.
        aligned: the assistant was trained to use the teacher's channels, so that the difference is a residual.
        occupied: (B, Y, X) cells that the teacher occupies.
        groups: (Y, X) cells of each group of `GROUPS`.
    """

    gap: FeatureGap
    teachers: Array
    assistants: Array
    students: Mapping[str, Array]
    sample: int
    unit: float
    aligned: bool
    occupied: Bool[np.ndarray, "B Y X"]
    groups: Mapping[str, Bool[np.ndarray, "Y X"]]

    @classmethod
    def of(
        cls,
        frame: Frame,
        maps: Mapping[str, BevMap],
        *,
        before: Mapping[str, BevMap] | None = None,
        before_name: str = "before",
        aligned: bool = False,
        depth: Float[np.ndarray | torch.Tensor, "D h w"] | None = None,
        bins: DepthBins | None = None,
        boxes: Drawable | Mapping[str, Drawable] | None = None,
        sample: int = 0,
    ) -> ResidualCue:
        """Sorts maps and cells.

        Args:
            frame: image and calibration; its labels are used where there are any.
            maps: ``"teacher"`` and ``"assistant"``, and ``"spatial"``, what the student made of the residual (after
                SAM), where there is a student. Others are left out. Maps of a batch give a floor to the likeness.
            before: ``"spatial"`` of another student, such as an untrained one.
            before_name: what that one is called in the titles.
            aligned: the assistant was trained to use the teacher's channels; else the panels say "channels not
                matched".
            depth: probabilities of every image feature cell, so that a click on the image finds a cell where no true
                depth is known.
            bins: of these probabilities.
            boxes: None for the frame's labels, others, or several by name; all of them count as objects.
            sample: row of the batch that shows the frame.

        Raises:
            ValueError: maps that are missing, or do not fit each other or the image.
            DataError: NaN features, or an impossible box.
        """
        missing = [name for name in NEEDED if name not in maps]
        require(not missing, f"no map {missing}: a residual needs BEV maps named {list(NEEDED)}, got {list(maps)}")
        shown = {name: maps[name] for name in (*NEEDED, "spatial") if name in maps}
        earlier = {"spatial": before["spatial"]} if "spatial" in shown and "spatial" in (before or {}) else {}
        gap = FeatureGap.of(
            frame, shown, before=earlier, before_name=before_name, depth=depth, bins=bins, boxes=boxes,
            matched=("assistant",) * aligned, sample=sample,
        )  # fmt: skip
        arrays = map_arrays(shown, sample)
        teachers, assistants = arrays["teacher"], arrays["assistant"]
        require(
            teachers.shape == assistants.shape,
            f"teacher and assistant have maps of {teachers.shape} and {assistants.shape} (B, C, Y, X): their "
            "difference needs the same channels",
        )
        students = {"spatial": arrays["spatial"]} if "spatial" in shown else {}
        students |= {f"{name}, {before_name}": array for name, array in map_arrays(earlier, sample).items()}
        unit = float(np.sqrt(np.square(teachers, dtype=np.float64).mean()))
        occupied = np.stack([occupied_cells(features) for features in teachers])
        footprints = np.zeros(gap.grid.shape, dtype=bool)
        for drawn in gap.boxes:
            footprints |= cells_in_boxes(gap.grid, drawn.boxes.values)
        groups = footprints, gap.cells & ~footprints, ~gap.cells & ~footprints
        named = dict(zip(GROUPS, groups, strict=True))
        return cls(gap, teachers, assistants, students, sample, unit, aligned, occupied, named)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Where the slider can stand with maps of this size."""
        return THRESHOLDS if self.teachers[self.sample].size <= LARGE else THRESHOLDS[::5]

    @property
    def mark(self) -> str:
        """Whether the difference of the two maps is one: what their panels say."""
        return "aligned" if self.aligned else "channels not matched"

    def target(self, form: Form, threshold: float, row: int | None = None) -> Float[np.ndarray, "C Y X"]:
        """The cue in a form, elements whose size is at most the threshold set to 0.

        ``"binarised"``, and the others at threshold 0, are what `distill.residual.residual_target` trains with.

        Args:
            form: one of `FORMS`; raw feature units for all but ``"binarised"``.
            threshold: in units of the teacher's RMS.
            row: of the batch; the frame's by default.
        """
        row = self.sample if row is None else row
        difference = self.teachers[row] - self.assistants[row]
        size = np.abs(difference)
        kept = size > threshold * self.unit
        if form == "binarised":
            return kept.astype(difference.dtype)
        return np.where(kept, size if form == "magnitude" else difference, 0.0).astype(difference.dtype)

    def energy(self, form: Form, threshold: float) -> Energy:
        """Where the cue lies: on objects, on other things, in empty air; near or far."""
        target = self.target(form, threshold).astype(np.float64)
        cells = (target if form == "binarised" else np.square(target / self.unit)).mean(axis=0)
        edges, bins = self.distances()
        whole, curves, share = {}, {}, {}
        for name, group in self.groups.items():
            counts = np.bincount(bins[group], minlength=len(edges) - 1)
            sums = np.bincount(bins[group], cells[group], minlength=len(edges) - 1)
            curves[name] = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
            whole[name] = float(cells[group].mean()) if group.any() else float("nan")
            share[name] = float(cells[group].sum() / cells.sum()) if cells.sum() > 0 else float("nan")
        return Energy(edges, whole, curves, share)

    def distances(self) -> tuple[Float[np.ndarray, " K1"], np.ndarray]:
        """Edges of the bins of distance, and the (Y, X) bin of every cell."""
        grid = self.gap.grid
        edges = np.arange(np.floor(grid.lower[0] / BIN), np.ceil(grid.upper[0] / BIN) + 1) * BIN
        bins = np.floor(axis_centres(grid)[0] / BIN) - np.floor(grid.lower[0] / BIN)
        return edges, np.broadcast_to(bins.astype(np.int64), grid.shape)

    def likeness(self, form: Form, threshold: float) -> dict[str, Similarity | None]:
        """How much the student's spatial map is like the cue, on the cells that the teacher occupies.

        The floor is the same number against the cues of the other frames. None where the cue says the same everywhere,
        as it does above a high threshold.
        """
        targets = np.stack([self.target(form, threshold, row) for row in range(len(self.teachers))])
        if not np.ptp(targets[self.sample][:, self.occupied[self.sample]], axis=1).any():
            return dict.fromkeys(self.students)
        return {name: compare_maps(maps, targets, self.occupied, self.sample) for name, maps in self.students.items()}

    def vectors(self, selection: Selection, form: Form, threshold: float) -> dict[str, Float[np.ndarray, " C"]]:
        """(C,) teacher, assistant, residual in its form, and student at the chosen cell; nothing without a cell."""
        if selection.cell is None:
            return {}
        row, column = selection.cell
        found = {name: self.gap.features[name][:, row, column] for name in NEEDED}
        found["residual"] = self.target(form, threshold)[:, row, column]
        return found | {name: self.gap.features[name][:, row, column] for name in self.students}


def summed(values: Float[np.ndarray, "C Y X"], form: Form) -> Float[np.ndarray, "Y X"]:
    """Many channels as one number per cell: the share of ones, the RMS, or the mean, by form."""
    return np.sqrt(np.square(values).mean(axis=0)) if form == "magnitude" else values.mean(axis=0)
