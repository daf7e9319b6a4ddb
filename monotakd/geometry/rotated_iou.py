"""Exact intersection over union of upright boxes with a heading, in bird's-eye view and in 3D."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from monotakd.geometry.rotated_iou_kernels import fill_all_pairs_iou, fill_paired_iou


def checked_boxes(boxes: np.ndarray, name: str) -> Float[np.ndarray, "N 7"]:
    """The boxes as contiguous float64 (N, 7).

    Raises:
        ValueError: another shape, a NaN or infinite entry, or a negative size.
    """
    boxes = np.asarray(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 7:
        raise ValueError(
            f"{name} has shape {boxes.shape}, expected (N, 7): x y z l w h yaw; for one box pass boxes[None]"
        )
    boxes = np.ascontiguousarray(boxes, dtype=np.float64)
    if not (np.isfinite(boxes).all() and (boxes[:, 3:6] >= 0).all()):
        wrong = ~np.isfinite(boxes).all(axis=1) | (boxes[:, 3:6] < 0).any(axis=1)
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name} has {int(wrong.sum())} unusable rows, the first is row {row}: {boxes[row].tolist()}; expected "
            "finite numbers and sizes >= 0. Drop placeholder rows (KITTI's DontCare) and check what produced NaN"
        )
    return boxes


def paired_iou(
    a: Float[np.ndarray, "N 7"], b: Float[np.ndarray, "N 7"]
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """IoU of each box with the box in the same row.

    Args:
        a: (N, 7) rows ``x y z l w h yaw`` in the LiDAR frame (metres, radians); x y z is the geometric centre.
        b: (N, 7) the same.

    Returns:
        (bev, volume), each (N,): the IoU of the ground-plane rectangles and of the volumes, in 0..1; 0 for a box
        without area or volume. Example: 4 x 2 x 1.5 m boxes 2 m apart along their length share 4 of 12 m2: 1/3 in both.

    Raises:
        ValueError: shapes that differ or are not (N, 7), non-finite entries or negative sizes.
    """
    a, b = checked_boxes(a, "a"), checked_boxes(b, "b")
    if len(a) != len(b):
        raise ValueError(f"paired_iou got {len(a)} and {len(b)} boxes; pair them first or use all_pairs_iou")
    bev, volume = np.empty(len(a)), np.empty(len(a))
    fill_paired_iou(a, b, bev, volume)
    return bev, volume


def all_pairs_iou(
    a: Float[np.ndarray, "N 7"], b: Float[np.ndarray, "M 7"]
) -> tuple[Float[np.ndarray, "N M"], Float[np.ndarray, "N M"]]:
    """IoU of every box of ``a`` with every box of ``b``; see `paired_iou` for the conventions.

    Returns:
        (bev, volume), each (N, M).

    Raises:
        ValueError: a shape that is not (N, 7), non-finite entries or negative sizes.
    """
    a, b = checked_boxes(a, "a"), checked_boxes(b, "b")
    bev, volume = np.empty((len(a), len(b))), np.empty((len(a), len(b)))
    fill_all_pairs_iou(a, b, bev, volume)
    return bev, volume
