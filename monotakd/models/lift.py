"""The lift: from image features and a depth distribution to a bird's-eye view, exactly and without a volume.

**What is computed.** Every feature cell (row r, column c) of the image carries a feature vector f[r, c] and a
probability p[d, r, c] for each depth bin d. Their outer product ``f * p`` fills the *frustum*, the volume the camera
sees; each voxel of the street reads the frustum, trilinearly, where its centre projects to; a 1x1 convolution then
collapses the column of voxels over each ground cell into one BEV feature (CaDDN, CVPR 2021; MonoTAKD's ``to_bev``).

**By hand.** A voxel's centre projects to row 7, column 3.25, bin 4.5. It reads column 3 with share 0.75 and column 4
with share 0.25, and bins 4 and 5 with share 0.5 each:

    p[4, 7, 3] = 0.2, p[5, 7, 3] = 0.6    ->  0.75 * (0.5 * 0.2 + 0.5 * 0.6) = 0.30
    p[4, 7, 4] = 0.1, p[5, 7, 4] = 0.1    ->  0.25 * (0.5 * 0.1 + 0.5 * 0.1) = 0.025
    voxel = 0.30 * f[7, 3] + 0.025 * f[7, 4]

No volume was needed: a voxel is a weighted sum of at most four feature vectors, the weight of each being its bilinear
share times the probability that the depth there is the voxel's own. `read_weights` computes these weights,
`lift_to_voxels` the sums.

**One step further.** The collapse multiplies the voxel at height z by a matrix W_z and adds up the heights. Sums and
matrices trade places: multiplying the *pixels* by W_z first (`pixel_table`) makes every BEV cell one weighted sum over
its Z heights and 4 pixels (`lift_to_bev`). On KITTI that is 7,332 pixels to multiply instead of 26,320 ground cells,
and no tensor over the voxels. Batch norm and ReLU of the collapse follow on the BEV map as before.

Both are `sum_weighted_rows`: rows of a table, added up with weights. Autograd does the rest.

One camera per sample is assumed. The lift is a sum of reads, so several cameras are the sum of their `lift_to_bev`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from monotakd.models.lift_plan import Convention, LiftPlan, frustum_cells, plan_lift
from monotakd.models.precision import at_least_float32, computed_in
from monotakd.models.weighted_rows import sum_weighted_rows
from monotakd.scene import Calibration, DepthBins, VoxelGrid


def read_weights(depth: Float[Tensor, "D h w"], plan: LiftPlan) -> Float[Tensor, " K"]:
    """The weight of each read: bilinear share of its pixel times the interpolated probability of its depth."""
    p = depth.flatten()
    near, far = p.index_select(0, plan.near_bin), p.index_select(0, plan.far_bin)
    return plan.near_share.to(p.dtype) * near + plan.far_share.to(p.dtype) * far


def pixel_table(
    features: Float[Tensor, "C h w"], weight: Float[Tensor, "O CZ"], plan: LiftPlan
) -> Float[Tensor, "rows O"]:
    """Every pixel multiplied by every height's matrix: the row that ``plan.table_row`` names.

    Height z only needs the span of image rows in which its voxels are seen, on KITTI 43 % of all pairs.
    """
    pixels = features.flatten(1).T
    matrices = weight.unflatten(1, (len(features), -1)).unbind(2)
    return torch.cat([pixels[start:stop] @ W.T for (start, stop), W in zip(plan.spans, matrices, strict=True)])


def lift_to_bev(
    features: Float[Tensor, "B C h w"],
    depth: Float[Tensor, "B D h w"],
    weight: Float[Tensor, "O CZ"],
    plans: Sequence[LiftPlan],
) -> Float[Tensor, "B O Y X"]:
    """Lifts features to voxels and collapses the height with a matrix, in one go.

    Args:
        features: image features.
        depth: probability of each bin, or a one-hot true depth; channels past the plan's bins (the class "beyond")
            are not read.
        weight: matrix of the collapse, column ``c * Z + z``; the weight of a 1x1 convolution over flattened voxels.
        plans: one per sample, from `Lift.plans`.

    Returns:
        Equal to ``conv1x1(volume_lift(...).flatten(1, 2))``. Computed in float32 (or 64) also under autocast.

    Raises:
        ValueError: shapes that do not belong together.
    """
    _check(features, depth, plans)
    Z, Y, X = plans[0].grid_shape
    if weight.shape[1] != features.shape[1] * Z:
        raise ValueError(
            f"weight has {weight.shape[1]} columns, expected {features.shape[1]} channels x {Z} heights = "
            f"{features.shape[1] * Z}; the collapse was built for other features or another voxel grid"
        )
    maps = []
    with torch.autocast(features.device.type, enabled=False):
        features, depth, weight = _alike(features, depth, weight)
        for f, p, plan in zip(features, depth, plans, strict=True):
            summed = _sum_reads(plan.table_row, pixel_table(f, weight, plan), p, plan, plan.first_read[::Z])
            maps.append(summed.T.unflatten(1, (Y, X)))
        return torch.stack(maps)


def lift_to_voxels(
    features: Float[Tensor, "B C h w"], depth: Float[Tensor, "B D h w"], plans: Sequence[LiftPlan]
) -> Float[Tensor, "B C Z Y X"]:
    """Lifts features to voxels; for a collapse that is not linear, and for looking at the voxels.

    Arguments and errors as in `lift_to_bev`. Equal to trilinear sampling of the outer product.
    """
    _check(features, depth, plans)
    Z, Y, X = plans[0].grid_shape
    volumes = []
    with torch.autocast(features.device.type, enabled=False):
        for f, p, plan in zip(*_alike(features, depth), plans, strict=True):
            summed = _sum_reads(plan.pixel, f.flatten(1).T, p, plan, plan.first_read)
            volumes.append(summed.T.unflatten(1, (Y, X, Z)).permute(0, 3, 1, 2))
        return torch.stack(volumes)


def _sum_reads(rows, table, depth, plan: LiftPlan, starts) -> Tensor:
    """Sum of the weighted table rows of each target; the reads of target i begin at ``starts[i]``."""
    weights = read_weights(depth, plan)
    if not weights.requires_grad and not torch.compiler.is_exporting():
        # A true depth is one-hot: all but about 1 in 60 reads have weight 0 and need not be made.
        kept = weights.nonzero()[:, 0]
        if len(kept) < len(weights) // 2:
            rows, weights = rows[kept], weights[kept]
            starts = torch.searchsorted(kept, starts.long(), out_int32=True)
    return sum_weighted_rows(table, rows, weights, starts)


def _alike(features: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """All in the precision of the features, float32 at least; a one-hot depth, say, knows no float64."""
    features = at_least_float32(features)
    return features, *(other.to(features.dtype) for other in others)


def _check(features: Tensor, depth: Tensor, plans: Sequence[LiftPlan]) -> None:
    size, bins = plans[0].feature_size, plans[0].num_bins
    if len(plans) != len(features) or len(depth) != len(features):
        raise ValueError(
            f"{len(features)} feature maps, {len(depth)} depth maps and {len(plans)} plans: one per sample"
        )
    if tuple(features.shape[2:]) != size or tuple(depth.shape[2:]) != size:
        raise ValueError(
            f"features cover {tuple(features.shape[2:])} cells, depth {tuple(depth.shape[2:])}, the plan {size} "
            "(h, w); all three must come from the same stride"
        )
    if depth.shape[1] not in (bins, bins + 1):
        raise ValueError(f"depth has {depth.shape[1]} channels, expected {bins} bins, or {bins + 1} with 'beyond'")


class Lift:
    """Knows the grid, the bins and the stride, and keeps the plans of calibrations it has met.

    Args:
        grid: voxels to fill.
        bins: depth bins.
        stride: image pixels per feature cell.
        convention: ``"centred"`` (geometrically right, our default) or ``"released"`` (the release's arithmetic, for
            its weights and for comparison); `frustum_cells` says how they differ.
        cache_megabytes: memory for kept plans, the longest unused leaving first. A plan takes about 13 MB at KITTI
            size and 1 MB at toy size; a data set with one camera needs two, the second for flipped images.

    A flipped image needs no flag: its calibration is another one (`geometry.frames.flip_calibration`).
    """

    def __init__(
        self,
        grid: VoxelGrid,
        bins: DepthBins,
        stride: int,
        convention: Convention = "centred",
        cache_megabytes: float = 256.0,
    ):
        self.grid, self.bins, self.stride, self.convention = grid, bins, stride, convention
        self._room = cache_megabytes * 1e6
        self._kept: OrderedDict[tuple, LiftPlan] = OrderedDict()

    def plans(self, calibrations: Sequence[Calibration], features: Float[Tensor, "B C h w"]) -> tuple[LiftPlan, ...]:
        """The reads of each sample, on the features' device.

        Args:
            calibrations: one per sample, each of its own image.
            features: the feature maps to be lifted; only size, device and precision matter.

        Raises:
            ValueError: the feature map is not the size that the images have at this stride.
        """
        h, w = features.shape[2:]
        padded = tuple(max(sizes) for sizes in zip(*(c.image_size for c in calibrations), strict=True))
        if any(abs(cells * self.stride - pixels) >= self.stride for cells, pixels in zip((h, w), padded, strict=True)):
            raise ValueError(
                f"features of {h}x{w} cells do not cover an image of {padded[0]}x{padded[1]} pixels (height x width) "
                f"at stride {self.stride}; the stride of the image network and of the lift must agree, and a resized "
                "image needs its resized calibration"
            )
        dtype = computed_in(features)
        return tuple(self._plan(c, (h, w), padded, features.device, dtype) for c in calibrations)

    def _plan(
        self,
        calibration: Calibration,
        size: tuple[int, int],
        padded: tuple[int, int],
        device: torch.device,
        dtype: torch.dtype,
    ) -> LiftPlan:
        matrices = calibration.img_from_cam.tobytes() + calibration.cam_from_lidar.tobytes()
        key = (matrices, size, padded if self.convention == "released" else None, device, dtype)
        plan = self._kept.pop(key, None)
        if plan is None:
            cells = frustum_cells(
                calibration,
                self.grid,
                self.bins,
                size,
                stride=self.stride,
                convention=self.convention,
                padded_size=padded,
            )
            plan = plan_lift(*cells, size, self.bins.num, device, dtype)
        self._kept[key] = plan
        while len(self._kept) > 1 and sum(p.nbytes for p in self._kept.values()) > self._room:
            self._kept.popitem(last=False)
        return plan
