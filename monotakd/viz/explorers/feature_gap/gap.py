"""What the feature-gap explorer knows of one frame: maps, likeness, depth, and which pixel belongs to which cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float

from monotakd.errors import require
from monotakd.geometry.frames import lift_to_lidar, project_lidar
from monotakd.geometry.grids import axis_centres, cell_of_points
from monotakd.metrics.similarity import Similarity, compare_maps, occupied_cells
from monotakd.scene import BevGrid, BevMap, DepthBins, Frame
from monotakd.viz.boxsets import BoxSet, Drawable, box_sets
from monotakd.viz.depth_ray import feature_cell, true_depth
from monotakd.viz.explorers.shared.linking import HEIGHT, summary
from monotakd.viz.feature_colours import ColourBasis, fit_colours
from monotakd.viz.feature_gap import NAMES, TAUGHT_BY, map_arrays, require_alike


@dataclass(frozen=True)
class Selection:
    """What a click chose, in both views.

    Attributes:
        cell: (row y, column x) of the BEV cell; None where the pixel's depth lies outside the grid, or is not known.
        uv: the pixel; None where the cell lies outside the image.
        by: the view that was clicked.
    """

    cell: tuple[int, int] | None
    uv: tuple[float | int, float | int] | None
    by: Literal["cell", "pixel"]


@dataclass(frozen=True, eq=False)
class Reading:
    """The numbers at a selection.

    Attributes:
        distribution: (D or D + 1) probabilities of the pixel's feature cell, or None where none are known.
        mode: centre of the most probable bin, metres; None like the distribution.
        mean: of the distribution, without "beyond", metres; NaN where all of it is beyond.
        true: depth that the frame knows there, metres, or None.
        cell_depth: camera depth of the BEV cell, metres, or None.
        vectors: (C,) features of the BEV cell by name of the map.
    """

    distribution: Float[np.ndarray, " D"] | None
    mode: float | None
    mean: float | None
    true: float | None
    cell_depth: float | None
    vectors: Mapping[str, Float[np.ndarray, " C"]]


@dataclass(frozen=True, eq=False)
class FeatureGap:
    """One frame's maps, ready to be looked at; made by `of`.

    Attributes:
        frame: image, calibration, labels.
        grid: of all maps.
        features: (C, Y, X) by name, in drawing order; an earlier version follows its map as ``"<name>, before"``.
        earlier: the plain name of each earlier version.
        reference: the map that gives colours and occupied cells: the teacher's, else the first.
        cells: (Y, X) that the reference occupies.
        basis: colours of the ``"pca"`` view, one for the row.
        matched: maps whose channels mean what the reference's do, the reference among them.
        compared_with: name of the map that each one is measured against.
        likeness: those measures; the reference and the residual have none.
        boxes: drawn on all panels.
        probabilities: (D or D + 1, h, w) of every image feature cell, or None.
        bins: of the probabilities.
    """

    frame: Frame
    grid: BevGrid
    features: Mapping[str, Float[np.ndarray, "_ Y X"]]
    earlier: Mapping[str, str]
    reference: str
    cells: Bool[np.ndarray, "Y X"]
    basis: ColourBasis
    matched: frozenset[str]
    compared_with: Mapping[str, str]
    likeness: Mapping[str, Similarity]
    boxes: tuple[BoxSet, ...]
    probabilities: Float[np.ndarray, "D h w"] | None = None
    bins: DepthBins | None = None

    @classmethod
    def of(
        cls,
        frame: Frame,
        maps: Mapping[str, BevMap],
        *,
        before: Mapping[str, BevMap] | None = None,
        before_name: str = "before",
        depth: Float[np.ndarray | torch.Tensor, "D h w"] | None = None,
        bins: DepthBins | None = None,
        boxes: Drawable | Mapping[str, Drawable] | None = None,
        matched: Collection[str] = (),
        compared_with: Mapping[str, str] | None = None,
        sample: int = 0,
    ) -> FeatureGap:
        """Measures and sorts.

        Args:
            frame: image and calibration; its depth and labels are used where there are any.
            maps: by name, in drawing order; `viz.feature_gap.NAMES` are known, others stand for themselves. Maps of a
                batch give floors to the measures of likeness.
            before: the same student maps of another student, such as an untrained one.
            before_name: what these are called in the titles.
            depth: probabilities of every image feature cell, ``student_output.depth_logits.softmax(1)[sample]``.
            bins: of these probabilities.
            boxes: None for the frame's labels, others, or several by name.
            matched: names of maps whose channels were trained to mean what the teacher's do; pairs of others are marked
                "channels not matched".
            compared_with: name to name of the map that it is measured against; `viz.feature_gap.TAUGHT_BY` by default.
            sample: row of the batch that shows the frame.

        Raises:
            ValueError: maps that do not fit each other, or probabilities that do not fit the image.
            DataError: NaN features, or an impossible box.
        """
        require_alike(maps, before or {})
        after, earlier = map_arrays(maps, sample), map_arrays(before or {}, sample)
        reference = "teacher" if "teacher" in maps else next(iter(maps))
        occupied = np.stack([occupied_cells(features) for features in after[reference]])
        taught_by = {**TAUGHT_BY, **(compared_with or {})}
        shown, older, targets, likeness = {}, {}, {}, {}
        for name in maps:
            for key, source in ((name, after), (f"{name}, {before_name}", earlier)):
                if name not in source:
                    continue
                if source is earlier:
                    older[key] = name
                shown[key] = source[name][sample]
                target = taught_by.get(name, reference)
                if name not in (reference, "residual") and target in after:
                    targets[key] = target
                    likeness[key] = compare_maps(source[name], after[target], occupied, sample)
        require((depth is None) == (bins is None), "depth and bins belong together: pass both or neither")
        if isinstance(depth, torch.Tensor):
            depth = depth.detach().cpu().float().numpy()
        if depth is not None:
            feature_cell(frame, (0, 0), depth, bins)  # refuses what is no distribution over this image
        return cls(
            frame=frame, grid=maps[reference].grid, features=shown, earlier=older, reference=reference,
            cells=occupied[sample], basis=fit_colours(after[reference][sample], occupied[sample]),
            matched=frozenset({reference, *matched}), compared_with=targets, likeness=likeness,
            boxes=tuple(box_sets(frame, boxes)), probabilities=depth, bins=bins,
        )  # fmt: skip

    def plain(self, name: str) -> str:
        """The name without mark of an earlier version."""
        return self.earlier.get(name, name)

    def title(self, name: str) -> str:
        """What a panel is called, such as ``"fused $F_S$, before"``."""
        plain = self.plain(name)
        return NAMES.get(plain, plain) + name.removeprefix(plain)

    def unmatched(self, name: str) -> bool:
        """Whether a panel is marked: its channels are its own. A residual is a difference, and marked in words."""
        return name not in self.matched and self.plain(name) != "residual"

    def comparable(self, a: str, b: str) -> bool:
        """Whether the channels of two maps mean the same, so that their difference says something."""
        return a == b or {a, b} <= self.matched

    def at_cell(self, row: int, column: int) -> Selection:
        """A click on a BEV cell: the pixel that looks at it, `HEIGHT` above the ground.

        Raises:
            ValueError: no such cell.
        """
        shape = self.grid.shape
        require(
            0 <= row < shape[0] and 0 <= column < shape[1],
            f"cell ({row}, {column}) of a grid with {shape} cells (rows along y, columns along x)",
        )
        uv, depth = project_lidar(self.frame.calibration, self.place((row, column)))
        height, width = self.frame.image.shape[:2]
        u, v = float(uv[0]), float(uv[1])
        inside = depth > 0 and -0.5 <= u < width - 0.5 and -0.5 <= v < height - 0.5
        return Selection((row, column), (u, v) if inside else None, "cell")

    def at_pixel(self, u: float | int, v: float | int) -> Selection:
        """A click on the image: the cell on its ray at the true depth, where that is known, else at the likeliest one.

        Without a depth distribution there is a ray and no cell.

        Raises:
            ValueError: no such pixel.
        """
        height, width = self.frame.image.shape[:2]
        require(
            -0.5 <= u < width - 0.5 and -0.5 <= v < height - 0.5,
            f"pixel ({u:g}, {v:g}) (u, v) lies outside the image of {width} x {height} pixels",
        )
        _, mode, _, true = self._depths((u, v))
        depth = true if true is not None else mode
        if depth is None:
            return Selection(None, (u, v), "pixel")
        point = lift_to_lidar(self.frame.calibration, np.array([u, v], dtype=np.float64), np.array(depth))
        (cell,), (inside,) = cell_of_points(self.grid, point[None])
        return Selection((int(cell[0]), int(cell[1])) if inside else None, (u, v), "pixel")

    def place(self, cell: tuple[int, int], z: float = HEIGHT) -> Float[np.ndarray, " 3"]:
        """Centre of a cell in the LiDAR frame at a height, metres."""
        xs, ys = axis_centres(self.grid)
        return np.array([xs[cell[1]], ys[cell[0]], z])

    def ray(self, uv: tuple[float | int, float | int], depths: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 2"]:
        """x y of a pixel's ray at some depths, metres."""
        pixel = np.broadcast_to(np.asarray(uv, dtype=np.float64), (len(depths), 2))
        return lift_to_lidar(self.frame.calibration, pixel, np.asarray(depths, dtype=np.float64))[:, :2]

    def read(self, selection: Selection) -> Reading:
        """The numbers at a selection."""
        distribution = mode = mean = true = depth = None
        if selection.uv is not None:
            distribution, mode, mean, true = self._depths(selection.uv)
        vectors = {}
        if selection.cell is not None:
            depth = float(project_lidar(self.frame.calibration, self.place(selection.cell))[1])
            row, column = selection.cell
            vectors = {name: features[:, row, column] for name, features in self.features.items()}
        return Reading(distribution, mode, mean, true, depth, vectors)

    def _depths(self, uv: tuple[float | int, float | int]):
        """Distribution, mode, mean and truth at a pixel."""
        if self.probabilities is None:
            return None, None, None, None
        distribution, rows, columns = feature_cell(self.frame, uv, self.probabilities, self.bins)
        mode, mean = summary(distribution[:, None], self.bins)
        return distribution, float(mode[0]), float(mean[0]), true_depth(self.frame, rows, columns)
